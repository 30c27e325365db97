/** Splits by entity: which vessel, driver or patient is for training, and which is held out. */

import { fnv1a32, WindrowError } from "../core/index.ts";

/** What a sample is for. */
export type Split = "train" | "validation" | "test";

/** The fractions of entities held out; the rest is for training. */
export interface SplitSpec {
  readonly validation: number;
  readonly test: number;
}

/** The finalizer of MurmurHash3's 32-bit form, unsigned: every bit of the input moves every bit of the answer. */
export function fmix32(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Where an entity lies in [0, 1), by seed and name alone (spec/ais.md §8): the same on every machine, with any data beside it. */
export function splitUnit(seed: number | bigint, entity: string): number {
  return fmix32(fnv1a32(`${seed}:${entity}`)) / 2 ** 32;
}

/**
 * Checks the fractions of a split.
 * @throws WindrowError `usage` when one is not from 0 to 1, or their sum is above 1.
 */
export function splitSpec(validation: number, test: number): SplitSpec {
  for (const [name, fraction] of Object.entries({ validation, test })) {
    if (!(fraction >= 0 && fraction <= 1)) {
      throw new WindrowError("usage", `Cannot split: the ${name} fraction must be from 0 to 1, got ${fraction}`);
    }
  }
  if (validation + test > 1) {
    const sum = validation + test;
    throw new WindrowError(
      "usage",
      `Cannot split: the validation and test fractions must sum to 1 at most, got ${sum}`,
    );
  }
  return { validation, test };
}

/** The split that all samples of one entity are in: validation lowest on the unit, then test, then training. */
export function entitySplit(seed: number | bigint, entity: string, spec: SplitSpec): Split {
  const unit = splitUnit(seed, entity);
  if (unit < spec.validation) return "validation";
  return unit < spec.validation + spec.test ? "test" : "train";
}
