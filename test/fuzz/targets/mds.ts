/** MDS folders: index.json and shards, raw and packed, changed apart and together. */

import { Readable } from "node:stream";
import {
  type Batch,
  type Column,
  isNumeric,
  type Json,
  NUMERIC_ARRAYS,
  rng,
  rowBytes,
  type Schema,
  valuesPerRow,
  WindrowError,
} from "../../../src/core/index.ts";
import { type MdsTable, mdsSink, openMds } from "../../../src/formats/mds/index.ts";
import { nodeCodecs, nodeHashes } from "../../../src/node/index.ts";
import { memoryStore } from "../../../src/stores/index.ts";
import type { Target } from "../engine.ts";
import { changed, edgeNumber, type Mutator, type Parts, pick, type Tools } from "../mutate.ts";
import { changeJson, jsonBytes, jsonOf } from "../mutate-json.ts";
import {
  countedCodecs,
  fault,
  judged,
  MOST_ROWS,
  mixed,
  type Outcome,
  openPartsStore,
  partsStore,
  rowHashes,
} from "../oracle.ts";
import { checkTakes, tried } from "../takes.ts";

const plainCodecs = nodeCodecs();
const codecs = countedCodecs(plainCodecs);
const hashes = await nodeHashes();

const TEXTS = ["", "a", "sjø", "\u{1f6a2}", "x".repeat(40), "7", "-12", "1.5e3"];

/** A column of made-up values. */
export function someColumn(type: Schema[string], length: number, chance = rng("columns", length)): Column {
  const values = length * valuesPerRow(type);
  if (isNumeric(type.kind)) {
    const isBig = type.kind === "i64" || type.kind === "u64";
    const data = new NUMERIC_ARRAYS[type.kind](values) as { [i: number]: number | bigint; readonly length: number };
    for (let i = 0; i < values; i++) {
      const value = type.kind === "bool" ? chance.int(2) : chance.int(100);
      data[i] = isBig ? BigInt(value) : value;
    }
    return { data: data as Float64Array }; // an array of the column's own kind
  }
  const texts = Array.from({ length }, () => pick(chance, TEXTS));
  if (type.kind === "str") return { data: texts };
  if (type.kind === "json") return { data: texts.map((text, i): Json => [null, i, text, { a: [text] }][i % 4]!) };
  return { data: texts.map((text) => new TextEncoder().encode(text)) };
}

/** Rows of made-up values. */
export function someRows(schema: Schema, length: number): Batch {
  return {
    length,
    columns: Object.fromEntries(
      Object.entries(schema).map(([name, type]) => {
        const column = someColumn(type, length);
        return [
          name,
          type.nullable ? { ...column, valid: Uint8Array.from({ length }, (_, i) => (i % 3 === 1 ? 0 : 1)) } : column,
        ];
      }),
    ),
  };
}

const NUMBERS = { i: { kind: "i64" }, x: { kind: "f32", shape: [2, 2] }, b: { kind: "u8" } } as const satisfies Schema;
const TEXT = { s: { kind: "str" }, j: { kind: "json" }, y: { kind: "bytes" } } as const satisfies Schema;
const ARRAYS = { a: { kind: "i16", shape: [3] }, h: { kind: "f16", shape: [2, 1] } } as const satisfies Schema;

async function folder(schema: Schema, rows: number, options: object): Promise<Parts> {
  const store = memoryStore();
  await using sink = await mdsSink(store, "", schema, { packers: { codecs: plainCodecs, hashes }, ...options });
  await sink.write(someRows(schema, rows));
  await sink.close();
  const parts: Record<string, Uint8Array> = {};
  for await (const key of store.list("")) parts[key] = (await store.get(key))!;
  return parts;
}

/** What index.json says of a shard, as far as it can be believed. */
interface Entry {
  readonly raw: string;
  readonly zip: string | undefined;
  readonly codec: string | undefined;
  readonly entry: { [key: string]: unknown };
}

