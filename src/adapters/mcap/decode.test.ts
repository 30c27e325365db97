import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "@foxglove/rosmsg";
import { MessageWriter as Ros1Writer } from "@foxglove/rosmsg-serialization";
import { MessageWriter as Ros2Writer } from "@foxglove/rosmsg2-serialization";
import protobuf from "protobufjs";
import "protobufjs/ext/descriptor.js";
import { mcapBytes, type TopicToWrite, utf8 } from "../../../test/mcap-files.ts";
import type { Batch } from "../../core/index.ts";
import { nodeCodecs, nodeHashes } from "../../node/index.ts";
import { memoryStore } from "../../stores/index.ts";
import type { Sensor } from "../../sync/index.ts";
import { type McapOptions, openMcap } from "./index.ts";

const TOOLS = { codecs: nodeCodecs(), hashes: await nodeHashes() };

/** The sensors of a recording of one topic. */
async function sensorsOf(topic: TopicToWrite, data: readonly Uint8Array[], options: Partial<McapOptions> = {}) {
  const messages = data.map((bytes, i) => ({ topic: 0, logTime: BigInt(i + 1) * 1_000_000_000n, data: bytes }));
  const store = memoryStore();
  await store.put("x.mcap", await mcapBytes([topic], messages));
  return (await openMcap({ store, key: "x.mcap", ...TOOLS, ...options })).sensors;
}

async function read(sensors: Readonly<Record<string, Sensor>>, name = "/t"): Promise<Batch["columns"]> {
  const sensor = sensors[name] ?? assert.fail(`no ${name}, got ${Object.keys(sensors)}`);
  return (await sensor.read({ from: 0, to: await sensor.length() })).columns;
}

const ros = (dialect: "ros1" | "ros2", definition: string): TopicToWrite => ({
  topic: "/t",
  encoding: dialect === "ros1" ? "ros1" : "cdr",
  schema: { name: "test/T", encoding: `${dialect}msg`, data: utf8(definition) },
});

const ALL_KINDS = `
bool flag
int8 a
uint8 b
int16 c
uint16 d
int32 e
uint32 f
int64 g
uint64 h
float32 i
float64 j
string k
time stamp
duration took
float64[3] three
uint8[4] four
int64[2] wide
float32[] many
uint8[] blob
string[] words
Part part
Part[] parts
uint8 CONSTANT=7
================================================================================
MSG: test/Part
float64 x
float64 y
float64 z
float64 w
`;
const ROS2_KINDS = ALL_KINDS.replace("time stamp", "builtin_interfaces/Time stamp").replace(
  "duration took",
  "builtin_interfaces/Duration took",
);

function message(time: object) {
  return {
    flag: true,
    a: -1,
    b: 255,
    c: -300,
    d: 65_535,
    e: -70_000,
    f: 4_000_000_000,
    g: -(2n ** 62n) - 1n,
    h: 2n ** 63n + 1n,
    i: 0.5,
    j: 0.1,
    // Of ROS 2 the library writes ASCII alone.
    k: "green",
    stamp: time,
    took: time,
    three: [1, 2, 3],
    four: Uint8Array.of(1, 2, 3, 4),
    wide: BigInt64Array.of(1n, -(2n ** 60n)),
    many: Float32Array.of(1, 2),
    blob: Uint8Array.of(9, 8),
    words: ["a", "b"],
    part: { x: 0, y: 0, z: 0, w: 1 },
    parts: [{ x: 1, y: 2, z: 3, w: 4 }],
  };
}

