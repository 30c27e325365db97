/** The writer and the reader together: round trips, flechette as another reader and writer, and bytes that are damaged. */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as flechette from "@uwdata/flechette";
import fc from "fast-check";
import { anySchema, comparable, cutRows, rowsFrom } from "../../../test/any-rows.ts";
import { type Batch, type ColumnType, type Kind, rng, type Schema, WindrowError } from "../../core/index.ts";
import { nodeCodecs } from "../../node/index.ts";
import { memoryStore } from "../../stores/index.ts";
import { type ArrowSinkOptions, arrowSink, openArrow } from "./index.ts";

const codecs = nodeCodecs();
const tools = { codecs, hashes: new Map() };
const ZSTD = { codec: "zstd", level: 1 };

async function written(
  schema: Schema,
  batches: readonly Batch[],
  options: Partial<ArrowSinkOptions> = {},
): Promise<Uint8Array> {
  const store = memoryStore();
  await using draft = await store.draft("x.arrow");
  const sink = arrowSink(draft, schema, { codecs, ...options });
  for (const batch of batches) await sink.write(batch);
  const { rows, bytes } = await sink.close();
  assert.equal(bytes, draft.bytes);
  assert.equal(
    rows,
    batches.reduce((sum, { length }) => sum + length, 0),
  );
  await draft.publish();
  return (await store.get("x.arrow"))!;
}

async function open(bytes: Uint8Array, columns?: readonly string[]) {
  const store = memoryStore();
  await store.put("x.arrow", bytes);
  return openArrow("x.arrow", { store, ...tools, ...(columns && { columns }) });
}

const anyFile = fc.record({
  schema: anySchema,
  rows: fc.integer({ min: 0, max: 90 }),
  seed: fc.nat(),
  options: fc.record({
    compression: fc.constantFrom(undefined, ZSTD),
    recordBatchBytes: fc.integer({ min: 1, max: 20_000 }),
  }),
});

test("what is written comes back, whole, by range and by column", async () => {
  await fc.assert(
    fc.asyncProperty(anyFile, fc.nat(), fc.nat(), async ({ schema, rows, seed, options }, a, b) => {
      const batch = rowsFrom(schema, rows, seed);
      const bytes = await written(schema, [batch], options);
      const table = await open(bytes);
      assert.deepEqual(table.schema, schema);
      assert.equal(table.length, rows);
      const expected = comparable(schema, [batch]);
      assert.deepEqual(comparable(schema, await Array.fromAsync(table.batches())), expected);
      const [from, to] = [a % (rows + 1), b % (rows + 1)].sort((x, y) => x - y) as [number, number];
      const part = await Array.fromAsync(table.batches({ from, to, batchRows: 7 }));
      assert.deepEqual(comparable(schema, part), expected.slice(from, to));
      const last = Object.entries(schema).slice(-1);
      const one = await open(bytes, [last[0]![0]]);
      const alone = Object.fromEntries(last);
      assert.deepEqual(
        comparable(alone, await Array.fromAsync(one.batches({ from, to }))),
        comparable(alone, [batch]).slice(from, to),
      );
    }),
  );
});

test("the file depends on the rows, not on how they came", async () => {
  await fc.assert(
    fc.asyncProperty(anyFile, fc.array(fc.nat(), { maxLength: 5 }), async ({ schema, rows, seed, options }, cuts) => {
      const batch = rowsFrom(schema, rows, seed);
      assert.deepEqual(
        await written(schema, cutRows(schema, batch, cuts), options),
        await written(schema, [batch], options),
      );
    }),
  );
});

/** A value as flechette gives it: bools apart from numbers, texts without the byte order mark that it drops. */
function asFlechette(value: unknown, kind: Kind): unknown {
  if (kind === "bool") return value === 1;
  return typeof value === "string" && kind === "str" ? value.replace(/^\ufeff/, "") : value;
}

