/** Leaks in small indexes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type IndexRow, memoryPlace, putIndex, putMds } from "../../test/inspect-places.ts";
import { leak } from "./leak.ts";

async function leaksOf(rows: readonly IndexRow[]) {
  const place = memoryPlace();
  await putIndex(place.store, "index.parquet", rows);
  return leak({ ...place, key: "index.parquet" });
}

test("entities that keep to one split do not leak, whatever their times", async () => {
  const report = await leaksOf([
    { split: "train", entity: "a", from: 0, to: 10 },
    { split: "validation", entity: "b", from: 5, to: 15 },
    { split: "train", entity: "a", from: 3, to: 13 },
  ]);
  assert.ok(report.holds);
  assert.deepEqual(report.entities, { train: 1, validation: 1, test: 0 });
  assert.deepEqual([report.pairs_checked, report.smallest_gap], [0, null]);
});

test("an entity in two splits leaks, and so does each stretch of time that both have", async () => {
  const report = await leaksOf([
    { split: "train", entity: "a", from: 0, to: 10 },
    { split: "test", entity: "a", from: 10, to: 20 },
  ]);
  assert.equal(report.holds, false);
  assert.deepEqual(report.leaks, [
    { kind: "entity", entity: "a", splits: ["train", "test"], from: null, to: null },
    { kind: "overlap", entity: "a", splits: ["train", "test"], from: 10, to: 10 },
  ]);
  assert.equal(report.smallest_gap, 0);
});

test("stretches that interleave without touching do not overlap, and the least gap is told", async () => {
  const report = await leaksOf([
    { split: "train", entity: "a", from: 0, to: 10 },
    { split: "train", entity: "a", from: 30, to: 40 },
    { split: "validation", entity: "a", from: 12, to: 27 },
  ]);
  assert.deepEqual(
    report.leaks.map(({ kind }) => kind),
    ["entity"],
  );
  assert.equal(report.smallest_gap, 2);
});

const row = fc.record({
  split: fc.constantFrom("train", "validation", "test"),
  entity: fc.constantFrom("a", "b", "c"),
  from: fc.nat(60),
  length: fc.nat(8),
});

test("overlaps are found exactly where two samples of one entity in two splits share a moment", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (drawn) => {
      const rows = drawn.map(({ length, ...rest }) => ({ ...rest, to: rest.from + length }));
      const { leaks, smallest_gap: gap } = await leaksOf(rows);
      const pairs = rows.flatMap((a) =>
        rows.filter((b) => a.entity === b.entity && a.split < b.split).map((b) => ({ a, b })),
      );
      const gaps = pairs.map(({ a, b }) => Math.max(a.from, b.from) - Math.min(a.to, b.to));
      const sharing = new Set(pairs.flatMap(({ a }, i) => (gaps[i]! <= 0 ? [a.entity] : [])));
      assert.deepEqual(new Set(leaks.flatMap(({ kind, entity }) => (kind === "overlap" ? [entity] : []))), sharing);
      const least = Math.min(...gaps);
      if (least > 0) assert.equal(gap, Number.isFinite(least) ? least : null);
    }),
    { numRuns: 60 },
  );
});

test("a row of an unknown split or with times that descend is refused with its number", async () => {
  await assert.rejects(leaksOf([{ split: "trian", entity: "a", from: 0, to: 1 }]), {
    code: "damaged",
    message: /row 0 .* got split "trian"/,
  });
  await assert.rejects(leaksOf([{ split: "train", entity: "a", from: 2, to: 1 }]), {
    code: "damaged",
    message: /times 2 to 1/,
  });
});

test("shards without an index prove nothing, and that is said", async () => {
  const place = memoryPlace();
  await putMds(place.store, "", {
    schema: { n: { kind: "i64" } },
    batch: { length: 1, columns: { n: { data: BigInt64Array.of(1n) } } },
  });
  await assert.rejects(leak(place), {
    code: "unsupported",
    message: /Cannot prove anything of memory: it has no index\.parquet/,
  });
});
