/** Datasets: many traces, one index over all their rows. */

import { WindrowError } from "../core/index.ts";
import { once } from "./once.ts";
import type { Sensors, TraceSample } from "./sensor.ts";
import type { Trace } from "./trace.ts";

/** A row of a dataset: row `row` of trace `trace`. */
export interface Place {
  readonly trace: number;
  readonly row: number;
}

/** Many traces with the same sensors. Rows of all traces are numbered through; no table of samples is kept. */
export interface Dataset<T extends Sensors = Sensors> {
  /** Number of traces. */
  readonly traces: number;
  /**
   * One of them; made when it is asked for.
   * @throws WindrowError `usage` for a number that no trace has.
   */
  trace(number: number): Trace<T>;
  /** Rows of one trace: as the metadata tells, else as the trace says, which reads its times; no other trace is read. */
  lengthOf(trace: number): Promise<number>;
  /** Rows before each trace, and at the end of all: `traces + 1` numbers, exact to 2⁵³. Not to be written to. */
  offsets(): Promise<Float64Array>;
  /** Rows of all traces. */
  length(): Promise<number>;
  /**
   * Where a global row is.
   * @throws WindrowError `usage` for a row below 0 or from the length up.
   */
  locate(row: number): Promise<Place>;
  /**
   * One row, for people.
   * @throws WindrowError `usage` for a row below 0 or from the length up.
   */
  sample(row: number): Promise<TraceSample<T>>;
}

/** What a dataset is made from. */
export interface DatasetSpec<T extends Sensors = Sensors> {
  /** Number of traces. */
  readonly traces: number;
  /** Rows of each trace, where they are known without reading it; else each trace is asked for its length when rows are first numbered. */
  readonly lengths?: ArrayLike<number> | (() => Promise<ArrayLike<number>>);
  /** Makes one of them. It is called when one is asked for, again when it is asked for much later. */
  readonly trace: (number: number) => Trace<T>;
}

/** Traces that are kept after they were made, since what is read next is often near: a trace keeps its times and its match. */
const KEPT_TRACES = 16;

/**
 * Many traces as one dataset, of traces that are there or of what makes them one by one. Nothing is read before it is asked for.
 * @throws WindrowError `usage` for a number of traces that is none. From its functions: `damaged` where a trace has not the length that was told.
 *
 * @example
 * const drives = dataset(folders.length, { lengths: rowsOfFolders, trace: (i) => drive(folders[i]) });
 * console.log(await drives.length(), await drives.sample(17));
 */
export function dataset<T extends Sensors>(source: readonly Trace<T>[] | DatasetSpec<T>): Dataset<T> {
  const { traces, lengths, trace: make } = "trace" in source ? source : listed(source);
  if (!Number.isSafeInteger(traces) || traces < 0)
    throw new WindrowError("usage", `Cannot make a dataset: traces must be a whole number from 0 up, got ${traces}`);
  const told = lengths && once(async () => (typeof lengths === "function" ? lengths() : lengths));
  const trace = keptTraces(traces, (number) => {
    const one = make(number);
    return told === undefined ? one : checkedTrace(one, () => lengthOf(number));
  });
  const offsets = once(async () => offsetsOf((await told?.()) ?? (await askedLengths(traces, trace)), traces));
  const lengthOf = async (number: number): Promise<number> => {
    if (told === undefined) return trace(number).length();
    const starts = await offsets();
    return starts[known(number, traces) + 1]! - starts[number]!;
  };
  const place = async (row: number): Promise<Place> => {
    const starts = await offsets();
    const number = locate(starts, row);
    return { trace: number, row: row - starts[number]! };
  };
  return {
    traces,
    trace,
    lengthOf,
    offsets,
    length: async () => (await offsets())[traces]!,
    locate: place,
    async sample(row) {
      const own = await place(row);
      return trace(own.trace).sample(own.row);
    },
  };
}

function listed<T extends Sensors>(traces: readonly Trace<T>[]): DatasetSpec<T> {
  return { traces: traces.length, trace: (number) => traces[number]! };
}

