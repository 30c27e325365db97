/** MCAP recordings: in chunks and without, packed and not, of every encoding that is read. */

import { openMcap } from "../../../src/adapters/mcap/index.ts";
import { nodeCodecs, nodeHashes } from "../../../src/node/index.ts";
import {
  type MessageToWrite,
  mcapBytes,
  recordsOf,
  type TopicToWrite,
  utf8,
  type WriteOptions,
} from "../../mcap-files.ts";
import type { Target } from "../engine.ts";
import { edgeNumber, type Mutator, type Parts, pick } from "../mutate.ts";
import { countedCodecs, fault, judged, partsStore, rowHashes } from "../oracle.ts";

const FILE = "x.mcap";
const plainCodecs = nodeCodecs();
const codecs = countedCodecs(plainCodecs);
const hashes = await nodeHashes();

const JSON_SCHEMA =
  '{"type":"object","properties":{"n":{"type":"number"},"t":{"type":"array","items":{"type":"number"}}}}';
const ROS = "float64 x\nstring s\nuint8[] raw\nP[] parts\n===\nMSG: test/P\nint32 a\n";
const TRANSFORMS = "T[] transforms\n===\nMSG: test/T\nstring child_frame_id\nfloat64[2] xy\n";

const topic = (name: string, encoding: string, schema: string, text: string): TopicToWrite => ({
  topic: name,
  encoding,
  schema: { name: "test/M", encoding: schema, data: utf8(text) },
});

const TOPICS: readonly TopicToWrite[] = [
  topic("/json", "json", "jsonschema", JSON_SCHEMA),
  topic("/ros1", "ros1", "ros1msg", ROS),
  topic("/cdr", "cdr", "ros2msg", "float32 x\nstring s\nint64[] n\n"),
  topic("/tf", "ros1", "ros1msg", TRANSFORMS),
  { topic: "/raw", encoding: "cbor" },
];

const DATA: readonly Uint8Array[] = [
  utf8('{"n":1.5,"t":[1,2]}'),
  Uint8Array.of(0, 0, 0, 0, 0, 0, 240, 63, 2, 0, 0, 0, 104, 105, 1, 0, 0, 0, 9, 1, 0, 0, 0, 7, 0, 0, 0),
  Uint8Array.of(0, 1, 0, 0, 0, 0, 128, 63, 3, 0, 0, 0, 104, 105, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0),
  Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0, 97, ...new Uint8Array(16)),
  Uint8Array.of(1, 2, 3),
];

const MESSAGES: readonly MessageToWrite[] = Array.from({ length: 10 }, (_, i) => ({
  topic: i % DATA.length,
  logTime: 1_700_000_000_000_000_000n + BigInt(i),
  data: DATA[i % DATA.length]!,
}));

const packed = (name: string, codec: string): WriteOptions => ({
  compressChunk: (bytes) => ({ compression: name, compressedData: plainCodecs.get(codec)!.pack(bytes) }),
});

/** Lies in the head of a record. */
const heads: Mutator = (parts, { rng }) => {
  const bytes = parts[FILE]!.slice();
  let places: ReturnType<typeof recordsOf>;
  try {
    places = recordsOf(bytes);
  } catch {
    return undefined;
  }
  if (places.length === 0) return undefined;
  const { from } = pick(rng, places);
  const at = from + pick(rng, [0, 1, 9, 11, 13, 17, 25, 33, 41]);
  const value = edgeNumber(rng, bytes.length);
  for (let i = 0; i < pick(rng, [1, 4, 8]) && at + i < bytes.length; i++)
    bytes[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return { [FILE]: bytes };
};

/** Takes the checksums of the summary and of chunks away, so that what they cover can lie. */
const unchecked: Mutator = (parts) => {
  const bytes = parts[FILE]!.slice();
  const view = new DataView(bytes.buffer);
  if (bytes.length < 40) return undefined;
  view.setUint32(bytes.length - 12, 0, true);
  try {
    for (const { opcode, from } of recordsOf(bytes)) if (opcode === 6) view.setUint32(from + 33, 0, true);
  } catch {
    return undefined;
  }
  return { [FILE]: bytes };
};

async function read(parts: Parts): Promise<string> {
  const { sensors, lost } = await openMcap({ store: partsStore(parts), key: FILE, codecs, hashes, time: "publish" });
  const found: unknown[] = [lost];
  for (const [name, sensor] of Object.entries(sensors)) {
    const [length, times] = [await sensor.length(), await sensor.times()];
    if (times.length !== length) fault(`${length} samples with ${times.length} times`);
    if (times.some((time) => !Number.isFinite(time))) fault("a time that is none");
    const batch = await sensor.read({ from: 0, to: length });
    const hashes = length === 0 ? [] : await rowHashes(one(batch));
    const last = await sensor.read(Uint32Array.from(hashes.length > 0 ? [length - 1] : []));
    if (length > 0 && (await rowHashes(one(last)))[0] !== hashes.at(-1)) fault("a row read alone is another");
    found.push([name, hashes, Object.keys(sensor.schema)]);
  }
  return JSON.stringify(found);
}

async function* one<T>(value: T): AsyncGenerator<T> {
  yield value;
}

/** The reader of MCAP recordings. */
export async function mcapTarget(): Promise<Target> {
  const seeds = await Promise.all(
    [
      {},
      { chunkSize: 100 },
      { useChunks: false },
      { useChunkIndex: false, ...packed("zstd", "zstd") },
      packed("lz4", "lz4-frame"),
    ].map(async (options) => ({ [FILE]: await mcapBytes(TOPICS, MESSAGES, options) })),
  );
  return {
    seeds,
    dictionary: ["zstd", "lz4", "ros1msg", "cdr", "protobuf", "float64[9] x", "/tf", "\x89MCAP0\r\n"].map(utf8),
    mutators: [heads, heads, unchecked],
    judge: (parts) => judged(() => read(parts), /x\.mcap|\/|rows: the column/),
  };
}
