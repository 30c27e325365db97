/** The suites of sensors, traces, datasets and synchronizations: each broken promise fails the check that names it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { counter, countingTrace, handMatched, rowByRow, secondly } from "../../test/hand-matched.ts";
import { type Batch, type RowChoice, WindrowError } from "../core/index.ts";
import {
  type Dataset,
  dataset,
  type Match,
  type Sensor,
  type Synchronization,
  type Timestamps,
  type Trace,
  trace,
} from "../sync/index.ts";
import type { Check } from "./check.ts";
import { datasetSuite, sensorSuite, synchronizationSuite, traceSuite } from "./index.ts";

/** The names of the checks that fail. */
async function failures(checks: readonly Check[]): Promise<readonly string[]> {
  const names: string[] = [];
  for (const { name, run } of checks) await run().catch(() => names.push(name));
  return names;
}

/** Fails unless each suite of something broken fails the check that names what is broken. */
async function breaks(name: string, ...suites: readonly (readonly Check[])[]): Promise<void> {
  for (const [i, checks] of suites.entries()) {
    assert.ok(
      checks.some((check) => check.name === name),
      `there is no check "${name}"`,
    );
    const failed = await failures(checks);
    assert.ok(failed.includes(name), `${i}: "${name}" is not among ${JSON.stringify(failed)}`);
  }
}

/** Fails unless all promises are kept. */
async function passes(checks: readonly Check[]): Promise<void> {
  assert.deepEqual(await failures(checks), []);
}

const good = counter(9);
const withSensor = (spoiled: Partial<Sensor>) => sensorSuite(async () => ({ ...good, ...spoiled }));
const withRead = (read: Sensor["read"]) => withSensor({ read });
const numbers = (rows: RowChoice) =>
  rows instanceof Uint32Array ? rows : Uint32Array.from({ length: rows.to - rows.from }, (_, i) => rows.from + i);
const sorted = (rows: RowChoice) => numbers(rows).slice().sort();

test("a sensor that breaks a promise fails the check that names it", async () => {
  await passes(withSensor({}));
  await breaks(
    "there is a time for each sample, a finite number, and the same whenever it is asked for",
    withSensor({ times: async () => secondly(8) }),
    withSensor({ times: async () => secondly(9).fill(Number.NaN, 3, 4) }),
    withSensor({ times: async () => secondly(9).fill(Number.POSITIVE_INFINITY, 8) }),
  );
  const column = async (rows: RowChoice) => (await good.read(rows)).columns.value.data;
  await breaks(
    "samples come in columns as the schema says",
    withSensor({ schema: { value: { kind: "f32" } } }),
    withSensor({ schema: { speed: { kind: "f64" } } }),
    withRead(async (rows) => ({
      length: numbers(rows).length,
      columns: { value: { data: (await column(rows)).slice(1) } },
    })),
  );
  await breaks(
    "samples come in the order asked for, and one may come twice",
    withRead((rows) => good.read(sorted(rows))),
    withRead((rows) => good.read(Uint32Array.from(new Set(numbers(rows))))),
  );
  const earlier = (row: number) => Math.max(0, row - 1);
  await breaks(
    "a range is its samples one by one",
    withRead((rows) =>
      good.read(rows instanceof Uint32Array ? rows : { from: earlier(rows.from), to: earlier(rows.to) }),
    ),
  );
  await breaks(
    "no samples are a batch without rows",
    withRead((rows) => good.read(numbers(rows).length === 0 ? { from: 0, to: 9 } : rows)),
  );
  await breaks(
    "samples that are not there are refused",
    withRead((rows) => good.read(numbers(rows).map((row) => Math.min(row, 8)))),
    withRead(async (rows) => {
      if (sorted(rows).some((row) => row > 8)) throw new TypeError("a bare error");
      return good.read(rows);
    }),
  );
  const whole = await good.read({ from: 0, to: 9 });
  await breaks(
    "what was read is the reader's own",
    withRead(async (rows) => (rows instanceof Uint32Array ? whole : good.read(rows))),
  );
  const into = new Float64Array(99);
  const shared = async (rows: RowChoice): Promise<Batch> => {
    into.set(numbers(rows));
    await Promise.resolve();
    return { length: numbers(rows).length, columns: { value: { data: into.slice(0, numbers(rows).length) } } };
  };
  await breaks("reads at the same time do not disturb each other", withRead(shared));
});

let reads = 0;
const watch = { reads: () => reads };

/** A sensor whose times are counted as they are read. */
function watched(): Sensor<{ value: { kind: "f64" } }> {
  const times = () => {
    reads++;
    return good.times();
  };
  return { ...good, times };
}

/** A trace and a dataset of such. */
const lateTrace = async () => trace({ name: "drive", sensors: { a: watched() }, synchronization: rowByRow });
const lateDataset = async () => dataset([await lateTrace()]);

