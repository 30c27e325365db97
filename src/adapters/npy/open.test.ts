/** Arrays of numpy: what is written comes back, in any order of bytes, axes and rows; what is broken is refused with its place. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type NpyFile, npyBytes, npyHead } from "../../../test/npy-file.ts";
import { bytesOf, kindBytes, NUMERIC_ARRAYS, type NumericKind, WindrowError } from "../../core/index.ts";
import { memoryStore } from "../../stores/index.ts";
import { isNpy, openNpy } from "./index.ts";

const KINDS = Object.keys(NUMERIC_ARRAYS) as NumericKind[];

async function open(bytes: Uint8Array) {
  const store = memoryStore();
  await store.put("x", bytes);
  return openNpy({ store, key: "x" });
}

const anyFile: fc.Arbitrary<NpyFile> = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    shape: fc
      .tuple(fc.integer({ min: 0, max: 9 }), fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }))
      .map(([rows, rest]) => [rows, ...rest]),
    isFortran: fc.boolean(),
    isLittle: fc.boolean(),
    version: fc.constantFrom(1, 2, 3),
    seed: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  })
  .map(({ seed, ...file }) => {
    const values = new NUMERIC_ARRAYS[file.kind](file.shape.reduce((product, size) => product * size, 1));
    const bytes = bytesOf(values);
    for (let i = 0; i < bytes.length; i++)
      bytes[i] = file.kind === "bool" ? seed[i % 16]! & 1 : seed[(i * 7) % 16]! ^ i;
    return { ...file, values };
  });

/** The bytes of rows' values: NaNs are many. */
function rowsOf({ values, shape, kind }: NpyFile, rows: readonly number[]): number[] {
  const size = shape.slice(1).reduce((product, axis) => product * axis, kindBytes(kind));
  return rows.flatMap((row) => Array.from(bytesOf(values).subarray(row * size, (row + 1) * size)));
}

test("what is written comes back, row by row, in any choice", async () => {
  const property = fc.asyncProperty(anyFile, fc.array(fc.nat()), fc.nat(), fc.nat(), async (file, picks, a, b) => {
    const array = await open(npyBytes(file));
    const rows = file.shape[0]!;
    assert.equal(array.length, rows);
    const [from, to] = [Math.min(a % (rows + 1), b % (rows + 1)), Math.max(a % (rows + 1), b % (rows + 1))];
    const range = await array.read({ from, to });
    assert.deepEqual(
      Array.from(bytesOf(range)),
      rowsOf(
        file,
        Array.from({ length: to - from }, (_, i) => from + i),
      ),
    );
    const numbers = rows === 0 ? [] : picks.map((pick) => pick % rows);
    const picked = await array.read(Uint32Array.from(numbers));
    assert.deepEqual(Array.from(bytesOf(picked)), rowsOf(file, numbers));
    assert.ok(picked instanceof NUMERIC_ARRAYS[file.kind]);
  });
  await fc.assert(property);
});

test("a row of one value is a scalar, whatever axes it has", async () => {
  const values = Float64Array.of(1, 2);
  for (const shape of [[2], [2, 1], [2, 1, 1]])
    assert.deepEqual((await open(npyBytes({ kind: "f64", shape, values }))).type, { kind: "f64" });
  const wide = await open(npyBytes({ kind: "f64", shape: [1, 2], values }));
  assert.deepEqual(wide.type, { kind: "f64", shape: [2] });
});

test("a header as Python 2 wrote it is read", async () => {
  const head = npyHead("{'descr': '<i8', \"fortran_order\": False, 'shape': (1L, 1L)}");
  const array = await open(Uint8Array.from([...head, ...new Uint8Array(8)]));
  assert.deepEqual(await array.read({ from: 0, to: 1 }), BigInt64Array.of(0n));
});

