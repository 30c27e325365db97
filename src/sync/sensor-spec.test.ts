/** Sensors: what adapters give is checked and read once, and errors say what does not fit. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { counter, secondly } from "../../test/hand-matched.ts";
import type { Batch, RowChoice } from "../core/index.ts";
import { sensorSuite } from "../testkit/index.ts";
import { takeRows } from "./batch.ts";
import { memorySensor } from "./memory-sensor.ts";
import type { SampleOf, Sensor, SensorMeta } from "./sensor.ts";
import { sensor } from "./sensor-spec.ts";

const SCHEMA = {
  id: { kind: "i64" },
  on: { kind: "bool", nullable: true },
  axes: { kind: "f32", shape: [3] },
  far: { kind: "u8", shape: [4, 5] },
  name: { kind: "str" },
  image: { kind: "bytes" },
  tags: { kind: "json" },
} as const;

/** A batch of every sort of field. */
function everyKind(length: number): Batch<typeof SCHEMA> {
  const each = <V>(make: (row: number) => V) => Array.from({ length }, (_, row) => make(row));
  return {
    length,
    columns: {
      id: { data: BigInt64Array.from(each((row) => BigInt(row) << 40n)) },
      on: {
        data: Uint8Array.from(each((row) => row & 1)),
        valid: Uint8Array.from(each((row) => (row % 3 === 0 ? 0 : 1))),
      },
      axes: { data: Float32Array.from({ length: 3 * length }, (_, i) => i / 4) },
      far: { data: Uint8Array.from({ length: 20 * length }, (_, i) => i % 251) },
      name: { data: each((row) => `row ${row}`) },
      image: { data: each((row) => new Uint8Array(row % 4).fill(row)) },
      tags: { data: each((row) => ({ row })) },
    },
  };
}

for (const { name, run } of sensorSuite(async () => memorySensor(SCHEMA, everyKind(50), secondly(50))))
  test(`a sensor in memory: ${name}`, run);
for (const { name, run } of sensorSuite(async () => memorySensor(SCHEMA, everyKind(0), secondly(0))))
  test(`a sensor without a sample: ${name}`, run);

test("samples that are taken are those of a plain copy, row by row", () => {
  const batch = everyKind(20);
  const plain = (part: Batch<typeof SCHEMA>, row: number) =>
    Object.entries(SCHEMA).map(([name, type]) => {
      const { data, valid } = part.columns[name as keyof typeof SCHEMA];
      const width = "shape" in type ? type.shape.reduce((all: number, size) => all * size, 1) : 1;
      return [valid?.[row], ...Array.from({ length: width }, (_, i) => data[row * width + i])];
    });
  fc.assert(
    fc.property(fc.array(fc.nat(19), { maxLength: 40 }), fc.nat(20), fc.nat(20), (picked, a, b) => {
      const range = { from: Math.min(a, b), to: Math.max(a, b) };
      const choices: readonly (readonly [RowChoice, readonly number[]])[] = [
        [Uint32Array.from(picked), picked],
        [range, Array.from({ length: range.to - range.from }, (_, i) => range.from + i)],
      ];
      for (const [choice, rows] of choices) {
        const taken = takeRows(SCHEMA, batch, choice);
        assert.equal(taken.length, rows.length);
        for (const [i, row] of rows.entries()) assert.deepEqual(plain(taken, i), plain(batch, row));
      }
    }),
  );
});

test("times are read once, and a failure is forgotten", async () => {
  let tries = 0;
  const flaky = sensor({
    schema: { value: { kind: "f64" } },
    async times() {
      tries++;
      if (tries === 1) throw new TypeError("not yet");
      return secondly(2);
    },
    read: (rows) => counter(2).read(rows),
  });
  await assert.rejects(flaky.times(), TypeError);
  const [first, again, length] = await Promise.all([flaky.times(), flaky.times(), flaky.length()]);
  assert.equal(first, again);
  assert.deepEqual([length, tries], [2, 2]);
});

