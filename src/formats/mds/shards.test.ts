/** Rows of shards, taken in any order, and single samples: always what reading the whole table gives. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Batch,
  bytesOf,
  type Codecs,
  type Column,
  isNumeric,
  NUMERIC_ARRAYS,
  type OpenShardRows,
  type RowChoice,
  type Schema,
  type Store,
  valuesPerRow,
  WindrowError,
} from "../../core/index.ts";
import { nodeCodecs } from "../../node/codecs.ts";
import { nodeHashes } from "../../node/hashes.ts";
import { memoryStore } from "../../stores/index.ts";
import { type MdsSinkOptions, mdsSink, type OpenMdsOptions, openMds } from "./index.ts";

const codecs = nodeCodecs();
const hashes = await nodeHashes();

const FIXED = {
  a: { kind: "u8" },
  x: { kind: "f32", shape: [3, 4] },
  y: { kind: "i64", shape: [5] },
} as const satisfies Schema;
const ALONE = { x: { kind: "f32", shape: [3, 4] } } as const satisfies Schema;
const MIXED = {
  ...FIXED,
  text: { kind: "str" },
  raw: { kind: "bytes" },
  any: { kind: "json" },
  f: { kind: "f64" },
} as const satisfies Schema;

/** Rows whose values tell their number. */
function rowsOf(schema: Schema, length: number): Batch {
  const cells: Readonly<Record<string, (row: number) => unknown>> = {
    text: (row) => "é".repeat(row % 5),
    raw: (row) => new Uint8Array(row % 7).fill(row),
    any: (row) => ({ row }),
  };
  const columns = Object.entries(schema).map(([name, type]): [string, Column] => {
    const { kind } = type;
    if (!isNumeric(kind)) return [name, { data: Array.from({ length }, (_, row) => cells[name]!(row)) as string[] }];
    const data = new NUMERIC_ARRAYS[kind](length * valuesPerRow(type));
    for (let i = 0; i < data.length; i++) data[i] = kind === "i64" ? BigInt(i) : i;
    return [name, { data }];
  });
  return { length, columns: Object.fromEntries(columns) };
}

interface Made {
  readonly store: Store;
  readonly schema: Schema;
  readonly options: Partial<OpenMdsOptions>;
}

async function made(schema: Schema, length: number, options: Partial<MdsSinkOptions>): Promise<Made> {
  const store = memoryStore();
  const all = { packers: { codecs, hashes }, shardBytes: 1500, hashes: ["xxh64"], ...options };
  await using sink = await mdsSink(store, "mds", schema, all as MdsSinkOptions);
  await sink.write(rowsOf(schema, length));
  await sink.close();
  const arrays = Object.entries(schema).filter(([, { kind, shape }]) => isNumeric(kind) && shape !== undefined);
  return { store, schema, options: { bytesAs: Object.fromEntries(arrays) } };
}

/** A store that cannot open files, as those over the network. */
function remote({ open: _, ...store }: Store): Store {
  return store;
}

const opened = ({ store, options }: Made, more: Partial<OpenMdsOptions> = {}) =>
  openMds("mds", { store, codecs, hashes, ...options, ...more });

/** A batch with room, and other numbers around what will be taken. */
function room(schema: Schema, length: number): Batch {
  const columns = Object.entries(schema).map(([name, type]): [string, Column] => {
    const { kind } = type;
    if (!isNumeric(kind)) return [name, { data: new Array<string>(length).fill("untouched") }];
    const data = new NUMERIC_ARRAYS[kind](length * valuesPerRow(type));
    bytesOf(data).fill(0xaa);
    return [name, { data }];
  });
  return { length, columns: Object.fromEntries(columns) };
}

function cells({ columns }: Batch, schema: Schema, row: number): unknown[] {
  return Object.entries(schema).map(([name, type]) => {
    const { data } = columns[name]!;
    const width = valuesPerRow(type);
    return width === 1 ? data[row] : data.slice(row * width, (row + 1) * width);
  });
}

