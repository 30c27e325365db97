/** Stretches of a trace: all rows, once, in pieces that no gap and no cut of time goes through. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { memoryWorkspace } from "../../../test/memory-workspace.ts";
import { bytesOf } from "../../core/index.ts";
import { TIMES_FILE } from "../../materialize/index.ts";
import type { Match, Trace } from "../../sync/index.ts";
import { cutByTime, stretchesOf } from "./stretches.ts";

/** What of a match stretches are made from. */
function matchOf(times: readonly number[], segments: readonly number[]): Match {
  const { length } = times;
  return { length, times: Float64Array.from(times), segments: Uint32Array.from(segments) } as unknown as Match; // nothing else is looked at
}

const drive = { name: "drive", entity: "car" } as Trace; // nothing else is looked at

test("stretches are all rows in order; a new one begins with a segment, and where time goes back", () => {
  const match = matchOf([0, 1, 2, 10, 11, 5, 5, 6], [0, 0, 0, 1, 1, 1, 1, 1]);
  assert.deepEqual(
    stretchesOf(drive, match, 100).map(({ firstRow, rows, firstStart, from }) => [firstRow, rows, firstStart, from]),
    [
      [100, 3, 0, 0],
      [103, 2, 3, 10],
      [105, 3, 5, 5],
    ],
  );
  assert.deepEqual(stretchesOf(drive, matchOf([], []), 0), []);
});

test("cuts leave every row where it was, on one side of each", () => {
  const steps = fc.array(fc.record({ step: fc.constantFrom(-3, 0, 1, 2), isNew: fc.boolean() }), { maxLength: 30 });
  const cut = fc.oneof(fc.integer({ min: -5, max: 40 }), fc.constant(Number.POSITIVE_INFINITY));
  fc.assert(
    fc.property(steps, cut, cut, (list, a, b) => {
      const times: number[] = [];
      const segments: number[] = [];
      for (const { step, isNew } of list) {
        times.push((times.at(-1) ?? 0) + step);
        segments.push((segments.at(-1) ?? 0) + (isNew ? 1 : 0));
      }
      const workspace = memoryWorkspace();
      using writer = workspace.writer(TIMES_FILE);
      writer.write(bytesOf(Float64Array.from(times)));
      writer.close();
      const cuts = { validation: Math.min(a, b), test: Math.max(a, b) };
      const pieces = cutByTime(workspace, stretchesOf(drive, matchOf(times, segments), 0), cuts);
      assert.deepEqual(
        pieces.flatMap(({ firstRow, rows }) => Array.from({ length: rows }, (_, i) => firstRow + i)),
        [...times.keys()],
      );
      for (const { firstRow, rows, firstStart, from } of pieces) {
        const own = times.slice(firstRow, firstRow + rows);
        assert.deepEqual([firstStart, from], [firstRow, own[0]]);
        assert.deepEqual(
          own,
          own.toSorted((x, y) => x - y),
        );
        for (const time of [cuts.validation, cuts.test]) assert.equal(new Set(own.map((t) => t < time)).size, 1);
        assert.equal(new Set(segments.slice(firstRow, firstRow + rows)).size, 1);
      }
    }),
  );
});
