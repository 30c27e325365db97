import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { partOf, partRange } from "./parts.ts";

const END = 2n ** 64n;
const parts = fc.oneof(fc.integer({ min: 1, max: 2 ** 20 }), fc.integer({ min: 1, max: 9 }), fc.constant(2 ** 20));

function partOfKey(key: bigint, count: number): number {
  return partOf(Number(key >> 32n), Number(key & 0xffff_ffffn), count);
}

test("a key is in the part whose range holds it: floor(key x parts / 2^64)", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: END - 1n }), parts, (key, count) => {
      const part = partOfKey(key, count);
      assert.equal(part, Number((key * BigInt(count)) >> 64n));
      const { from, to } = partRange(part, count);
      assert.ok(from <= key && key < to);
    }),
    { numRuns: 2000 },
  );
});

test("the first and the last key of a part's range are in it, and ranges meet", () => {
  fc.assert(
    fc.property(
      parts.chain((count) => fc.tuple(fc.constant(count), fc.nat(count - 1))),
      ([count, part]) => {
        const { from, to } = partRange(part, count);
        assert.equal(partOfKey(from, count), part);
        assert.equal(partOfKey(to - 1n, count), part);
        assert.equal(part === 0 ? from : partRange(part - 1, count).to, part === 0 ? 0n : from);
        assert.equal(part === count - 1 ? to : partRange(part + 1, count).from, part === count - 1 ? END : to);
      },
    ),
    { numRuns: 1000 },
  );
});

test("a pile, the part of a multiple, lies inside one part", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: END - 1n }),
      fc.integer({ min: 1, max: 1024 }),
      fc.integer({ min: 1, max: 1024 }),
      (key, count, times) => {
        assert.equal(Math.floor(partOfKey(key, count * times) / times), partOfKey(key, count));
      },
    ),
  );
});

test("parts that cannot be are refused", () => {
  for (const count of [0, -1, 1.5, 2 ** 20 + 1, Number.NaN]) {
    assert.throws(() => partRange(0, count), {
      code: "usage",
      message: `Cannot cut parts: their number must be a whole number from 1 to 1048576, got ${count}`,
    });
  }
  for (const part of [-1, 3, 0.5, Number.NaN]) {
    assert.throws(() => partRange(part, 3), {
      code: "usage",
      message: `Cannot cut parts: the part must be a whole number from 0 to 2, got ${part}`,
    });
  }
});
