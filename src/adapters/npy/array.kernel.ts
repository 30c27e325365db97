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
