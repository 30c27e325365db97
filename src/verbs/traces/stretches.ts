/** Stretches of a trace's rows that windows may lie in: without a gap, and on one side of every cut of time. */

import { bytesOf, type Workspace } from "../../core/index.ts";
import { TIMES_FILE } from "../../materialize/index.ts";
import type { TimeCuts } from "../../order/index.ts";
import type { Match, Trace } from "../../sync/index.ts";
import type { Stretch } from "../dataset/split-stretches.ts";

/** The stretches of a trace whose rows lie in the rows file from `firstRow` on. Where time goes back, another one begins. */
export function stretchesOf({ name, entity }: Trace, match: Match, firstRow: number): Stretch[] {
  const { length, segments, times } = match;
  const stretches: Stretch[] = [];
  for (let from = 0; from < length; ) {
    let to = from + 1;
    while (to < length && segments[to] === segments[from] && times[to]! >= times[to - 1]!) to++;
    stretches.push({
      id: name,
      entity,
      firstRow: firstRow + from,
      rows: to - from,
      firstStart: from,
      from: times[from]!,
    });
    from = to;
  }
  return stretches;
}

/** How many rows of a stretch are before a time. Its times ascend. */
function rowsBefore({ firstRow, rows }: Stretch, time: number, timeAt: (row: number) => number): number {
  let [from, to] = [0, rows];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (timeAt(firstRow + middle) < time) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The same rows in stretches that no cut goes through, by the times in the workspace. */
export function cutByTime(workspace: Workspace, stretches: readonly Stretch[], cuts: TimeCuts): readonly Stretch[] {
  const times = [cuts.validation, cuts.test].filter(Number.isFinite);
  if (times.length === 0) return stretches;
  using file = workspace.reader(TIMES_FILE);
  const one = new Float64Array(1);
  const timeAt = (row: number): number => {
    file.readInto(row * 8, bytesOf(one));
    return one[0]!;
  };
  return stretches.flatMap((stretch) => {
    const edges = [0, ...times.map((time) => rowsBefore(stretch, time, timeAt)), stretch.rows];
    return edges.slice(1).flatMap((to, i): Stretch[] => {
      const from = edges[i]!;
      if (from >= to) return [];
      const { firstRow, firstStart = 0 } = stretch;
      return [
        {
          ...stretch,
          firstRow: firstRow + from,
          firstStart: firstStart + from,
          rows: to - from,
          from: timeAt(firstRow + from),
        },
      ];
    });
  });
}
