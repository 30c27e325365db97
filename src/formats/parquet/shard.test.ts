/** Row groups as shards: rows taken in any order are the rows of the table. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { anyFile, batchOf, CODECS, HASHES, open, rowsOf, storeOf, written } from "../../../test/parquet-files.ts";
import { type Batch, bytesOf, isNumeric, NUMERIC_ARRAYS, type Schema, valuesPerRow } from "../../core/index.ts";
import { openParquet } from "./index.ts";

/** A batch full of other values. */
function roomFor(schema: Schema, length: number): Batch {
  const columns = Object.entries(schema).map(([name, { kind, nullable, ...type }]) => {
    const data = isNumeric(kind) ? new NUMERIC_ARRAYS[kind](length * valuesPerRow({ kind, ...type })) : [];
    if (isNumeric(kind)) bytesOf(data as Uint8Array).fill(kind === "bool" ? 1 : 0xa5);
    else for (let i = 0; i < length; i++) (data as unknown[]).push("else");
    return [name, { data, ...(nullable ? { valid: new Uint8Array(length).fill(7) } : {}) }];
  });
  return { length, columns: Object.fromEntries(columns) };
}

const BEFORE = 2;
const BEHIND = 3;

test("rows taken in any order are the rows of the table, and no others are touched", async () => {
  await fc.assert(
    fc.asyncProperty(anyFile, fc.array(fc.nat(), { maxLength: 20 }), async ({ schema, options, rows, seed }, wish) => {
      const batch = batchOf(schema, rows, seed);
      const table = await open(await written(schema, [batch], options));
      const all = rowsOf(schema, [batch]);
      let first = 0;
      for (const [number, length] of table.shardRows.entries()) {
        using shard = await table.openShard(number);
        assert.equal(shard.length, length);
        const choice = Uint32Array.from(wish, (row) => row % length);
        const into = roomFor(schema, BEFORE + choice.length + BEHIND);
        const untouched = rowsOf(schema, [roomFor(schema, into.length)]);
        assert.equal(shard.take(choice, into, BEFORE), undefined, "bytes at hand are copied at once");
        const got = rowsOf(schema, [into]);
        assert.deepEqual(got.slice(0, BEFORE), untouched.slice(0, BEFORE));
        assert.deepEqual(
          got.slice(BEFORE, -BEHIND),
          Array.from(choice, (row) => all[first + row]),
        );
        assert.deepEqual(got.slice(-BEHIND), untouched.slice(-BEHIND));
        first += length;
      }
      assert.equal(first, rows);
    }),
    { numRuns: 120, seed: 1 },
  );
});

test("rows taken forward, with gaps between, are the rows of the table", async () => {
  await fc.assert(
    fc.asyncProperty(
      anyFile,
      fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 0, max: 9 }), fc.boolean()), { maxLength: 12 }),
      async ({ schema, options, rows, seed }, steps) => {
        const batch = batchOf(schema, rows, seed);
        const table = await open(await written(schema, [batch], { ...options, rowGroupBytes: 1 << 16 }));
        const all = rowsOf(schema, [batch]);
        if (rows === 0) return;
        using shard = await table.openShard(0, { access: "forward" });
        let row = 0;
        for (const [skip, take, isRange] of steps) {
          const from = Math.min(row + skip, shard.length);
          const to = Math.min(from + take, shard.length);
          // Every second row, or all of them.
          const choice = Uint32Array.from({ length: to - from }, (_, i) => from + 2 * i).filter((one) => one < to);
          const into = roomFor(schema, BEFORE + to - from);
          await shard.take(isRange ? { from, to } : choice, into, BEFORE);
          const expected = isRange ? all.slice(from, to) : Array.from(choice, (one) => all[one]);
          assert.deepEqual(rowsOf(schema, [into]).slice(BEFORE, BEFORE + expected.length), expected);
          row = to;
        }
      },
    ),
    { numRuns: 120, seed: 2 },
  );
});

const WIDTH = 100_000;
const WIDE = { w: { kind: "f32", shape: [WIDTH] }, id: { kind: "u32" } } as const satisfies Schema;

