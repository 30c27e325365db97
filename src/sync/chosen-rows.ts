/** Traces of which only some rows are used. */

import { gathered } from "./gather.kernel.ts";
import { once } from "./once.ts";
import type { Sensors } from "./sensor.ts";
import type { Match } from "./synchronization.ts";
import { matchedTrace, type Trace } from "./trace.ts";

/** Every `step`-th row from `from` on, or numbers that ascend. */
export type ChosenRows = { readonly from: number; readonly step: number; readonly length: number } | Uint32Array;

/**
 * A trace of some of another's rows. Rows that were picked one by one and do not follow each other lie in different segments: windows do not span what
 * was left out. Every `step`-th row is a slower series of its own, and keeps the segments of the whole.
 */
export function chosenRows<T extends Sensors>(whole: Trace<T>, choose: () => Promise<ChosenRows>): Trace<T> {
  const { name, entity, sensors } = whole;
  const chosen = once(choose);
  return matchedTrace({
    name,
    entity,
    sensors,
    match: once(async () => matchOf(await whole.match(), await chosen())),
    length: async () => (await chosen()).length,
  });
}

function numbersOf(chosen: ChosenRows): Uint32Array {
  if (chosen instanceof Uint32Array) return chosen;
  return new Uint32Array(chosen.length).map((_, i) => chosen.from + i * chosen.step);
}

/** Numbers of stretches from 0 up: another one where the whole has another, and where picked rows do not follow each other. */
function segmentsOf(whole: Uint32Array, rows: Uint32Array, arePicked: boolean): Uint32Array {
  const segments = new Uint32Array(rows.length);
  for (let i = 1; i < rows.length; i++) {
    const [row, before] = [rows[i]!, rows[i - 1]!];
    const isNext = whole[row] === whole[before] && (!arePicked || row === before + 1);
    segments[i] = segments[i - 1]! + (isNext ? 0 : 1);
  }
  return segments;
}

/** The part of a match that is about these rows. */
function matchOf<N extends string>(match: Match<N>, chosen: ChosenRows): Match<N> {
  const rows = numbersOf(chosen);
  const { index, dt, between } = match;
  const valid = mapValues(match.valid, (flags) => gathered(flags, rows));
  return {
    length: rows.length,
    times: gathered(match.times, rows),
    refRows: gathered(match.refRows, rows),
    segments: segmentsOf(match.segments, rows, chosen instanceof Uint32Array),
    index: mapValues(index, (numbers) => gathered(numbers, rows)),
    dt: mapValues(dt, (seconds) => gathered(seconds, rows)),
    valid,
    between: mapValues(
      between,
      (pair) =>
        pair && {
          before: gathered(pair.before, rows),
          after: gathered(pair.after, rows),
          weight: gathered(pair.weight, rows),
        },
    ),
    // Of a choice, only the rows chosen were asked for.
    asked: rows.length,
    missing: countMissing(valid),
  };
}

/** How many rows each sensor has no sample for. */
function countMissing<N extends string>(valid: Match<N>["valid"]): Match<N>["missing"] {
  const counts = Object.entries<Uint8Array>(valid).map(([name, flags]) => [
    name,
    flags.filter((one) => one === 0).length,
  ]);
  return Object.fromEntries(counts) as Record<N, number>; // the same names
}

/** Each value by its name, changed. */
function mapValues<R extends object>(values: R, change: (value: R[keyof R]) => R[keyof R]): R {
  const changed = Object.entries(values).map(([name, value]) => [name, change(value)]);
  return Object.fromEntries(changed) as R; // the same names, with values of the same kinds
}