test("a length that is told is enough to read samples, and is compared with the times", async () => {
  let reads = 0;
  const told = (length: number) =>
    sensor({
      schema: { value: { kind: "f64" } },
      length: async () => length,
      async times() {
        reads++;
        return secondly(3);
      },
      read: (rows) => counter(3).read(rows),
    });
  await told(3).read({ from: 0, to: 3 });
  assert.equal(reads, 0);
  await assert.rejects(told(2).times(), {
    code: "damaged",
    message: "Cannot read a sensor of value: 2 samples need as many times, got 3",
  });
});

test("a batch that is not what was asked for is the adapter's fault, and named", async () => {
  const answer = async (batch: Batch) => {
    const schema = { value: { kind: "f32", shape: [2] } } as const;
    const broken = sensor({ schema, times: async () => secondly(2), read: async () => batch });
    return broken.read({ from: 0, to: 2 }).then(
      () => "no fault",
      (cause: unknown) => String(cause).replace("WindrowError: Cannot use what was read of a sensor of value: ", ""),
    );
  };
  const values = (data: Float32Array, valid?: Uint8Array) => ({
    length: 2,
    columns: { value: valid === undefined ? { data } : { data, valid } },
  });
  assert.equal(await answer(values(new Float32Array(4))), "no fault");
  assert.equal(await answer(values(new Float32Array(3))), "value must have 4 values, got 3");
  assert.equal(await answer({ length: 1, columns: {} }), "it must have 2 rows, got 1");
  assert.equal(await answer({ length: 2, columns: {} }), "it must have the field value, got none");
  assert.equal(
    await answer({ length: 2, columns: { value: { data: new Float64Array(4) } } }),
    "value must be an array of f32, got Float64Array",
  );
  assert.equal(
    await answer(values(new Float32Array(4), Uint8Array.of(1))),
    "value must say of 2 rows whether they have a value, got 1",
  );
});

test("metadata that does not fit the fields is refused", () => {
  const make = (meta: SensorMeta) => () => memorySensor(SCHEMA, everyKind(1), secondly(1), meta);
  assert.doesNotThrow(make({ rateHz: 10, interpolation: { axes: "linear", name: "hold" }, about: { topic: "/imu" } }));
  for (const rateHz of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(make({ rateHz }), { code: "usage" }, String(rateHz));
  assert.throws(make({ interpolation: { name: "linear" } }), {
    code: "usage",
    message:
      "Cannot make a sensor of id, on, axes, far, name, image, tags: name must be a number to be interpolated as linear, got str",
  });
  assert.throws(make({ interpolation: { absent: "hold" } }), { code: "usage", message: /got no such field$/ });
});

test("a batch and times of different lengths are refused", () => {
  assert.throws(() => memorySensor(SCHEMA, everyKind(2), secondly(3)), {
    code: "usage",
    message: "Cannot make a sensor of a batch: it must have 3 rows, got 2",
  });
});

test("rows that are not there are refused, with where", async () => {
  const one = counter(3);
  await assert.rejects(one.read(Uint32Array.of(0, 7, 3)), {
    code: "usage",
    message: "Cannot read a sensor of value: rows must be below 3, got 7",
  });
  for (const [from, to] of [
    [-1, 1],
    [0, 4],
    [2, 1],
    [0.5, 1],
    [0, Number.NaN],
  ] as const)
    await assert.rejects(one.read({ from, to }), { code: "usage" }, `${from} to ${to}`);
});

test("the types of samples follow from the fields", () => {
  type Sample = SampleOf<typeof SCHEMA>;
  const sample: Sample = {
    id: 1n,
    on: undefined,
    axes: Float32Array.of(1, 2, 3),
    far: new Uint8Array(20),
    name: "",
    image: new Uint8Array(),
    tags: null,
  };
  // @ts-expect-error 64-bit integers are bigints
  const wrong: Sample = { ...sample, id: 1 };
  // @ts-expect-error it is not nullable
  const none: Sample = { ...sample, name: undefined };
  assert.notDeepEqual(wrong, none);
  // Any sensor is a sensor.
  const general: Sensor = memorySensor(SCHEMA, everyKind(1), secondly(1));
  // @ts-expect-error but not the other way round
  const special: Sensor<typeof SCHEMA> = general;
  assert.equal(special, general);
});
