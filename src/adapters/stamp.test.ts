/** Times and numbers as text: the float64 next to what is written. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cellNumber, stampSeconds } from "./stamp.ts";

const PER_SECOND = { s: 1n, ms: 1_000n, us: 1_000_000n, ns: 1_000_000_000n } as const;

/** A float64 as a whole number of 2⁻¹⁰⁷⁴, the smallest there is. */
function exact(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  const size = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1);
  return value < 0 ? -size : size;
}

function neighbour(value: number, step: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + step);
  return view.getFloat64(0);
}

test("seconds are the float64 next to the written stamp, in every unit", () => {
  const unit = fc.constantFrom("s" as const, "ms" as const, "us" as const, "ns" as const);
  fc.assert(
    fc.property(unit, fc.bigInt({ min: 1n, max: 2n ** 63n }), (each, stamp) => {
      const seconds = stampSeconds(String(stamp), each);
      // Distances times the unit, so that all are whole.
      const off = (value: number) => {
        const distance = exact(value) * PER_SECOND[each] - stamp * (1n << 1074n);
        return distance < 0n ? -distance : distance;
      };
      assert.ok(off(seconds) <= off(neighbour(seconds, 1n)));
      assert.ok(off(seconds) <= off(neighbour(seconds, -1n)));
    }),
  );
});

test("a stamp that a spreadsheet rounded is what it says", () => {
  assert.equal(stampSeconds("1.40363657975856E+018", "ns"), 1403636579.75856);
  assert.equal(stampSeconds("140363657975856e4", "ns"), 1403636579.75856);
  assert.equal(stampSeconds("-.5e1", "ms"), -0.005);
  assert.equal(stampSeconds("7.", "s"), 7);
});

test("what is no number is none", () => {
  for (const text of ["", " 1", "1 ", "0x10", "1_000", "1,5", "Infinity", "e5", ".", "+", "1e", "--1", "١"]) {
    assert.ok(Number.isNaN(stampSeconds(text, "s")), text);
    assert.ok(Number.isNaN(stampSeconds(text, "ns")), text);
    assert.equal(cellNumber(text), undefined, text);
  }
  assert.equal(cellNumber("1e999"), undefined);
  assert.ok(Number.isNaN(cellNumber("NaN")));
  assert.equal(stampSeconds("1e999", "s"), Number.POSITIVE_INFINITY);
});

test("numbers that are written come back", () => {
  fc.assert(
    fc.property(fc.double({ noDefaultInfinity: true }), (value) => {
      assert.ok(Object.is(cellNumber(Object.is(value, -0) ? "-0" : String(value)), value));
    }),
  );
});
