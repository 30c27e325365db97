/** BYTE_STREAM_SPLIT: all first bytes of a page's values, then all second bytes, and so on; they compress better apart. */

/** Writes 4-byte values as four streams. Where places are multiples of 4, four values a step (twice as fast). */
export function split4(values: Uint32Array, out: Uint8Array): void {
  const n = values.length;
  if (n % 4 !== 0 || out.byteOffset % 4 !== 0) {
    const second = n;
    const third = 2 * n;
    const fourth = 3 * n;
    for (let i = 0; i < n; i++) {
      const x = values[i]!;
      out[i] = x;
      out[second + i] = x >>> 8;
      out[third + i] = x >>> 16;
      out[fourth + i] = x >>> 24;
    }
    return;
  }
  const words = new Uint32Array(out.buffer, out.byteOffset, n);
  const quarter = n / 4;
  for (let i = 0, j = 0; i < quarter; i++, j += 4) {
    const a = values[j]!;
    const b = values[j + 1]!;
    const c = values[j + 2]!;
    const d = values[j + 3]!;
    // Bytes 0 and 2 of a pair of values side by side, then bytes 1 and 3: a 4 × 4 transposition in two steps.
    const ab02 = (a & 0x00ff00ff) | ((b & 0x00ff00ff) << 8);
    const ab13 = ((a >>> 8) & 0x00ff00ff) | (b & 0xff00ff00);
    const cd02 = (c & 0x00ff00ff) | ((d & 0x00ff00ff) << 8);
    const cd13 = ((c >>> 8) & 0x00ff00ff) | (d & 0xff00ff00);
    words[i] = (ab02 & 0xffff) | (cd02 << 16);
    words[quarter + i] = (ab13 & 0xffff) | (cd13 << 16);
    words[2 * quarter + i] = (ab02 >>> 16) | (cd02 & 0xffff0000);
    words[3 * quarter + i] = (ab13 >>> 16) | (cd13 & 0xffff0000);
  }
}

/** Writes values of any width as that many streams. */
export function split(bytes: Uint8Array, width: number, out: Uint8Array): void {
  const n = bytes.length / width;
  for (let stream = 0; stream < width; stream++) {
    const start = stream * n;
    for (let i = 0, from = stream; i < n; i++, from += width) out[start + i] = bytes[from]!;
  }
}

/** Joins values `from` to `to` of four streams of `n` bytes to 4-byte values from byte `at` of `out` on. */
export function join4(streams: DataView, n: number, from: number, to: number, out: DataView, at: number): void {
  const rest = to - ((to - from) % 4);
  for (let i = from; i < rest; i += STEP) joinFours(streams, n, i, Math.min(i + STEP, rest), out, at + 4 * (i - from));
  for (let i = rest, j = at + 4 * (rest - from); i < to; i++, j += 4)
    for (let stream = 0; stream < 4; stream++) out.setUint8(j + stream, streams.getUint8(stream * n + i));
}

/** Values of one call of `joinFours`: V8 brings what is called often to its best compiler; a long loop stays half as fast in the one before. */
const STEP = 1024;

/** Four values a step. Views take any place in memory, and here are no slower than typed arrays. */
function joinFours(streams: DataView, n: number, from: number, to: number, out: DataView, at: number): void {
  const second = n;
  const third = 2 * n;
  const fourth = 3 * n;
  for (let i = from, j = at; i < to; i += 4, j += 16) {
    const a = streams.getInt32(i, true);
    const b = streams.getInt32(second + i, true);
    const c = streams.getInt32(third + i, true);
    const d = streams.getInt32(fourth + i, true);
    // Values 0 and 2 of a pair of streams side by side, then values 1 and 3: the steps of `split4` turned round.
    const ab02 = (a & 0x00ff00ff) | ((b & 0x00ff00ff) << 8);
    const ab13 = ((a >>> 8) & 0x00ff00ff) | (b & 0xff00ff00);
    const cd02 = (c & 0x00ff00ff) | ((d & 0x00ff00ff) << 8);
    const cd13 = ((c >>> 8) & 0x00ff00ff) | (d & 0xff00ff00);
    out.setInt32(j, (ab02 & 0xffff) | (cd02 << 16), true);
    out.setInt32(j + 4, (ab13 & 0xffff) | (cd13 << 16), true);
    out.setInt32(j + 8, (ab02 >>> 16) | (cd02 & 0xffff0000), true);
    out.setInt32(j + 12, (ab13 >>> 16) | (cd13 & 0xffff0000), true);
  }
}

/** Joins values `from` to `to` of `width` streams of `n` bytes to values of that many bytes, from byte `at` of `out` on. */
export function join(streams: Uint8Array, width: number, from: number, to: number, out: Uint8Array, at: number): void {
  const n = streams.length / width;
  for (let stream = 0; stream < width; stream++) {
    const end = stream * n + to;
    for (let i = stream * n + from, j = at + stream; i < end; i++, j += width) out[j] = streams[i]!;
  }
}