for (const dialect of ["ros1", "ros2"] as const) {
  test(`${dialect}: every kind of field becomes a column`, async () => {
    const definition = dialect === "ros1" ? ALL_KINDS : ROS2_KINDS;
    const definitions = parse(definition, { ros2: dialect === "ros2" });
    const writer = dialect === "ros1" ? new Ros1Writer(definitions) : new Ros2Writer(definitions);
    const rest = dialect === "ros1" ? "nsec" : "nanosec";
    const data = writer.writeMessage(message({ sec: 1_700_000_000, [rest]: 123_456_789 }));
    const sensors = await sensorsOf(ros(dialect, definition), [data, data]);
    assert.deepEqual(sensors["/t"]!.meta.about, {
      topic: "/t",
      encoding: dialect === "ros1" ? "ros1" : "cdr",
      schema: "test/T",
      time: "log",
      elements: { many: "f32" },
    });
    const columns = await read(sensors);
    const twice = <T>(value: T): T[] => [value, value];
    assert.deepEqual(Object.fromEntries(Object.entries(columns).map(([name, { data: values }]) => [name, values])), {
      flag: Uint8Array.of(1, 1),
      a: Int8Array.of(-1, -1),
      b: Uint8Array.of(255, 255),
      c: Int16Array.of(-300, -300),
      d: Uint16Array.of(65_535, 65_535),
      e: Int32Array.of(-70_000, -70_000),
      f: Uint32Array.of(4_000_000_000, 4_000_000_000),
      g: BigInt64Array.of(-(2n ** 62n) - 1n, -(2n ** 62n) - 1n),
      h: BigUint64Array.of(2n ** 63n + 1n, 2n ** 63n + 1n),
      i: Float32Array.of(0.5, 0.5),
      j: Float64Array.of(0.1, 0.1),
      k: twice("green"),
      stamp: BigInt64Array.of(1_700_000_000_123_456_789n, 1_700_000_000_123_456_789n),
      took: BigInt64Array.of(1_700_000_000_123_456_789n, 1_700_000_000_123_456_789n),
      three: Float64Array.of(1, 2, 3, 1, 2, 3),
      four: Uint8Array.of(1, 2, 3, 4, 1, 2, 3, 4),
      wide: BigInt64Array.of(1n, -(2n ** 60n), 1n, -(2n ** 60n)),
      many: twice(new Uint8Array(Float32Array.of(1, 2).buffer)),
      blob: twice(Uint8Array.of(9, 8)),
      words: twice(["a", "b"]),
      part: Float64Array.of(0, 0, 0, 1, 0, 0, 0, 1),
      parts: twice([{ x: 1, y: 2, z: 3, w: 4 }]),
    });
    assert.deepEqual(sensors["/t"]!.schema["part"], { kind: "f64", shape: [4] });
    assert.equal(sensors["/t"]!.meta.interpolation?.["part"], "quaternion");
    assert.equal(sensors["/t"]!.meta.interpolation?.["k"], undefined);
    for (let length = 0; length < data.length; length += 7) {
      const cut = await sensorsOf(ros(dialect, definition), [data.slice(0, length)]);
      await assert.rejects(read(cut), { code: "damaged", message: /message 0 of \/t is not what its schema says: / });
    }
  });
}

test("text of ROS is UTF-8, and ends with its message", async () => {
  const text = utf8("grün");
  const ros1 = Uint8Array.of(text.length, 0, 0, 0, ...text);
  const ros2 = Uint8Array.of(0, 1, 0, 0, text.length + 1, 0, 0, 0, ...text, 0);
  for (const [dialect, data, at] of [
    ["ros1", ros1, 0],
    ["ros2", ros2, 4],
  ] as const) {
    const topic = ros(dialect, "string x");
    assert.deepEqual((await read(await sensorsOf(topic, [data])))["x"]!.data, ["grün"]);
    const longer = data.slice();
    longer[at]! += 4;
    await assert.rejects(read(await sensorsOf(topic, [longer, data])), { code: "damaged" }, dialect);
  }
});

test("ROS definitions that are no good to read by leave the messages as bytes, and say why", async () => {
  const cases: Readonly<Record<string, string>> = {
    "a list of test/E, which is empty": "E[] nothing\n===\nMSG: test/E\n",
    "nests at most 32 deep": "test/A a\n===\nMSG: test/A\ntest/B b\n===\nMSG: test/B\nint8 x\ntest/A a\n",
    "at most 4096 fields": `A a\n${Array.from({ length: 14 }, (_, i) => `===\nMSG: test/${"ABCDEFGHIJKLMNO"[i]}\n${"BCDEFGHIJKLMNO"[i]} l\n${"BCDEFGHIJKLMNO"[i]} r\n`).join("")}===\nMSG: test/O\nint8 x\n`,
    "at most 1048576 values": "float64[10000000] x",
    "definition for 'Nowhere'": "Nowhere x",
  };
  for (const [why, definition] of Object.entries(cases)) {
    const sensors = await sensorsOf(ros("ros1", definition), [Uint8Array.of(0, 0, 0, 0)]);
    assert.match(String(sensors["/t"]!.meta.about?.["undecoded"]), new RegExp(why));
    assert.deepEqual(await read(sensors), { message: { data: [Uint8Array.of(0, 0, 0, 0)] } });
  }
  const idl = {
    ...ros("ros2", "struct T {};"),
    schema: { name: "T", encoding: "ros2idl", data: utf8("struct T {};") },
  };
  const sensors = await sensorsOf(idl, [Uint8Array.of(1)]);
  assert.equal(sensors["/t"]!.meta.about?.["undecoded"], 'messages of "cdr" by "ros2idl" are not decoded here');
});

