/** What every trace owes, as checks for any test runner. */

import type { Json, RowChoice } from "../core/index.ts";
import type { Match, Sensor, Trace } from "../sync/index.ts";
import { type Check, expectRefusal, expectSame } from "./check.ts";
import { expectMatch } from "./match-checks.ts";
import { plainRows, plainSample, someRows, wrongChoices } from "./plain-values.ts";
import { said, type WatchOptions } from "./sensor-suite.ts";

type Fact = (trace: Trace) => Promise<void>;

const facts: Readonly<Record<string, Fact>> = {
  "it has a name, an entity and sensors": async ({ name, entity, sensors }) => {
    expectSame([name.length > 0, entity.length > 0], [true, true], "whether it has a name and an entity");
    expectSame(Object.keys(sensors).length > 0, true, "whether it has a sensor");
  },
  "each row has a time, and of each sensor a sample that is there, or none": async (trace) => {
    const match = await trace.match();
    expectSame(await trace.length(), match.length, "the number of rows");
    const lengths = Object.entries(trace.sensors).map(async ([name, sensor]) => [name, await sensor.length()]);
    expectMatch(match, Object.fromEntries(await Promise.all(lengths)), `trace ${trace.name}`);
  },
  "it is matched in the same way whenever it is asked": async (trace) => {
    const [first, again] = [await trace.match(), await trace.match()];
    for (const list of ["times", "refRows", "segments"] as const)
      expectSame(Array.from(again[list]), Array.from(first[list]), list);
    for (const name of Object.keys(trace.sensors))
      expectSame(Array.from(again.index[name]!), Array.from(first.index[name]!), `the samples of ${name}`);
  },
  "a row has the samples that the match names": async (trace) => {
    const match = await trace.match();
    const rows = someRows(match.length);
    const batch = await trace.read(rows);
    for (const [name, sensor] of Object.entries(trace.sensors)) {
      // Between samples there is nothing to compare with.
      const exact = rows.filter((row) => (match.between[name]?.weight[row] ?? 0) === 0);
      const got = plainRows(sensor.schema, batch[name]!).filter((_, i) => exact.includes(rows[i]!));
      expectSame(got, await samplesOf(sensor, name, match, exact), `samples of ${name}`);
    }
  },
  "rows come in the order asked for, and one may come twice": async (trace) => {
    const rows = someRows(await trace.length());
    const inOrder = await readRows(trace, rows);
    const places = [...rows.keys()].reverse().flatMap((i) => [i, 0, i]);
    const mixed = await readRows(
      trace,
      Uint32Array.from(places, (i) => rows[i]!),
    );
    expectSame(
      mixed,
      places.map((i) => inOrder[i]!),
      "rows in another order",
    );
  },
  "a range is its rows one by one": async (trace) => {
    const length = await trace.length();
    for (const from of someRows(length, 5)) {
      const to = Math.min(length, from + 7);
      const numbers = Uint32Array.from({ length: to - from }, (_, i) => from + i);
      expectSame(await readRows(trace, { from, to }), await readRows(trace, numbers), `rows ${from} to ${to}`);
    }
    expectSame(await readRows(trace, { from: length, to: length }), [], "no rows");
  },
  "a row that is given as a sample is the row": async (trace) => {
    const match = await trace.match();
    for (const row of someRows(match.length, 8)) {
      if (Object.values(match.valid).some((flags) => flags[row] === 0)) continue;
      const sample = await trace.sample(row);
      const values = Object.entries(trace.sensors).map(([name, { schema }]) => plainSample(schema, sample[name]!));
      expectSame([values], await readRows(trace, Uint32Array.of(row)), `row ${row}`);
    }
  },
  "rows that are not there are refused": async (trace) => {
    const length = await trace.length();
    for (const rows of wrongChoices(length))
      await expectRefusal("usage", () => trace.read(rows), `${said(rows)} of ${length} rows`);
    for (const row of [-1, length, 0.5, Number.NaN])
      await expectRefusal("usage", () => trace.sample(row), `row ${row} of ${length}`);
  },
};

/** What the match says of a sensor, read from the sensor itself. */
async function samplesOf(sensor: Sensor, name: string, match: Match, rows: Uint32Array): Promise<readonly Json[]> {
  const nothing = Object.keys(sensor.schema).map(() => "no value");
  return await Promise.all(
    Array.from(rows, async (row) => {
      if (match.valid[name]![row] === 0) return nothing;
      const number = match.between[name]?.before[row] ?? match.index[name]![row]!;
      return plainRows(sensor.schema, await sensor.read(Uint32Array.of(number)))[0]!;
    }),
  );
}

/** Rows of all sensors. */
async function readRows(trace: Trace, rows: RowChoice): Promise<readonly Json[]> {
  const batch = await trace.read(rows);
  const columns = Object.entries(trace.sensors).map(([name, { schema }]) => plainRows(schema, batch[name]!));
  return (columns[0] ?? []).map((_, row) => columns.map((values) => values[row]!));
}

/**
 * The checks that a trace must pass. `fresh` makes the trace, of any recording; some of its rows are read, not all. The suite of sensors is for each of
 * its sensors by itself.
 * @example
 *     for (const { name, run } of traceSuite(async () => drive("recording/"))) test(name, run);
 */
export function traceSuite(fresh: () => Promise<Trace>, { reads }: WatchOptions = {}): readonly Check[] {
  const checks = Object.entries(facts).map(([name, fact]) => ({ name, run: async () => fact(await fresh()) }));
  if (reads === undefined) return checks;
  const lazy: Check = {
    name: "nothing is read before it is asked for, and it is matched once",
    async run() {
      const trace = await fresh();
      const before = reads();
      expectSame(
        [typeof trace.name, typeof trace.sensors, reads() - before],
        ["string", "object", 0],
        "name, sensors and reads",
      );
      await trace.match();
      const once = reads();
      await trace.match();
      await trace.length();
      expectSame(reads() - once, 0, "how often the recording is read once it is matched");
    },
  };
  return [...checks, lazy];
}
