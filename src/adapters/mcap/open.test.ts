import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type MessageToWrite,
  mcapBytes,
  recordsOf,
  type TopicToWrite,
  utf8,
  type WriteOptions,
} from "../../../test/mcap-files.ts";
import { type Codecs, type ReadStore, WindrowError } from "../../core/index.ts";
import { nodeCodecs, nodeHashes } from "../../node/index.ts";
import { memoryStore } from "../../stores/index.ts";
import { type McapOptions, type McapRecording, openMcap } from "./index.ts";

const codecs = nodeCodecs();
const hashes = await nodeHashes();

async function opened(bytes: Uint8Array, options: Partial<McapOptions> = {}): Promise<McapRecording> {
  const store = memoryStore();
  await store.put("x.mcap", bytes);
  return openMcap({ store, key: "x.mcap", codecs, hashes, ...options });
}

const NUMBER = {
  name: "n",
  encoding: "jsonschema",
  data: utf8('{"type":"object","properties":{"n":{"type":"number"}},"required":["n"]}'),
};
const TOPICS: readonly TopicToWrite[] = ["/a", "/b", "/c"].map((topic) => ({
  topic,
  encoding: "json",
  schema: NUMBER,
}));
const START = 1_700_000_000_000_000_000n;

const number = (n: number) => utf8(JSON.stringify({ n }));

const COMPRESSIONS = {
  zstd: (bytes: Uint8Array) => ({ compression: "zstd", compressedData: codecs.get("zstd")!.pack(bytes) }),
  lz4: (bytes: Uint8Array) => ({ compression: "lz4", compressedData: codecs.get("lz4-frame")!.pack(bytes) }),
};

const anyWriter: fc.Arbitrary<WriteOptions> = fc
  .record({
    useStatistics: fc.boolean(),
    useSummaryOffsets: fc.boolean(),
    useChunks: fc.boolean(),
    useChunkIndex: fc.boolean(),
    useMessageIndex: fc.boolean(),
    repeatSchemas: fc.boolean(),
    repeatChannels: fc.boolean(),
    chunkSize: fc.constantFrom(1, 100, 1000, 1 << 20),
    compression: fc.constantFrom(undefined, "zstd" as const, "lz4" as const),
  })
  .map(({ compression, ...rest }) =>
    compression === undefined ? rest : { ...rest, compressChunk: COMPRESSIONS[compression] },
  );

const anyMessages: fc.Arbitrary<MessageToWrite[]> = fc.array(
  fc.record({ topic: fc.nat(2), at: fc.nat(1000), n: fc.integer() }).map(({ topic, at, n }) => ({
    topic,
    logTime: START + BigInt(at) * 1_000_001n,
    publishTime: START + BigInt(at),
    data: number(n),
  })),
  { maxLength: 40 },
);

/** The numbers and times of each topic, by reading. */
async function contentOf({ sensors }: McapRecording) {
  const found: Record<string, { readonly values: readonly number[]; readonly times: readonly number[] }> = {};
  for (const [name, sensor] of Object.entries(sensors)) {
    const times = await sensor.times();
    const { columns } = await sensor.read({ from: 0, to: await sensor.length() });
    found[name] = { values: Array.from(columns["n"]!.data as Float64Array), times: Array.from(times) };
  }
  return found;
}

function expected(messages: readonly MessageToWrite[], from: "logTime" | "publishTime" = "logTime") {
  return Object.fromEntries(
    TOPICS.map(({ topic }, number) => {
      const own = messages.filter((message) => message.topic === number);
      const values = own.map(({ data }) => (JSON.parse(new TextDecoder().decode(data)) as { n: number }).n);
      const seconds = own.map(
        (message) => Number(message[from]! / 1_000_000_000n) + Number(message[from]! % 1_000_000_000n) / 1e9,
      );
      return [topic, { values, times: seconds }];
    }),
  );
}

test("messages come back in the order of the file, whatever the writer left out", async () => {
  await fc.assert(
    fc.asyncProperty(anyMessages, anyWriter, async (messages, options) => {
      const bytes = await mcapBytes(TOPICS, messages, options);
      const recording = await opened(bytes);
      const { noIndex: _, ...lost } = recording.lost;
      assert.deepEqual(lost, { bytes: 0, chunks: 0, messages: 0, examples: [] });
      // Without repeated channels a topic without messages is told of nowhere.
      const found = await contentOf(recording);
      for (const [topic, content] of Object.entries(expected(messages)))
        assert.deepEqual(found[topic] ?? { values: [], times: [] }, content);
      const published = await contentOf(await opened(bytes, { time: "publish" }));
      for (const [topic, content] of Object.entries(expected(messages, "publishTime")))
        assert.deepEqual(published[topic] ?? { values: [], times: [] }, content);
    }),
    { numRuns: 150 },
  );
});

