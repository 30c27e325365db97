/** The suites that every store, format, sensor and runner must pass. */

export { type Check, expectRefusal, expectSame } from "./check.ts";
export { type ReadStoreAbilities, readStoreSuite, storeSuite } from "./store-suite.ts";
