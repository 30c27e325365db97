import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import xxhash from "xxhash-wasm";
import { sampleKey, seedOf, writeSampleKey, xxh64 } from "./xxh64.kernel.ts";

const peer = await xxhash();
const U64 = 2n ** 64n - 1n;
const seeds = fc.bigInt({ min: 0n, max: U64 });

test("xxh64 is that of xxhash-wasm, for any bytes and seed", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), seeds, (bytes, seed) => {
      assert.equal(xxh64(bytes, seed), peer.h64Raw(bytes, seed));
    }),
    { numRuns: 2000 },
  );
});

test("xxh64 is that of xxhash-wasm at every length to 200, also where limbs carry", () => {
  const fills = [() => 0, () => 255, (i: number) => (i * 151 + 7) & 255];
  for (const fill of fills) {
    for (const seed of [0n, 1n, 42n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 63n, U64]) {
      for (let length = 0; length <= 200; length++) {
        // From an odd offset: a view into a larger buffer is hashed where it lies.
        const bytes = Uint8Array.from({ length: length + 1 }, (_, i) => fill(i)).subarray(1);
        assert.equal(xxh64(bytes, seed), peer.h64Raw(bytes, seed), `${length} bytes, seed ${seed}`);
      }
    }
  }
});

test("a seed may be a number", () => {
  assert.equal(xxh64(Uint8Array.of(1), 42), peer.h64Raw(Uint8Array.of(1), 42n));
  assert.deepEqual(seedOf(2 ** 33 + 1), { hi: 2, lo: 1 });
  assert.deepEqual(seedOf(U64), { hi: -1, lo: -1 });
});

test("a seed that is no unsigned 64-bit number is refused", () => {
  for (const seed of [-1, -1n, 0.5, Number.NaN, 2 ** 53, U64 + 1n, Number.POSITIVE_INFINITY]) {
    assert.throws(() => seedOf(seed), {
      code: "usage",
      message: `Cannot seed: the seed must be a whole number from 0 to 2^64-1, got ${seed}`,
    });
  }
});

test("a sample's key is XXH64 of its id and its start as u64le, written at its row alone", () => {
  const starts = fc.oneof(fc.nat(100_000), fc.maxSafeNat());
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), starts, seeds, fc.nat(4), (text, start, seed, row) => {
      const id = new TextEncoder().encode(text);
      const name = new Uint8Array(id.length + 8);
      name.set(id);
      new DataView(name.buffer).setBigUint64(id.length, BigInt(start), true);
      const expected = peer.h64Raw(name, seed);

      const blob = new Uint8Array(id.length + 7).fill(99);
      blob.set(id, 3);
      const keys = new BigUint64Array(5).fill(7n);
      writeSampleKey(blob, 3, 3 + id.length, start, seedOf(seed), new Uint32Array(keys.buffer), row);
      assert.deepEqual(
        keys,
        new BigUint64Array(5).map((_, i) => (i === row ? expected : 7n)),
      );
      assert.equal(sampleKey(text, start, seed), expected);
    }),
    { numRuns: 1000 },
  );
});

test("an id longer than any before it is hashed whole", () => {
  for (const length of [300, 5000, 20]) {
    const text = "x".repeat(length);
    const name = new Uint8Array([...new TextEncoder().encode(text), 9, 0, 0, 0, 0, 0, 0, 0]);
    assert.equal(sampleKey(text, 9, 1), peer.h64Raw(name, 1n));
  }
});

interface Expected {
  readonly files: Readonly<Record<string, { readonly first_in_order: readonly [string, string, number, string][] }>>;
}

const vectors = new URL("../../../shared/vectors/ais_expected_real.json", import.meta.url);

test("keys are those of another implementation", { skip: !existsSync(vectors) && "../shared is not there" }, () => {
  const { files }: Expected = JSON.parse(readFileSync(vectors, "utf8"));
  const samples = Object.values(files).flatMap((file) => file.first_in_order);
  assert.equal(samples.length, 16);
  for (const [key, traceId, start] of samples) {
    assert.equal(sampleKey(traceId, start, 42).toString(16).padStart(16, "0"), key);
  }
});
