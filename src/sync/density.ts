/** How dense a sensor's samples lie along a trace: what a timeline draws. */

/** A stretch of time in even cells. */
export interface Cells {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** What a cell that a gap lies in shows at the most. */
const WITH_GAP = 0.9;

/**
 * For each cell the rate of ascending times in it as a share of their usual one, every `period` seconds; NaN before the first and after the
 * last. The step between two samples counts evenly over the cells that it spans, so that a slow sensor is no row of gaps; a step of two periods or more
 * keeps its cells below 1.
 */
export function density(times: Float64Array, period: number, { from, to, count }: Cells): Float64Array {
  const width = (to - from) / count;
  const samples = new Float64Array(count);
  const covered = new Float64Array(count);
  const hasGap = new Uint8Array(count);
  const cellOf = (time: number) => Math.min(count - 1, Math.max(0, Math.floor((time - from) / width)));
  for (let i = 1; i < times.length; i++) {
    const [start, end] = [times[i - 1]!, times[i]!];
    const last = cellOf(end);
    for (let cell = cellOf(start); cell <= last; cell++) {
      const overlap = Math.min(end, from + (cell + 1) * width) - Math.max(start, from + cell * width);
      if (!(overlap > 0)) continue;
      covered[cell]! += overlap;
      samples[cell]! += overlap / (end - start);
      if (Math.round((end - start) / period) >= 2) hasGap[cell] = 1;
    }
  }
  const found = samples.map((sum, cell) => {
    const rate = (sum * period) / covered[cell]!;
    return hasGap[cell] === 1 ? Math.min(WITH_GAP, rate) : rate;
  });
  // One sample, or several of one time, has no rate: it is there.
  if (times.length > 0 && !(times.at(-1)! > times[0]!)) found[width > 0 ? cellOf(times[0]!) : 0] = 1;
  return found;
}