/** The number of a trace that is there. */
function known(number: number, traces: number): number {
  if (Number.isInteger(number) && number >= 0 && number < traces) return number;
  throw new WindrowError("usage", `Cannot give trace ${number}: numbers must be from 0 up and below ${traces}`);
}

/** Makes traces, and keeps the last few. */
function keptTraces<T extends Sensors>(traces: number, make: (number: number) => Trace<T>) {
  const kept = new Map<number, Trace<T>>();
  return (number: number): Trace<T> => {
    const one = kept.get(known(number, traces)) ?? make(number);
    // A map is in the order of its writes: the first is the one that was longest not asked for.
    kept.delete(number);
    kept.set(number, one);
    if (kept.size > KEPT_TRACES) kept.delete(kept.keys().next().value!);
    return one;
  };
}

async function askedLengths(traces: number, trace: (number: number) => Trace): Promise<ArrayLike<number>> {
  const lengths = new Float64Array(traces);
  for (let i = 0; i < traces; i++) lengths[i] = await trace(i).length();
  return lengths;
}

/** Rows before each trace, and at the end. */
function offsetsOf(lengths: ArrayLike<number>, traces: number): Float64Array {
  const fail = (fault: string) => new WindrowError("damaged", `Cannot number the rows of a dataset: ${fault}`);
  if (lengths.length !== traces) throw fail(`${traces} traces need as many lengths, got ${lengths.length}`);
  const offsets = new Float64Array(traces + 1);
  for (let i = 0; i < traces; i++) {
    const length = lengths[i]!;
    if (!Number.isInteger(length) || length < 0)
      throw fail(`the length of trace ${i} must be from 0 up, got ${length}`);
    offsets[i + 1] = offsets[i]! + length;
  }
  const total = offsets[traces]!;
  // From here up float64 skips numbers.
  if (total > Number.MAX_SAFE_INTEGER) throw fail(`there can be at most 2⁵³ − 1, got ${total}`);
  return offsets;
}

/** A trace whose length was told by metadata: before its first row is given, the two are compared. */
function checkedTrace<T extends Sensors>(one: Trace<T>, told: () => Promise<number>): Trace<T> {
  const { name, entity, sensors } = one;
  const whole = once(async () => {
    const [wanted, got] = await Promise.all([told(), one.length()]);
    if (wanted !== got) throw otherLength(name, wanted, got);
    return one;
  });
  return {
    name,
    entity,
    sensors,
    match: async () => (await whole()).match(),
    length: async () => (await whole()).length(),
    read: async (rows) => (await whole()).read(rows),
    sample: async (row) => (await whole()).sample(row),
  };
}

function otherLength(trace: string, told: number, length: number): WindrowError {
  return new WindrowError(
    "damaged",
    `Cannot read trace ${trace}: its dataset counts ${told} rows of it, got ${length}; the lengths told are of other recordings or another synchronization`,
    { details: { trace, told, length } },
  );
}

/**
 * The trace that a global row lies in: the last one that begins at or before it. A trace without rows is never the answer (spec/sync.md §7).
 * @param offsets rows before each trace, and at the end of all, as `Dataset.offsets` gives them
 * @returns the trace's number; the row within it is `row - offsets[trace]`
 * @throws WindrowError `usage` for a row below 0 or from the end up.
 */
export function locate(offsets: Float64Array, row: number): number {
  let [low, high] = [0, offsets.length - 1];
  if (!(row >= 0 && row < offsets[high]! && Number.isInteger(row))) throw noSuchRow(row, offsets[high] ?? 0);
  // offsets[low] <= row < offsets[high] all the way, so traces without rows fall below.
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (offsets[middle]! <= row) low = middle;
    else high = middle;
  }
  return low;
}

function noSuchRow(row: number, length: number): WindrowError {
  return new WindrowError("usage", `Cannot find row ${row}: rows must be from 0 up and below ${length}, got ${row}`, {
    details: { row, length },
  });
}