interface IndexTree {
  readonly shards?: unknown;
}

function entriesOf(index: IndexTree): Entry[] {
  if (!Array.isArray(index.shards)) return [];
  return index.shards.flatMap((entry: Entry["entry"]) => {
    const raw = (entry?.["raw_data"] as { basename?: unknown } | undefined)?.basename;
    const zip = (entry?.["zip_data"] as { basename?: unknown } | null | undefined)?.basename;
    if (typeof raw !== "string") return [];
    const codec = entry["compression"];
    return [
      {
        raw,
        zip: typeof zip === "string" ? zip : undefined,
        codec: typeof codec === "string" ? codec.split(":")[0] : undefined,
        entry,
      },
    ];
  });
}

function describe(bytes: Uint8Array, basename: string, names: readonly string[]): object {
  const digests = names.flatMap((name) => {
    const hash = hashes.get(name);
    return hash === undefined ? [] : [[name, hash.digest(bytes)] as const];
  });
  return { basename, bytes: bytes.length, hashes: Object.fromEntries(digests) };
}

/** The raw bytes of a shard, whichever file it lies in. */
function rawOf(parts: Parts, { raw, zip, codec, entry }: Entry): Uint8Array | undefined {
  if (Object.hasOwn(parts, raw)) return parts[raw];
  const packed = zip !== undefined && Object.hasOwn(parts, zip) ? parts[zip] : undefined;
  const length = (entry["raw_data"] as { bytes?: unknown }).bytes;
  if (packed === undefined || codec === undefined || typeof length !== "number" || length > 1 << 20) return undefined;
  try {
    return plainCodecs.get(codec)?.unpack(packed, length);
  } catch {
    return undefined;
  }
}

/** Puts a raw shard back where it was, and says its sizes and hashes in the index. */
function putRaw(parts: Parts, index: IndexTree, entry: Entry, raw: Uint8Array): Parts {
  const out: Record<string, Uint8Array> = { ...parts };
  entry.entry["raw_data"] = describe(raw, entry.raw, ["sha1"]);
  const codec = entry.codec === undefined ? undefined : plainCodecs.get(entry.codec);
  if (entry.zip !== undefined && codec !== undefined && !Object.hasOwn(parts, entry.raw)) {
    const packed = codec.pack(raw);
    out[entry.zip] = packed;
    entry.entry["zip_data"] = describe(packed, entry.zip, ["xxh64"]);
  } else out[entry.raw] = raw;
  out["index.json"] = jsonBytes(index);
  return out;
}

function withShard(change: (raw: Uint8Array, entry: Entry, tools: Tools) => Uint8Array): Mutator {
  return (parts, tools) => {
    const index = jsonOf(parts["index.json"]) as IndexTree | undefined;
    const entries = index === undefined || index === null ? [] : entriesOf(index);
    if (index === undefined || entries.length === 0) return undefined;
    const entry = pick(tools.rng, entries);
    const raw = rawOf(parts, entry);
    return raw === undefined ? undefined : putRaw(parts, index, entry, change(raw, entry, tools));
  };
}

/** Changes the raw bytes of a shard, and makes all that speaks of them fit. */
const inside = withShard((raw, _, tools) => changed(raw, tools));

/** Changes the samples alone, and lets the last one end where the file does. */
const samples = withShard((raw, _, tools) => {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const count = raw.length < 8 ? 0 : view.getUint32(0, true);
  const at = 4 * (count + 1);
  if (count === 0 || at + 4 > raw.length) return raw;
  const first = Math.min(raw.length, view.getUint32(4, true));
  const tail = changed(raw.subarray(first), tools);
  const out = new Uint8Array(first + tail.length);
  out.set(raw.subarray(0, first));
  out.set(tail, first);
  if (at + 4 <= out.length) new DataView(out.buffer).setUint32(at, out.length, true);
  return out;
});