/** One row of a column as flechette gives it. */
function cellOf(batch: Batch, [name, { kind, shape }]: readonly [string, ColumnType], row: number): unknown {
  const { data, valid } = batch.columns[name]!;
  if (valid?.[row] === 0) return null;
  const size = data.length / batch.length;
  const values = Array.from({ length: size }, (_, i) => asFlechette(data[row * size + i], kind));
  return shape === undefined ? values[0] : values;
}

function found(cell: unknown, { kind, shape }: ColumnType): unknown {
  if (cell === null || cell === undefined) return cell;
  if (shape !== undefined) return Array.from(cell as Iterable<unknown>);
  return kind === "json" ? JSON.parse(String(cell)) : cell;
}

test("flechette reads the same values", async () => {
  await fc.assert(
    fc.asyncProperty(anyFile, async ({ schema, rows, seed, options }) => {
      const batch = rowsFrom(schema, rows, seed);
      const bytes = await written(schema, [batch], { recordBatchBytes: options.recordBatchBytes });
      const table = flechette.tableFromIPC(bytes, { useBigInt: true });
      assert.equal(table.numRows, rows);
      for (const field of Object.entries(schema)) {
        const column = table.getChild(field[0]);
        for (let row = 0; row < rows; row++)
          assert.deepEqual(found(column?.at(row), field[1]), cellOf(batch, field, row));
      }
    }),
    { numRuns: 50 },
  );
});

test("what flechette writes is read: files and streams, several types, dictionaries", async () => {
  const values = {
    id: [1n, 2n, -3n, 4n],
    x: [0.5, null, 1.5, 2],
    ok: [true, false, null, true],
    name: ["a", "b", null, "a"],
    day: [0, 86_400_000, 2 * 86_400_000, 3 * 86_400_000],
  };
  const types = {
    id: flechette.int64(),
    x: flechette.float32(),
    ok: flechette.bool(),
    name: flechette.dictionary(flechette.utf8(), flechette.int8()),
    day: flechette.dateDay(),
  };
  for (const format of ["file", "stream"] as const) {
    const theirs = flechette.tableToIPC(flechette.tableFromArrays(values, { types }), { format });
    const table = await open(theirs!);
    assert.deepEqual(table.schema["day"], { kind: "i32", unit: "d", nullable: true });
    assert.equal(table.schema["name"]?.kind, "str");
    const [batch] = await Array.fromAsync(table.batches());
    const gaps = (name: string) => Array.from(batch!.columns[name]!.valid ?? []);
    assert.deepEqual(batch!.columns["id"]!.data, BigInt64Array.of(1n, 2n, -3n, 4n));
    assert.deepEqual([batch!.columns["x"]!.data, gaps("x")], [Float32Array.of(0.5, 0, 1.5, 2), [1, 0, 1, 1]]);
    assert.deepEqual([batch!.columns["ok"]!.data, gaps("ok")], [Uint8Array.of(1, 0, 0, 1), [1, 1, 0, 1]]);
    assert.deepEqual(
      [batch!.columns["name"]!.data, gaps("name")],
      [
        ["a", "b", "", "a"],
        [1, 1, 0, 1],
      ],
    );
    assert.deepEqual(batch!.columns["day"]!.data, Int32Array.of(0, 1, 2, 3));
    const [tail] = await Array.fromAsync(table.batches({ from: 3, columns: ["name"] }));
    assert.deepEqual(tail!.columns["name"]!.data, ["a"]);
  }
});

test("bodies lie at multiples of 64, so that readers can use them in place", async () => {
  const schema = { a: { kind: "f32", shape: [3] }, b: { kind: "str" } } as const;
  const bytes = await written(schema, [rowsFrom(schema, 100, 1)], { recordBatchBytes: 500 });
  const table = await open(bytes);
  assert.ok(table.recordBatches.length > 3);
  for (const place of table.recordBatches) assert.equal(place.bytes % 64, 0);
  assert.equal(flechette.tableFromIPC(bytes).numRows, 100);
});

