/** Blosc's filters: bytes, or bits, of values of one size sorted by their place in the value, and back (c-blosc, shuffle.c, bitshuffle-generic.c). */

/** Whether words of four bytes can be written to these bytes. */
function wordsOf(bytes: Uint8Array, typeBytes: number): Uint32Array | undefined {
  if (typeBytes % 4 !== 0 || bytes.byteOffset % 4 !== 0) return undefined;
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
}

/** Brings together the bytes of values `first` to `first + count`, of the `n` whose bytes are sorted, to the beginning of `out`. */
function gather(source: Uint8Array, n: number, first: number, count: number, out: Uint8Array, typeBytes: number): void {
  const words = wordsOf(out, typeBytes);
  if (words === undefined) {
    for (let place = 0; place < typeBytes; place++)
      for (let i = 0, from = place * n + first, to = place; i < count; i++, to += typeBytes)
        out[to] = source[from + i]!;
    return;
  }
  // Four values of four bytes at a time, turned about their diagonal: reading unaligned words through a view is as fast as aligned ones.
  const view = new DataView(source.buffer, source.byteOffset, source.length);
  const step = typeBytes >> 2;
  for (let word = 0; word < step; word++) {
    const a = 4 * word * n + first;
    const b = a + n;
    const c = b + n;
    const d = c + n;
    let i = 0;
    let to = word;
    for (; i + 4 <= count; i += 4) {
      const w = view.getInt32(a + i, true);
      const x = view.getInt32(b + i, true);
      const y = view.getInt32(c + i, true);
      const z = view.getInt32(d + i, true);
      const p = (w & 0x00ff00ff) | ((x & 0x00ff00ff) << 8);
      const q = ((w >>> 8) & 0x00ff00ff) | (x & 0xff00ff00);
      const r = (y & 0x00ff00ff) | ((z & 0x00ff00ff) << 8);
      const s = ((y >>> 8) & 0x00ff00ff) | (z & 0xff00ff00);
      words[to] = (p & 0xffff) | (r << 16);
      words[to + step] = (q & 0xffff) | (s << 16);
      words[to + 2 * step] = (p >>> 16) | (r & 0xffff0000);
      words[to + 3 * step] = (q >>> 16) | (s & 0xffff0000);
      to += typeBytes;
    }
    for (; i < count; i++, to += step)
      words[to] = source[a + i]! | (source[b + i]! << 8) | (source[c + i]! << 16) | (source[d + i]! << 24);
  }
}

/** Brings the bytes of each value together again. Both are of one length; what is no whole value at the end is copied. */
export function unshuffle(source: Uint8Array, out: Uint8Array, typeBytes: number): void {
  const n = Math.floor(out.length / typeBytes);
  out.set(source.subarray(n * typeBytes, out.length), n * typeBytes);
  gather(source, n, 0, n, out, typeBytes);
}

/** Raw bytes from `from` to `to` of shuffled ones, put to the beginning of `out`. */
export function unshufflePart(
  source: Uint8Array,
  out: Uint8Array,
  { from, to, typeBytes }: { readonly from: number; readonly to: number; readonly typeBytes: number },
): void {
  const n = Math.floor(source.length / typeBytes);
  const first = Math.min(n, Math.ceil(from / typeBytes));
  const last = Math.max(first, Math.min(n, Math.floor(to / typeBytes)));
  // Values that are cut, and what is no whole value at the end of the block, byte by byte.
  const byteAt = (at: number) =>
    at < n * typeBytes ? source[(at % typeBytes) * n + Math.floor(at / typeBytes)]! : source[at]!;
  for (let at = from; at < Math.min(to, first * typeBytes); at++) out[at - from] = byteAt(at);
  for (let at = Math.max(from, last * typeBytes); at < to; at++) out[at - from] = byteAt(at);
  const begin = first * typeBytes - from;
  const whole = (last - first) * typeBytes;
  if (whole > 0) gather(source, n, first, last - first, out.subarray(begin, begin + whole), typeBytes);
}

