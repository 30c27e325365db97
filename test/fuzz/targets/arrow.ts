/** Arrow files and streams: footers, messages and buffers, changed apart and together. */

import * as flechette from "@uwdata/flechette";
import type { Rng, Schema } from "../../../src/core/index.ts";
import { arrowSink, openArrow } from "../../../src/formats/arrow/index.ts";
import { messageHead, TYPE } from "../../../src/formats/arrow-fields.ts";
import type { FlatNode } from "../../../src/formats/flatbuffer.ts";
import { nodeCodecs } from "../../../src/node/index.ts";
import { memoryStore } from "../../../src/stores/index.ts";
import {
  type ArrowMessage,
  type ArrowModel,
  arrowBytes,
  arrowModel,
  batchPlaces,
  buffersOf,
  putBuffers,
} from "../arrow-model.ts";
import type { Target } from "../engine.ts";
import { changed, edgeNumber, type Mutator, type Parts, pick, type Tools } from "../mutate.ts";
import { countedCodecs, fault, judged, MOST_ROWS, mixed, type Outcome, partsStore, rowHashes } from "../oracle.ts";
import { someRows } from "./mds.ts";

const plainCodecs = nodeCodecs();
const codecs = countedCodecs(plainCodecs);
const FILE = "x.arrow";

async function file(schema: Schema, rows: number, options: object = {}): Promise<Parts> {
  const store = memoryStore();
  await using draft = await store.draft(FILE);
  const sink = arrowSink(draft, schema, { codecs: plainCodecs, ...options });
  await sink.write(someRows(schema, rows));
  await sink.close();
  await draft.publish();
  return { [FILE]: (await store.get(FILE))! };
}

/** The same messages without a footer. */
function asStream(parts: Parts): Parts {
  return { [FILE]: arrowBytes({ ...arrowModel(parts[FILE]!)!, footer: undefined }) };
}

/** The same values packed by LZ4. */
function asLz4(parts: Parts): Parts {
  const model = arrowModel(parts[FILE]!)!;
  for (const message of model.messages) putBuffers(message, buffersOf(message, plainCodecs) ?? [], plainCodecs, 0);
  return { [FILE]: arrowBytes(model) };
}

/** A dictionary and times, which our writer does not write. */
function dictionaries(format: "file" | "stream"): Parts {
  const values = { n: ["a", "b", null, "a"], k: [1.5, null, 1.5, 2], t: [0, 86_400_000, null, 3 * 86_400_000] };
  const types = {
    n: flechette.dictionary(flechette.utf8(), flechette.int8()),
    k: flechette.dictionary(flechette.float64(), flechette.int32()),
    t: flechette.dateDay(),
  };
  return { [FILE]: flechette.tableToIPC(flechette.tableFromArrays(values, { types }), { format })! };
}

/** A stream of texts as views, short and long, which neither writer writes. */
function views(): Parts {
  const texts = ["short", "a text of more than twelve", "", "and a second one of them"].map((text) =>
    new TextEncoder().encode(text),
  );
  const body = new Uint8Array(128);
  const view = new DataView(body.buffer);
  let at = 64;
  for (const [i, text] of texts.entries()) {
    view.setInt32(16 * i, text.length, true);
    if (text.length <= 12) body.set(text, 16 * i + 4);
    else {
      body.set(text.subarray(0, 4), 16 * i + 4);
      view.setInt32(16 * i + 12, at - 64, true);
      body.set(text, at);
      at += text.length;
    }
  }
  const structs = (...numbers: number[]): Uint8Array =>
    new Uint8Array(BigInt64Array.from(numbers, (each) => BigInt(each)).buffer);
  const field: FlatNode = {
    table: [
      { text: "v" },
      { width: 1, value: 0 },
      { width: 1, value: TYPE.utf8View },
      { table: [] },
      undefined,
      { vector: [] },
    ],
  };
  const batch: FlatNode = {
    table: [
      { width: 8, value: texts.length },
      { structs: structs(texts.length, 0), count: 1 },
      { structs: structs(0, 0, 0, 64, 64, 64), count: 3 },
      undefined,
      { structs: structs(1), count: 1 },
    ],
  };
  const head = (message: Uint8Array) => message.slice(8);
  const schema = messageHead("schema", { table: [undefined, { vector: [field] }] }, { body: 0, alignment: 8 });
  const rows = messageHead("recordBatch", batch, { body: body.length, alignment: 8 });
  const messages = [
    { head: head(schema), body: new Uint8Array(0) },
    { head: head(rows), body },
  ];
  return { [FILE]: arrowBytes({ messages, footer: undefined }) };
}