/** Reads everything; gives the rows, or the error's code. */
async function outcome(bytes: Uint8Array, schema: Schema): Promise<unknown> {
  try {
    const table = await open(bytes);
    const rows = await Array.fromAsync(table.batches());
    return JSON.stringify(table.schema) === JSON.stringify(schema) ? comparable(schema, rows) : "another schema";
  } catch (error) {
    assert.ok(error instanceof WindrowError, String(error instanceof Error ? error.stack : error));
    assert.match(error.message, /^Cannot read x\.arrow: .* \(at byte \d+\)$/s);
    assert.ok(["damaged", "unsupported"].includes(error.code));
    return error.code;
  }
}

test("bytes that are flipped, cut or spliced are read or refused, with their place", async () => {
  await fc.assert(
    fc.asyncProperty(anyFile, fc.nat(), async ({ schema, rows, seed, options }, chance) => {
      const bytes = await written(schema, [rowsFrom(schema, rows, seed)], options);
      const random = rng(chance);
      const bad = bytes.slice(0, random.int(4) === 0 ? random.int(bytes.length) : bytes.length);
      for (let flips = 1 + random.int(4); flips > 0 && bad.length > 0; flips--) {
        const at = random.int(2) === 0 ? random.int(bad.length) : Math.max(0, bad.length - 1 - random.int(300));
        if (random.int(2) === 0) bad[at] = random.int(256);
        else bad.copyWithin(at, random.int(bad.length), random.int(bad.length));
      }
      await outcome(bad, schema);
    }),
    { numRuns: 400 },
  );
});

test("what is missing, cut or no Arrow at all is said in one line", async () => {
  const schema = { a: { kind: "i32" } } as const;
  const bytes = await written(schema, [rowsFrom(schema, 10, 1)]);
  await assert.rejects(open(bytes.subarray(0, bytes.length - 1)), {
    code: "damaged",
    message: /was not written to its end/,
  });
  await assert.rejects(open(new Uint8Array(0)), { code: "damaged", message: /got no schema/ });
  await assert.rejects(open(new TextEncoder().encode("PAR1 and more")), {
    code: "damaged",
    message: /begins with ARROW1/,
  });
  await assert.rejects(openArrow("no.arrow", { store: memoryStore(), ...tools }), { code: "missing" });
  const table = await open(bytes);
  assert.throws(() => table.batches({ from: 3, to: 11 }), { code: "usage" });
  assert.throws(() => table.batches({ columns: ["b"] }), { code: "missing" });
});

test("a length that is not there is refused at once", async () => {
  const schema = { a: { kind: "str" } } as const;
  for (const compression of [undefined, ZSTD]) {
    const bytes = await written(schema, [rowsFrom(schema, 40, 1)], { compression });
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    // Every 8-byte number in turn says 2^40.
    for (let at = 0; at + 8 <= bytes.length; at += 8) {
      const before = view.getBigInt64(at, true);
      view.setBigInt64(at, 2n ** 40n, true);
      await outcome(bytes, schema);
      view.setBigInt64(at, before, true);
    }
    assert.ok(Array.isArray(await outcome(bytes, schema)));
  }
});

test("a batch that is not of the schema is refused", async () => {
  const schema = { a: { kind: "i32" } } as const;
  const wrong: readonly Batch[] = [
    { length: 1, columns: {} },
    { length: 1, columns: { a: { data: new Uint8Array(1) } } },
    { length: 2, columns: { a: { data: new Int32Array(1) } } },
    { length: 1, columns: { a: { data: new Int32Array(1), valid: Uint8Array.of(0) } } },
  ];
  for (const batch of wrong) await assert.rejects(written(schema, [batch]), { code: "usage" });
  for (const type of [
    { kind: "str", shape: [2] },
    { kind: "f32", shape: [0] },
  ] as const)
    await assert.rejects(written({ a: type }, []), { code: "usage" });
});
