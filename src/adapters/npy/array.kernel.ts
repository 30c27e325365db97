/** Moving values between the orders in which arrays are stored: byte orders, and which axis varies fastest. */

/** Turns around the bytes of each value of `size` bytes, in place. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  for (let at = 0; at + size <= bytes.length; at += size) {
    for (let low = at, high = at + size - 1; low < high; low++, high--) {
      const byte = bytes[low]!;
      bytes[low] = bytes[high]!;
      bytes[high] = byte;
    }
  }
}

/** For each value of a row in row-major order, its place among the row's values in column-major order. */
export function fortranPlaces(shape: readonly number[]): Uint32Array {
  const size = shape.reduce((product, axis) => product * axis, 1);
  const places = new Uint32Array(size);
  for (let i = 0; i < size; i++) {
    let rest = i;
    let stride = size;
    let place = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      stride /= shape[axis]!;
      place += (rest % shape[axis]!) * stride;
      rest = Math.floor(rest / shape[axis]!);
    }
    places[i] = place;
  }
  return places;
}

/** Where a column's values go in rows of `width` values, each of `size` bytes: to place `at` of each row. */
export interface SpreadPlace {
  readonly size: number;
  readonly at: number;
  readonly width: number;
}

type Words = Uint8Array | Uint16Array | Uint32Array;

/** Words of up to 4 bytes: integers of 8 are slow. */
function words(bytes: Uint8Array, size: number): Words {
  const { buffer, byteOffset, byteLength } = bytes;
  if (size === 1) return bytes;
  return size === 2
    ? new Uint16Array(buffer, byteOffset, byteLength / 2)
    : new Uint32Array(buffer, byteOffset, byteLength / 4);
}

/** Spreads the values of one column over rows. Both begin at a multiple of 4 bytes of their buffers. */
export function spread(column: Uint8Array, into: Uint8Array, { size, at, width }: SpreadPlace): void {
  const from = words(column, size);
  const to = words(into, size);
  if (size === 8) {
    for (let i = 0, place = 2 * at; i < from.length; i += 2, place += 2 * width) {
      to[place] = from[i]!;
      to[place + 1] = from[i + 1]!;
    }
    return;
  }
  for (let i = 0, place = at; i < from.length; i++, place += width) to[place] = from[i]!;
}
