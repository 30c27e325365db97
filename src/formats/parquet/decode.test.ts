/** Values that are copied or joined on their way, against values that are decoded first. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesOf, NUMERIC_ARRAYS, type NumericKind, WindrowError } from "../../core/index.ts";
import { ENCODING, PHYSICAL } from "./codes.ts";
import { decodeValues, type EncodedValues, storedValues, type Values } from "./decode.ts";
import type { SourceColumn } from "./source-column.ts";

const STORED: Readonly<Record<NumericKind, readonly [number, number]>> = {
  bool: [PHYSICAL.boolean, 1],
  i8: [PHYSICAL.int32, 4],
  u8: [PHYSICAL.int32, 4],
  i16: [PHYSICAL.int32, 4],
  u16: [PHYSICAL.int32, 4],
  i32: [PHYSICAL.int32, 4],
  u32: [PHYSICAL.int32, 4],
  i64: [PHYSICAL.int64, 8],
  u64: [PHYSICAL.int64, 8],
  f16: [PHYSICAL.fixedByteArray, 2],
  f32: [PHYSICAL.float, 4],
  f64: [PHYSICAL.double, 8],
};
const KINDS = Object.keys(STORED) as readonly NumericKind[];

function columnOf(kind: NumericKind): SourceColumn {
  const [physical, width] = STORED[kind];
  const shared = { name: "c", chunk: 0, isList: false, values: 1, maxDefinition: 0 };
  return { ...shared, type: { kind }, physical, width, isOptional: false, isLengthKnown: true };
}

/** The bytes of values `from` to `to`, or what is wrong with all of them. */
function outcome(read: () => Values): readonly number[] | string {
  try {
    return Array.from(bytesOf(read() as Float64Array));
  } catch (error) {
    assert.ok(error instanceof WindrowError, String(error));
    return `${error.code}: ${error.message}`;
  }
}

test("values copied to their place are those that are decoded, or the same error", () => {
  const encoding = fc.constantFrom(...Object.values(ENCODING));
  const kind = fc.constantFrom(...KINDS);
  const page = fc.record({ kind, encoding, count: fc.nat(40), isWhole: fc.boolean(), shift: fc.nat(7) });
  fc.assert(
    fc.property(page, fc.uint8Array({ maxLength: 400 }), fc.nat(), fc.nat(), (one, any, a, b) => {
      const { kind, count, isWhole, shift } = one;
      const column = columnOf(kind);
      // Whole pages anywhere in memory, and others.
      const whole = new Uint8Array(shift + count * column.width);
      for (let i = 0; i < whole.length; i++) whole[i] = any[i % Math.max(1, any.length)] ?? i;
      const encoded: EncodedValues = { bytes: isWhole ? whole.subarray(shift) : any, encoding: one.encoding, count };
      const [from, to] = [a % (count + 1), b % (count + 1)].sort((x, y) => x - y) as [number, number];
      const plain = outcome(() => (decodeValues(column, encoded) as Float64Array).slice(from, to));
      const moved = outcome(() => {
        const into = new NUMERIC_ARRAYS[kind](to - from + 5);
        storedValues(column, encoded).copy(from, to, into, 2);
        assert.ok(bytesOf(into.subarray(0, 2)).every((byte) => byte === 0));
        assert.ok(bytesOf(into.subarray(into.length - 3)).every((byte) => byte === 0));
        return into.subarray(2, into.length - 3);
      });
      assert.deepEqual(moved, plain);
    }),
    { numRuns: 3000, seed: 1 },
  );
});