test("what reads early or again is found out", async () => {
  await passes(sensorSuite(async () => good, watch));
  await passes(traceSuite(lateTrace, watch));
  await passes(datasetSuite(lateDataset, watch));
  await breaks(
    "nothing is read before it is asked for, and times once",
    sensorSuite(async () => watched(), watch),
  );
  const early = async () => {
    const one = await lateTrace();
    return {
      ...one,
      get sensors() {
        reads++;
        return one.sensors;
      },
    };
  };
  const again = async () => ({ ...(await lateTrace()), match: async () => (await lateTrace()).match() });
  await breaks(
    "nothing is read before it is asked for, and it is matched once",
    traceSuite(early, watch),
    traceSuite(again, watch),
  );
  await breaks(
    "nothing is read before it is asked for, and lengths once",
    datasetSuite(
      async () => ({ ...(await lateDataset()), offsets: async () => (await lateDataset()).offsets() }),
      watch,
    ),
  );
});

const drive = () => trace({ name: "drive", sensors: { a: counter(6), b: counter(6, 100) }, synchronization: rowByRow });
const withTrace = (spoil: (one: Trace) => Partial<Trace>) =>
  traceSuite(async () => {
    const one: Trace = drive();
    return { ...one, ...spoil(one) };
  });
const withMatch = (change: (match: Match) => Partial<Match>) =>
  withTrace((one) => ({
    match: async () => {
      const match = await one.match();
      return { ...match, ...change(match) };
    },
  }));

test("a trace that breaks a promise fails the check that names it", async () => {
  await passes(withTrace(() => ({})));
  await breaks(
    "it has a name, an entity and sensors",
    withTrace(() => ({ name: "" })),
    withTrace(() => ({ entity: "" })),
    withTrace(() => ({ sensors: {} })),
  );
  const pair = { before: new Uint32Array(6), after: new Uint32Array(6).fill(6), weight: new Float64Array(6) };
  await breaks(
    "each row has a time, and of each sensor a sample that is there, or none",
    withTrace(() => ({ length: async () => 5 })),
    withMatch(({ times }) => ({ times: times.map(() => Number.NaN) })),
    withMatch(({ refRows }) => ({ refRows: refRows.slice(1) })),
    withMatch(({ segments }) => ({ segments: segments.map((_, row) => 2 * row) })),
    withMatch(({ segments }) => ({ segments: segments.fill(1) })),
    withMatch(({ segments }) => ({ segments: segments.map((_, row) => (row < 3 ? 0 : -1)) })),
    withMatch(({ index }) => ({ index: { a: index["a"]! } })),
    withMatch(({ index }) => ({ index: { ...index, a: Int32Array.of(0, 1, 2, 3, 4, 6) } })),
    withMatch(({ index }) => ({ index: { ...index, a: Int32Array.of(0, 1, 2, 3, 4, -1) } })),
    withMatch(({ valid }) => ({ valid: { ...valid, b: new Uint8Array(6) } })),
    withMatch(({ dt }) => ({ dt: { ...dt, a: new Float64Array(6).fill(Number.NaN) } })),
    withMatch(() => ({ between: { a: pair } })),
    withMatch(() => ({ asked: 5 })),
    withMatch(({ missing }) => ({ missing: { ...missing, a: -1 } })),
    withMatch(() => ({ between: { a: { ...pair, after: pair.before, weight: new Float64Array(6).fill(1.5) } } })),
  );
  let calls = 0;
  await breaks(
    "it is matched in the same way whenever it is asked",
    withMatch(({ refRows }) => ({ refRows: refRows.map(() => calls++) })),
    withMatch(({ index }) => ({ index: { ...index, a: calls++ % 2 === 0 ? index["a"]! : index["a"]!.toReversed() } })),
  );
  await breaks(
    "a row has the samples that the match names",
    withMatch(({ index }) => ({ index: { ...index, a: index["a"]!.toReversed() } })),
  );
  await breaks(
    "rows come in the order asked for, and one may come twice",
    withTrace((one) => ({ read: (rows) => one.read(sorted(rows)) })),
  );
  await breaks(
    "a range is its rows one by one",
    withTrace((one) => ({ read: (rows) => one.read(rows instanceof Uint32Array ? rows : { ...rows, to: rows.from }) })),
  );
  await breaks(
    "a row that is given as a sample is the row",
    withTrace((one) => ({ sample: (row) => one.sample(row === 0 ? 1 : row) })),
  );
  await breaks(
    "rows that are not there are refused",
    withTrace((one) => ({ sample: (row) => one.sample(Math.min(row, 5)) })),
    withTrace((one) => ({ read: (rows) => one.read(numbers(rows).map((row) => Math.min(row, 5))) })),
  );
});

