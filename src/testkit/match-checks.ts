/** What every match owes, whoever made it. */

import type { Match } from "../sync/index.ts";
import { expectSame } from "./check.ts";

/** Fails unless the lists of a match fit each other. `lengths` are the numbers of samples; `of` is what is matched, for the message. */
export function expectMatch(match: Match, lengths: Readonly<Record<string, number>>, of: string): void {
  const { length, times, refRows, segments } = match;
  expectSame(match.asked >= length, true, `whether as many times were asked for as there are rows of ${of}`);
  const names = Object.keys(lengths);
  expectSame(
    [times.length, refRows.length, segments.length],
    [length, length, length],
    `times, refRows and segments of ${of}`,
  );
  expectSame(times.every(Number.isFinite), true, `whether each row of ${of} has a time`);
  expectSame(Object.keys(match.index).sort(), names.toSorted(), `the sensors that are matched of ${of}`);
  for (const name of names) expectSensor(match, lengths[name]!, `${name} of ${of}`, name);
  expectSegments(segments, of);
}

function expectSensor(
  { length, index, dt, valid, between, missing }: Match,
  samples: number,
  of: string,
  name: string,
): void {
  const [numbers, seconds, flags] = [index[name]!, dt[name]!, valid[name]!];
  expectSame([numbers.length, seconds.length, flags.length], [length, length, length], `the lists of ${of}`);
  for (let row = 0; row < length; row++) {
    const [number, flag] = [numbers[row]!, flags[row]!];
    const has = `what row ${row} has of ${of}`;
    if (flag === 0) expectSame([number, Number.isNaN(seconds[row])], [-1, true], has);
    else expectSame([flag, number >= 0 && number < samples, Number.isFinite(seconds[row])], [1, true, true], has);
  }
  const without = flags.filter((flag) => flag === 0).length;
  expectSame(missing[name]! >= without, true, `whether ${of} is missing at least in the ${without} rows without it`);
  const pair = between[name];
  if (pair === undefined) return;
  const { before, after, weight } = pair;
  expectSame([before.length, after.length, weight.length], [length, length, length], `what ${of} lies between`);
  for (let row = 0; row < length; row++) {
    if (flags[row] === 0) continue;
    const fits = before[row]! < samples && after[row]! < samples && weight[row]! >= 0 && weight[row]! <= 1;
    expectSame(fits, true, `whether row ${row} of ${of} lies between two samples`);
  }
}

function expectSegments(segments: Uint32Array, of: string): void {
  for (let row = 0; row < segments.length; row++) {
    const before = row === 0 ? 0 : segments[row - 1]!;
    const goesOn = segments[row] === before || (row > 0 && segments[row] === before + 1);
    expectSame(
      goesOn,
      true,
      `whether row ${row} of ${of} goes on with segment ${before} or begins the next, as ${segments[row]}`,
    );
  }
}
