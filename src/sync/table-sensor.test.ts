/** Sensors over tables: times in declared units, to the last bit that seconds hold, and no more columns read than wanted. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { secondly } from "../../test/hand-matched.ts";
import type { Batch, RowTable, Schema } from "../core/index.ts";
import { sensorSuite } from "../testkit/index.ts";
import { takeRows } from "./batch.ts";
import { seconds } from "./seconds.ts";
import { tableSensor } from "./table-sensor.ts";

/** A table in memory that tells which columns were read. */
function memoryTable<const S extends Schema>(schema: S, batch: Batch<S>) {
  const asked: (readonly string[])[] = [];
  const table: RowTable<S> = {
    schema,
    length: batch.length,
    async read(rows, { columns = Object.keys(schema) } = {}) {
      asked.push(columns);
      return takeRows(Object.fromEntries(columns.map((name) => [name, schema[name]!])), batch, rows);
    },
  };
  return { table, asked };
}

const imu = () =>
  memoryTable(
    { t_us: { kind: "i64", unit: "us" }, gyro: { kind: "f32", shape: [3] }, temperature: { kind: "f32" } },
    {
      length: 4,
      columns: {
        t_us: {
          data: BigInt64Array.of(
            1_700_000_000_000_001n,
            1_700_000_000_010_001n,
            1_700_000_000_020_001n,
            1_700_000_000_030_001n,
          ),
        },
        gyro: { data: Float32Array.from({ length: 12 }, (_, i) => i) },
        temperature: { data: Float32Array.of(20, 21, 22, 23) },
      },
    },
  );

for (const { name, run } of sensorSuite(async () => tableSensor(imu().table, { time: "t_us", unit: "us" })))
  test(`a sensor over a table: ${name}`, run);

test("the time column gives the times, once, and only wanted fields are read", async () => {
  const { table, asked } = imu();
  const all = tableSensor(table, { time: "t_us", unit: "us", meta: { rateHz: 100 } });
  assert.deepEqual([Object.keys(all.schema), all.meta.rateHz, asked], [["gyro", "temperature"], 100, []]);
  await Promise.all([all.times(), all.times()]);
  assert.deepEqual(
    [...(await all.times())],
    [1_700_000_000.000001, 1_700_000_000.010001, 1_700_000_000.020001, 1_700_000_000.030001],
  );
  const warm = tableSensor(table, { time: "t_us", unit: "us", fields: ["temperature"] });
  const { columns } = await warm.read(Uint32Array.of(3, 0));
  const data: Float32Array = columns.temperature.data;
  assert.deepEqual([...data], [23, 20]);
  assert.deepEqual(asked, [["t_us"], ["temperature"]]);
  // @ts-expect-error it was not asked for
  assert.equal(columns.gyro, undefined);
});

test("columns that are not there or hold no time are refused", async () => {
  const { table } = imu();
  // @ts-expect-error there is no such column
  assert.throws(() => tableSensor(table, { time: "t", unit: "us" }), {
    code: "missing",
    message: "Cannot make a sensor of a table: there is no column t, got t_us, gyro, temperature",
  });
  // @ts-expect-error there is no such column
  assert.throws(() => tableSensor(table, { time: "t_us", unit: "us", fields: ["wheel"] }), { code: "missing" });
  assert.throws(() => tableSensor(table, { time: "gyro", unit: "s" }), {
    message: "Cannot make a sensor of a table: gyro must be one number a row, got f32 of shape [3]",
  });
  // @ts-expect-error there is no such unit
  await assert.rejects(tableSensor(table, { time: "t_us", unit: "min" }).times(), { code: "usage" });
  const holed = memoryTable(
    { t: { kind: "f64", nullable: true } },
    { length: 3, columns: { t: { data: secondly(3), valid: Uint8Array.of(1, 0, 1) } } },
  );
  await assert.rejects(tableSensor(holed.table, { time: "t", unit: "s" }).times(), {
    code: "damaged",
    message: "Cannot read times: t must have a value in each row, got none in 1",
  });
});

test("integers become seconds to two units in the last place, whatever the unit, and keep their order", () => {
  const start = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n });
  const steps = fc.array(fc.bigInt({ min: 0n, max: 10n ** 15n }), { maxLength: 20 });
  const unit = fc.constantFrom(["s", 1n], ["ms", 1000n], ["us", 1_000_000n], ["ns", 1_000_000_000n] as const);
  fc.assert(
    fc.property(start, steps, unit, (first, ways, [name, units]) => {
      const stamps = BigInt64Array.from([
        first,
        ...ways.map((_, i) => ways.slice(0, i + 1).reduce((sum, way) => sum + way, first)),
      ]);
      const got = seconds(stamps, name as "s");
      for (const [i, stamp] of stamps.entries()) {
        const wanted = Number(stamp / BigInt(units)) + Number(stamp % BigInt(units)) / Number(units);
        // Where a recording goes on through 1970, what lies far from it sets the last place.
        const largest = Math.max(Math.abs(wanted), Math.abs(Number(first) / Number(units)), 1e-9);
        assert.ok(
          Math.abs(got[i]! - wanted) <= 2 * 2 ** (Math.floor(Math.log2(largest)) - 52),
          `${stamp} ${name}: ${got[i]} is not ${wanted}`,
        );
        if (i > 0) assert.ok(got[i]! >= got[i - 1]!);
      }
    }),
  );
});

test("nanoseconds since 1970 keep what float64 seconds can hold", () => {
  const stamps = [1_700_000_000_123_456_789n, 1_700_000_000_123_457_789n, 1_700_000_001_000_000_000n];
  const wanted = [1_700_000_000.1234567, 1_700_000_000.1234577, 1_700_000_001];
  assert.deepEqual([...seconds(BigInt64Array.from(stamps), "ns")], wanted);
  assert.deepEqual([...seconds(BigUint64Array.from(stamps), "ns")], wanted);
  assert.deepEqual([...seconds(Float64Array.of(1.5e3), "ms"), ...seconds(Int32Array.of(-7), "s")], [1.5, -7]);
  assert.deepEqual([...seconds(BigInt64Array.of(-1n, 1n), "ns")], [-1e-9, 1e-9]);
  assert.equal(seconds(new BigInt64Array(), "ns").length, 0);
});