test("rows are read in any order, and twice", async () => {
  const messages = Array.from({ length: 50 }, (_, i) => ({ topic: 0, logTime: START + BigInt(i), data: number(i) }));
  const { sensors } = await opened(await mcapBytes(TOPICS, messages, { chunkSize: 200 }), { cacheBytes: 0 });
  const a = sensors["/a"]!;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(49)), async (rows) => {
      const batch = await a.read(Uint32Array.from(rows));
      assert.deepEqual(batch, { length: rows.length, columns: { n: { data: Float64Array.from(rows) } } });
    }),
    { numRuns: 30 },
  );
  for (const rows of [
    Uint32Array.of(50),
    { from: 0, to: 51 },
    { from: -1, to: 2 },
    { from: 2, to: 1 },
    { from: 0.5, to: 1 },
  ])
    await assert.rejects(a.read(rows), { code: "usage", message: /^Cannot read \/a: .*(below|0 to) 50, got / });
});

const MESSAGES = Array.from({ length: 12 }, (_, i) => ({ topic: i % 3, logTime: START + BigInt(i), data: number(i) }));

for (const [kind, options] of Object.entries({
  "in no chunk": { useChunks: false },
  "in chunks": { chunkSize: 150 },
  "in packed chunks": { chunkSize: 150, compressChunk: COMPRESSIONS.zstd },
})) {
  test(`a recording ${kind} that is cut anywhere gives what is whole, in order`, async () => {
    const bytes = await mcapBytes(TOPICS, MESSAGES, options);
    const whole = expected(MESSAGES);
    const records = recordsOf(bytes);
    const behind = records.find(({ opcode }) => opcode === 0x0f)!;
    let most = 0;
    for (let cut = 0; cut < bytes.length; cut++) {
      const opening = opened(bytes.slice(0, cut));
      if (cut < 8) {
        await assert.rejects(opening, { code: "damaged", message: /it is no MCAP file/ });
        continue;
      }
      const recording = await opening;
      const found = await contentOf(recording);
      const values = Object.values(found).flatMap((content) => content.values);
      assert.deepEqual(
        [...values].sort((a, b) => a - b),
        Array.from(values, (_, i) => i),
        `cut at ${cut}`,
      );
      for (const [topic, content] of Object.entries(found)) {
        const part = {
          values: whole[topic]!.values.slice(0, content.values.length),
          times: whole[topic]!.times.slice(0, content.times.length),
        };
        assert.deepEqual(content, part);
      }
      assert.ok(values.length >= most, `cut at ${cut}: ${values.length} messages, with less ${most}`);
      most = values.length;
      assert.ok(recording.lost.noIndex !== undefined);
      const isBetween = records.some(({ to }) => to === cut) || cut === 8 || cut >= behind.to;
      if (isBetween) assert.equal(recording.lost.bytes, 0, `cut at ${cut}`);
      if (recording.lost.bytes > 0)
        assert.match(recording.lost.examples.at(-1)!, /are no whole record \(at byte \d+\)/);
    }
    assert.equal(most, 12);
  });
}

test("messages of a chunk that is cut short are read where it is not packed", async () => {
  const bytes = await mcapBytes(TOPICS, MESSAGES, {});
  const chunk = recordsOf(bytes).find(({ opcode }) => opcode === 0x06)!;
  const recording = await opened(bytes.slice(0, chunk.to - 20));
  const values = Object.values(await contentOf(recording)).flatMap((content) => content.values);
  assert.equal(values.length, 11);
  assert.ok(recording.lost.bytes > 0 && recording.lost.bytes < 60, `${recording.lost.bytes}`);
});

test("of a packed chunk that is cut short, the messages are read that still unpack", async () => {
  const messages = Array.from({ length: 9000 }, (_, i) => ({ topic: 0, logTime: START + BigInt(i), data: number(i) }));
  const bytes = await mcapBytes(TOPICS.slice(0, 1), messages, { compressChunk: COMPRESSIONS.zstd });
  const chunk = recordsOf(bytes).find(({ opcode }) => opcode === 0x06)!;
  const recording = await opened(bytes.slice(0, chunk.to - 20));
  const values = Object.values(await contentOf(recording)).flatMap((content) => content.values);
  assert.ok(values.length > 1000 && values.length < 9000, `${values.length}`);
  assert.deepEqual(
    values,
    Array.from(values, (_, i) => i),
  );
  assert.equal(recording.lost.bytes, chunk.to - 20 - chunk.from);
  assert.match(
    recording.lost.examples[0]!,
    /^of a packed chunk that is cut short, the first \d+ of \d+ bytes are read/,
  );
});

test("a place that fails while the index is read is told, not taken for a file without one", async () => {
  const inner = memoryStore();
  await inner.put("x.mcap", await mcapBytes(TOPICS, MESSAGES, {}));
  const { open: _, ...store } = inner;
  const failing: ReadStore = {
    ...store,
    get(key, range) {
      if (range !== undefined && range.from > 8) throw new WindrowError("io", "Cannot read: the line is down");
      return store.get(key, range);
    },
  };
  await assert.rejects(openMcap({ store: failing, key: "x.mcap", codecs, hashes }), { code: "io" });
});

