/** `sync`: how the sensors of recordings run, and what a synchronization makes of them. */

import { WindrowError } from "../core/index.ts";
import {
  type Cells,
  type Dataset,
  density,
  explain,
  type SyncReport,
  type SyncSpec,
  synchronization,
  type Timestamps,
  type Trace,
} from "../sync/index.ts";
import { saveMatch } from "./match-file.ts";
import { type Progress, SILENT } from "./progress.ts";
import { saysWhen } from "./query-times.ts";

/** What `sync` takes. */
export interface SyncOptions {
  /** How; nearest where absent. Where it does not say when rows are, they are at the times of the sensor with the fewest samples, of two or more. */
  readonly spec?: SyncSpec;
  /** Only the trace of this name. */
  readonly trace?: string;
  /** File that the index map is saved to, `.parquet` or `.arrow`; only of a single trace. */
  readonly save?: string;
  /** Cells of the timeline; none is made where absent. */
  readonly cells?: number;
}

/** What is found of one trace. */
export interface TraceSync extends SyncReport {
  readonly trace: string;
  /** First and last time of any sensor; `null` where there is no sample. */
  readonly from_s: number | null;
  readonly to_s: number | null;
  /** For each sensor and cell the rate as a share of its usual one; `null` where it has not begun or has ended. */
  readonly timeline?: Readonly<Record<string, readonly (number | null)[]>>;
}

/** What is found. */
export interface SyncResult {
  /** How it was synchronized. */
  readonly spec: SyncSpec;
  readonly traces: readonly TraceSync[];
  /** Where the index map is. */
  readonly saved?: string;
}

async function timesOf({ name, sensors }: Trace): Promise<Timestamps> {
  const all = Object.entries(sensors).map(async ([own, sensor]) => [own, await sensor.times()] as const);
  if (all.length === 0) throw new WindrowError("empty", `Cannot synchronize ${name}: it has no sensors`);
  return Object.fromEntries(await Promise.all(all));
}

/** The sensor with the fewest samples, of those with two or more: each of its samples may have its own of the others. */
function slowest(timestamps: Timestamps): string {
  const all = Object.entries(timestamps);
  const several = all.filter(([, times]) => times.length >= 2);
  const [name] = (several.length > 0 ? several : all).reduce((a, b) => (b[1].length < a[1].length ? b : a));
  return name;
}

function withQuery(spec: SyncSpec, timestamps: Timestamps): SyncSpec {
  return saysWhen(spec) ? spec : { ...spec, reference: slowest(timestamps) };
}

/** An error of a trace that says of which. */
function ofTrace(trace: string, error: unknown): unknown {
  if (!(error instanceof WindrowError)) return error;
  const details = { ...error.details, trace };
  return new WindrowError(error.code, `${error.message} (trace ${trace})`, { details, cause: error });
}

function timelineOf({ sensors }: SyncReport, timestamps: Timestamps, cells: Cells): NonNullable<TraceSync["timeline"]> {
  const lines = Object.entries(timestamps).map(([name, times]) => {
    const { period_s: period, backward_steps: backward } = sensors[name]!;
    const shares = density(backward === 0 ? times : times.toSorted(), period ?? Number.NaN, cells);
    return [name, Array.from(shares, (share) => (Number.isNaN(share) ? null : share))] as const;
  });
  return Object.fromEntries(lines);
}

const SHOWN_TRACES = 10;

/** Names of traces, for a message. */
function firstNames(data: Dataset): string {
  const names = Array.from({ length: Math.min(SHOWN_TRACES, data.traces) }, (_, i) => data.trace(i).name);
  const more = data.traces - names.length;
  return [...names, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

/** The traces asked for. */
function* tracesOf(data: Dataset, name: string | undefined): Generator<Trace> {
  let isThere = false;
  for (let i = 0; i < data.traces; i++) {
    const trace = data.trace(i);
    if (name !== undefined && trace.name !== name) continue;
    isThere = true;
    yield trace;
  }
  if (name !== undefined && !isThere)
    throw new WindrowError(
      "missing",
      `Cannot synchronize: there is no trace of this name, got ${name}; there are ${firstNames(data)}`,
    );
}

function traceSync(trace: string, report: SyncReport, timestamps: Timestamps, count: number | undefined): TraceSync {
  const timings = Object.values(report.sensors).filter(({ samples }) => samples > 0);
  const from = timings.length === 0 ? null : Math.min(...timings.map((each) => each.first_s!));
  const to = timings.length === 0 ? null : Math.max(...timings.map((each) => each.last_s!));
  const found = { trace, from_s: from, to_s: to, ...report };
  if (count === undefined || from === null || to === null) return found;
  return { ...found, timeline: timelineOf(report, timestamps, { from, to, count }) };
}

/**
 * How the sensors of each trace run, and how they are matched. Only times are read, of one trace after the other.
 * @throws WindrowError `usage` for options that cannot be, and for times that are not finite or go back: trace, sensor and place are named.
 *
 * @example
 * const { traces } = await sync(dataset, { spec: { rule: "nearest", reference: "camera", toleranceSeconds: 0.02 } });
 */
export async function sync(
  data: Dataset,
  options: SyncOptions = {},
  run: { readonly progress?: Progress; readonly signal?: AbortSignal } = {},
): Promise<SyncResult> {
  const { trace: only, save, cells } = options;
  if (save !== undefined && only === undefined && data.traces !== 1)
    throw new WindrowError("usage", `Cannot save an index map: it is of a single trace, got ${data.traces}; name one`);
  if (cells !== undefined && !(Number.isSafeInteger(cells) && cells > 0))
    throw new WindrowError("usage", `Cannot draw a timeline: its cells must be a whole number from 1 up, got ${cells}`);
  const { progress = SILENT, signal } = run;
  let spec: SyncSpec = options.spec ?? { rule: "nearest" };
  const traces: TraceSync[] = [];
  progress.stage("synchronize", data.traces, "traces");
  for (const trace of tracesOf(data, only)) {
    signal?.throwIfAborted();
    try {
      const timestamps = await timesOf(trace);
      signal?.throwIfAborted();
      spec = withQuery(spec, timestamps);
      const made = synchronization(spec);
      const { report, ...match } = explain(made, timestamps);
      if (save !== undefined) await saveMatch(save, match, { timestamps, sync: made });
      traces.push(traceSync(trace.name, report, timestamps, cells));
    } catch (cause) {
      throw ofTrace(trace.name, cause);
    }
    progress.at(traces.length);
  }
  return { spec, traces, ...(save === undefined ? {} : { saved: save }) };
}
