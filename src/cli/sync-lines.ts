/** What `windrow sync` prints. */

import type { SyncResult, SyncSpec, TraceSync } from "../verbs/index.ts";
import { duration, moment, short } from "./inspect-options.ts";
import { count, table } from "./terminal.ts";
import { type Letters, timelineLines } from "./timeline.ts";

type Sensor = TraceSync["sensors"][string];

/** Figures of a sensor by what stands above them. */
const FIGURES = {
  samples: ({ samples }) => count(samples),
  Hz: ({ rate_hz: rate }) => short(rate, 4),
  "jitter ms": ({ jitter_s: jitter }) => milliseconds(jitter),
  dropouts: ({ dropouts }) => count(dropouts.length),
  lost: ({ lost, loss }) => (lost === 0 ? "0" : `${count(lost)} ${percent(loss)}`),
  "same time": ({ duplicates }) => count(duplicates),
  back: ({ backward_steps: backward }) => count(backward),
  matched: ({ matched }) => count(matched),
  missing: ({ missing }) => count(missing),
  "|dt| ms": ({ dt_mean_s: mean }) => milliseconds(mean),
  "p95 ms": ({ dt_p95_s: p95 }) => milliseconds(p95),
  "max ms": ({ dt_max_s: max }) => milliseconds(max),
  "future ms": ({ future_used_s: future }) => milliseconds(future),
  reuse: ({ reuse }) => short(reuse, 3),
  unused: ({ unused }) => count(unused),
} as const satisfies Readonly<Record<string, (sensor: Sensor) => string>>;

/** What is 0 in most recordings is shown where it is not. */
const WHERE_ANY = new Set<string>(["same time", "back"]);

function milliseconds(seconds: number | null): string {
  return seconds === null ? "-" : short(seconds * 1000, 3);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

function sensorTable(sensors: TraceSync["sensors"]): string[] {
  const all = Object.entries(sensors);
  const figures = Object.entries(FIGURES).filter(
    ([name, figure]) => !WHERE_ANY.has(name) || all.some(([, sensor]) => figure(sensor) !== "0"),
  );
  const rows = all.map(([name, sensor]) => [name, ...figures.map(([, figure]) => figure(sensor))]);
  return table([["sensor", ...figures.map(([name]) => name)], ...rows]);
}

/** When rows are, in words. */
function rowsAt({ reference, union, grid }: SyncSpec): string {
  if (reference !== undefined) return `at the times of ${reference}`;
  if (union !== undefined) return `at the times of ${union.join(" and ")}`;
  return `${short(grid?.rateHz ?? 0)} a second`;
}

// Times from here on are of an epoch (2001); smaller ones are of a recording's own clock.
const EPOCH = 1e9;

function timeText(seconds: number): string {
  return seconds >= EPOCH ? moment(seconds) : `${short(seconds)} s`;
}

function many(number: number, what: string): string {
  return `${count(number)} ${what}${number === 1 ? "" : "s"}`;
}

/** Of a trace without rows, who has a sample for none of them, or for the fewest. */
function whyNone({ asked, sensors, empty_sensors: empty }: TraceSync): string[] {
  if (asked === 0 && empty.length > 0)
    return [`which leaves no row: --optional ${empty.join(",")} keeps rows without, --only leaves sensors out`];
  if (asked === 0)
    return [
      "no row lies where all sensors run, less the margins; see --overlap, --margin and --optional, or --only to leave sensors out",
    ];
  const without = Object.entries(sensors).filter(([, { missing }]) => missing === asked);
  const names = without.map(([name]) => name).join(",");
  if (without.length > 0)
    return [
      `no row has a sample of ${names}; see --tolerance and --max-gap; --optional ${names} keeps rows without, --only leaves sensors out`,
    ];
  const lacking = Object.entries(sensors).filter(([, { missing }]) => missing > 0);
  const most = lacking.sort(([, a], [, b]) => b.missing - a.missing).map(([name]) => name);
  return [
    `no row has a sample of each sensor, most often none of ${most.slice(0, 3).join(", ")}; see --tolerance and --max-gap, or --only to leave sensors out`,
  ];
}

/** What one trace has. */
function traceLines(trace: TraceSync, spec: SyncSpec, letters: Letters): string[] {
  const { rows, asked, segments, from_s: from, to_s: to, empty_sensors: empty, timeline } = trace;
  if (from === null || to === null) return [`${trace.trace}: no samples`];
  const dropped = asked === rows ? "" : `, ${count(asked - rows)} dropped`;
  const ends = [timeText(from), timeText(to)] as const;
  return [
    `${trace.trace}: ${duration(to - from)}; ${many(rows, "row")} ${rowsAt(spec)}${dropped}; ${many(segments, "segment")}`,
    ...(empty.length === 0 ? [] : [`without a sample: ${empty.join(", ")}`]),
    ...(rows === 0 ? whyNone(trace) : []),
    "",
    ...sensorTable(trace.sensors),
    ...(timeline === undefined ? [] : ["", ...timelineLines(timeline, ends, letters)]),
  ];
}

/** Traces of which all is shown; of more, the first of them. */
const SHOWN = 5;

/** A line a trace, where there are many. */
function overview(traces: readonly TraceSync[]): string[] {
  const rows = traces.map(({ trace, from_s: from, to_s: to, rows: length, asked, segments }) => [
    trace,
    from === null || to === null ? "-" : duration(to - from),
    count(length),
    count(asked - length),
    count(segments),
  ]);
  return table([["trace", "time", "rows", "dropped", "segments"], ...rows]);
}

/** The result as people read it. */
export function syncLines({ traces, spec, saved }: SyncResult, letters: Letters): string[] {
  const shown = traces
    .slice(0, SHOWN)
    .flatMap((trace, i) => [...(i === 0 ? [] : [""]), ...traceLines(trace, spec, letters)]);
  return [
    ...shown,
    ...(traces.length > SHOWN ? ["", ...overview(traces)] : []),
    ...(saved === undefined ? [] : ["", `index map saved to ${saved}`]),
  ];
}
