/** Interpolation: laws of lines, arcs and rotations, and what becomes of kinds, hits and missing values. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Column, ColumnType, Kind } from "../core/index.ts";
import { type Between, interpolated, interpolationFault, linear, shorterArc, slerp, wrapped } from "./interpolation.ts";
import type { Interpolation } from "./sensor.ts";

const real = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const degrees = fc.double({ min: -720, max: 720, noNaN: true });
const weight = fc.double({ min: 0, max: 1, noNaN: true });

/** How far two angles are apart, in degrees. */
const apart = (a: number, b: number) => Math.abs(wrapped(a - b));

function isNear(got: number, wanted: number, by: number): void {
  assert.ok(Math.abs(got - wanted) <= by, `${got} is not within ${by} of ${wanted}`);
}

test("a line begins and ends at its samples, stays between them, and is the same from both ends", () => {
  fc.assert(
    fc.property(real, real, weight, (a, b, w) => {
      assert.equal(linear(a, b, 0), a);
      assert.equal(linear(a, b, 1), b);
      assert.equal(linear(a, a, w), a);
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const value = linear(a, b, w);
      isNear(value, Math.min(Math.max(value, low), high), 1e-9);
      isNear(value, linear(b, a, 1 - w), 1e-9);
    }),
  );
});

test("a line between the farthest numbers is finite, and between infinities what it must be", () => {
  const most = Number.MAX_VALUE;
  assert.equal(linear(-most, most, 0.5), 0);
  assert.equal(linear(1, Number.POSITIVE_INFINITY, 0.5), Number.POSITIVE_INFINITY);
  assert.ok(Number.isNaN(linear(1, Number.NaN, 0.5)));
});

test("a wrapped angle is the same angle in (−180, 180]", () => {
  fc.assert(
    fc.property(degrees, fc.integer({ min: -3, max: 3 }), (angle, turns) => {
      const got = wrapped(angle);
      assert.ok(got > -180 && got <= 180);
      isNear(apart(angle + 360 * turns, got), 0, 1e-9);
      if (angle > -180 && angle <= 180) assert.equal(got, angle);
    }),
  );
  assert.deepEqual([180, -180, 540, 270, -190, 360].map(wrapped), [180, 180, 180, -90, 170, 0]);
});

test("between angles lies the shorter arc, the same from both ends and wherever zero is", () => {
  fc.assert(
    fc.property(degrees, fc.double({ min: -179.9, max: 179.9, noNaN: true }), weight, degrees, (a, arc, w, turn) => {
      const b = a + arc;
      const got = shorterArc(a, b, w);
      assert.ok(got > -180 && got <= 180);
      isNear(apart(got, a + arc * w), 0, 1e-9);
      isNear(apart(got, shorterArc(b, a, 1 - w)), 0, 1e-9);
      isNear(apart(shorterArc(a + turn, b + turn, w), got + turn), 0, 1e-9);
      assert.equal(shorterArc(a, b, 0), wrapped(a));
      assert.equal(shorterArc(a, b, 1), wrapped(b));
    }),
  );
  assert.equal(shorterArc(350, 10, 0.5), 0);
  assert.equal(shorterArc(-179, 179, 0.25), -179.5);
  assert.equal(shorterArc(0, 180, 0.5), 90);
  assert.equal(shorterArc(180, 0, 0.5), -90);
});

type Quaternion = readonly [number, number, number, number];

const rotation = fc
  .tuple(real, real, real, real)
  .filter((q) => Math.hypot(...q) > 1)
  .map((q) => q.map((value) => value / Math.hypot(...q)) as unknown as Quaternion);

function mixed(a: Quaternion, b: Quaternion, w: number): Quaternion {
  const out: [number, number, number, number] = [0, 0, 0, 0];
  slerp({ values: a, at: 0 }, { values: b, at: 0 }, w, { values: out, at: 0 });
  return out;
}

/** Of quaternions as w, x, y, z. */
function times([a, b, c, d]: Quaternion, [e, f, g, h]: Quaternion): Quaternion {
  return [
    a * e - b * f - c * g - d * h,
    a * f + b * e + c * h - d * g,
    a * g - b * h + c * e + d * f,
    a * h + b * g - c * f + d * e,
  ];
}

/** Slerp by powers, q (q⁻¹ r)ʷ: Shoemake's first form, which shares no formula with the one tested. */
function slerpByPower(q: Quaternion, r: Quaternion, w: number): Quaternion {
  const inverse: Quaternion = [q[0], -q[1], -q[2], -q[3]];
  const way = times(inverse, r);
  const [real, ...axis] = way[0] < 0 ? (way.map((value) => -value) as unknown as Quaternion) : way;
  const sine = Math.hypot(...axis);
  const angle = w * Math.atan2(sine, real);
  const scale = sine === 0 ? 0 : Math.sin(angle) / sine;
  return times(q, [Math.cos(angle), axis[0] * scale, axis[1] * scale, axis[2] * scale]);
}