const LENGTHS = [3, 0, 4];
const withDataset = (spoil: (data: Dataset) => Partial<Dataset>) =>
  datasetSuite(async () => {
    const data: Dataset = dataset(LENGTHS.map((length, i) => countingTrace(`drive ${i}`, length, 10 * i)));
    return { ...data, ...spoil(data) };
  });

test("a dataset that breaks a promise fails the check that names it", async () => {
  await passes(withDataset(() => ({})));
  await breaks(
    "traces are numbered from 0 up, each with a name of its own",
    withDataset((data) => ({ trace: (number) => ({ ...data.trace(number), name: "drive" }) })),
  );
  await breaks(
    "traces that are not there are refused",
    withDataset((data) => ({ trace: (number) => data.trace(number < 3 ? Math.max(number, 0) : 2) })),
  );
  await breaks(
    "offsets count the rows of the traces",
    withDataset(() => ({ offsets: async () => Float64Array.of(0, 3, 4, 7) })),
    withDataset(() => ({ offsets: async () => Float64Array.of(0, 3, 7) })),
    withDataset(() => ({ lengthOf: async () => 3 })),
    withDataset(() => ({ length: async () => 8 })),
  );
  // Where a search stops at the first trace that begins at the row, an empty one is the answer.
  await breaks(
    "a row is found where the offsets have it",
    withDataset((data) => ({ locate: async (row) => (row === 3 ? { trace: 1, row: 0 } : data.locate(row)) })),
  );
  await breaks(
    "a row is that of its trace",
    withDataset((data) => ({ sample: (row) => data.sample(row === 6 ? 5 : row) })),
  );
  await breaks(
    "rows that are not there are refused",
    withDataset((data) => ({ sample: (row) => data.sample(Math.min(row, 6)) })),
    withDataset((data) => ({ locate: async (row) => (row >= 0 ? data.locate(row) : { trace: 0, row }) })),
  );
});

/** The nearest samples to those of one sensor, in the plainest way. */
function nearestTo<N extends string>(times: Timestamps<N>, reference: string): Match<N> {
  const list = Object.entries<Float64Array>(times);
  if (!list.every(([, stamps]) => stamps.every(Number.isFinite)))
    throw new WindrowError("usage", "Cannot match: times must be finite");
  const rows = list.every(([, stamps]) => stamps.length > 0) ? Array.from(times[reference as N]) : [];
  const nearest = (stamps: Float64Array) =>
    rows.map((time) => {
      const away = stamps.map((stamp) => Math.abs(stamp - time));
      return away.indexOf(Math.min(...away));
    });
  return handMatched({ index: Object.fromEntries(list.map(([name, stamps]) => [name, nearest(stamps)])) }).match(times);
}

type Matching = <N extends string>(times: Timestamps<N>) => Match<N>;

/** The checks of a synchronization of two sensors. */
function suiteOf(match: Matching, spec: Synchronization["spec"] = {}, map: Matching = match): readonly Check[] {
  const index = <N extends string>(times: Timestamps<N>) => map(times).index as Record<N, Uint32Array>; // none is missing
  return synchronizationSuite(Object.assign(index, { match, spec }), ["a", "b"]);
}

test("a synchronization that breaks a promise fails the check that names it", async () => {
  const toFirst: Matching = (times) => nearestTo(times, "a");
  await passes(suiteOf(toFirst, { rule: "nearest", tolerance: { a: 0.1 }, optional: ["b"] }));
  await breaks(
    "each row has a time, and of each sensor a sample that is there, or none",
    suiteOf((times) => {
      const match = toFirst(times);
      return { ...match, times: match.times.subarray(1) };
    }),
  );
  await breaks(
    "its index map is that of its match",
    suiteOf(toFirst, {}, (times) => nearestTo(times, "b")),
  );
  const kept = new Map<string, unknown>();
  const remembered: Matching = (times) => {
    const key = Object.values<Float64Array>(times).join();
    if (!kept.has(key)) kept.set(key, toFirst(times));
    return kept.get(key) as ReturnType<typeof toFirst<keyof typeof times>>; // of the same times, and so of the same names
  };
  const shifting: Matching = (times) => {
    for (const stamps of Object.values<Float64Array>(times)) stamps.set(stamps.map((time) => time + 1));
    return toFirst(times);
  };
  await breaks(
    "the same times give the same answer, in arrays of its own, and stay as they were",
    suiteOf(remembered),
    suiteOf(shifting),
  );
  await breaks(
    "the order of the sensors does not matter",
    suiteOf((times) => nearestTo(times, Object.keys(times)[0]!)),
  );
  await breaks("times that are not finite are refused", suiteOf(rowByRow.match));
  await breaks(
    "what it was made from is plain data",
    suiteOf(toFirst, { tolerance: Number.NaN }),
    // @ts-expect-error it is no JSON
    suiteOf(toFirst, { times: new Float64Array(2) }),
  );
});
