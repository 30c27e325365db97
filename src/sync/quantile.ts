/** Medians and quantiles of plain numbers. */

/** The value at a share of ascending values, between two of them in proportion; NaN of none. */
export function quantile(ascending: Float64Array, share: number): number {
  if (ascending.length === 0) return Number.NaN;
  const place = share * (ascending.length - 1);
  const at = Math.floor(place);
  const low = ascending[at]!;
  return low + (place - at) * ((ascending[at + 1] ?? low) - low);
}

/** The standard deviation of a normal distribution with this median absolute deviation is so much greater. */
const NORMAL_MAD = 1.4826;

/** How far values lie from a centre: 1.4826 times their median distance, which few far ones do not move. */
export function spread(values: Float64Array, centre: number): number {
  return NORMAL_MAD * quantile(values.map((value) => Math.abs(value - centre)).sort(), 0.5);
}
