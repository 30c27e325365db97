/** The suites that every store, format, sensor and runner must pass. */

export { type Check, expectRefusal, expectSame } from "./check.ts";
export { datasetSuite } from "./dataset-suite.ts";
export { sensorSuite, type WatchOptions } from "./sensor-suite.ts";
export { type ReadStoreAbilities, readStoreSuite, storeSuite } from "./store-suite.ts";
export { synchronizationSuite } from "./synchronization-suite.ts";
export { traceSuite } from "./trace-suite.ts";
