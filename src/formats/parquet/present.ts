/** Stretches of rows that have a value. */

/** The longest stretches of rows that have a value, half open. Whole stretches are copied bit by bit, so that each NaN stays the NaN it was. */
export function* presentRuns(valid: Uint8Array): Generator<{ readonly from: number; readonly to: number }> {
  let at = 0;
  while (at < valid.length) {
    while (at < valid.length && valid[at] === 0) at++;
    const from = at;
    while (at < valid.length && valid[at] !== 0) at++;
    if (at > from) yield { from, to: at };
  }
}

/** How many rows have a value. */
export function countPresent(valid: Uint8Array): number {
  let count = 0;
  for (const value of valid) if (value !== 0) count++;
  return count;
}
