/** Samples' columns, and how samples are cut into pieces. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { mdsLayout } from "../formats/mds/index.ts";
import { type IdColumn, pieces, sampleSchema } from "./spec.ts";

const features = { name: "features", type: { kind: "f32", shape: [928, 5] } } as const;

test("the features come first, then the ids as they were asked for", () => {
  const ids: IdColumn[] = [
    { name: "mmsi", source: "entity_number" },
    { name: "t_start", source: "t_start" },
  ];
  assert.deepEqual(Object.entries(sampleSchema(features, ids)), [
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
  assert.throws(() => sampleSchema(features, twice), { code: "usage" });
  assert.throws(() => sampleSchema(features, [{ name: "features", source: "key" }]), { code: "usage" });
});

test("pieces hold a sample at least, and row groups never more than a shard", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1024, max: 2 ** 28 }),
      fc.integer({ min: 1, max: 4000 }),
      fc.boolean(),
      (shardBytes, size, named) => {
        const ids: IdColumn[] = named ? [{ name: "trace_id", source: "trace_id" }] : [];
        const schema = sampleSchema({ name: "features", type: { kind: "f32", shape: [size, 5] } }, ids);
        const mds = mdsLayout(schema, { style: "ndarray", shardBytes, compression: undefined, hashes: [] });
        const cut = pieces(schema, mds, 20);
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
  const schema = sampleSchema(features, []);
  const mds = mdsLayout(schema, { style: "ndarray", shardBytes: 64 * 2 ** 20, compression: undefined, hashes: [] });
  const { unitRows, unitsPerTask } = pieces(schema, mds, 0);
  assert.ok(unitRows > 3600 && unitRows <= 3615);
  assert.equal(unitsPerTask, 1);
});
