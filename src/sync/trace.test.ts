/** Traces: rows are what the match says of the sensors, and nothing is read before it is asked for. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { counted, counter, countingTrace, handMatched, rowByRow, secondly } from "../../test/hand-matched.ts";
import { traceSuite } from "../testkit/index.ts";
import { memorySensor } from "./memory-sensor.ts";
import { pick } from "./pick.ts";
import { sensor } from "./sensor-spec.ts";
import { trace } from "./trace.ts";

const image = memorySensor(
  { jpeg: { kind: "bytes" }, label: { kind: "str", nullable: true } },
  {
    length: 3,
    columns: {
      jpeg: { data: [Uint8Array.of(1), Uint8Array.of(2, 2), Uint8Array.of(3, 3, 3)] },
      label: { data: ["a", "", "c"], valid: Uint8Array.of(1, 0, 1) },
    },
  },
  secondly(3),
);

let reads = 0;
/** A trace of two sensors, one of which some rows lack, that counts how often they are read. */
async function drive() {
  const a = counter(10);
  const b = sensor({
    schema: image.schema,
    async times() {
      reads++;
      return secondly(3);
    },
    read(rows) {
      reads++;
      return image.read(rows);
    },
  });
  const index = { a: [9, 4, 4, 0, 1], b: [0, -1, 2, 2, -1] };
  const synchronization = handMatched({ index, segments: [0, 0, 1, 1, 2] });
  return trace({ name: "drive", sensors: { a, b }, synchronization, optional: ["b"] });
}

for (const { name, run } of traceSuite(drive, { reads: () => reads })) test(`a trace: ${name}`, run);
for (const { name, run } of traceSuite(async () => countingTrace("still", 0)))
  test(`a trace without a row: ${name}`, run);
for (const { name, run } of traceSuite(async () => pick(await drive(), { image: "b" })))
  test(`a trace of picked sensors: ${name}`, run);

test("a row has the samples that the match names, whatever the order asked for", () => {
  const number = fc.integer({ min: -1, max: 9 });
  const rows = fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 20 });
  return fc.assert(
    fc.asyncProperty(rows, fc.array(fc.nat(), { maxLength: 30 }), async (pairs, asked) => {
      const index = { a: pairs.map(([a]) => a), b: pairs.map(([, b]) => b) };
      const one = trace({
        name: "drive",
        sensors: { a: counter(10), b: counter(10, 100) },
        synchronization: handMatched({ index }),
      });
      const choice = Uint32Array.from(asked, (row) => row % pairs.length);
      const got = await one.read(choice);
      for (const [name, base] of [
        ["a", 0],
        ["b", 100],
      ] as const) {
        const { data, valid } = got[name].columns.value;
        const expected = Array.from(choice, (row) => index[name][row]!);
        assert.deepEqual(
          [...data],
          expected.map((at) => (at < 0 ? 0 : base + at)),
        );
        assert.deepEqual(
          valid === undefined ? expected.map(() => 1) : [...valid],
          expected.map((at) => (at < 0 ? 0 : 1)),
        );
      }
      const range = await one.read({ from: 1, to: pairs.length });
      assert.deepEqual(range, await one.read(Uint32Array.from(pairs.keys()).slice(1)));
    }),
  );
});

test("a sample is read once, also where several rows have it", async () => {
  const asked: unknown[] = [];
  const slow = sensor({
    schema: { value: { kind: "f64" } },
    times: async () => secondly(5),
    read: async (rows) => {
      asked.push(rows);
      return counter(5).read(rows);
    },
  });
  const index = { slow: [0, 0, 0, 3, 1, 1] };
  const one = trace({ name: "drive", sensors: { slow }, synchronization: handMatched({ index }) });
  assert.deepEqual([...(await one.read({ from: 0, to: 6 })).slow.columns.value.data], [0, 0, 0, 3, 1, 1]);
  assert.deepEqual(asked, [Uint32Array.of(0, 1, 3)]);
  await one.read(Uint32Array.of(5, 0));
  assert.deepEqual(asked[1], { from: 0, to: 2 });
});

test("times are read and matched once, when rows are first wanted", async () => {
  const value = counted(counter(4));
  const one = trace({ name: "drive", sensors: { value }, synchronization: rowByRow });
  assert.deepEqual([one.name, one.entity], ["drive", "drive"]);
  assert.deepEqual(value.reads, { times: 0, samples: 0 });
  assert.equal(await one.length(), 4);
  await Promise.all([one.match(), one.sample(2), one.match()]);
  assert.deepEqual(value.reads, { times: 1, samples: 1 });
});

test("a sample's type follows from the sensors", async () => {
  const one = trace({ name: "drive", sensors: { image, count: counter(3) }, synchronization: rowByRow });
  const sample = await one.sample(1);
  const jpeg: Uint8Array = sample.image.jpeg;
  const label: string | undefined = sample.image.label;
  const value: number = sample.count.value;
  assert.deepEqual([[...jpeg], label, value], [[2, 2], undefined, 1]);
  // @ts-expect-error it may not be there
  const certain: string = sample.image.label;
  // @ts-expect-error there is no such sensor
  assert.equal(sample.lidar, undefined);
  // @ts-expect-error there is no such field
  assert.equal(sample.image.png, certain);
  const { data } = (await one.read({ from: 0, to: 1 })).count.columns.value;
  const typed: Float64Array = data;
  assert.equal(typed.length, 1);
});

