/** Samples' columns, and how samples are cut into pieces. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { mdsLayout } from "../formats/mds/index.ts";
import { type IdColumn, pieces, sampleSchema, windowColumn } from "./spec.ts";

const features = { name: "features", type: { kind: "f32", shape: [928, 5] } } as const;
const window = { size: 928, stride: 32 };
const columns = [features];

test("the features come first, then the ids as they were asked for", () => {
  const ids: IdColumn[] = [
    { name: "mmsi", source: "entity_number" },
    { name: "t_start", source: "t_start" },
  ];
  assert.deepEqual(Object.entries(sampleSchema({ columns, ids, window })), [
    ["features", features.type],
    ["mmsi", { kind: "u32" }],
    ["t_start", { kind: "f64", unit: "s" }],
  ]);
});

test("two columns of one name are refused", () => {
  const twice: IdColumn[] = [
    { name: "mmsi", source: "entity_number" },
    { name: "mmsi", source: "entity_number" },
  ];
  assert.throws(() => sampleSchema({ columns, ids: twice, window }), { code: "usage" });
  assert.throws(() => sampleSchema({ columns, ids: [{ name: "features", source: "key" }], window }), { code: "usage" });
});

test("pieces hold a sample at least, and row groups never more than a shard", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1024, max: 2 ** 28 }),
      fc.integer({ min: 1, max: 4000 }),
      fc.boolean(),
      (shardBytes, size, named) => {
        const ids: IdColumn[] = named ? [{ name: "trace_id", source: "trace_id" }] : [];
        const features = { name: "features", type: { kind: "f32", shape: [size, 5] } } as const;
        const schema = sampleSchema({ columns: [features], ids, window: { size, stride: 1 } });
        const mds = mdsLayout(schema, { style: "ndarray", shardBytes, compression: undefined, hashes: [] });
        const cut = pieces(schema, mds, { window: { size, stride: 1 }, longestId: 20, values: {} });
        assert.equal(cut.sampleBytes, size * 20 + (named ? 24 : 0));
        for (const rows of [cut.unitRows, cut.groupRows, cut.unitsPerTask])
          assert.ok(Number.isInteger(rows) && rows >= 1);
        assert.ok(cut.groupRows <= cut.unitRows);
        assert.ok(cut.groupRows === 1 || cut.groupRows * cut.sampleBytes <= 16 * 2 ** 20);
        assert.ok(cut.unitRows === 1 || cut.unitRows * cut.sampleBytes <= shardBytes);
      },
    ),
  );
});

test("64 MiB hold 3615 windows of 928 positions, in one task", () => {
  const schema = sampleSchema({ columns, ids: [], window });
  const mds = mdsLayout(schema, { style: "ndarray", shardBytes: 64 * 2 ** 20, compression: undefined, hashes: [] });
  const { unitRows, unitsPerTask } = pieces(schema, mds, { window, longestId: 0, values: {} });
  assert.ok(unitRows > 3600 && unitRows <= 3615);
  assert.equal(unitsPerTask, 1);
});

test("a field becomes a column of windows, and of itself where windows have one row", () => {
  const pose = { kind: "f32", shape: [3], unit: "m", nullable: true } as const;
  assert.deepEqual(windowColumn("pose", pose, 4).type, { kind: "f32", shape: [4, 3], unit: "m" });
  assert.deepEqual(windowColumn("pose", pose, 1).type, { kind: "f32", shape: [3], unit: "m" });
  assert.deepEqual(windowColumn("note", { kind: "str" }, 1).type, { kind: "str" });
  const notes = windowColumn("note", { kind: "str" }, 4);
  assert.deepEqual(sampleSchema({ columns: [notes], ids: [], window: { size: 4, stride: 1 } }), {
    note: { kind: "bytes" },
    note_lengths: { kind: "u32", shape: [4], unit: "B" },
  });
});

test("shards of values that vary hold as many samples as fill them on average, and never 4 GiB", () => {
  const image = windowColumn("image", { kind: "bytes" }, 1);
  const one = { size: 1, stride: 1 };
  const schema = sampleSchema({ columns: [image], ids: [], window: one });
  const mds = mdsLayout(schema, { shardBytes: 64 * 2 ** 20 });
  const cut = (mean: number, largest: number) =>
    pieces(schema, mds, { window: one, longestId: 0, values: { image: { mean, largest } } });
  assert.ok(Math.abs(cut(100_000, 400_000).unitRows * 100_000 - 64 * 2 ** 20) < 200_000);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 24 }), fc.integer({ min: 0, max: 2 ** 31 }), (mean, more) => {
      const { unitRows, groupRows, unitsPerTask } = cut(mean, mean + more);
      for (const rows of [unitRows, groupRows, unitsPerTask]) assert.ok(Number.isInteger(rows) && rows >= 1);
      assert.ok(unitRows === 1 || unitRows * (mean + more) < 2 ** 32);
      assert.ok(groupRows <= unitRows && (groupRows === 1 || groupRows * (mean + more) <= 2 ** 30));
    }),
  );
});

test("shards of a generation have as many samples as those before it, as long as these fit", () => {
  const image = windowColumn("image", { kind: "bytes" }, 1);
  const one = { size: 1, stride: 1 };
  const schema = sampleSchema({ columns: [image], ids: [], window: one });
  const mds = mdsLayout(schema, { shardBytes: 64 * 2 ** 20 });
  const cut = (largest: number, unitRows: number) =>
    pieces(schema, mds, { window: one, longestId: 0, values: { image: { mean: 1000, largest } }, unitRows });
  assert.equal(cut(2000, 500).unitRows, 500);
  assert.ok(cut(2000, 3).groupRows <= 3);
  assert.throws(() => cut(2 ** 24, 500), { code: "unsupported", message: /Cannot append: shards have 500 samples/ });
});
