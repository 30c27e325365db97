/** Values between two samples: linear, along the shorter arc, by slerp, or the one before. */

import { type Column, type ColumnType, unreachable, valuesPerRow } from "../core/index.ts";
import { takeColumn } from "./batch.ts";
import type { Interpolation } from "./sensor.ts";

/** Where each row's value lies: between two rows of a column, `weight` of the latter, in [0, 1]. Where `before` is −1 there is no value. */
export interface Between {
  readonly before: Int32Array;
  readonly after: Int32Array;
  readonly weight: Float64Array;
}

/**
 * The value `weight` of the way from `a` to `b`. It is `a` at 0 and `b` at 1, and never leaves what lies between them by more than a rounding.
 */
export function linear(a: number, b: number, weight: number): number {
  if (weight === 0 || a === b) return a;
  if (weight === 1) return b;
  const way = b - a;
  // The way between two finite numbers may be longer than any number.
  return Number.isFinite(way) ? a + way * weight : a * (1 - weight) + b * weight;
}

/** An angle in degrees, in (−180, 180]. */
export function wrapped(degrees: number): number {
  const rest = degrees % 360;
  if (rest > 180) return rest - 360;
  return rest <= -180 ? rest + 360 : rest;
}

/** The angle `weight` of the way from `a` to `b` by the shorter arc, in degrees in (−180, 180]; of two opposite ones, in the positive sense. */
export function shorterArc(a: number, b: number, weight: number): number {
  if (weight === 0 || weight === 1) return wrapped(weight === 0 ? a : b);
  return wrapped(a + wrapped(b - a) * weight);
}

/** Four numbers of an array, from a place on, made one long. NaN where they are all 0, which is no rotation. */
function unit(values: ArrayLike<number>, at: number): [number, number, number, number] {
  const [x, y, z, w] = [values[at]!, values[at + 1]!, values[at + 2]!, values[at + 3]!];
  const norm = Math.hypot(x, y, z, w);
  return [x / norm, y / norm, z / norm, w / norm];
}

/**
 * Writes the rotation `weight` of the way from quaternion `a` to quaternion `b`, at constant speed by the shorter way. Both may be of any length
 * but 0; the result is of length 1. The order of the components does not matter.
 */
export function slerp(
  a: { readonly values: ArrayLike<number>; readonly at: number },
  b: { readonly values: ArrayLike<number>; readonly at: number },
  weight: number,
  into: { readonly values: { [index: number]: number }; readonly at: number },
): void {
  const [p, q] = [unit(a.values, a.at), unit(b.values, b.at)];
  const sign = p.reduce((dot, value, i) => dot + value * q[i]!, 0) < 0 ? -1 : 1;
  // The arc from its chord and that of the supplement: exact to the last places also for rotations that are nearly the same.
  const apart = Math.hypot(...p.map((value, i) => value - sign * q[i]!));
  const together = Math.hypot(...p.map((value, i) => value + sign * q[i]!));
  const angle = 2 * Math.atan2(apart, together);
  const whole = Math.sin(angle);
  // Below, sine and angle are the same number.
  const near = angle < 1e-8;
  const [ofP, ofQ] = near
    ? [1 - weight, sign * weight]
    : [Math.sin((1 - weight) * angle) / whole, (sign * Math.sin(weight * angle)) / whole];
  const mixed = unit(
    p.map((value, i) => value * ofP + q[i]! * ofQ),
    0,
  );
  for (let i = 0; i < 4; i++) into.values[into.at + i] = mixed[i]!;
}

const WAYS: readonly Interpolation[] = ["linear", "angle", "quaternion", "hold"];