/** A rotation and its opposite are the same. */
function isSameRotation(got: Quaternion, wanted: Quaternion, by = 1e-12): void {
  const away = (sign: number) => Math.hypot(...got.map((value, i) => value - sign * wanted[i]!));
  assert.ok(Math.min(away(1), away(-1)) <= by, `${got} is not ${wanted}`);
}

/** Whether two rotations are so nearly opposite that either way round is as short. */
const areOpposite = (a: Quaternion, b: Quaternion) =>
  Math.abs(a.reduce((dot, value, i) => dot + value * b[i]!, 0)) < 1e-6;

test("slerp is that by powers, stays of length 1, and is the same from both ends and for both signs", () => {
  fc.assert(
    fc.property(rotation, rotation, weight, (a, b, w) => {
      fc.pre(!areOpposite(a, b));
      const got = mixed(a, b, w);
      isNear(Math.hypot(...got), 1, 1e-15);
      isSameRotation(got, slerpByPower(a, b, w), 1e-9);
      isSameRotation(got, mixed(b, a, 1 - w));
      isSameRotation(got, mixed(a, b.map((value) => -value) as unknown as Quaternion, w));
      isSameRotation(mixed(a, b, 0), a);
      isSameRotation(mixed(a, b, 1), b);
      isSameRotation(mixed(a, a, w), a);
    }),
  );
});

test("slerp does not care for the order of the components, nor for the length of what it is given", () => {
  fc.assert(
    fc.property(rotation, rotation, weight, fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (a, b, w, scale) => {
      fc.pre(!areOpposite(a, b));
      const turned = ([x, y, z, r]: Quaternion): Quaternion => [r, x, y, z];
      isSameRotation(mixed(turned(a), turned(b), w), turned(mixed(a, b, w)));
      isSameRotation(mixed(a.map((value) => value * scale) as unknown as Quaternion, b, w), mixed(a, b, w));
    }),
  );
});

test("slerp goes at constant speed, also between rotations that are nearly the same or nearly opposite", () => {
  const about = (angle: number): Quaternion => [Math.cos(angle / 2), 0, 0, Math.sin(angle / 2)];
  for (const angle of [1e-300, 1e-17, 1e-9, 3e-8, 1e-6, 0.1, 3, Math.PI - 1e-7]) {
    for (const w of [0.1, 0.5, 0.9])
      isSameRotation(mixed(about(0.3), about(0.3 + angle), w), about(0.3 + w * angle), 1e-9);
  }
  isNear(Math.hypot(...mixed([1, 0, 0, 0], [0, 1, 0, 0], 0.5)), 1, 1e-15);
  assert.ok(mixed([0, 0, 0, 0], [1, 0, 0, 0], 0.5).every(Number.isNaN));
});

/** Rows between the two samples of a column, at these weights. */
function at(...weights: readonly number[]): Between {
  const rows = weights.length;
  const [before, after] = [new Int32Array(rows), new Int32Array(rows).fill(1)];
  return { before, after, weight: Float64Array.from(weights) };
}

function result(kind: Kind, how: Interpolation, data: Column["data"], ...weights: readonly number[]) {
  return interpolated({ kind }, how, { data }, at(...weights)).data;
}

test("the result is of the field's kind, whole numbers to the nearest", () => {
  assert.deepEqual(result("f32", "linear", Float32Array.of(0, 1), 0.1), Float32Array.of(0.1));
  assert.deepEqual(result("f16", "linear", Float16Array.of(0, 1), 0.25), Float16Array.of(0.25));
  assert.deepEqual(result("u8", "linear", Uint8Array.of(255, 0), 0.25, 0.5), Uint8Array.of(191, 128));
  assert.deepEqual(result("i16", "linear", Int16Array.of(-3, -8), 0.5, 0.75), Int16Array.of(-5, -7));
  assert.deepEqual(result("i16", "angle", Int16Array.of(170, -170), 0.5, 0.75, 0.48), Int16Array.of(180, -175, 180));
  const big = 2n ** 62n;
  assert.deepEqual(result("i64", "linear", BigInt64Array.of(big, big + 10n), 0.25), BigInt64Array.of(big + 3n));
  assert.deepEqual(result("i64", "linear", BigInt64Array.of(5n, -5n), 0.3), BigInt64Array.of(2n));
  assert.deepEqual(
    result("u64", "linear", BigUint64Array.of(2n ** 64n - 1n, 1n), 0.5),
    BigUint64Array.of(2n ** 63n - 1n),
  );
});

