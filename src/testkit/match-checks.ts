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
  const odd = flags.findIndex((flag, row) => {
    const [number, time] = [numbers[row]!, seconds[row]!];
    if (flag === 0) return number !== -1 || !Number.isNaN(time);
    return flag !== 1 || number < 0 || number >= samples || !Number.isFinite(time);
  });
  const said = `which is sample ${numbers[odd]} of ${samples}, valid ${flags[odd]}, dt ${seconds[odd]}`;
  expectSame(odd, -1, `the first row that neither has a sample of ${of} nor none${odd < 0 ? "" : `, ${said},`}`);
  const without = flags.filter((flag) => flag === 0).length;
  expectSame(missing[name]! >= without, true, `whether ${of} is missing at least in the ${without} rows without it`);
  const pair = between[name];
  if (pair === undefined) return;
  const { before, after, weight } = pair;
  expectSame([before.length, after.length, weight.length], [length, length, length], `what ${of} lies between`);
  const outside = flags.findIndex((flag, row) => {
    if (flag === 0) return false;
    return before[row]! >= samples || after[row]! >= samples || !(weight[row]! >= 0 && weight[row]! <= 1);
  });
  expectSame(outside, -1, `the first row of ${of} that lies not between two samples`);
}

function expectSegments(segments: Uint32Array, of: string): void {
  const odd = segments.findIndex((segment, row) => {
    const before = segments[row - 1] ?? 0;
    return segment !== before && (row === 0 || segment !== before + 1);
  });
  expectSame(odd, -1, `the first row of ${of} that neither goes on with a segment nor begins the next`);
}
