/** The loop of the table of keys. */

/** `slots` holds numbers + 1, 0 for none, and has twice as many places as `keys`; both have a power of two of them. */
export interface KeySlots {
  readonly keys: Float64Array;
  readonly slots: Uint32Array;
  count: number;
}

/** The number of a row without a key that counts: a bad one. */
export const NO_KEY = 0xffff_ffff;

const bits = new Float64Array(1);
const words = new Uint32Array(bits.buffer);

/** Puts the number of each row's key into `into`, from row `from` on. Stops where the table is full and gives the row it came to. */
export function findNumbers(
  table: KeySlots,
  rows: { readonly keys: Float64Array; readonly bad: Float64Array | Float32Array; readonly length: number },
  from: number,
  into: Uint32Array,
): number {
  const { keys, slots } = table;
  const { keys: wanted, bad, length } = rows;
  const mask = slots.length - 1;
  let last = Number.NaN;
  let lastNumber = NO_KEY;
  for (let i = from; i < length; i++) {
    if (bad[i] !== 0) {
      into[i] = NO_KEY;
      continue;
    }
    const key = wanted[i]!;
    if (key === last) {
      into[i] = lastNumber;
      continue;
    }
    bits[0] = key;
    // MurmurHash3's finalizer, over both words.
    let hash = words[0]! ^ Math.imul(words[1]!, 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    let slot = (hash ^ (hash >>> 16)) & mask;
    let found = slots[slot]!;
    while (found !== 0 && keys[found - 1] !== key) {
      slot = (slot + 1) & mask;
      found = slots[slot]!;
    }
    if (found === 0) {
      if (table.count === keys.length) return i;
      keys[table.count] = key;
      table.count += 1;
      found = table.count;
      slots[slot] = found;
    }
    last = key;
    lastNumber = found - 1;
    into[i] = lastNumber;
  }
  return length;
}
