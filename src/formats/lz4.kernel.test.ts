/** LZ4 frames: a slow packer's come back, those of the reference too, and damage is refused. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WindrowError } from "../core/index.ts";
import { packLz4Frame, unpackLz4Frame } from "./lz4.kernel.ts";

function lengthBytes(length: number): number[] {
  const bytes: number[] = [];
  let rest = length - 15;
  for (; rest >= 255; rest -= 255) bytes.push(255);
  return length < 15 ? [] : [...bytes, rest];
}

/** A sequence: literals, then a match. */
function sequence(
  literals: readonly number[],
  match?: { readonly distance: number; readonly length: number },
): number[] {
  const more = match === undefined ? 0 : match.length - 4;
  const token = (Math.min(15, literals.length) << 4) | Math.min(15, more);
  const head = [token, ...lengthBytes(literals.length), ...literals];
  if (match === undefined) return head;
  return [...head, match.distance & 255, match.distance >> 8, ...lengthBytes(more)];
}

/** The longest match, if it is worth it, by looking at all distances. */
function longest(data: Uint8Array, at: number, end: number): { distance: number; length: number } | undefined {
  let best = { distance: 0, length: 0 };
  for (let distance = 1; distance <= Math.min(at, 300); distance++) {
    let length = 0;
    while (at + length < end && data[at + length] === data[at + length - distance]) length++;
    if (length > best.length) best = { distance, length };
  }
  return best.length >= 4 ? best : undefined;
}

function block(data: Uint8Array, from: number, to: number): number[] {
  const out: number[] = [];
  let literals: number[] = [];
  for (let at = from; at < to; ) {
    const match = longest(data, at, to);
    if (match === undefined) {
      literals.push(data[at++]!);
      continue;
    }
    out.push(...sequence(literals, match));
    literals = [];
    at += match.length;
  }
  return [...out, ...sequence(literals)];
}

const u32 = (value: number) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);

interface Form {
  readonly hasSize: boolean;
  readonly hasChecksums: boolean;
  readonly asItIs: boolean;
  readonly blockBytes: number;
}

/** A frame whose blocks reach back to those before. */
function frame(data: Uint8Array, { hasSize, hasChecksums, asItIs, blockBytes }: Form): Uint8Array {
  const flags = 0x40 | (hasSize ? 8 : 0) | (hasChecksums ? 0x14 : 0);
  const out = [...u32(0x184d2204), flags, 0x40, ...(hasSize ? [...u32(data.length), ...u32(0)] : []), 0];
  for (let from = 0; from < data.length; from += blockBytes) {
    const to = Math.min(data.length, from + blockBytes);
    const packed = asItIs ? [...data.subarray(from, to)] : block(data, from, to);
    out.push(...u32(asItIs ? packed.length + 0x80000000 : packed.length), ...packed, ...(hasChecksums ? u32(1) : []));
  }
  return Uint8Array.from([...out, ...u32(0), ...(hasChecksums ? u32(2) : [])]);
}

const anyData = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 20 }), fc.integer({ min: 1, max: 40 })), { maxLength: 8 })
  .map((runs) =>
    Uint8Array.from(runs.flatMap(([bytes, times]) => Array.from({ length: times }, () => [...bytes]).flat())),
  );
const anyForm = fc.record({
  hasSize: fc.boolean(),
  hasChecksums: fc.boolean(),
  asItIs: fc.boolean(),
  blockBytes: fc.integer({ min: 1, max: 700 }),
});

test("what is packed comes back", () => {
  fc.assert(
    fc.property(anyData, anyForm, (data, form) =>
      assert.deepEqual(unpackLz4Frame(frame(data, form), data.length), data),
    ),
  );
});

test("a frame of the reference implementation is unpacked", () => {
  // pyarrow 26.0.1: pa.Codec("lz4").compress(b"windrow " * 12)
  const packed = Uint8Array.fromHex("04224d18604082120000008f77696e64726f77200800405064726f772000000000");
  const text = new TextDecoder().decode(unpackLz4Frame(packed, 96));
  assert.equal(text, "windrow ".repeat(12));
});

test("flipped, cut and wrongly measured frames are refused, or unpack to as many bytes", () => {
  fc.assert(
    fc.property(anyData, anyForm, fc.nat(), fc.nat(255), (data, form, place, value) => {
      const packed = frame(data, form);
      packed[place % packed.length] = value;
      for (const bytes of [packed, packed.subarray(0, place % packed.length)]) {
        try {
          assert.equal(unpackLz4Frame(bytes, data.length).length, data.length);
        } catch (error) {
          assert.ok(error instanceof WindrowError || error instanceof RangeError, String(error));
        }
      }
      assert.throws(() => unpackLz4Frame(frame(data, form), data.length + 1), WindrowError);
    }),
    { numRuns: 300 },
  );
});

test("what packLz4Frame packs comes back, in blocks that stand alone, and is never much longer", () => {
  fc.assert(
    fc.property(anyData, (data) => {
      const packed = packLz4Frame(data);
      assert.deepEqual(unpackLz4Frame(packed, data.length), data);
      assert.ok(packed.length <= data.length + 15);
    }),
  );
  const large = Uint8Array.from({ length: 9 * 2 ** 20 }, (_, i) => (i * 7) ^ (i >> 9));
  assert.deepEqual(unpackLz4Frame(packLz4Frame(large), large.length), large);
});

test("an empty frame is what the reference implementation writes, but for the size of blocks", () => {
  // pyarrow 26.0.1 reads it; `pa.Codec("lz4").compress(b"")` is the same with 0x40 0x82 for blocks of 64 KiB.
  assert.equal(packLz4Frame(new Uint8Array()).toHex(), "04224d1860707300000000");
});
