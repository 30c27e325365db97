/** Readers with faults that were put there, to see that the search finds them. */

import process from "node:process";
import { WindrowError } from "../../../src/core/index.ts";
import type { Target } from "../engine.ts";
import { budget, fault, judged } from "../oracle.ts";

function refuse(): never {
  throw new WindrowError("damaged", "Cannot read x: it is no such file");
}

/** Goes wrong behind letters of which each is looked at by itself: chance alone finds three of them once in 2^24 inputs. */
function behindLetters(bytes: Uint8Array, letters: 1 | 3, wrong: () => string): string {
  if (bytes[0] !== 0x77) refuse();
  if (letters === 1) return wrong();
  if (bytes[1] !== 0x69) refuse();
  if (bytes[2] !== 0x6e) refuse();
  return wrong();
}

function planted(letters: 1 | 3, wrong: () => string): Target {
  return {
    seeds: [{ x: new Uint8Array(4) }],
    dictionary: [],
    mutators: [],
    judge: (parts) => judged(async () => behindLetters(parts["x"]!, letters, wrong), /x/),
  };
}

let turns = 0;

/** By what goes wrong. */
export const PLANTED: Readonly<Record<string, () => Target>> = {
  throws: () =>
    planted(3, () => {
      throw new TypeError("x is not a function");
    }),
  lies: () => planted(1, () => fault("a range is not the whole")),
  wanders: () => planted(1, () => String(turns++)),
  hoards: () =>
    planted(1, () => {
      try {
        budget.allocate(2 ** 40);
      } catch {
        // A reader may take what fails beneath it for damage.
      }
      return refuse();
    }),
  shouts: () =>
    planted(1, () => {
      throw new WindrowError("io", "Cannot read x: the disk is gone");
    }),
  hangs: () =>
    planted(1, () => {
      for (;;);
    }),
  dies: () => planted(1, () => process.exit(9)),
};
