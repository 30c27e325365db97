/** The hot loops against slow, plain references and against any bytes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { WindrowError } from "../../core/index.ts";
import { ByteWriter } from "./byte-writer.ts";
import { crc32Of } from "./crc32.kernel.ts";
import { readDeltaLengths, readDeltaStrings, readDeltas } from "./delta.kernel.ts";
import {
  bitWidth,
  constantRun,
  packBits,
  readHybrid,
  regularStarts,
  unpackBits,
  writeHybrid,
  writeListStarts,
} from "./levels.kernel.ts";
import { join, join4, split, split4 } from "./split.kernel.ts";

test("levels and indices come back from runs and packed groups", () => {
  const stretches = fc.array(fc.tuple(fc.nat(70_000), fc.integer({ min: 1, max: 40 })), {
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(stretches, (parts) => {
      const values = Uint32Array.from(parts.flatMap(([value, count]) => new Array<number>(count).fill(value)));
      const max = values.reduce((a, b) => Math.max(a, b), 0);
      const width = Math.max(1, bitWidth(max));
      const out = new ByteWriter();
      writeHybrid(out, values, width);
      const back = new Uint32Array(values.length);
      readHybrid(out.done(), width, back, max);
      assert.deepEqual(back, values);
    }),
    { seed: 1 },
  );
});

test("list starts are a 0 for each list, packed or in runs", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 80 }), (rows, size) => {
      const out = new ByteWriter();
      writeListStarts(out, rows, size);
      const back = new Uint8Array(rows * size);
      readHybrid(out.done(), 1, back, 1);
      assert.ok(back.every((level, i) => level === (i % size === 0 ? 0 : 1)));
    }),
    { seed: 2 },
  );
});

/** What `regularStarts` says, by writing the levels out. */
function plainStarts(bytes: Uint8Array, [count, size, first]: readonly [number, number, number]): number {
  const levels = new Uint8Array(count);
  try {
    readHybrid(bytes, 1, levels, 1);
  } catch {
    return -1;
  }
  const isRegular = levels.every((level, i) => (level === 0) === (i >= first && (i - first) % size === 0));
  return isRegular ? levels.filter((level) => level === 0).length : -1;
}

test("lists of one length are counted as their levels written out are", () => {
  const shape = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat(39), fc.integer({ min: 1, max: 400 }));
  fc.assert(
    fc.property(shape, fc.option(fc.nat(399), { nil: -1 }), fc.nat(3), ([size, lack, count], wrong, form) => {
      const first = lack % size;
      const levels = Uint8Array.from({ length: count }, (_, i) => (i >= first && (i - first) % size === 0 ? 0 : 1));
      if (wrong >= 0 && wrong < count) levels[wrong]! ^= 1;
      const out = new ByteWriter();
      // All packed; in runs as our writer has them; all runs of one level; or behind the end.
      if (form === 0) out.bytes(Uint8Array.of((Math.ceil(count / 8) << 1) | 1, ...packBits(levels)));
      else if (form === 1) writeHybrid(out, levels, 1);
      else for (const level of levels) out.bytes(Uint8Array.of(2, level));
      const bytes = out.done();
      const given = form === 3 ? bytes.subarray(0, bytes.length - 1) : bytes;
      if (form === 0 && count > 63 * 8) return;
      assert.equal(regularStarts(given, count, size, first), plainStarts(given, [count, size, first]));
    }),
    { seed: 8, numRuns: 3000 },
  );
});

test("of any levels, none count as lists of one length that are not", () => {
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(2, 3, 0, 1, 0xff, 0xfe, 0x7f));
  fc.assert(
    fc.property(
      fc.array(byte, { maxLength: 12 }),
      fc.nat(40),
      fc.integer({ min: 1, max: 9 }),
      fc.nat(8),
      (all, count, size, lack) => {
        const bytes = Uint8Array.from(all);
        const first = lack % size;
        assert.equal(regularStarts(bytes, count, size, first), plainStarts(bytes, [count, size, first]));
      },
    ),
    { seed: 9, numRuns: 20_000 },
  );
});

