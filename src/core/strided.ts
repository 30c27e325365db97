/** Views of arrays that are not contiguous: a part of each sample, without a copy. */

import type { Arrays, NumericKind } from "./columns.ts";
import { WindrowError } from "./error.ts";

/** An array of numbers of any kind that a column has. */
export type NumberArray = Arrays[NumericKind];

/** An array of some shape within `data`: the value at `[i, j, …]` is `data[offset + i * strides[0] + j * strides[1] + …]`. */
export interface Strided<A extends NumberArray = Float32Array> {
  readonly data: A;
  readonly shape: readonly number[];
  /** In values, not bytes; one for each axis. */
  readonly strides: readonly number[];
  /** Place of the first value. */
  readonly offset: number;
}

/** The strides of a row-major array without gaps. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape.toReversed()) {
    strides.unshift(stride);
    stride *= size;
  }
  return strides;
}

/** How many values, at the end of the shape, lie one behind the other. */
function runLength({ shape, strides }: Pick<Strided, "shape" | "strides">): number {
  let run = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== run) break;
    run *= shape[axis]!;
  }
  return run;
}

/** Places of the first values of runs, in row-major order. */
function* runStarts({ shape, strides, offset }: Strided<NumberArray>, run: number): Generator<number> {
  const axes: number[] = [];
  for (let axis = 0, left = shape.reduce((all, size) => all * size, 1); left > run; axis++) {
    axes.push(axis);
    left /= shape[axis]!;
  }
  const at = axes.map(() => 0);
  for (let start = offset; ; ) {
    yield start;
    let axis = axes.length - 1;
    for (; axis >= 0; axis--) {
      start += strides[axis]!;
      at[axis]! += 1;
      if (at[axis]! < shape[axis]!) break;
      start -= strides[axis]! * at[axis]!;
      at[axis] = 0;
    }
    if (axis < 0) return;
  }
}

function check(view: Strided<NumberArray>, size: number): void {
  const { data, shape, strides, offset } = view;
  const reach = (pick: (a: number, b: number) => number) =>
    shape.reduce((place, length, axis) => place + pick(0, (length - 1) * strides[axis]!), offset);
  if (strides.length === shape.length && (size === 0 || (reach(Math.min) >= 0 && reach(Math.max) < data.length)))
    return;
  throw new WindrowError(
    "usage",
    `Cannot read a strided array: shape ${shape} with strides ${strides} from ${offset} must lie in its data, got ${data.length} values`,
  );
}

/**
 * The values of a view, row-major and without gaps. Where they lie so already, the answer is a part of `data` itself; else they are copied,
 * to the start of `into` where it is given.
 * @throws WindrowError `usage` for a view that does not lie in its data, and for an `into` that is too short.
 *
 * @example
 * const { input, target } = nextPosition(batch);
 * const inputs = tensor(packed(input), input.shape);
 */
export function packed<A extends NumberArray>(view: Strided<A>, into?: A): A {
  const { data, shape, offset } = view;
  const size = shape.reduce((all, length) => all * length, 1);
  check(view, size);
  if (size === 0) return data.subarray(0, 0) as A; // subarray keeps the kind
  const run = runLength(view);
  if (run === size && into === undefined) return data.subarray(offset, offset + size) as A; // subarray keeps the kind
  if (into !== undefined && into.length < size)
    throw new WindrowError("usage", `Cannot pack an array: ${size} values need as much room, got ${into.length}`);
  // The constructor of a typed array makes its own kind.
  const out = into ?? new (data.constructor as new (length: number) => A)(size);
  let at = 0;
  for (const start of runStarts(view, run)) {
    // A view of a few values costs more than they do.
    if (run < 16) for (let i = 0; i < run; i++) out[at + i] = data[start + i]!;
    else (out as Float64Array).set(data.subarray(start, start + run) as Float64Array, at); // both are of one kind
    at += run;
  }
  return out.subarray(0, size) as A; // subarray keeps the kind
}
