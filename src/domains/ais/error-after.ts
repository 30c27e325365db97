/** The error of a forecast at a time between its steps. */

/** An error counts for a time where a report is within so much of it (spec §11). */
const NEAR = 0.1;

/**
 * The error `seconds` after the input: between the reports around that time, by their share; before the first or after the last, that one's.
 * NaN where the nearest report is more than a tenth away. `elapsed` ascends.
 */
export function errorAfter(seconds: number, elapsed: Float64Array, errors: Float64Array): number {
  let low = 0;
  let high = elapsed.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (elapsed[middle]! < seconds) low = middle + 1;
    else high = middle;
  }
  const before = low - 1;
  const toBefore = before >= 0 ? seconds - elapsed[before]! : Number.POSITIVE_INFINITY;
  const toAfter = low < elapsed.length ? elapsed[low]! - seconds : Number.POSITIVE_INFINITY;
  if (Math.min(toBefore, toAfter) > NEAR * seconds) return Number.NaN;
  if (before < 0 || toAfter === 0) return errors[low]!;
  if (low === elapsed.length) return errors[before]!;
  return errors[before]! + ((errors[low]! - errors[before]!) * toBefore) / (toBefore + toAfter);
}
