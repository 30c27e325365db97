/** Rows in buckets: what comes out is what a plain sort gives, in any memory, and nothing is left. */

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { KeyNumbers } from "./key-numbers.ts";
import { RowBuckets } from "./row-buckets.ts";
import type { TabularChunk } from "./tabular.ts";

interface Row {
  readonly file: number;
  readonly key: number;
  readonly t: number;
  readonly value: number;
  readonly small: number;
}

const COLUMNS = [{ name: "key" }, { name: "t" }, { name: "value" }, { name: "small", single: true }] as const;
/** A row's: three doubles less the key, a single, file and key's number. */
const ROW_BYTES = 32;

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "windrow-buckets-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function chunk(rows: readonly Row[], bad: readonly number[] = []): TabularChunk {
  return {
    file: rows[0]?.file ?? 0,
    length: rows.length,
    bad: Float32Array.from(rows, (_, i) => bad[i] ?? 0),
    columns: {
      key: Float64Array.from(rows, (row) => row.key),
      t: Float64Array.from(rows, (row) => row.t),
      value: Float64Array.from(rows, (row) => row.value),
      small: Float32Array.from(rows, (row) => row.small),
    },
    textHash: undefined,
    texts: () => [],
  };
}

function take(buckets: RowBuckets, keys: KeyNumbers, rows: TabularChunk): void {
  buckets.take(rows, keys.of(rows.columns["key"] as Float64Array, rows.bad, rows.length));
}

async function sorted(buckets: RowBuckets): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const { length, columns } of buckets.sorted()) {
    for (let i = 0; i < length; i++) {
      const value = (name: string) => columns[name]?.[i] ?? Number.NaN;
      rows.push({
        file: value("file"),
        key: value("key"),
        t: value("t"),
        value: value("value"),
        small: value("small"),
      });
    }
  }
  return rows;
}

/** How many times another key begins: as many as there are keys, where each key's rows are together. */
function changes(rows: readonly Row[]): number {
  return rows.filter((row, i) => row.key !== rows[i - 1]?.key).length;
}

/** By key and time; `Array.sort` leaves ties as they came. */
function reference(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => a.key - b.key || a.t - b.t);
}

function reorderedOf(rows: readonly Row[]): number {
  const last = new Map<string, number>();
  return rows.filter(({ file, key, t }) => {
    const name = `${file} ${key}`;
    const isEarlier = t < (last.get(name) ?? Number.NEGATIVE_INFINITY);
    if (!isEarlier) last.set(name, t);
    return isEarlier;
  }).length;
}

async function check(
  t: TestContext,
  rows: readonly Row[],
  size: { readonly memoryBytes: number; readonly expectedBytes: number },
): Promise<void> {
  const folder = folderOf(t);
  {
    const keys = new KeyNumbers();
    using buckets = new RowBuckets({ folder, ...size, columns: COLUMNS, keys });
    for (let from = 0; from < rows.length; ) {
      const file = rows[from]!.file;
      const next = rows.findIndex((row, i) => i > from && (row.file !== file || i - from >= 2048));
      const to = next < 0 ? rows.length : next;
      take(buckets, keys, chunk(rows.slice(from, to)));
      from = to;
    }
    assert.equal(buckets.reordered, reorderedOf(rows));
    for (const _ of ["first", "again"]) {
      const got = await sorted(buckets);
      assert.equal(changes(got), new Set(rows.map((row) => row.key)).size);
      // A stable sort by key alone keeps the order that the rows of a key have.
      assert.deepEqual(
        got.sort((a, b) => a.key - b.key),
        reference(rows),
      );
    }
  }
  assert.deepEqual(readdirSync(folder), []);
}

test("any rows come out as a plain sort by key and time gives them, ties as they came, in any memory", async (t) => {
  const row = fc.record(
    {
      file: fc.constant(0),
      key: fc.integer({ min: -2, max: 5 }),
      t: fc.integer({ min: 0, max: 20 }),
      value: fc.oneof(fc.double(), fc.constant(Number.NaN)),
      small: fc.constantFrom(0, 1.5, 255, Number.NaN),
    },
    { noNullPrototype: true },
  );
  const rows = fc.array(row, { maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(
      rows,
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 0, max: 20_000 }),
      (any, room, expected) => check(t, any, { memoryBytes: room * ROW_BYTES, expectedBytes: expected }),
    ),
    { numRuns: 60 },
  );
});

/** Rows of some keys, `disorder` of a thousand out of time. */
function fleet(length: number, keys: number, disorder: number, file = 0): Row[] {
  return Array.from({ length }, (_, i) => ({
    file,
    key: 200_000_000 + ((i * 7919) % keys),
    t: (i * 31) % 1000 < disorder ? (i * 17) % 5000 : i >> 1,
    value: i,
    small: i % 256,
  }));
}

test("one key that is larger than the memory is put in order all the same", async (t) => {
  await check(t, fleet(50_000, 1, 0), { memoryBytes: 5000 * ROW_BYTES, expectedBytes: 0 });
  await check(t, fleet(50_000, 1, 300), { memoryBytes: 5000 * ROW_BYTES, expectedBytes: 50_000 * ROW_BYTES });
});

test("many keys of several files, each in order, are merged by time", async (t) => {
  const rows = [0, 1, 2].flatMap((file) => fleet(20_000, 700, 0, file));
  await check(t, rows, { memoryBytes: 2 ** 20, expectedBytes: rows.length * ROW_BYTES });
  await check(t, rows, { memoryBytes: 2 ** 26, expectedBytes: 0 });
});

test("bad rows are left out, and columns that a file lacks are missing", async (t) => {
  const keys = new KeyNumbers();
  using buckets = new RowBuckets({
    folder: folderOf(t),
    memoryBytes: 2 ** 20,
    expectedBytes: 0,
    columns: COLUMNS,
    keys,
  });
  const rows = fleet(4, 2, 0);
  const { value: _, small: __, ...columns } = chunk(rows).columns;
  take(buckets, keys, { ...chunk(rows, [0, 3, 0, 0]), columns });
  const got = await sorted(buckets);
  assert.deepEqual(
    got.map((row) => [row.t, row.value, row.small]),
    [rows[0]!, rows[2]!, rows[3]!].map((row) => [row.t, Number.NaN, Number.NaN]).sort(),
  );
});

test("rows out of time order are counted for each file and key", async (t) => {
  const at = (file: number, key: number, time: number): Row => ({ file, key, t: time, value: 0, small: 0 });
  await check(t, [at(0, 1, 5), at(0, 1, 3), at(0, 2, 1), at(0, 1, 4), at(0, 1, 5), at(1, 1, 1), at(1, 1, 0)], {
    memoryBytes: 2 ** 20,
    expectedBytes: 0,
  });
});

test("without rows there is nothing", (t) => check(t, [], { memoryBytes: 2 ** 20, expectedBytes: 2 ** 30 }));