/** Sorts bytes by their place in their value: the inverse of `unshuffle`. */
export function shuffle(source: Uint8Array, out: Uint8Array, typeBytes: number): void {
  const n = Math.floor(source.length / typeBytes);
  const words = wordsOf(source, typeBytes);
  out.set(source.subarray(n * typeBytes), n * typeBytes);
  if (words === undefined) {
    for (let place = 0; place < typeBytes; place++)
      for (let i = 0, from = place, to = place * n; i < n; i++, from += typeBytes) out[to + i] = source[from]!;
    return;
  }
  const view = new DataView(out.buffer, out.byteOffset, out.length);
  const step = typeBytes >> 2;
  for (let word = 0; word < step; word++) {
    const a = 4 * word * n;
    const b = a + n;
    const c = b + n;
    const d = c + n;
    let i = 0;
    let from = word;
    for (; i + 4 <= n; i += 4) {
      const w = words[from]!;
      const x = words[from + step]!;
      const y = words[from + 2 * step]!;
      const z = words[from + 3 * step]!;
      const p = (w & 0x00ff00ff) | ((x & 0x00ff00ff) << 8);
      const q = ((w >>> 8) & 0x00ff00ff) | (x & 0xff00ff00);
      const r = (y & 0x00ff00ff) | ((z & 0x00ff00ff) << 8);
      const s = ((y >>> 8) & 0x00ff00ff) | (z & 0xff00ff00);
      view.setInt32(a + i, (p & 0xffff) | (r << 16), true);
      view.setInt32(b + i, (q & 0xffff) | (s << 16), true);
      view.setInt32(c + i, (p >>> 16) | (r & 0xffff0000), true);
      view.setInt32(d + i, (q >>> 16) | (s & 0xffff0000), true);
      from += typeBytes;
    }
    for (; i < n; i++, from += step) {
      const value = words[from]!;
      out[a + i] = value;
      out[b + i] = value >>> 8;
      out[c + i] = value >>> 16;
      out[d + i] = value >>> 24;
    }
  }
}

/** What of the bytes takes part in bit shuffling: whole values, if their number is a multiple of eight; else nothing does. */
function bitShuffled(length: number, typeBytes: number): number {
  const n = Math.floor(length / typeBytes);
  return n % 8 === 0 ? n : 0;
}

/**
 * Turns squares of eight by eight bits about their diagonal: bit b of the byte at `from + e * fromStep` becomes bit e of the byte at
 * `to + b * toStep` (Hacker's Delight, 2nd edition, 7-3, in halves of 32 bits).
 */
function turn(source: Uint8Array, from: number, fromStep: number, out: Uint8Array, to: number, toStep: number): void {
  let low = 0;
  let high = 0;
  for (let i = 3; i >= 0; i--) {
    low = (low << 8) | source[from + i * fromStep]!;
    high = (high << 8) | source[from + (i + 4) * fromStep]!;
  }
  let t = (low ^ (low >>> 7)) & 0x00aa00aa;
  low ^= t ^ (t << 7);
  t = (high ^ (high >>> 7)) & 0x00aa00aa;
  high ^= t ^ (t << 7);
  t = (low ^ (low >>> 14)) & 0x0000cccc;
  low ^= t ^ (t << 14);
  t = (high ^ (high >>> 14)) & 0x0000cccc;
  high ^= t ^ (t << 14);
  t = (low ^ (high << 4)) & 0xf0f0f0f0;
  low ^= t;
  high ^= t >>> 4;
  for (let i = 0; i < 4; i++) {
    out[to + i * toStep] = low >>> (8 * i);
    out[to + (i + 4) * toStep] = high >>> (8 * i);
  }
}

/** Brings the bits of each value together again. */
export function bitUnshuffle(source: Uint8Array, out: Uint8Array, typeBytes: number): void {
  const n = bitShuffled(out.length, typeBytes);
  out.set(source.subarray(n * typeBytes, out.length), n * typeBytes);
  const row = n >> 3;
  for (let place = 0; place < typeBytes; place++)
    for (let i = 0; i < row; i++) turn(source, 8 * place * row + i, row, out, 8 * i * typeBytes + place, typeBytes);
}

/** Sorts bits by their place in their value: the inverse of `bitUnshuffle`. */
export function bitShuffle(source: Uint8Array, out: Uint8Array, typeBytes: number): void {
  const n = bitShuffled(source.length, typeBytes);
  out.set(source.subarray(n * typeBytes), n * typeBytes);
  const row = n >> 3;
  for (let place = 0; place < typeBytes; place++)
    for (let i = 0; i < row; i++) turn(source, 8 * i * typeBytes + place, typeBytes, out, 8 * place * row + i, row);
}