const OPENING = "{'descr': '<f8', 'fortran_order': False, ";
const BROKEN: Readonly<Record<string, readonly [code: string, head: string, why: RegExp]>> = {
  "no dictionary": ["damaged", "[1, 2]", /a dictionary at letter 0, got "\[1, 2\]/],
  "a key less": ["damaged", "{'descr': '<f8', 'shape': (1,)}", /descr, fortran_order, shape, got descr, shape/],
  "a key more": ["damaged", `${OPENING}'shape': (1,), 'x': 1}`, /each once, got "x"/],
  "a key twice": ["damaged", `${OPENING}'descr': '<f8'}`, /each once, got "descr"/],
  "a number for a shape": ["damaged", `${OPENING}'shape': (1)}`, /must be a tuple, got a number/],
  "a negative size": ["damaged", `${OPENING}'shape': (-1,)}`, /a size at letter/],
  "a size beyond numbers": ["damaged", `${OPENING}'shape': (9999999999999999,)}`, /below 2\^53/],
  "more axes than there are": ["damaged", `${OPENING}'shape': (${"1, ".repeat(65)})}`, /up to 64 sizes/],
  "something behind": ["damaged", `${OPENING}'shape': (1,)} + x`, /nothing behind/],
  "an order that is none": ["damaged", "{'fortran_order': 1}", /True or False/],
  "a call": ["damaged", "{'descr': __import__('os')}", /a text in quotes/],
  "a structured type": ["unsupported", "{'descr': [('a', '<f8')], 'shape': (1,)}", /structured/],
  objects: ["unsupported", "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", /got type "\|O"/],
  texts: ["unsupported", "{'descr': '<U4', 'fortran_order': False, 'shape': (1,)}", /got type "<U4"/],
  "complex numbers": ["unsupported", "{'descr': '<c16', 'fortran_order': False, 'shape': (1,)}", /got type "<c16"/],
  "floats without byte order": ["unsupported", "{'descr': '|f8', 'fortran_order': False, 'shape': (1,)}", /"\|f8"/],
  "values more": ["damaged", `${OPENING}'shape': (2,)}`, /shape \(2\) take 16 bytes, got 8 \(at byte 128\)/],
  "values more than can be": [
    "damaged",
    `${OPENING}'shape': (999999999999999, 999999999999999)}`,
    /take \d{31,} bytes/,
  ],
  "values less": ["damaged", `${OPENING}'shape': (0,)}`, /take 0 bytes, got 8/],
  "no axis": ["unsupported", `${OPENING}'shape': ()}`, /an array of rows is expected, got one of shape \(\)/],
};

for (const [what, [code, head, why]] of Object.entries(BROKEN)) {
  test(`a header with ${what} is refused`, async () => {
    const bytes = Uint8Array.from([...npyHead(head), ...new Uint8Array(8)]);
    await assert.rejects(open(bytes), (error: unknown) => {
      assert.ok(error instanceof WindrowError);
      assert.equal(error.code, code);
      assert.match(error.message, /^Cannot read memory\/x: /);
      assert.match(error.message, why);
      return true;
    });
  });
}

test("rows without values are refused", async () => {
  const head = npyHead(`${OPENING}'shape': (5, 0)}`);
  await assert.rejects(open(head), /an array of rows is expected, got one of shape \(5, 0\)/);
});

test("a file that is cut anywhere is refused", async () => {
  const whole = npyBytes({ kind: "f32", shape: [3, 2], values: Float32Array.of(1, 2, 3, 4, 5, 6), version: 2 });
  for (let length = 0; length < whole.length; length++)
    await assert.rejects(
      open(whole.slice(0, length)),
      (error) => error instanceof WindrowError && error.code === "damaged",
    );
});

test("a boolean is 0 or 1", async () => {
  const bytes = npyBytes({ kind: "bool", shape: [3], values: Uint8Array.of(0, 2, 1) });
  const array = await open(bytes);
  await assert.rejects(array.read({ from: 0, to: 3 }), /a boolean is 0 or 1, got 2 \(at byte 129\)/);
});

test("a row that is not there is refused", async () => {
  const array = await open(npyBytes({ kind: "u8", shape: [3], values: Uint8Array.of(1, 2, 3) }));
  for (const rows of [{ from: 0, to: 4 }, { from: 2, to: 1 }, Uint32Array.of(3)])
    await assert.rejects(array.read(rows), (error) => error instanceof WindrowError && error.code === "usage");
});

test("rows are read without the others", async () => {
  const store = memoryStore();
  await store.put("x", npyBytes({ kind: "u8", shape: [1e6], values: new Uint8Array(1e6).fill(7) }));
  let read = 0;
  const counted = {
    ...store,
    async get(...args: Parameters<typeof store.get>) {
      const bytes = await store.get(...args);
      read += bytes?.length ?? 0;
      return bytes;
    },
  };
  const array = await openNpy({ store: counted, key: "x" });
  assert.ok(read < 1000, `a header of ${read} bytes`);
  await array.read({ from: 10, to: 20 });
  await array.read(Uint32Array.of(999_999, 5, 5));
  assert.ok(read < 1100, `${read} bytes for 13 rows`);
});

test("a file is told by its first bytes", async () => {
  const store = memoryStore();
  await store.put("x", npyHead(""));
  await store.put("y", new Uint8Array(3));
  assert.equal(await isNpy({ store, key: "x" }), true);
  assert.equal(await isNpy({ store, key: "y" }), false);
  assert.equal(await isNpy({ store, key: "z" }), false);
});
