import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WindrowError } from "../../core/index.ts";
import { forwardBytes as forwardOf } from "./forward-bytes.ts";

const forwardBytes = (key: string, pieces: AsyncIterable<Uint8Array>, rawLength: number) =>
  forwardOf(key, pieces, { rawLength, close() {} });

const raw = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 31) % 251);

async function* piecesOf(
  bytes: Uint8Array,
  sizes: readonly number[],
  told: { given: number; ended?: boolean } = { given: 0 },
) {
  try {
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const piece = bytes.slice(at, at + (sizes[i % sizes.length] ?? 1));
      at += piece.length;
      told.given += piece.length;
      yield piece;
    }
  } finally {
    told.ended = true;
  }
}

/** Lets everything that can go on without the reader go on. */
async function settled(): Promise<void> {
  for (let i = 0; i < 200; i++) await new Promise(setImmediate);
}

test("any rising ranges are read, whatever the pieces, skipped bytes and all", async () => {
  const steps = fc.array(fc.tuple(fc.nat(50), fc.nat(120)), { maxLength: 20 });
  const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(steps, sizes, fc.boolean(), async (ranges, pieces, waits) => {
      const bytes = raw(ranges.reduce((sum, [skip, length]) => sum + skip + length, 1));
      using forward = forwardBytes("a", piecesOf(bytes, pieces), bytes.length);
      let at = 0;
      for (const [skip, length] of ranges) {
        if (waits) await settled();
        at += skip;
        const into = new Uint8Array(length);
        await forward.readInto(at, into);
        assert.deepEqual(into, bytes.subarray(at, at + length));
        at += length;
      }
    }),
    { numRuns: 50 },
  );
});

test("what is at hand is there on return", async () => {
  using forward = forwardBytes("a", piecesOf(raw(100), [40]), 100);
  const into = new Uint8Array(50);
  assert.ok(forward.readInto(0, into) instanceof Promise);
  await settled();
  assert.equal(forward.readInto(50, into), undefined);
  assert.deepEqual(into, raw(100).subarray(50));
});

const MIB = 1 << 20;

test("no more than 8 MiB are unpacked ahead of the reader, and more room is used", async () => {
  const told = { given: 0 };
  using forward = forwardBytes("a", piecesOf(new Uint8Array(100 * MIB), [MIB], told), 100 * MIB);
  const into = new Uint8Array(MIB);
  await settled();
  for (const at of [0, 10, 60]) {
    await forward.readInto(at * MIB, into);
    await settled();
    assert.equal(told.given, Math.min(100, at + 1 + 9) * MIB);
  }
});

test("a read of more than is unpacked ahead does not wait for ever", async () => {
  const bytes = new Uint8Array(40 * MIB);
  for (let i = 0; i < bytes.length; i += 4097) bytes[i] = i % 251;
  using forward = forwardBytes("a", piecesOf(bytes, [MIB]), bytes.length);
  const into = new Uint8Array(39 * MIB);
  await forward.readInto(5, into);
  for (let i = 0; i < into.length - 4092; i += 4097) assert.equal(into[i + 4092], bytes[i + 4097]);
  await forward.readInto(39 * MIB + 5, into.subarray(0, 9));
  assert.deepEqual(into.subarray(0, 9), bytes.subarray(39 * MIB + 5, 39 * MIB + 14));
});

test("bytes that were passed, and those of a closed shard, are not read", async () => {
  const told = { given: 0, ended: false };
  const forward = forwardBytes("the key", piecesOf(new Uint8Array(100 * MIB), [MIB], told), 100 * MIB);
  const into = new Uint8Array(MIB);
  await forward.readInto(7 * MIB, into);
  assert.throws(() => forward.readInto(0, into), {
    code: "usage",
    message: /the key: rows must be read in rising order/,
  });
  const late = assert.rejects(Promise.resolve(forward.readInto(90 * MIB, into)), { code: "usage" });
  forward[Symbol.dispose]();
  await late;
  assert.throws(() => forward.readInto(8 * MIB, into), { code: "usage", message: /it is closed/ });
  await settled();
  assert.ok(told.ended, "what gives the pieces is ended");
});

test("an error of the pieces, and an end before the last byte, come where they are read, and good bytes before", async () => {
  async function* broken() {
    yield raw(10);
    throw new WindrowError("damaged", "Cannot unpack zstd: no");
  }
  const into = new Uint8Array(10);
  for (const waits of [true, false]) {
    using forward = forwardBytes("the key", broken(), 20);
    if (waits) await settled();
    await forward.readInto(0, into);
    assert.deepEqual(into, raw(10));
    const refused = { code: "damaged", message: "Cannot read the key: Cannot unpack zstd: no (at byte 10)" };
    await assert.rejects(Promise.resolve(forward.readInto(10, into)), refused);
  }
  using short = forwardBytes("the key", piecesOf(raw(10), [3]), 20);
  await assert.rejects(Promise.resolve(short.readInto(5, into)), { code: "damaged", message: /the key: it ends here/ });
});

test("who reads the last byte is told what is wrong at the end", async () => {
  async function* wrong() {
    yield raw(10);
    await settled();
    throw new WindrowError("damaged", "Cannot unpack gz: incorrect data check");
  }
  for (const waits of [true, false]) {
    using forward = forwardBytes("the key", wrong(), 10);
    const into = new Uint8Array(4);
    await forward.readInto(2, into);
    for (let i = 0; waits && i < 3; i++) await settled();
    await assert.rejects(async () => forward.readInto(6, into), { code: "damaged", message: /incorrect data check/ });
  }
});