const FORMS = fc.record({
  schema: fc.constantFrom<Schema>(ALONE, FIXED, MIXED),
  style: fc.constantFrom("ndarray" as const, "bytes" as const),
  // Arrays that say themselves what they are.
  encodings: fc.constantFrom({}, { x: "ndarray" }, { x: "ndarray:float32" }),
  compression: fc.constantFrom(undefined, { codec: "zstd" }, { codec: "gz" }, { codec: "snappy" }),
  length: fc.integer({ min: 1, max: 80 }),
  shardBytes: fc.constantFrom(700, 1500, 6000),
});

const WAYS = fc.record({
  columns: fc.constantFrom({}, { columns: ["x"] }),
  access: fc.constantFrom("any" as const, "forward" as const),
  isRemote: fc.boolean(),
  verify: fc.constantFrom("none" as const, "hashes" as const),
});

/** What is taken of a shard: rows of it, as a range or by number. */
function choices(rows: number, access: "any" | "forward", next: (below: number) => number): (readonly number[])[] {
  const found: (readonly number[])[] = [];
  for (let from = 0; from < rows && found.length < 4; ) {
    const to = from + next(rows - from + 1);
    const range = Array.from({ length: to - from }, (_, i) => from + i);
    const some = access === "forward" ? range.filter(() => next(3) > 0) : range.map(() => next(rows));
    found.push(next(2) === 0 ? range : some);
    from = to;
  }
  return found;
}

/** A range where it is one. */
function asChoice(rows: readonly number[]): RowChoice {
  const from = rows[0] ?? 0;
  const isRange = rows.every((row, i) => row === from + i);
  return isRange ? { from, to: from + rows.length } : Uint32Array.from(rows);
}

async function checkTaken(
  shard: OpenShardRows,
  rows: readonly number[],
  wanted: Schema,
  expected: (row: number) => unknown,
) {
  const into = room(wanted, rows.length + 2);
  await shard.take(asChoice(rows), into, 1);
  const blank = cells(room(wanted, 1), wanted, 0);
  assert.deepEqual(cells(into, wanted, 0), blank);
  assert.deepEqual(cells(into, wanted, rows.length + 1), blank);
  for (const [k, row] of rows.entries()) assert.deepEqual(cells(into, wanted, k + 1), expected(row));
}

test("any rows of a shard, taken to any place, are those of the whole table, and nothing else is written", async () => {
  await fc.assert(
    fc.asyncProperty(FORMS, WAYS, fc.infiniteStream(fc.nat()), async ({ schema, length, ...form }, way, chance) => {
      const dataset = await made(schema, length, form);
      const all = rowsOf(schema, length);
      const { isRemote, verify, access, columns } = way;
      await using table = await opened(dataset, { store: isRemote ? remote(dataset.store) : dataset.store, verify });
      const wanted = "columns" in columns ? { x: schema["x"]! } : schema;
      const next = (below: number) => (chance.next().value as number) % below; // it never ends
      let start = 0;
      for (const [number, rows] of table.shardRows.entries()) {
        using shard = await table.openShard(number, { access, ...columns });
        assert.equal(shard.length, rows);
        const expected = (row: number) => cells(all, wanted, start + row);
        for (const some of choices(rows, access, next)) await checkTaken(shard, some, wanted, expected);
        start += rows;
      }
      assert.equal(start, length);
    }),
    { numRuns: 200 },
  );
});

