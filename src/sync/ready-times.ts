/** A sensor's times made ready for matching: its clock corrected, checked, in order, without those that are not to be matched. */

import { firstDisorder } from "./bounds.kernel.ts";
import { type Clock, wrongSync } from "./sync-spec.ts";

/** Ascending times. */
export interface ReadyTimes {
  readonly times: Float64Array;
  /** Which sample of the recording each is of; absent where they are all of them in their order. */
  readonly rows?: Uint32Array;
}

/** How times are made ready. */
export interface ReadyOptions {
  readonly clock?: Clock | undefined;
  readonly isSorting: boolean;
  readonly dedupe: "none" | "keepFirst" | "keepLast";
}

/** Times in the others' clock; the times themselves where it does not differ. */
export function corrected(times: Float64Array, clock: Clock | undefined): Float64Array {
  const { offsetSeconds = 0, scale = 1, originSeconds = times[0] ?? 0 } = clock ?? {};
  if (scale === 1) return offsetSeconds === 0 ? times : times.map((time) => time + offsetSeconds);
  return times.map((time) => scale * (time - originSeconds) + originSeconds + offsetSeconds);
}

/**
 * Makes a sensor's times ready.
 * @throws WindrowError `usage` for a time that is not finite or, where they are not to be sorted, goes back; it names sensor and place.
 */
export function readyTimes(name: string, stamps: Float64Array, options: ReadyOptions): ReadyTimes {
  const times = corrected(stamps, options.clock);
  const fault = faultOf(times);
  if (fault < 0) return deduped({ times }, options.dedupe);
  const time = times[fault]!;
  const details = { sensor: name, row: fault };
  if (!Number.isFinite(time)) {
    const was = Number.isFinite(stamps[fault]) ? `${time} after its clock was corrected` : String(time);
    throw wrongSync(`the times of ${name} must be finite, got ${was} at sample ${fault}`, details);
  }
  if (!options.isSorting)
    throw wrongSync(
      `the times of ${name} go back at sample ${fault}, got ${time} after ${times[fault - 1]}; they can be sorted: --sort`,
      details,
    );
  return deduped(sorted(times), options.dedupe);
}

/** The first time that is not finite, else the first that goes back, else −1. */
function faultOf(times: Float64Array): number {
  const disorder = firstDisorder(times);
  if (disorder < 0) {
    // In order, only the ends can be infinite.
    if (times.length === 0 || (Number.isFinite(times[0]) && Number.isFinite(times.at(-1)))) return -1;
  }
  const notFinite = times.findIndex((time) => !Number.isFinite(time));
  return notFinite >= 0 ? notFinite : disorder;
}

/** Positions of times in ascending order; equal ones keep theirs. */
export function timeOrder(times: Float64Array): Uint32Array {
  return Uint32Array.from(times.keys()).sort((a, b) => times[a]! - times[b]! || a - b);
}

function sorted(times: Float64Array): ReadyTimes {
  const rows = timeOrder(times);
  return { times: Float64Array.from(rows, (row) => times[row]!), rows };
}

/** Of samples with equal times only the first or the last. */
function deduped({ times, rows }: ReadyTimes, dedupe: ReadyOptions["dedupe"]): ReadyTimes {
  const same = rows === undefined ? { times } : { times, rows };
  if (dedupe === "none") return same;
  const neighbour = dedupe === "keepFirst" ? -1 : 1;
  const kept = Uint32Array.from(times.keys()).filter((at) => times[at] !== times[at + neighbour]);
  if (kept.length === times.length) return same;
  return {
    times: Float64Array.from(kept, (at) => times[at]!),
    rows: rows === undefined ? kept : kept.map((at) => rows[at]!),
  };
}
