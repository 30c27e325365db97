import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { orderByKey } from "./sort.kernel.ts";

const U64 = 2n ** 64n - 1n;
// Keys anywhere, keys of a narrow range, and few distinct keys with their halves apart.
const keys = fc.oneof(
  fc.array(fc.bigInt({ min: 0n, max: U64 })),
  fc.array(fc.bigInt({ min: 2n ** 63n, max: 2n ** 63n + 3000n })),
  fc.array(fc.constantFrom(0n, 1n, 2n ** 32n, 2n ** 31n, 2n ** 63n, U64 - 1n, U64), { maxLength: 200 }),
);

// The slow, plain reference.
function plainly(column: BigUint64Array, compareTied: (a: number, b: number) => number): number[] {
  return Array.from(column.keys()).sort((a, b) =>
    column[a]! < column[b]! ? -1 : column[a]! > column[b]! ? 1 : compareTied(a, b),
  );
}

test("rows come in the order of their keys as unsigned numbers, and ties in the order of rows", () => {
  fc.assert(
    fc.property(keys, (values) => {
      const column = BigUint64Array.from(values);
      assert.deepEqual(
        [...orderByKey(column)],
        plainly(column, (a, b) => a - b),
      );
    }),
    { numRuns: 500 },
  );
});

test("ties are broken by the caller, and by the caller only among equal keys", () => {
  fc.assert(
    fc.property(keys, fc.infiniteStream(fc.nat(3)), (values, ranks) => {
      const column = BigUint64Array.from(values);
      const rank = [...ranks.take(values.length)];
      const compare = (a: number, b: number) => rank[a]! - rank[b]! || b - a;
      const order = orderByKey(column, (a, b) => {
        assert.equal(column[a], column[b]);
        return compare(a, b);
      });
      assert.deepEqual([...order], plainly(column, compare));
    }),
    { numRuns: 500 },
  );
});

test("a part of a column is sorted by itself, and the keys stay as they are", () => {
  const column = BigUint64Array.of(0n, 9n, 3n, U64, 5n);
  assert.deepEqual([...orderByKey(column.subarray(1, 4))], [1, 0, 2]);
  assert.deepEqual(column, BigUint64Array.of(0n, 9n, 3n, U64, 5n));
});

test("many keys sort as few do", () => {
  const column = new BigUint64Array(100_000);
  let state = 1n;
  for (let i = 0; i < column.length; i++) {
    state = (state * 6364136223846793005n + 1442695040888963407n) & U64;
    column[i] = state;
  }
  const order = orderByKey(column);
  assert.equal(new Set(order).size, column.length);
  assert.deepEqual(
    BigUint64Array.from(order, (row) => column[row]!),
    column.slice().sort(),
  );
});
