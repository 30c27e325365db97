/** The inner loop between columns and rows. */

/** Some bytes of each of several rows: `width` of them, every `step`, from `from` on. */
export interface Lane {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly step: number;
}

// Up to here a loop over bytes beats the call that copies a range: `set` needs a view of the source for each row.
const SHORT = 32;

/** Copies `width` bytes of each of `rows` rows. */
export function copyLane(source: Lane, target: Lane, rows: number, width: number): void {
  const { bytes: from } = source;
  const { bytes: to } = target;
  if (source.step === width && target.step === width) {
    to.set(from.subarray(source.from, source.from + rows * width), target.from);
    return;
  }
  let read = source.from;
  let write = target.from;
  for (let row = 0; row < rows; row++, read += source.step, write += target.step) {
    if (width <= SHORT) for (let i = 0; i < width; i++) to[write + i] = from[read + i]!;
    else to.set(from.subarray(read, read + width), write);
  }
}
