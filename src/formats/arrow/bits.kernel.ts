/** Bits, least significant first, as Arrow keeps booleans and validity; in the house they are bytes of 0 and 1. */

/** Packs bytes, of which any but 0 is 1, to bits. */
export function packBits(values: Uint8Array): Uint8Array<ArrayBuffer> {
  const bits = new Uint8Array((values.length + 7) >> 3);
  const whole = values.length & ~7;
  for (let i = 0; i < whole; i += 8) {
    bits[i >> 3] =
      (values[i] !== 0 ? 1 : 0) |
      (values[i + 1] !== 0 ? 2 : 0) |
      (values[i + 2] !== 0 ? 4 : 0) |
      (values[i + 3] !== 0 ? 8 : 0) |
      (values[i + 4] !== 0 ? 16 : 0) |
      (values[i + 5] !== 0 ? 32 : 0) |
      (values[i + 6] !== 0 ? 64 : 0) |
      (values[i + 7] !== 0 ? 128 : 0);
  }
  for (let i = whole; i < values.length; i++) if (values[i] !== 0) bits[i >> 3]! |= 1 << (i & 7);
  return bits;
}

/** Unpacks `count` bits from bit `from` on; the caller has seen that they are there. */
export function unpackBits(bits: Uint8Array, from: number, count: number): Uint8Array<ArrayBuffer> {
  const values = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const bit = from + i;
    // Not `>> 3`: bits may be more than 2^31.
    values[i] = (bits[Math.floor(bit / 8)]! >> (bit % 8)) & 1;
  }
  return values;
}