test("a ROS list with a length beyond its message is damage, not memory", async () => {
  for (const dialect of ["ros1", "ros2"] as const) {
    for (const field of ["float64[] x", "string[] x", "P[] x\n===\nMSG: test/P\nint8 p\n", "uint8[] x", "string x"]) {
      const head = dialect === "ros2" ? [0, 1, 0, 0] : [];
      const data = Uint8Array.of(...head, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4);
      await assert.rejects(
        read(await sensorsOf(ros(dialect, field), [data])),
        { code: "damaged" },
        `${dialect} ${field}`,
      );
    }
  }
});

const PROTO = `
syntax = "proto3";
package test;
import "google/protobuf/timestamp.proto";
message Inner { double x = 1; sint32 count_of = 2; }
message Tree { repeated Tree branches = 1; string leaf = 2; }
message T {
  google.protobuf.Timestamp timestamp = 1;
  Inner inner = 2;
  repeated float values = 3;
  repeated Inner inners = 4;
  bytes data = 5;
  uint64 big = 6;
  optional int32 maybe = 7;
  string frame_id = 8;
  enum Kind { NONE = 0; SOME = 5; }
  Kind kind = 9;
  Tree tree = 10;
  map<string, int32> counts = 11;
  bool flag = 12;
}`;

function protoTopic(): { readonly topic: TopicToWrite; readonly encode: (value: object) => Uint8Array } {
  const root = protobuf.parse(PROTO, { keepCase: true }).root;
  root.addJSON(protobuf.common.get("google/protobuf/timestamp.proto")!.nested!);
  root.resolveAll();
  const descriptor = root.toDescriptor("proto3");
  const bytes = (descriptor.$type as protobuf.Type).encode(descriptor).finish(); // a message of the library knows its type
  const type = root.lookupType("test.T");
  return {
    topic: { topic: "/t", encoding: "protobuf", schema: { name: "test.T", encoding: "protobuf", data: bytes } },
    encode: (value) => type.encode(type.fromObject(value)).finish(),
  };
}

test("protobuf: fields become columns, and what may lack has no value", async () => {
  const { topic, encode } = protoTopic();
  const full = encode({
    timestamp: { seconds: 1_700_000_000, nanos: 5 },
    inner: { x: 0.5, count_of: -3 },
    values: [1, 2, 3],
    inners: [{ x: 1 }, { count_of: 2 }],
    data: Uint8Array.of(1, 2),
    big: "18446744073709551615",
    maybe: 0,
    frame_id: "base",
    kind: 5,
    tree: { leaf: "a", branches: [{ leaf: "b" }] },
    counts: { a: 1 },
    flag: true,
  });
  const sensors = await sensorsOf(topic, [full, new Uint8Array()]);
  const columns = await read(sensors);
  const both = Uint8Array.of(1, 0);
  assert.deepEqual(columns, {
    timestamp: { data: BigInt64Array.of(1_700_000_000_000_000_005n, 0n), valid: both },
    "inner.x": { data: Float64Array.of(0.5, 0), valid: both },
    "inner.count_of": { data: Int32Array.of(-3, 0), valid: both },
    values: { data: [new Uint8Array(Float32Array.of(1, 2, 3).buffer), new Uint8Array()] },
    inners: { data: [[{ x: 1 }, { count_of: 2 }], []] },
    data: { data: [Uint8Array.of(1, 2), new Uint8Array()] },
    big: { data: BigUint64Array.of(18446744073709551615n, 0n) },
    maybe: { data: Int32Array.of(0, 0), valid: both },
    frame_id: { data: ["base", ""] },
    kind: { data: Int32Array.of(5, 0) },
    "tree.branches": { data: [[{ leaf: "b" }], null], valid: both },
    "tree.leaf": { data: ["a", ""], valid: both },
    counts: { data: [{ a: 1 }, []] },
    flag: { data: Uint8Array.of(1, 0) },
  });
  assert.deepEqual(sensors["/t"]!.meta.about?.["elements"], { values: "f32" });
  const damaged = await sensorsOf(topic, [full.slice(0, -1)]);
  await assert.rejects(read(damaged), { code: "damaged", message: /message 0 of \/t is not what its schema says/ });
  const unknown = { ...topic, schema: { ...topic.schema!, name: "test.Nothing" } };
  assert.match(String((await sensorsOf(unknown, []))["/t"]?.meta.about?.["undecoded"]), /no message "test.Nothing"/);
});

test("a time in the message is the sample's where it is asked for", async () => {
  const { topic, encode } = protoTopic();
  const stamped = await sensorsOf(topic, [encode({ timestamp: { seconds: 7, nanos: 250_000_000 } })], {
    time: "header",
  });
  assert.deepEqual(await stamped["/t"]!.times(), Float64Array.of(7.25));
  assert.equal(stamped["/t"]!.meta.about?.["time"], "header");
  const plain = await sensorsOf({ topic: "/t", encoding: "json" }, [utf8("{}")], { time: "header" });
  assert.deepEqual(await plain["/t"]!.times(), Float64Array.of(1));
  assert.equal(plain["/t"]!.meta.about?.["time"], "log");
});