const ENCODINGS = [
  ["int", 8],
  ["uint8", 1],
  ["int16", 2],
  ["float16", 2],
  ["float32", 4],
  ["float64", 8],
  ["uint64", 8],
  ["str", null],
  ["bytes", null],
  ["json", null],
  ["str_int", null],
  ["str_float", null],
  ["str_decimal", null],
  ["ndarray", null],
  ["ndarray:int16", null],
  ["ndarray:float32:2,2", 16],
  ["ndarray:uint8:1", 1],
  ["pkl", null],
  ["jpeg", null],
] as const; // prettier would give each a line

/** Reads a column as another: the same change in the index and in the shard's header, whose offsets move with it. */
const encodings = withShard((raw, { entry }, { rng: chance }) => {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const count = raw.length < 8 ? 0 : view.getUint32(0, true);
  const table = 4 * (count + 2);
  const names = entry["column_encodings"];
  const sizes = entry["column_sizes"];
  if (table > raw.length || !Array.isArray(names) || !Array.isArray(sizes)) return raw;
  const place = chance.int(names.length);
  [names[place], sizes[place]] = pick(chance, ENCODINGS);
  const head: Record<string, unknown> = {};
  for (const key of ["version", "format", "column_names", "column_encodings", "column_sizes"]) head[key] = entry[key];
  const header = jsonBytes(head);
  const first = Math.min(raw.length, Math.max(table, view.getUint32(4, true)));
  const moved = table + header.length - first;
  const out = new Uint8Array(table + header.length + raw.length - first);
  out.set(raw.subarray(0, table));
  out.set(header, table);
  out.set(raw.subarray(first), table + header.length);
  const offsets = new DataView(out.buffer);
  for (let i = 0; i <= count; i++) offsets.setUint32(4 * (i + 1), view.getUint32(4 * (i + 1), true) + moved, true);
  return out;
});

/** Makes the index fit whatever the files are. */
const fitting: Mutator = (parts) => {
  const index = jsonOf(parts["index.json"]) as IndexTree | undefined;
  if (index === undefined || index === null) return undefined;
  for (const { raw, zip, entry } of entriesOf(index)) {
    if (Object.hasOwn(parts, raw)) entry["raw_data"] = describe(parts[raw]!, raw, ["sha1", "xxh64"]);
    if (zip !== undefined && Object.hasOwn(parts, zip)) entry["zip_data"] = describe(parts[zip]!, zip, ["sha1"]);
  }
  return { ...parts, "index.json": jsonBytes(index) };
};

/** Promises other sizes than files have. */
const sizes: Mutator = (parts, { rng: chance }) => {
  const index = jsonOf(parts["index.json"]) as IndexTree | undefined;
  const entries = index === undefined || index === null ? [] : entriesOf(index);
  if (entries.length === 0) return undefined;
  const { entry } = pick(chance, entries);
  const file = entry[pick(chance, ["raw_data", "raw_data", "zip_data"])] as { bytes?: unknown } | null | undefined;
  const size = Number(edgeNumber(chance, Number(entry["samples"]) || 0));
  if (chance.int(4) === 0) entry["samples"] = size;
  else if (typeof file === "object" && file !== null) file.bytes = size;
  return { ...parts, "index.json": jsonBytes(index) };
};

const WORDS = [
  "version",
  "format",
  "mds",
  "compression",
  "zstd",
  "zstd:3",
  "gz",
  "br",
  "snappy",
  "hashes",
  "sha1",
  "xxh64",
  "raw_data",
  "zip_data",
  "basename",
  "bytes",
  "samples",
  "size_limit",
  "column_names",
  "column_encodings",
  "column_sizes",
  "shards",
  "null",
  "[]",
  "{}",
  ...ENCODINGS.map(([name]) => name),
  "Infinity",
  "nan",
  "-inf",
  "1e5",
]; // one list

