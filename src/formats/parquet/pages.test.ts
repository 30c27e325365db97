/** The ways that pages come: fetched or from an open file, unpacked on the thread or beside it. All give the same, of broken files too. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import {
  batchOf,
  CODECS,
  chance,
  HASHES,
  memoryDraft,
  OPTIONS,
  readAll,
  rowsOf,
  storeOf,
  written,
} from "../../../test/parquet-files.ts";
import {
  type Batch,
  bytesOf,
  type Codec,
  type Column,
  type ReadStore,
  type Schema,
  WindrowError,
} from "../../core/index.ts";
import { ByteWriter } from "./byte-writer.ts";
import { ENCODING, PAGE } from "./codes.ts";
import { openParquet, parquetAssembly } from "./index.ts";
import { writeHybrid } from "./levels.kernel.ts";
import { pageHeader } from "./page-header.ts";
import { split } from "./split.kernel.ts";

const SCHEMA = {
  w: { kind: "f32", shape: [20_000] },
  id: { kind: "i64" },
  s: { kind: "str", nullable: true },
} as const satisfies Schema;
const { w: _, ...NARROW } = SCHEMA;

/** A store that opens files, and counts those that are open and the bytes that are read from them. */
function openingStore(bytes: Uint8Array): ReadStore & { readonly opened: number; readonly read: number } {
  let opened = 0;
  let read = 0;
  return {
    ...storeOf({ "x.parquet": bytes }),
    get opened() {
      return opened;
    },
    get read() {
      return read;
    },
    open() {
      opened++;
      return {
        bytes: bytes.length,
        readInto(at, into) {
          assert.ok(at >= 0 && at + into.length <= bytes.length, "a read inside the file");
          into.set(bytes.subarray(at, at + into.length));
          read += into.length;
        },
        [Symbol.dispose]() {
          opened--;
        },
      };
    },
  };
}

/** Codecs whose later answers come in any order. */
function laterCodecs(seed: number): ReadonlyMap<string, Codec> {
  const next = chance(seed);
  const later = (codec: Codec): Codec => ({
    ...codec,
    async unpackLater(bytes, rawLength) {
      const packed = bytes.slice();
      for (let ticks = next() % 20; ticks > 0; ticks--) await Promise.resolve();
      assert.deepEqual(bytes, packed, "packed bytes stay until they are unpacked");
      return codec.unpack(bytes, rawLength);
    },
  });
  return new Map([...CODECS].map(([name, codec]) => [name, later(codec)]));
}

interface Way {
  readonly store: ReadStore;
  readonly codecs: ReadonlyMap<string, Codec>;
}

/** Everything in a batch, short: numbers by their bytes. */
function digest({ length, columns }: Batch): unknown {
  const of = ({ data, valid }: Column) => [ArrayBuffer.isView(data) ? crc32(bytesOf(data)) : data, valid];
  return [length, Object.entries(columns).map(([name, column]) => [name, of(column)])];
}

/** The rows, or the message of the error and the rows that came before it. */
async function told({ store, codecs }: Way): Promise<{ readonly message: string; readonly batches: unknown }> {
  const batches: unknown[] = [];
  let message = "read";
  try {
    const table = await openParquet("x.parquet", { store, codecs, hashes: HASHES });
    for await (const batch of table.batches({ batchRows: 3 })) batches.push(digest(batch));
  } catch (error) {
    assert.ok(error instanceof WindrowError, String(error));
    message = error.message;
  }
  return { message, batches };
}

async function assertSame(bytes: Uint8Array, seed: number): Promise<{ readonly message: string }> {
  const opening = openingStore(bytes);
  const expected = await told({ store: storeOf({ "x.parquet": bytes }), codecs: CODECS });
  for (const store of [storeOf({ "x.parquet": bytes }), opening])
    for (const codecs of [CODECS, laterCodecs(seed)]) assert.deepEqual(await told({ store, codecs }), expected);
  assert.equal(opening.opened, 0, "what was opened is closed");
  return expected;
}

const FORMS = [
  {},
  { compression: { codec: "zstd", level: 1 } },
  { compression: { codec: "gz", level: 1 }, byteStreamSplit: true },
  { compression: { codec: "snappy" } },
] as const;

test("pages are the same whichever way they come", async () => {
  for (const form of FORMS)
    for (const pageBytes of [1, 100_000, 300_000]) {
      const batch = batchOf(SCHEMA, 20, 1);
      const bytes = await written(SCHEMA, [batch], { ...form, pageBytes, rowGroupBytes: 1 << 20 });
      const { message } = await assertSame(bytes, pageBytes);
      assert.equal(message, "read");
      assert.deepEqual(rowsOf(NARROW, await readAll(bytes)), rowsOf(NARROW, [batch]));
    }
});

const LIST = { w: { kind: "f32", shape: [300] } } as const satisfies Schema;

