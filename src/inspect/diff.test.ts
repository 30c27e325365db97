/** Comparisons of small tables, across formats. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { memoryPlace, putMds, putParquet } from "../../test/inspect-places.ts";
import type { Batch, Schema } from "../core/index.ts";
import { diff } from "./diff.ts";

const SCHEMA = {
  trace_id: { kind: "str" },
  start: { kind: "u32" },
  x: { kind: "f32", shape: [2] },
} as const satisfies Schema;

interface Sample {
  readonly id: number;
  readonly x: number;
}

function batchOf(samples: readonly Sample[]): Batch {
  return {
    length: samples.length,
    columns: {
      trace_id: { data: samples.map(({ id }) => `t${id}`) },
      start: { data: Uint32Array.from(samples, ({ id }) => id) },
      x: { data: Float32Array.from(samples.flatMap(({ x }) => [x, x + 1])) },
    },
  };
}

async function mds(samples: readonly Sample[]) {
  const place = memoryPlace("a");
  await putMds(place.store, "", { schema: SCHEMA, batch: batchOf(samples) });
  return place;
}

async function parquet(samples: readonly Sample[]) {
  const place = memoryPlace("b");
  await putParquet(place.store, "b.parquet", SCHEMA, batchOf(samples));
  return place;
}

test("the same samples in MDS and in Parquet are the same", async () => {
  const samples = [0, 1, 2].map((id) => ({ id, x: id / 2 }));
  const report = await diff(await mds(samples), await parquet(samples));
  assert.deepEqual([report.same_samples, report.same_order, report.same_values, report.in_both], [true, true, true, 3]);
  assert.equal(report.by, "trace_id+start");
  assert.equal(report.first_difference, null);
});

test("another order, other values and other samples are told apart", async () => {
  const [a, b, c] = [0, 1, 2].map((id) => ({ id, x: id })) as [Sample, Sample, Sample];
  const order = await diff(await mds([a, b, c]), await parquet([a, c, b]));
  assert.deepEqual([order.same_samples, order.same_order, order.changed], [true, false, 0]);
  assert.deepEqual(order.first_difference, { row: 1, what: "sample" });
  const values = await diff(await mds([a, b, c]), await parquet([a, { ...b, x: 9 }, c]));
  assert.deepEqual(
    [values.same_samples, values.same_order, values.same_values, values.changed],
    [true, true, false, 1],
  );
  assert.deepEqual(values.first_difference, { row: 1, what: "values" });
  const fewer = await diff(await mds([a, b, c]), await parquet([a, b]));
  assert.deepEqual([fewer.same_samples, fewer.only_in_a, fewer.only_in_b], [false, 1, 0]);
  assert.deepEqual(fewer.first_difference, { row: 2, what: "end" });
});

test("counts are those of multisets", async () => {
  const sample = fc.record({ id: fc.nat(4), x: fc.nat(1) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(sample, { minLength: 1, maxLength: 12 }),
      fc.array(sample, { minLength: 1, maxLength: 12 }),
      async (left, right) => {
        const report = await diff(await mds(left), await parquet(right));
        const countOf = (samples: readonly Sample[], id: number) => samples.filter((each) => each.id === id).length;
        const both = [0, 1, 2, 3, 4].reduce((sum, id) => sum + Math.min(countOf(left, id), countOf(right, id)), 0);
        assert.deepEqual(
          [report.in_both, report.only_in_a, report.only_in_b],
          [both, left.length - both, right.length - both],
        );
        assert.equal(
          report.same_order,
          JSON.stringify(left.map(({ id }) => id)) === JSON.stringify(right.map(({ id }) => id)),
        );
      },
    ),
    { numRuns: 40 },
  );
});

test("tables without ids are compared by values; further columns are named, other types too", async () => {
  const place = memoryPlace("c");
  const schema = {
    x: { kind: "f32", shape: [2] },
    start: { kind: "f64" },
    more: { kind: "u8" },
  } as const satisfies Schema;
  const columns = {
    x: { data: Float32Array.of(5, 6) },
    start: { data: Float64Array.of(1) },
    more: { data: Uint8Array.of(1) },
  };
  await putParquet(place.store, "c.parquet", schema, { length: 1, columns });
  const report = await diff(await mds([{ id: 0, x: 5 }]), place);
  assert.equal(report.by, "values");
  assert.ok(report.same_samples && report.same_order);
  assert.deepEqual(
    [report.columns, report.columns_only_in_a, report.columns_only_in_b, report.columns_of_other_type],
    [["x"], ["trace_id"], ["more"], ["start"]],
  );
});

test("tables with nothing in common cannot be compared", async () => {
  const place = memoryPlace("c");
  await putParquet(
    place.store,
    "c.parquet",
    { y: { kind: "u8" } },
    { length: 1, columns: { y: { data: Uint8Array.of(1) } } },
  );
  await assert.rejects(diff(await mds([{ id: 0, x: 5 }]), place), {
    code: "unsupported",
    message: /no column is in both/,
  });
});