function withModel(change: (model: ArrowModel, tools: Tools) => "fit" | "lie"): Mutator {
  return (parts, tools) => {
    const model = arrowModel(parts[FILE]!);
    return model === undefined ? undefined : { [FILE]: arrowBytes(model, change(model, tools)) };
  };
}

/** Gives metadata, of a message or the footer, to be changed in place or replaced. */
function metadata(model: ArrowModel, rng: Rng, change: (bytes: Uint8Array) => Uint8Array): void {
  const at = rng.int(model.messages.length + (model.footer === undefined ? 0 : 2));
  const message = model.messages[at];
  if (message !== undefined) message.head = change(message.head);
  else model.footer = change(model.footer!);
}

function someBatch({ messages }: ArrowModel, rng: Rng): ArrowMessage | undefined {
  const batches = messages.filter((message) => batchPlaces(message) !== undefined);
  return batches.length === 0 ? undefined : pick(rng, batches);
}

function setLittle(bytes: Uint8Array, at: number, width: number, value: bigint): void {
  for (let i = 0; i < width && at + i < bytes.length; i++) bytes[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
}

/** Changes metadata in any way. */
const heads = withModel((model, tools) => {
  metadata(model, tools.rng, (bytes) => changed(bytes, tools));
  return tools.rng.int(4) === 0 ? "lie" : "fit";
});

/** Lies about a number of the metadata: an offset, a slot, a length, a type, a code. */
const numbers = withModel((model, { rng }) => {
  metadata(model, rng, (bytes) => {
    const width = pick(rng, [1, 2, 4, 4, 8]);
    const at = width * rng.int(Math.max(1, Math.floor(bytes.length / width)));
    let value = 0n;
    for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
    const isNear = rng.int(2) === 0;
    setLittle(bytes, at, width, isNear ? value + BigInt(rng.int(17) - 8) : edgeNumber(rng, bytes.length));
    return bytes;
  });
  return rng.int(2) === 0 ? "fit" : "lie";
});

/** Lies about the rows, nodes and buffers of a record batch. */
const structs = withModel((model, { rng }) => {
  const message = someBatch(model, rng);
  const places = message === undefined ? undefined : batchPlaces(message);
  if (message === undefined || places === undefined) return "fit";
  const { at, count } = pick(rng, [places.nodes, places.buffers, places.buffers]);
  const value = edgeNumber(rng, message.body.length);
  if (places.rows !== undefined && rng.int(4) === 0) setLittle(message.head, places.rows, 8, value);
  else if (count > 0) setLittle(message.head, at + 8 * rng.int(2 * count), 8, value);
  return "fit";
});

/** Promises another raw length of a packed buffer than it has. */
const rawSizes = withModel((model, { rng }) => {
  const message = someBatch(model, rng);
  const places = message === undefined ? undefined : batchPlaces(message);
  if (message === undefined || places?.codec === undefined || places.buffers.count === 0) return "fit";
  const at = places.buffers.at + 16 * rng.int(places.buffers.count);
  const view = new DataView(message.head.buffer, message.head.byteOffset, message.head.byteLength);
  setLittle(message.body, Number(view.getBigInt64(at, true)), 8, edgeNumber(rng, message.body.length));
  return "fit";
});

/** Changes what a buffer holds, beneath its packing, which may become another. */
const buffers = withModel((model, tools) => {
  const message = someBatch(model, tools.rng);
  const raw = message === undefined ? undefined : buffersOf(message, plainCodecs);
  if (message === undefined || raw === undefined || raw.length === 0) return "fit";
  const at = tools.rng.int(raw.length);
  raw[at] = changed(raw[at]!, { ...tools, other: pick(tools.rng, raw) });
  putBuffers(message, raw, plainCodecs, pick(tools.rng, [undefined, undefined, 0, 1]));
  return "fit";
});

/** Another number of rows in all places that say so, so that they agree and the buffers do not. */
const counts = withModel((model, { rng }) => {
  const message = someBatch(model, rng);
  const places = message === undefined ? undefined : batchPlaces(message);
  if (message === undefined || places?.rows === undefined) return "fit";
  const view = new DataView(message.head.buffer, message.head.byteOffset, message.head.byteLength);
  const rows = view.getBigInt64(places.rows, true);
  const value = edgeNumber(rng, Number(rows));
  view.setBigInt64(places.rows, value, true);
  for (let i = 0; i < places.nodes.count; i++) {
    const at = places.nodes.at + 16 * i;
    if (view.getBigInt64(at, true) === rows) view.setBigInt64(at, value, true);
    else if (rows > 0n) view.setBigInt64(at, BigInt.asIntN(64, (view.getBigInt64(at, true) / rows) * value), true);
    if (rng.int(4) === 0) view.setBigInt64(at + 8, pick(rng, [0n, 1n, value]), true);
  }
  return "fit";
});

/** Leaves out, doubles or moves messages. */
const messages = withModel(({ messages: list }, { rng }) => {
  const at = rng.int(list.length + 1);
  if (rng.int(2) === 0) list.splice(at, 1);
  else {
    const { head, body } = pick(rng, list);
    list.splice(at, 0, { head: head.slice(), body: body.slice() });
  }
  return rng.int(4) === 0 ? "lie" : "fit";
});

/** The same with a footer as without, or the other way round by the footer of another. */
const forms = withModel((model, { other, rng }) => {
  model.footer = model.footer === undefined ? arrowModel(other)?.footer : undefined;
  return rng.int(4) === 0 ? "lie" : "fit";
});

async function read(parts: Parts): Promise<string> {
  const options = { store: partsStore(parts), codecs, hashes: new Map() };
  await using table = await openArrow(FILE, options);
  const whole = await rowHashes(table.batches());
  const length = Math.min(MOST_ROWS, table.length);
  if (whole.length !== length) fault(`${table.length} rows, got ${whole.length}`);
  const some = await rowHashes(table.batches({ batchRows: 7 }));
  if (some.join() !== whole.join()) fault("rows by sevens are not those of the whole");
  const [from, to] = [Math.floor(length / 3), Math.ceil((2 * length) / 3)];
  const range = await rowHashes(table.batches({ from, to }));
  if (range.join() !== whole.slice(from, to).join()) fault("rows of a range are not those of the whole");
  const columns = Object.keys(table.schema).slice(-1);
  const one = await rowHashes(table.batches({ columns }));
  await using alone = await openArrow(FILE, { ...options, columns });
  if ((await rowHashes(alone.batches())).join() !== one.join()) fault("a column alone is another than among others");
  return String(mixed(0, new TextEncoder().encode(JSON.stringify([table.schema, whole]))));
}

async function judge(parts: Parts): Promise<Outcome> {
  return judged(() => read(parts), /x\.arrow/);
}

const WORDS = [
  "ARROW1",
  "element",
  "windrow:shape",
  "windrow:unit",
  "ARROW:extension:name",
  "arrow.json",
  "[2,3]",
  "[1e9]",
];

/** openArrow and its batches. */
export async function arrowTarget(): Promise<Target> {
  const flat = {
    i: { kind: "i64" },
    d: { kind: "f64" },
    b: { kind: "bool" },
    n: { kind: "u16", nullable: true },
  } as const;
  const text = { s: { kind: "str", nullable: true }, j: { kind: "json" }, y: { kind: "bytes" } } as const;
  const list = {
    w: { kind: "f32", shape: [2, 3] },
    h: { kind: "f16", shape: [4] },
    o: { kind: "bool", shape: [3] },
  } as const;
  const zstd = { compression: { codec: "zstd" } };
  return {
    seeds: [
      await file(flat, 20),
      await file(text, 12),
      await file(list, 9, { metadata: { a: "b" } }),
      await file(text, 90, zstd),
      await file({ ...flat, ...list }, 30, { ...zstd, recordBatchBytes: 400 }),
      asLz4(await file({ ...text, c: { kind: "i32", nullable: true } }, 40, zstd)),
      asStream(await file({ ...flat, ...text }, 10, { recordBatchBytes: 200 })),
      dictionaries("file"),
      dictionaries("stream"),
      views(),
      await file(list, 0),
    ],
    dictionary: WORDS.map((word) => new TextEncoder().encode(word)),
    mutators: [heads, numbers, numbers, structs, structs, rawSizes, buffers, buffers, counts, messages, forms],
    judge,
  };
}
