/** What the library offers, by the command's names. */

export type { Ledger, Manifest } from "../materialize/index.ts";
export type { MaterializeAisOptions } from "./ais-options.ts";
export { type MaterializeResult, materializeAis, planAis } from "./materialize-ais.ts";
export type { Progress } from "./progress.ts";
export { planFile, runTask } from "./run-dataset.ts";
export { type SimulateAisOptions, type SimulateAisResult, simulateAis } from "./simulate-ais.ts";
export { PACKAGE_VERSION } from "./version.ts";