test("json: a schema's properties become columns; without a schema a message is one", async () => {
  const schema = {
    type: "object",
    required: ["x"],
    properties: {
      x: { type: "number" },
      ok: { type: "boolean" },
      name: { type: "string" },
      stamp: { type: "object", properties: { sec: { type: "integer" }, nsec: { type: "integer" } } },
      at: { type: "object", properties: { lat: { type: "number" } } },
      three: { type: "array", items: { type: "number" }, minItems: 3, maxItems: 3 },
      some: { type: "array", items: { type: "number" } },
      image: { type: "string", contentEncoding: "base64" },
      any: {},
    },
  };
  const topic: TopicToWrite = {
    topic: "/t",
    encoding: "json",
    schema: { name: "T", encoding: "jsonschema", data: utf8(JSON.stringify(schema)) },
  };
  const full = {
    x: 1.5,
    ok: true,
    name: "n",
    stamp: { sec: 3, nsec: 4 },
    at: { lat: 5 },
    three: [1, 2, 3],
    some: [7],
    image: "AQI=",
    any: [null],
  };
  const [x, lacks] = [Float64Array.of(1.5, 2), Uint8Array.of(1, 0)];
  assert.deepEqual(await read(await sensorsOf(topic, [utf8(JSON.stringify(full)), utf8('{"x":2}')])), {
    x: { data: x },
    ok: { data: lacks, valid: lacks },
    name: { data: ["n", ""], valid: lacks },
    stamp: { data: BigInt64Array.of(3_000_000_004n, 0n), valid: lacks },
    "at.lat": { data: Float64Array.of(5, 0), valid: lacks },
    three: { data: Float64Array.of(1, 2, 3, 0, 0, 0), valid: lacks },
    some: { data: [new Uint8Array(Float64Array.of(7).buffer), new Uint8Array()], valid: lacks },
    image: { data: [Uint8Array.of(1, 2), new Uint8Array()], valid: lacks },
    any: { data: [[null], null], valid: lacks },
  });
  for (const bad of [
    "",
    "{",
    "[]",
    "null",
    '{"x":"1"}',
    '{"x":1,"three":[1,2]}',
    '{"x":1,"stamp":5.5}',
    '{"x":1,"three":["a",1,2]}',
    '{"x":1,"image":"%"}',
  ])
    await assert.rejects(read(await sensorsOf(topic, [utf8(bad)])), { code: "damaged" }, bad);
  const plain = await read(await sensorsOf({ topic: "/t", encoding: "json" }, [utf8('{"a":[1]}'), utf8("5")]));
  assert.deepEqual(plain, { message: { data: [{ a: [1] }, 5] } });
});

test("transforms are one sensor a child frame, static ones one sensor", async () => {
  const schema = utf8(
    JSON.stringify({
      type: "object",
      required: ["transforms"],
      properties: {
        transforms: {
          type: "array",
          items: {
            type: "object",
            required: ["child_frame_id", "x"],
            properties: { child_frame_id: { type: "string" }, x: { type: "number" } },
          },
        },
      },
    }),
  );
  const topic: TopicToWrite = {
    topic: "/tf",
    encoding: "json",
    schema: { name: "T", encoding: "jsonschema", data: schema },
  };
  const list = (...transforms: readonly (readonly [string, number])[]) =>
    utf8(JSON.stringify({ transforms: transforms.map(([child_frame_id, x]) => ({ child_frame_id, x })) }));
  const data = [list(["a", 1], ["/b", 2]), list(["a", 3]), list(), list(["/b", 4], ["/b", 5])];
  const sensors = await sensorsOf(topic, data);
  assert.deepEqual(Object.keys(sensors), ["/tf/a", "/tf/b"]);
  assert.deepEqual(await sensors["/tf/a"]!.times(), Float64Array.of(1, 2));
  assert.deepEqual(await sensors["/tf/b"]!.times(), Float64Array.of(1, 4, 4));
  assert.deepEqual((await read(sensors, "/tf/b"))["x"]!.data, Float64Array.of(2, 4, 5));
  const backwards = await sensors["/tf/b"]!.read(Uint32Array.of(2, 0));
  assert.deepEqual(backwards.columns["x"]!.data, Float64Array.of(5, 2));
  const fixed = await sensorsOf({ ...topic, topic: "/tf_static" }, data);
  assert.deepEqual(Object.keys(fixed), ["/tf_static"]);
  assert.equal(await fixed["/tf_static"]!.length(), 4);
});
