/** The suites that every store, format, sensor and runner must pass. */

export { type Check, expectRefusal, expectSame } from "./check.ts";
export { storeSuite } from "./store-suite.ts";
