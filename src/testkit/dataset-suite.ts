/** What every dataset owes, as checks for any test runner. */

import { concat, type Dataset, locate, slice, subset } from "../sync/index.ts";
import { type Check, expectRefusal, expectSame } from "./check.ts";
import { plainSample, someRows } from "./plain-values.ts";
import type { WatchOptions } from "./sensor-suite.ts";

type Fact = (data: Dataset) => Promise<void>;

const facts: Readonly<Record<string, Fact>> = {
  "traces are numbered from 0 up, each with a name of its own": async (data) => {
    const numbers = [...someRows(data.traces, 100)];
    const names = numbers.map((number) => data.trace(number).name);
    expectSame(new Set(names).size, names.length, "the number of different names");
    expectSame(
      numbers.map((number) => data.trace(number).name),
      names,
      "the names when they are asked for again",
    );
  },
  "traces that are not there are refused": async (data) => {
    for (const number of [-1, data.traces, 0.5, Number.NaN])
      await expectRefusal("usage", async () => data.trace(number), `trace ${number} of ${data.traces}`);
  },
  "offsets count the rows of the traces": async (data) => {
    const offsets = await data.offsets();
    expectSame(offsets instanceof Float64Array, true, "whether offsets are float64");
    expectSame([offsets.length, offsets[0]], [data.traces + 1, 0], "how many offsets there are, and the first");
    expectSame(await data.length(), offsets[data.traces], "the number of rows");
    for (const number of someRows(data.traces)) {
      const rows = offsets[number + 1]! - offsets[number]!;
      expectSame(await data.trace(number).length(), rows, `the rows of trace ${number}`);
      expectSame(await data.lengthOf(number), rows, `the rows told of trace ${number}`);
    }
  },
  "a row is found where the offsets have it": async (data) => {
    const offsets = await data.offsets();
    for (const row of placesOf(offsets)) {
      const trace = locate(offsets, row);
      const place = await data.locate(row);
      expectSame([place.trace, place.row], [trace, row - offsets[trace]!], `the place of row ${row}`);
    }
  },
  "a row is that of its trace": async (data) => {
    for (const row of someRows(await data.length(), 8)) {
      const place = await data.locate(row);
      const trace = data.trace(place.trace);
      const plain = async (work: Promise<Readonly<Record<string, Readonly<Record<string, unknown>>>>>) => {
        const values = await work;
        return Object.entries(trace.sensors).map(([name, { schema }]) => plainSample(schema, values[name]!));
      };
      expectSame(await plain(data.sample(row)), await plain(trace.sample(place.row)), `row ${row}`);
    }
  },
  "rows that are not there are refused": async (data) => {
    const length = await data.length();
    for (const row of [-1, length, length + 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expectRefusal("usage", () => data.locate(row), `the place of row ${row} of ${length}`);
      await expectRefusal("usage", () => data.sample(row), `row ${row} of ${length}`);
    }
  },
};

/** Rows at the edges of some traces. */
function placesOf(offsets: Float64Array): readonly number[] {
  const edges = Array.from(someRows(offsets.length, 50), (i) => offsets[i]!);
  return edges.flatMap((edge) => [edge - 1, edge]).filter((row) => row >= 0 && row < offsets.at(-1)!);
}

/**
 * The checks that a dataset must pass. `fresh` makes the dataset, whose rows must have samples of all sensors that are not optional; some of them are
 * read, not all. The suites of traces and sensors are for each of them by itself.
 * @example
 *     for (const { name, run } of datasetSuite(async () => drives("recordings/"))) test(name, run);
 */
export function datasetSuite(fresh: () => Promise<Dataset>, { reads }: WatchOptions = {}): readonly Check[] {
  const checks = Object.entries(facts).map(([name, fact]) => ({ name, run: async () => fact(await fresh()) }));
  if (reads === undefined) return checks;
  const lazy: Check = {
    name: "nothing is read before it is asked for, and lengths once",
    async run() {
      const data = await fresh();
      const before = reads();
      slice(concat(subset(data, { traces: someRows(data.traces) }), data), { from: 0, step: 2 });
      expectSame(reads() - before, 0, "how often parts of it read");
      await data.offsets();
      const once = reads();
      await data.length();
      await data.offsets();
      expectSame(reads() - once, 0, "how often the recordings are read once lengths are known");
    },
  };
  return [...checks, lazy];
}