test("a chunk that is damaged is lost by itself where there is no index, and refused where there is one", async () => {
  const options = { chunkSize: 150, compressChunk: COMPRESSIONS.zstd };
  for (const useChunkIndex of [true, false]) {
    const bytes = await mcapBytes(TOPICS, MESSAGES, { ...options, useChunkIndex });
    const chunk = recordsOf(bytes).findLast(({ opcode }) => opcode === 0x06)!;
    bytes[chunk.to - 10]! ^= 0xff;
    const recording = await opened(bytes);
    if (useChunkIndex) {
      await assert.rejects(contentOf(recording), {
        code: "damaged",
        message: new RegExp(`^Cannot read memory/x.mcap: a chunk .*\\(at byte ${chunk.from}\\)$`),
      });
    } else {
      assert.equal(recording.lost.chunks, 1, recording.lost.examples.join());
      assert.equal(recording.lost.examples.length, 1);
      const values = Object.values(await contentOf(recording)).flatMap((content) => content.values);
      assert.ok(values.length > 0 && values.length < 12);
    }
  }
});

test("a byte that is changed ends in a typed error or in messages, never in anything else", async () => {
  for (const options of [{ chunkSize: 300 }, { useChunks: false }]) {
    const bytes = await mcapBytes(
      TOPICS.slice(0, 1),
      MESSAGES.map((message) => ({ ...message, topic: 0 })),
      options,
    );
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 0x80 | (at % 7);
      try {
        const { sensors } = await opened(changed);
        for (const sensor of Object.values(sensors)) {
          const length = await sensor.length();
          assert.ok(length <= 12);
          assert.equal((await sensor.times()).length, length);
          await sensor.read({ from: 0, to: length });
        }
      } catch (error) {
        assert.ok(error instanceof WindrowError, `byte ${at}: ${(error as Error).stack}`);
      }
    }
  }
});

test("a codec that is not at hand is said", async () => {
  const bytes = await mcapBytes(TOPICS, MESSAGES, { compressChunk: COMPRESSIONS.lz4 });
  const none: Codecs = new Map();
  const { sensors } = await opened(bytes, { codecs: none });
  assert.equal(await sensors["/a"]!.length(), 4);
  await assert.rejects(sensors["/a"]!.read({ from: 0, to: 1 }), {
    code: "unsupported",
    message: /the codec "lz4", which is not at hand/,
  });
  const unindexed = await mcapBytes(TOPICS, MESSAGES, { compressChunk: COMPRESSIONS.lz4, useChunkIndex: false });
  await assert.rejects(opened(unindexed, { codecs: none }), { code: "unsupported" });
  await assert.rejects(opened(bytes, { hashes: new Map() }), { code: "unsupported", message: /the hash crc32/ });
});

test("an index that contradicts its file is not gone by, or refused", async () => {
  const bytes = await mcapBytes(TOPICS, MESSAGES, { chunkSize: 150 });
  const index = recordsOf(bytes).find(({ opcode }) => opcode === 0x08)!;
  const fields = (copy: Uint8Array) => new DataView(copy.buffer);
  // The checksum of the summary stands in the footer, which lies before the last magic bytes; 0 is for none.
  const unchecked = (change: (copy: DataView) => void) => {
    const copy = bytes.slice();
    fields(copy).setUint32(copy.length - 12, 0, true);
    change(fields(copy));
    return copy;
  };
  const overlap = unchecked((copy) => copy.setBigUint64(index.from + 9 + 16, 60n, true));
  assert.match((await opened(overlap)).lost.noIndex!, /overlap|elsewhere/);
  assert.deepEqual(await contentOf(await opened(overlap)), expected(MESSAGES));
  const beyond = unchecked((copy) => copy.setBigUint64(index.from + 9 + 24, 1n << 60n, true));
  assert.deepEqual(await contentOf(await opened(beyond)), expected(MESSAGES));
});

test("topics of one name and several channels are one sensor, those of several schemas several", async () => {
  const other = {
    ...NUMBER,
    name: "other",
    data: utf8('{"type":"object","properties":{"n":{"type":"number"},"m":{"type":"string"}}}'),
  };
  const topics = [TOPICS[0]!, { ...TOPICS[0]!, schema: other }];
  const messages = Array.from({ length: 6 }, (_, i) => ({ topic: i % 2, logTime: START + BigInt(i), data: number(i) }));
  const { sensors } = await opened(await mcapBytes(topics, messages));
  assert.deepEqual(Object.keys(sensors), ["/a", "/a#2"]);
  assert.deepEqual(sensors["/a#2"]!.schema, { n: { kind: "f64", nullable: true }, m: { kind: "str", nullable: true } });
  const twice = await opened(await mcapBytes([TOPICS[0]!, { ...TOPICS[0]! }], messages, { chunkSize: 1 }));
  const merged = Object.values(await contentOf(twice)).flatMap((content) => content.values);
  assert.deepEqual(merged, [0, 1, 2, 3, 4, 5]);
});