test("rows far ahead are reached without the pages between", async () => {
  const batch = batchOf(WIDE, 60, 3);
  const reads: { from: number; to: number }[] = [];
  const bytes = await written(WIDE, [batch], { rowGroupBytes: 1 << 28 });
  const table = await open(bytes, reads);
  for (const rows of [[50], [0, 50], [0, 1, 40, 59]]) {
    reads.length = 0;
    using shard = await table.openShard(0, { access: "forward", columns: ["w"] });
    const into = roomFor(WIDE, rows.length);
    for (const [i, row] of rows.entries()) await shard.take({ from: row, to: row + 1 }, into, i);
    const { data } = batch.columns["w"]! as { readonly data: Float32Array };
    const { data: got } = into.columns["w"]! as { readonly data: Float32Array };
    for (const [i, row] of rows.entries()) {
      const [taken, written] = [
        got.subarray(i * WIDTH, (i + 1) * WIDTH),
        data.subarray(row * WIDTH, (row + 1) * WIDTH),
      ];
      assert.equal(crc32(bytesOf(taken)), crc32(bytesOf(written)), `row ${row}`);
    }
    const read = reads.reduce((sum, { from, to }) => sum + to - from, 0);
    assert.ok(read < bytes.length * 0.85, `read ${read} of ${bytes.length} bytes for ${rows}`);
  }
});

test("a gap is 0, empty or null, whatever the memory held", async () => {
  const schema = {
    x: { kind: "f64", nullable: true },
    s: { kind: "str", nullable: true },
    j: { kind: "json", nullable: true },
  } as const satisfies Schema;
  const valid = Uint8Array.of(1, 0);
  const columns = {
    x: { data: Float64Array.of(1, 2), valid },
    s: { data: ["a", "b"], valid },
    j: { data: [3, 4], valid },
  };
  const table = await open(await written(schema, [{ length: 2, columns }]));
  for (const access of ["any", "forward"] as const) {
    using shard = await table.openShard(0, { access });
    const into = roomFor(schema, 2);
    await shard.take({ from: 0, to: 2 }, into, 0);
    assert.deepEqual(
      ["x", "s", "j"].map((name) => [...into.columns[name]!.data]),
      [
        [1, 0],
        ["a", ""],
        [3, null],
      ],
    );
    for (const name of ["x", "s", "j"]) assert.deepEqual(into.columns[name]!.valid, valid);
  }
});

test("what a shard cannot do is refused, and it goes on", async () => {
  const schema = { x: { kind: "f64" }, s: { kind: "str", nullable: true } } as const;
  const table = await open(await written(schema, [batchOf(schema, 10, 1)]));
  await assert.rejects(table.openShard(1), { code: "usage" });
  await assert.rejects(table.openShard(0, { columns: ["y"] }), { code: "missing" });
  for (const access of ["any", "forward"] as const) {
    const shard = await table.openShard(0, { access });
    const into = roomFor(schema, 4);
    const take = async (rows: Parameters<typeof shard.take>[0], to: Batch, at = 0) => shard.take(rows, to, at);
    const wrong: readonly Promise<void>[] = [
      take({ from: 0, to: 5 }, into),
      take({ from: 0, to: 4 }, into, 1),
      take({ from: 3, to: 11 }, into),
      take({ from: 3, to: 2 }, into),
      take({ from: 0.5, to: 1 }, into),
      take(Uint32Array.of(10), into),
      take({ from: 0, to: 1 }, { length: 4, columns: { x: into.columns["x"]! } }),
      take({ from: 0, to: 1 }, { length: 4, columns: { ...into.columns, x: { data: new Float32Array(4) } } }),
      take({ from: 0, to: 1 }, { length: 4, columns: { ...into.columns, s: { data: [] } } }),
    ];
    for (const one of wrong) await assert.rejects(one, { name: "WindrowError", code: "usage" });
    await take({ from: 2, to: 6 }, into);
    if (access === "forward") await assert.rejects(take({ from: 5, to: 6 }, into), { code: "usage" });
    shard[Symbol.dispose]();
    shard[Symbol.dispose]();
    await assert.rejects(take({ from: 6, to: 7 }, into), { code: "internal" });
  }
});

test("a broken page is damage, again and again, and what lies before it is read", async () => {
  const schema = { w: { kind: "f32", shape: [1000] } } as const;
  const batch = batchOf(schema, 100, 5);
  const bytes = await written(schema, [batch], { pageBytes: 40_000, compression: { codec: "zstd" } });
  bytes[bytes.length >> 1]! ^= 4;
  const store = storeOf({ "x.parquet": bytes });
  const table = await openParquet("x.parquet", { store, codecs: CODECS, hashes: HASHES });
  await assert.rejects(table.openShard(0), { code: "damaged", message: /checksum/ });
  using shard = await table.openShard(0, { access: "forward" });
  const into = roomFor(schema, 30);
  await shard.take({ from: 0, to: 30 }, into, 0);
  assert.deepEqual(rowsOf(schema, [into]), rowsOf(schema, [batch]).slice(0, 30));
  for (let again = 0; again < 2; again++)
    await assert.rejects(async () => shard.take({ from: 50, to: 60 }, into, 0), { code: /damaged|usage/ });
});
