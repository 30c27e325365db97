/** Times in whole or broken units, as seconds. */

import { type NumberArray, WindrowError } from "../core/index.ts";

/** How many of each unit are a second. */
const PER_SECOND = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 } as const;

/** What a recording counts its times in. */
export type TimeUnit = keyof typeof PER_SECOND;

/**
 * Times in seconds. Of integers of 64 bits the whole seconds of the first are taken away before they become float64, and added again as seconds, so that
 * nanoseconds since 1970, which float64 holds only to 256, lose nothing but what float64 seconds cannot hold (spec/sync.md §5).
 * @param unit what they are counted in: it is never guessed
 * @throws WindrowError `usage` for a unit that is none of these.
 *
 * @example
 * const times = seconds(BigInt64Array.of(1_700_000_000_123_456_789n), "ns"); // 1700000000.1234567
 */
export function seconds(times: NumberArray, unit: TimeUnit): Float64Array {
  // A program without types may say anything.
  if (!Object.hasOwn(PER_SECOND, unit))
    throw new WindrowError("usage", `Cannot read times: their unit must be s, ms, us or ns, got ${unit}`);
  const units = PER_SECOND[unit];
  if (!(times instanceof BigInt64Array || times instanceof BigUint64Array))
    return Float64Array.from(times, (time) => time / units);
  const base = (times[0] ?? 0n) / BigInt(units);
  const [taken, added] = [base * BigInt(units), Number(base)];
  return Float64Array.from(times, (time) => Number(time - taken) / units + added);
}
