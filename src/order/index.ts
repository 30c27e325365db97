/** Which sample goes where: keys, the order they give, parts, splits, permutations. */

export { type KeyRange, partOf, partRange } from "./parts.ts";
export { permutation } from "./permutation.ts";
export { type CompareRows, orderByKey } from "./sort.kernel.ts";
export { entitySplit, fmix32, type Split, type SplitSpec, splitSpec, splitUnit } from "./split.ts";
export { NO_CUTS, nthValue, type TimeCuts, timeCuts } from "./time-cuts.ts";
export { type Seed, sampleKey, seedOf, writeSampleKey, xxh64 } from "./xxh64.kernel.ts";