test("any bytes are levels or damage", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 20 }),
      fc.integer({ min: 0, max: 32 }),
      fc.nat(300),
      (bytes, width, count) => {
        const out = new Uint32Array(count);
        try {
          readHybrid(bytes, width, out, 7);
          assert.ok(out.every((value) => value <= 7));
        } catch (error) {
          assert.ok(error instanceof WindrowError && error.code === "damaged");
        }
      },
    ),
    { seed: 3, numRuns: 2000 },
  );
});

test("a single run is seen as one", () => {
  assert.equal(constantRun(Uint8Array.of(20, 3), 10, 2), 3);
  assert.equal(constantRun(Uint8Array.of(20, 3), 11, 2), undefined);
  assert.equal(constantRun(Uint8Array.of(21, 3), 10, 2), undefined);
  assert.equal(constantRun(Uint8Array.of(), 1, 1), undefined);
});

test("booleans come back from bits", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean()), (values) => {
      const bytes = Uint8Array.from(values, Number);
      const back = new Uint8Array(bytes.length);
      unpackBits(packBits(bytes), back);
      assert.deepEqual(back, bytes);
    }),
    { seed: 4 },
  );
});

test("byte streams hold each byte of each value, and join to the values", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.constantFrom(2, 4, 8), (bytes, width) => {
      const values = bytes.slice(0, bytes.length - (bytes.length % width));
      const n = values.length / width;
      const plain = Uint8Array.from(values, (_, i) => values[(i % n) * width + Math.floor(i / n)]!);
      const streams = new Uint8Array(values.length);
      split(values, width, streams);
      assert.deepEqual(streams, plain);
      const back = new Uint8Array(values.length);
      join(streams, width, 0, n, back, 0);
      assert.deepEqual(back, values);
      if (width !== 4) return;
      const words = new Uint32Array(values.buffer);
      const fast = new Uint8Array(values.length);
      split4(words, fast);
      assert.deepEqual(fast, plain);
      const joined = new Uint32Array(n);
      const from = n >> 2;
      const part = new Uint8Array(back.length - 4 * from + 3);
      join4(new DataView(fast.buffer), n, from, n, new DataView(part.buffer), 3);
      assert.deepEqual(part.subarray(3), values.subarray(4 * from));
      join4(new DataView(fast.buffer), n, 0, n, new DataView(joined.buffer), 0);
      assert.deepEqual(joined, words);
    }),
    { seed: 5, numRuns: 500 },
  );
});

test("the checksum is that of zlib", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.equal(crc32Of(bytes), crc32(bytes));
    }),
    { seed: 6 },
  );
});

// Encodings.md, "DELTA_BINARY_PACKED", the two examples: 1 2 3 4 5 and 7 5 3 1 2 3 4 5, in one block of 128 values in 4 parts.
test("deltas are the examples of the specification", () => {
  const five = new Int32Array(5);
  readDeltas(Uint8Array.of(0x80, 1, 4, 5, 2, 2, 0, 0, 0, 0), five);
  assert.deepEqual([...five], [1, 2, 3, 4, 5]);
  const packed = Uint8Array.of(0b11000000, 0b00111111, 0, 0, 0, 0, 0, 0);
  const eight = new BigInt64Array(8);
  readDeltas(Uint8Array.of(0x80, 1, 4, 8, 14, 3, 2, 0, 0, 0, ...packed), eight);
  assert.deepEqual([...eight], [7n, 5n, 3n, 1n, 2n, 3n, 4n, 5n]);
});

test("any bytes are deltas or damage", () => {
  const read = [
    (bytes: Uint8Array) => readDeltas(bytes, new Int32Array(9)),
    (bytes: Uint8Array) => readDeltaLengths(bytes, 9),
    (bytes: Uint8Array) => readDeltaStrings(bytes, 9),
  ];
  // The head of a good block, so that what is behind it counts too.
  const head = fc.constantFrom([], [0x80, 1, 4, 9, 0]);
  fc.assert(
    fc.property(head, fc.uint8Array({ maxLength: 40 }), fc.constantFrom(...read), (start, bytes, reader) => {
      try {
        reader(Uint8Array.of(...start, ...bytes));
      } catch (error) {
        assert.ok(error instanceof WindrowError && error.code === "damaged", String(error));
      }
    }),
    { seed: 7, numRuns: 2000 },
  );
});