/** A file of one row group whose pages end after any number of values, as other writers have them. */
async function crossing(data: Float32Array, cuts: readonly number[], form: "plain" | "split"): Promise<Uint8Array> {
  const out = new ByteWriter();
  const bounds = [0, ...cuts.map((cut) => cut % data.length).sort((a, b) => a - b), data.length];
  for (const [i, to] of bounds.entries()) {
    const from = bounds[i - 1] ?? 0;
    const values = bytesOf(data.subarray(from, to));
    const streams = values.slice();
    if (form === "split") split(values, 4, streams);
    const levels = Uint8Array.from({ length: to - from }, (_, k) => ((from + k) % 300 === 0 ? 0 : 1));
    const body = new ByteWriter();
    for (const section of [levels, new Uint8Array(to - from).fill(1)]) {
      const packed = new ByteWriter();
      writeHybrid(packed, section, 1);
      body.u32(packed.length);
      body.bytes(packed.done());
    }
    body.bytes(streams);
    const bytes = body.done();
    const encoding = form === "split" ? ENCODING.byteStreamSplit : ENCODING.plain;
    const sizes = { rawBytes: bytes.length, bytes: bytes.length, values: to - from };
    out.bytes(pageHeader({ type: PAGE.data, encoding, ...sizes, crc: crc32(bytes) }));
    out.bytes(bytes);
  }
  const { length } = out;
  const chunk = { offset: 0, bytes: length, rawBytes: length, dictionaryBytes: 0, values: data.length };
  const column = { ...chunk, encodings: [], codec: 0, pages: [] };
  const draft = memoryDraft();
  const assembly = parquetAssembly(draft, LIST, OPTIONS);
  await assembly.add(out.done(), { rows: data.length / 300, bytes: length, columns: [column] });
  await assembly.close();
  return draft.whole();
}

test("rows may go on from page to page", async () => {
  const cuts = fc.array(fc.nat(), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      cuts,
      fc.constantFrom("plain", "split"),
      async (rows, at, form) => {
        const batch = batchOf(LIST, rows, 6);
        const bytes = await crossing(batch.columns["w"]!.data as Float32Array, at, form);
        const { message } = await assertSame(bytes, rows);
        assert.equal(message, "read");
        assert.deepEqual(rowsOf(LIST, await readAll(bytes)), rowsOf(LIST, [batch]));
      },
    ),
    { numRuns: 60, seed: 7 },
  );
});

test("broken pages are refused alike whichever way they come, behind the same rows", async () => {
  const files = await Promise.all(
    FORMS.map((form) => written(SCHEMA, [batchOf(SCHEMA, 9, 2)], { ...form, pageBytes: 200_000 })),
  );
  const change = fc.integer({ min: 1, max: 255 });
  // Headers of pages are short, and are hit seldom by chance.
  const place = fc.oneof(
    fc.nat(),
    fc.nat(200),
    fc.nat(3000).map((back) => -1 - back),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...files), place, change, fc.nat(), async (file, where, by, seed) => {
      const bytes = file.slice();
      bytes[(where + bytes.length) % bytes.length]! ^= by;
      await assertSame(bytes, seed);
    }),
    { numRuns: 120, seed: 8 },
  );
});

test("a file that is left in the middle is closed, and what was unpacked ahead troubles nobody", async () => {
  const bytes = await written(SCHEMA, [batchOf(SCHEMA, 30, 3)], { compression: { codec: "zstd" }, pageBytes: 1 });
  // A page far behind the first is broken: its error comes while nobody waits for it.
  bytes[bytes.length >> 2]! ^= 1;
  const store = openingStore(bytes);
  const table = await openParquet("x.parquet", { store, codecs: laterCodecs(4), hashes: HASHES });
  for await (const batch of table.batches({ batchRows: 1, columns: ["w"] })) {
    assert.equal(batch.length, 1);
    assert.equal(store.opened, 1);
    break;
  }
  assert.equal(store.opened, 0);
  await new Promise((resolve) => setImmediate(resolve));
});

test("of many small pages, few are fetched ahead", async () => {
  const schema = { id: { kind: "i64" } } as const;
  const bytes = await written(schema, [batchOf(schema, 6000, 3)], { compression: { codec: "zstd" }, pageBytes: 1 });
  const store = openingStore(bytes);
  const table = await openParquet("x.parquet", { store, codecs: laterCodecs(4), hashes: HASHES });
  for await (const batch of table.batches({ batchRows: 1 })) {
    assert.equal(batch.length, 1);
    break;
  }
  assert.ok(store.read < bytes.length / 10, `read ${store.read} of ${bytes.length} bytes`);
});

test("a file that is replaced by one of another size is refused", async () => {
  const bytes = await written(SCHEMA, [batchOf(SCHEMA, 3, 3)]);
  const store = openingStore(bytes);
  const shorter = { ...store, open: openingStore(bytes.subarray(1)).open! };
  const table = await openParquet("x.parquet", { store: shorter, codecs: CODECS, hashes: HASHES });
  await assert.rejects(Array.fromAsync(table.batches()), { code: "damaged", message: /had \d+ bytes/ });
});