test("single samples are those of the whole table, in any order, with few files open", async () => {
  await fc.assert(
    fc.asyncProperty(
      FORMS,
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.nat(), { minLength: 1, maxLength: 40 }),
      fc.constantFrom("none" as const, "hashes" as const),
      async ({ schema, length, ...form }, openFiles, places, verify) => {
        const dataset = await made(schema, length, form);
        const { x } = rowsOf(schema, length).columns;
        let open = 0;
        const counting: Store = {
          ...dataset.store,
          open(key) {
            const file = dataset.store.open!(key);
            if (file === undefined) return;
            open++;
            let isOpen = true;
            return {
              ...file,
              [Symbol.dispose]() {
                if (isOpen) open--;
                isOpen = false;
                file[Symbol.dispose]();
              },
            };
          },
        };
        await using table = await opened(dataset, { store: counting, verify });
        {
          using reader = table.sampleReader({ column: "x", openFiles });
          assert.equal(reader.bytes, 48);
          const into = new Float32Array(14).fill(-1);
          for (const place of places) {
            const row = place % length;
            reader.readInto(row, bytesOf(into));
            assert.deepEqual([...into], [...(x!.data as Float32Array).subarray(12 * row, 12 * row + 12), -1, -1]);
            assert.ok(open <= openFiles, `${open} files`);
          }
        }
        assert.equal(open, 0);
      },
    ),
    { numRuns: 100 },
  );
});

test("what is asked wrongly of shards and samples is refused", async () => {
  const dataset = await made(MIXED, 20, {});
  await using table = await opened(dataset);
  const refused = { code: "usage", message: /^Cannot / };
  await assert.rejects(table.openShard(99), refused);
  await assert.rejects(table.openShard(-1), refused);
  await assert.rejects(table.openShard(0, { columns: ["nothing"] }), { code: "missing" });
  const shard = await table.openShard(0);
  const into = room(MIXED, 30);
  for (const rows of [{ from: 0, to: 99 }, { from: -1, to: 1 }, { from: 2, to: 1 }, Uint32Array.of(0, 99)]) {
    assert.throws(() => shard.take(rows, into, 0), refused);
  }
  shard[Symbol.dispose]();
  shard[Symbol.dispose]();
  assert.throws(() => shard.take({ from: 0, to: 1 }, into, 0), refused);
  assert.throws(() => table.sampleReader(), refused);
  assert.throws(() => table.sampleReader({ column: "text" }), refused);
  assert.throws(() => table.sampleReader({ column: "nothing" }), { code: "missing" });
  assert.throws(() => table.sampleReader({ column: "x", openFiles: 0 }), refused);
  const reader = table.sampleReader({ column: "x" });
  for (const row of [-1, 20, 0.5, Number.NaN]) assert.throws(() => reader.readInto(row, new Uint8Array(48)), refused);
  assert.throws(() => reader.readInto(0, new Uint8Array(47)), refused);
  reader[Symbol.dispose]();
  assert.throws(() => reader.readInto(0, new Uint8Array(48)), refused);
  await using far = await opened(dataset, { store: remote(dataset.store) });
  assert.throws(() => far.sampleReader({ column: "x" }), { code: "unsupported" });
});

test("of a damaged shard rows are an error or values, as of the whole table", async () => {
  for (const [schema, form] of [
    [ALONE, {}],
    [ALONE, { style: "bytes" }],
    [FIXED, { encodings: { x: "ndarray" } }],
    [MIXED, {}],
    [ALONE, { compression: { codec: "zstd" } }],
  ] as const) {
    const dataset = await made(schema, 12, { ...form, shardBytes: 1 << 16 });
    const key = (await Array.fromAsync(dataset.store.list("mds/shard")))[0]!;
    const good = (await dataset.store.get(key))!;
    const outcome = async (read: () => Promise<unknown>) => {
      try {
        return await read();
      } catch (error) {
        assert.ok(error instanceof WindrowError, String(error));
        return error.code;
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (place, mask) => {
        const bad = good.slice();
        bad[place % bad.length]! ^= mask;
        await dataset.store.put(key, bad);
        const whole = await outcome(async () => {
          await using table = await opened(dataset);
          const [batch] = await Array.fromAsync(table.batches({ batchRows: 12 }));
          return cells(batch!, schema, 7);
        });
        for (const access of ["any", "forward"] as const) {
          const taken = await outcome(async () => {
            await using table = await opened(dataset);
            using shard = await table.openShard(0, { access });
            const into = room(schema, 12);
            await shard.take({ from: 0, to: 12 }, into, 0);
            return cells(into, schema, 7);
          });
          // A packed file that is no longer whole may end late enough for all samples.
          if (access === "any" || Array.isArray(whole)) assert.deepEqual(taken, whole);
        }
        const sample = await outcome(async () => {
          await using table = await opened(dataset);
          using reader = table.sampleReader({ column: "x" });
          const into = new Float32Array(12);
          reader.readInto(7, bytesOf(into));
          return into;
        });
        if (Array.isArray(whole)) assert.deepEqual(sample, whole[Object.keys(schema).indexOf("x")]);
      }),
      { numRuns: 150 },
    );
  }
});