/** What is wrong with this way of interpolating a field; `undefined` where nothing is. */
export function interpolationFault(type: ColumnType | undefined, how: Interpolation): string | undefined {
  if (type === undefined) return `is interpolated as ${how}, got no such field`;
  // A program without types may say anything.
  if (!WAYS.includes(how)) return `must be interpolated as one of ${WAYS.join(", ")}, got ${how}`;
  const isReal = type.kind === "f16" || type.kind === "f32" || type.kind === "f64";
  switch (how) {
    case "hold":
      return undefined;
    case "linear":
      return ["bool", "str", "bytes", "json"].includes(type.kind)
        ? `must be a number to be interpolated as linear, got ${type.kind}`
        : undefined;
    case "angle":
      return isReal || type.kind === "i16" || type.kind === "i32"
        ? undefined
        : `must be a kind that holds −180 to 180 to be interpolated as angle, got ${type.kind}`;
    case "quaternion":
      return isReal && type.shape?.at(-1) === 4
        ? undefined
        : `must be a real number with a shape that ends in 4 to be interpolated as quaternion, got ${type.kind} of shape [${type.shape ?? ""}]`;
    default:
      return unreachable(how);
  }
}

/** Between two integers of 64 bits: their difference is exact, so only the way itself is rounded. */
function linearBig(a: bigint, b: bigint, weight: number): bigint {
  return a + BigInt(Math.round(Number(b - a) * weight));
}

type Step = (place: number, from: number, to: number, weight: number) => void;

/** What writes one value (of quaternions, four) of the result, from two places of the column. */
function stepOf(
  type: ColumnType,
  how: Exclude<Interpolation, "hold">,
  data: Column["data"],
  out: Column["data"],
): Step {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    const big = out as BigInt64Array; // of the column's own kind
    return (place, from, to, weight) => {
      big[place] = linearBig(data[from]!, data[to]!, weight);
    };
  }
  // Numbers of any kind are read and written alike.
  const [values, into] = [data as Float64Array, out as Float64Array];
  const round = type.kind.startsWith("f") ? (value: number) => value : Math.round;
  switch (how) {
    case "linear":
      return (place, from, to, weight) => {
        into[place] = round(linear(values[from]!, values[to]!, weight));
      };
    case "angle":
      return (place, from, to, weight) => {
        into[place] = round(shorterArc(values[from]!, values[to]!, weight));
        // The kind may have rounded what lies just above it.
        if (into[place] === -180) into[place] = 180;
      };
    case "quaternion":
      return (place, from, to, weight) =>
        slerp({ values, at: from }, { values, at: to }, weight, { values: into, at: place });
    default:
      return unreachable(how);
  }
}

/** The row that is hit exactly, else the one before; −1 where the value would need a sample that has none. */
function heldBefore({ before, after, weight }: Between, valid: Uint8Array | undefined): Int32Array {
  const has = (row: number) => valid?.[row] !== 0;
  return before.map((row, i) => {
    if (row < 0 || weight[i] === 0) return row;
    const next = after[i]!;
    if (weight[i] === 1) return next;
    return has(row) && has(next) ? row : -1;
  });
}

/**
 * The values of a field between samples, in arrays of their own. Computed in float64 and given in the field's kind; whole numbers are rounded to the
 * nearest. A row has a value where both of its samples have one, or the one that is hit exactly.
 */
export function interpolated(type: ColumnType, how: Interpolation, column: Column, at: Between): Column {
  if (how === "hold") return takeColumn(type, column, at.before);
  const taken = takeColumn(type, column, heldBefore(at, column.valid));
  const width = valuesPerRow(type);
  const stride = how === "quaternion" ? 4 : 1;
  const step = stepOf(type, how, column.data, taken.data);
  for (let i = 0; i < at.before.length; i++) {
    const weight = at.weight[i]!;
    const isHit = weight === 0 || weight === 1;
    if (taken.valid?.[i] === 0 || (isHit && how !== "angle")) continue;
    const [from, to] = [at.before[i]! * width, at.after[i]! * width];
    for (let k = 0; k < width; k += stride) step(i * width + k, from + k, to + k, weight);
  }
  return taken;
}