test("an angle in a kind that rounds up to −180 is 180", () => {
  const [value] = result("f32", "angle", Float32Array.of(-180, -179.99998), 1e-9) as Float32Array;
  assert.equal(value, 180);
});

test("a sample that is hit is given as it is, whatever the other holds", () => {
  const odd = Float64Array.of(0.1 + 0.2, Number.NaN);
  assert.deepEqual(result("f64", "linear", odd, 0), Float64Array.of(0.1 + 0.2));
  assert.deepEqual(result("f64", "angle", Float64Array.of(270.25, Number.NaN), 0), Float64Array.of(-89.75));
  const turned = Float32Array.of(3, 0, 0, 4, 0, 0, 0, 0);
  const hit = interpolated({ kind: "f32", shape: [4] }, "quaternion", { data: turned }, at(0));
  assert.deepEqual(hit.data, Float32Array.of(3, 0, 0, 4));
  assert.ok(Number.isNaN((result("f64", "linear", odd, 0.5) as Float64Array)[0]));
});

test("each value of a field with a shape is interpolated, and of several quaternions each", () => {
  const pair = Float64Array.of(0, 10, 4, 30);
  assert.deepEqual(
    interpolated({ kind: "f64", shape: [2] }, "linear", { data: pair }, at(0.5, 0.25)).data,
    Float64Array.of(2, 20, 1, 15),
  );
  const [half, still] = [Math.SQRT1_2, [1, 0, 0, 0]];
  const data = Float64Array.of(...still, ...still, half, half, 0, 0, half, 0, half, 0);
  const { data: got } = interpolated({ kind: "f64", shape: [2, 4] }, "quaternion", { data }, at(0.5));
  const [c, s] = [Math.cos(Math.PI / 8), Math.sin(Math.PI / 8)];
  for (const [i, wanted] of [c, s, 0, 0, c, 0, s, 0].entries()) isNear(Number(got[i]), wanted, 1e-15);
});

test("a value needs both of its samples, unless it hits one", () => {
  const data = Float64Array.of(1, 3, 5);
  const valid = Uint8Array.of(1, 0, 1);
  const places: Between = {
    before: Int32Array.of(0, 0, 1, 1, 1, -1, 0),
    after: Int32Array.of(1, 1, 2, 2, 1, -1, 2),
    weight: Float64Array.of(0, 0.5, 0.5, 1, 0, Number.NaN, 0.5),
  };
  const got = interpolated({ kind: "f64", nullable: true }, "linear", { data, valid }, places);
  assert.deepEqual([...got.valid!], [1, 0, 0, 1, 0, 0, 1]);
  assert.deepEqual([got.data[0], got.data[3], got.data[6]], [1, 5, 3]);
  const held = interpolated({ kind: "str" }, "hold", { data: ["a", "b", "c"], valid }, places);
  assert.deepEqual(
    [[...held.valid!], held.data],
    [
      [1, 1, 0, 0, 0, 0, 1],
      ["a", "a", "b", "b", "b", "", "a"],
    ],
  );
});

test("a way of interpolating that does not fit the field is told", () => {
  const fits: readonly (readonly [ColumnType, Interpolation])[] = [
    [{ kind: "json" }, "hold"],
    [{ kind: "i64", shape: [3] }, "linear"],
    [{ kind: "i16" }, "angle"],
    [{ kind: "f16", shape: [2, 4] }, "quaternion"],
  ];
  for (const [type, how] of fits) assert.equal(interpolationFault(type, how), undefined);
  const misfits: readonly (readonly [ColumnType, Interpolation, string])[] = [
    [{ kind: "bool" }, "linear", "must be a number to be interpolated as linear, got bool"],
    [{ kind: "u16" }, "angle", "must be a kind that holds −180 to 180 to be interpolated as angle, got u16"],
    [
      { kind: "f32" },
      "quaternion",
      "must be a real number with a shape that ends in 4 to be interpolated as quaternion, got f32 of shape []",
    ],
  ];
  for (const [type, how, fault] of misfits) assert.equal(interpolationFault(type, how), fault);
  assert.equal(
    // @ts-expect-error there is no such way
    interpolationFault({ kind: "f64" }, "cubic"),
    "must be interpolated as one of linear, angle, quaternion, hold, got cubic",
  );
  assert.equal(interpolationFault(undefined, "hold"), "is interpolated as hold, got no such field");
});
