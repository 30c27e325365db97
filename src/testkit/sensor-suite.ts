/** What every sensor owes, as checks for any test runner. */

import type { RowChoice } from "../core/index.ts";
import { batchFault, type Sensor } from "../sync/index.ts";
import { type Check, expectRefusal, expectSame } from "./check.ts";
import { plainRows, someRows, wrongChoices } from "./plain-values.ts";

/** What a suite may be told besides what it is to check. */
export interface WatchOptions {
  /** How often the recording has been read so far. With it, the suite also checks that nothing is read before it is asked for. */
  readonly reads?: () => number;
}

type Fact = (sensor: Sensor) => Promise<void>;

const facts: Readonly<Record<string, Fact>> = {
  "there is a time for each sample, a finite number, and the same whenever it is asked for": async (sensor) => {
    const length = await sensor.length();
    const times = await sensor.times();
    expectSame(Number.isInteger(length) && length >= 0, true, `whether ${length} is a length`);
    expectSame(times instanceof Float64Array, true, "whether times are float64");
    expectSame(times.length, length, "the number of times");
    expectSame(
      times.findIndex((time) => !Number.isFinite(time)),
      -1,
      "the first sample whose time is not finite",
    );
    const copy = times.slice();
    await readRows(sensor, someRows(length));
    expectSame(
      (await sensor.times()).every((time, i) => time === copy[i]),
      true,
      "whether times stay what they were",
    );
  },
  "samples come in columns as the schema says": async (sensor) => {
    const rows = someRows(await sensor.length());
    const batch = await sensor.read(rows);
    expectSame(batchFault(batch, sensor.schema, rows.length), undefined, "what is wrong with the batch");
  },
  "samples come in the order asked for, and one may come twice": async (sensor) => {
    const rows = someRows(await sensor.length());
    const inOrder = await readRows(sensor, rows);
    const places = [...rows.keys()].reverse().flatMap((i) => [i, 0, i]);
    const mixed = await readRows(
      sensor,
      Uint32Array.from(places, (i) => rows[i]!),
    );
    expectSame(
      mixed,
      places.map((i) => inOrder[i]!),
      "samples in another order",
    );
    for (const [i, row] of rows.entries())
      expectSame(await readRows(sensor, Uint32Array.of(row)), [inOrder[i]!], `sample ${row} by itself`);
  },
  "a range is its samples one by one": async (sensor) => {
    const length = await sensor.length();
    for (const from of someRows(length, 5)) {
      const to = Math.min(length, from + 7);
      const numbers = Uint32Array.from({ length: to - from }, (_, i) => from + i);
      expectSame(await readRows(sensor, { from, to }), await readRows(sensor, numbers), `samples ${from} to ${to}`);
    }
  },
  "no samples are a batch without rows": async (sensor) => {
    const length = await sensor.length();
    for (const rows of [new Uint32Array(), { from: 0, to: 0 }, { from: length, to: length }]) {
      const batch = await sensor.read(rows);
      expectSame(batchFault(batch, sensor.schema, 0), undefined, "what is wrong with a batch of no samples");
    }
  },
  "samples that are not there are refused": async (sensor) => {
    const length = await sensor.length();
    for (const rows of wrongChoices(length))
      await expectRefusal("usage", () => sensor.read(rows), `${said(rows)} of ${length} samples`);
  },
  "what was read is the reader's own": async (sensor) => {
    const rows = someRows(await sensor.length());
    const before = await readRows(sensor, rows);
    for (const { data, valid } of Object.values((await sensor.read(rows)).columns)) {
      const isBig = data instanceof BigInt64Array || data instanceof BigUint64Array;
      (data as unknown[]).fill(isBig ? 0n : undefined); // whatever the kind, what stood there is gone
      valid?.fill(0);
    }
    expectSame(await readRows(sensor, rows), before, "samples after a reader wrote over what it had read");
  },
  "reads at the same time do not disturb each other": async (sensor) => {
    const rows = someRows(await sensor.length());
    const alone = await readRows(sensor, rows);
    const together = await Promise.all([...rows].map((row) => readRows(sensor, Uint32Array.of(row))));
    expectSame(together.flat(), alone, "samples read at the same time");
  },
};

async function readRows(sensor: Sensor, rows: RowChoice) {
  return plainRows(sensor.schema, await sensor.read(rows));
}

/** A choice of rows, for messages. */
export function said(rows: RowChoice): string {
  return rows instanceof Uint32Array ? `number ${rows[0]}` : `the range ${rows.from} to ${rows.to}`;
}

/**
 * The checks that a sensor must pass. `fresh` makes the sensor, of any recording; some samples of it are read, not all.
 * @example
 *     for (const { name, run } of sensorSuite(() => camera("recording/"))) test(name, run);
 */
export function sensorSuite(fresh: () => Promise<Sensor>, { reads }: WatchOptions = {}): readonly Check[] {
  const checks = Object.entries(facts).map(([name, fact]) => ({ name, run: async () => fact(await fresh()) }));
  if (reads === undefined) return checks;
  const lazy: Check = {
    name: "nothing is read before it is asked for, and times once",
    async run() {
      const sensor = await fresh();
      const before = reads();
      expectSame(
        [typeof sensor.schema, typeof sensor.meta, reads() - before],
        ["object", "object", 0],
        "schema, metadata and reads",
      );
      await sensor.times();
      const once = reads();
      await sensor.times();
      await sensor.length();
      expectSame(reads() - once, 0, "how often the recording is read once times are known");
    },
  };
  return [...checks, lazy];
}