test("a sensor that a row may lack is optional, and its fields are nullable", async () => {
  const index = { count: [0, 1], image: [-1, 2] };
  const parts = { name: "drive", sensors: { count: counter(3), image }, synchronization: handMatched({ index }) };
  const one = trace({ ...parts, optional: ["image"] });
  const { count, image: none } = await one.sample(0);
  const value: number = count.value;
  const jpeg: Uint8Array | undefined = none.jpeg;
  // @ts-expect-error it may not be there
  const certain: Uint8Array = none.jpeg;
  assert.deepEqual([value, jpeg, certain], [0, undefined, undefined]);
  assert.equal(one.sensors.image.schema.jpeg.nullable, true);
  assert.deepEqual([...((await one.sample(1)).image.jpeg ?? [])], [3, 3, 3]);

  const strict = trace(parts);
  await assert.rejects(strict.sample(0), {
    code: "usage",
    message:
      "Cannot give image in row 0 of trace drive: its field jpeg is not nullable, got no value; name the sensor as optional in the trace, or have such rows dropped",
  });
  const { jpeg: column } = (await strict.read({ from: 0, to: 2 })).image.columns;
  assert.deepEqual(
    [column.data.map((bytes) => [...bytes]), [...column.valid!]],
    [
      [[], [3, 3, 3]],
      [0, 1],
    ],
  );
});

test("a sensor between samples is interpolated as its fields say, and held where they do not", async () => {
  const moving = memorySensor(
    { speed: { kind: "f32" }, course: { kind: "f64", unit: "deg" }, gear: { kind: "str" } },
    {
      length: 2,
      columns: {
        speed: { data: Float32Array.of(1, 3) },
        course: { data: Float64Array.of(170, -170) },
        gear: { data: ["R", "1"] },
      },
    },
    secondly(2),
    { interpolation: { speed: "linear", course: "angle" } },
  );
  const between = { moving: { before: [0, 0, 1, 0], after: [0, 1, 1, 0], weight: [0, 0.75, 0, Number.NaN] } };
  const one = trace({
    name: "drive",
    sensors: { moving },
    synchronization: handMatched({ index: { moving: [0, 1, 1, -1] }, between }),
    optional: ["moving"],
  });
  const { speed, course, gear } = (await one.read({ from: 0, to: 4 })).moving.columns;
  assert.deepEqual([...speed.data], [1, 2.5, 3, 0]);
  assert.deepEqual([...course.data], [170, -175, -170, 0]);
  assert.deepEqual(gear.data, ["R", "R", "1", ""]);
  for (const { valid } of [speed, course, gear]) assert.deepEqual([...valid!], [1, 1, 1, 0]);
});

test("rows that are not there are refused", async () => {
  const one = trace({ name: "drive", sensors: { count: counter(3) }, synchronization: rowByRow });
  for (const row of [-1, 3, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
    await assert.rejects(one.sample(row), { code: "usage" }, `row ${row}`);
  await assert.rejects(one.read(Uint32Array.of(0, 3)), {
    message: "Cannot read trace drive: rows must be below 3, got 3",
  });
  await assert.rejects(one.read({ from: 2, to: 1 }), { code: "usage" });
});

test("a trace without a name or a sensor, or with a stranger as optional, is refused", () => {
  const parts = { name: "drive", sensors: { count: counter(3) }, synchronization: rowByRow };
  assert.throws(() => trace({ ...parts, name: "" }), { code: "usage" });
  assert.throws(() => trace({ ...parts, sensors: {} }), { code: "usage" });
  // @ts-expect-error there is no such sensor
  assert.throws(() => trace({ ...parts, optional: ["lidar"] }), {
    message: "Cannot make a trace: drive has no sensor lidar to be optional, got count",
  });
});

test("a trace without a synchronization can be looked into, but has no rows", async () => {
  const one = trace({ name: "drive", sensors: { count: counter(3) } });
  assert.equal((await one.sensors.count.times()).length, 3);
  await assert.rejects(one.length(), { code: "usage", message: /^Cannot match trace drive: / });
});

test("a match that lacks a list is the synchronization's fault, and named", async () => {
  const broken = handMatched({ index: { a: [0, 1], b: [0] } });
  const one = trace({ name: "drive", sensors: { a: counter(3), b: counter(3) }, synchronization: broken });
  await assert.rejects(one.match(), {
    code: "internal",
    message: "Cannot match trace drive: index of b must have 2 values, got 1 values",
  });
});

test("picked sensors have their new names, and the others are not read", async () => {
  const [a, b] = [counted(counter(3)), counted(counter(3, 100))];
  const one = trace({
    name: "drive",
    sensors: { a, b },
    synchronization: handMatched({ index: { a: [2, 1], b: [0, 2] } }),
  });
  const front = pick(one, { second: "b" });
  const sample = await front.sample(0);
  const value: number = sample.second.value;
  // @ts-expect-error it was not picked
  assert.equal(sample.a, undefined);
  assert.deepEqual([value, await front.length(), a.reads.samples], [100, 2, 0]);
  assert.deepEqual(Object.keys((await front.match()).index), ["second"]);
  assert.deepEqual((await front.read({ from: 0, to: 2 })).second, (await one.read({ from: 0, to: 2 })).b);
  // @ts-expect-error there is no such sensor
  assert.throws(() => pick(one, { third: "c" }), { code: "usage", message: /a, b, got c$/ });
  assert.throws(() => pick(one, {}), { code: "usage" });
});