test("rows of a packed shard come before it is unpacked, none twice, and no more is held than must be", async () => {
  const schema = { x: { kind: "f32", shape: [1 << 16] } } as const satisfies Schema;
  const rows = 240; // of 256 KiB: 60 MiB
  const store = memoryStore();
  await using sink = await mdsSink(store, "mds", schema, {
    packers: { codecs, hashes },
    compression: { codec: "zstd", level: 1 },
  });
  for (let row = 0; row < rows; row++) {
    await sink.write({ length: 1, columns: { x: { data: new Float32Array(1 << 16).fill(row) } } });
  }
  await sink.close();
  let given = 0;
  const zstd = codecs.get("zstd")!;
  const counting: Codecs = new Map([
    [
      "zstd",
      {
        ...zstd,
        async *unpackPieces(pieces, rawLength) {
          for await (const piece of zstd.unpackPieces!(pieces, rawLength)) {
            given += piece.length;
            yield piece;
          }
        },
      },
    ],
  ]);
  await using table = await openMds("mds", { store, codecs: counting, hashes });
  using shard = await table.openShard(0, { access: "forward" });
  const into = room(schema, 1);
  const MOST = (1 << 23) + (1 << 21);
  for (let row = 0; row < rows; row += 7) {
    await shard.take({ from: row, to: row + 1 }, into, 0);
    assert.equal(into.columns["x"]!.data[(1 << 16) - 1], row);
    await new Promise(setImmediate);
    assert.ok(given - row * (1 << 18) <= MOST, `${given} given at row ${row}`);
  }
  assert.throws(() => shard.take({ from: 0, to: 1 }, into, 0), { code: "usage", message: /rising order/ });
});

test("a column that its type calls nullable has a value in each row", async () => {
  const dataset = await made(ALONE, 5, { style: "bytes", shardBytes: 6000 });
  const types = { x: { ...ALONE.x, nullable: true } };
  await using table = await opened({ ...dataset, options: {} }, { types });
  using shard = await table.openShard(0);
  const valid = new Uint8Array(5);
  const into = { length: 5, columns: { x: { data: new Float32Array(60), valid } } };
  await shard.take(Uint32Array.of(4, 0), into, 1);
  assert.deepEqual(valid, Uint8Array.of(0, 1, 1, 0, 0));
});

test("a codec that gives too little or too much is damage, and what lay in memory before is no sample", async () => {
  const dataset = await made(ALONE, 60, { compression: { codec: "zstd" } });
  const zstd = codecs.get("zstd")!;
  for (const [cut, more] of [
    [1, 0],
    [0, 1],
  ] as const) {
    let opening = 0;
    const odd: Codecs = new Map([
      [
        "zstd",
        {
          ...zstd,
          async *unpackPieces(pieces, rawLength) {
            const [whole] = await Array.fromAsync(zstd.unpackPieces!(pieces, rawLength));
            const isOdd = opening++ > 0;
            yield isOdd ? whole!.subarray(0, rawLength - cut) : whole!;
            if (isOdd && more > 0) yield new Uint8Array(more);
          },
        },
      ],
    ]);
    await using table = await opened(dataset, { codecs: odd });
    (await table.openShard(0, { access: "any" }))[Symbol.dispose]();
    await assert.rejects(table.openShard(0, { access: "any" }), { code: "damaged" });
  }
});