type Verify = "none" | "hashes";

function digestOf(table: MdsTable, whole: readonly number[]): string {
  return String(mixed(0, new TextEncoder().encode(JSON.stringify([table.schema, whole]))));
}

async function read(parts: Parts, verify: Verify): Promise<string> {
  await using table = await openMds("", { store: partsStore(parts), codecs, hashes, verify });
  const whole = await tried(() => rowHashes(table.batches()));
  const store = openPartsStore(parts);
  const open = () => openMds("", { store, codecs, hashes, verify });
  await checkTakes(store, open, whole);
  if (whole instanceof WindrowError) throw whole;
  const length = Math.min(MOST_ROWS, table.length);
  if (whole.length !== length) fault(`a table of ${table.length} rows, got ${whole.length}`);
  const some = await rowHashes(table.batches({ batchRows: 3 }));
  if (some.join() !== whole.join()) fault("rows by threes are not those of the whole");
  const [from, to] = [Math.floor(length / 3), Math.ceil((2 * length) / 3)];
  const range = await rowHashes(table.batches({ from, to }));
  if (range.join() !== whole.slice(from, to).join()) fault("rows of a range are not those of the whole");
  await checkSamples(open);
  if (store.left !== 0) fault(`${store.left} files stay open behind a reader of samples`);
  return digestOf(table, whole);
}

/** Single samples, from the last to the first, are the rows of batches. */
async function checkSamples(open: () => Promise<MdsTable>): Promise<void> {
  await using table = await open();
  for (const [column, type] of Object.entries(table.schema)) {
    if (!isNumeric(type.kind) || rowBytes(type) === undefined || rowBytes(type)! > 1 << 16) continue;
    const whole = await rowHashes(table.batches({ columns: [column] }));
    using reader = table.sampleReader({ column, openFiles: 2 });
    for (let row = whole.length - 1; row >= 0; row--) {
      const bytes = new Uint8Array(reader.bytes);
      reader.readInto(row, bytes);
      const data = new NUMERIC_ARRAYS[type.kind](bytes.buffer);
      const [hash] = await rowHashes(Readable.from([{ length: 1, columns: { [column]: { data } } }]));
      if (hash !== whole[row]) fault(`sample ${row} is not the row of batches`);
    }
    return;
  }
}

/** What is read without a look at the hashes is read with it, too, or refused. */
async function judge(parts: Parts): Promise<Outcome> {
  const place = /index\.json|shard|Cannot (read|check) ./;
  const outcome = await judged(() => read(parts, "none"), place);
  if (outcome.kind !== "read") return outcome;
  const checked = await judged(() => read(parts, "hashes"), place);
  if (checked.kind !== "read" || checked.digest === outcome.digest) return checked.kind === "fault" ? checked : outcome;
  return { kind: "fault", id: "hashes", why: "with a look at the hashes other rows were read" };
}

/** openMds: its batches, its shards, its samples, and what the loader makes of them. */
export async function mdsTarget(): Promise<Target> {
  return {
    seeds: [
      await folder(NUMBERS, 5, {}),
      await folder(TEXT, 4, { hashes: ["sha1", "xxh64"] }),
      await folder(ARRAYS, 3, { encodings: { a: "ndarray", h: "ndarray:float16" } }),
      await folder({ ...NUMBERS, ...TEXT }, 6, { compression: { codec: "zstd" }, hashes: ["sha1"], shardBytes: 400 }),
      await folder(TEXT, 3, { compression: { codec: "gz" } }),
      await folder(ARRAYS, 2, { compression: { codec: "snappy" } }),
      await folder(NUMBERS, 0, {}),
    ],
    dictionary: WORDS.map((word) => new TextEncoder().encode(word)),
    mutators: [inside, inside, samples, samples, encodings, sizes, fitting, changeJson(/^index\.json$/, WORDS)],
    judge,
  };
}
