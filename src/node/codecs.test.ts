import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WindrowError } from "../core/index.ts";
import { nodeCodecs } from "./codecs.ts";

const codecs = nodeCodecs();
const LEVELS = {
  zstd: [1, 3, 22],
  gz: [0, 1, 9],
  zlib: [0, 1, 9],
  br: [0, 5, 11],
  snappy: [],
  "lz4-frame": [],
} as const;

// Bytes that repeat, and bytes that do not.
const inputs = fc.oneof(
  fc.uint8Array({ maxLength: 3000 }),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.nat(20_000))
    .map(([piece, length]) => repeated(piece, length)),
);

async function* cutIn(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The same, each piece in the place of the one before, which is wiped when the next is asked for. */
async function* inOnePlace(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  const memory = new Uint8Array(size);
  for await (const piece of cutIn(bytes, size)) {
    memory.set(piece);
    yield memory.subarray(0, piece.length);
    memory.fill(0);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

function repeated(piece: Uint8Array, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => piece[i % piece.length]!);
}

test("the codecs are those of mosaicml-streaming that are offered, the zlib of Zarr and the frames of LZ4", () => {
  assert.deepEqual([...codecs.keys()], ["zstd", "gz", "zlib", "br", "snappy", "lz4-frame"]);
});

// mosaicml-streaming 0.13.0, `compress(name, b"windrow" * 20)`; Python's `zlib.compress(…, 9)`.
const GOLDEN = {
  zstd: "28b52ffd208c7500003877696e64726f7701000251c508",
  gz: "1f8b08006ea2016b02ff2bcfcc4b29ca2f2f1f0c140092608c0b8c000000",
  zlib: "78da2bcfcc4b29ca2f2f1f0c1400bd503cc9",
  br: "1b8b00f88d54b5bfbc734b4bb237b9882d12f8b503",
  snappy: "8c011877696e64726f77fe0700fe07000507",
  // pyarrow 26.0.1: pa.Codec("lz4").compress(b"windrow" * 20)
  "lz4-frame": "04224d18604082110000007f77696e64726f7707006d506e64726f7700000000",
};

for (const [name, codec] of codecs) {
  const levels = LEVELS[name as keyof typeof LEVELS];

  test(`${name}: what is packed unpacks to itself, at any level`, () => {
    fc.assert(
      fc.property(inputs, fc.constantFrom(undefined, ...levels), (bytes, level) => {
        const packed = codec.pack(bytes, level);
        assert.deepEqual(codec.unpack(packed, bytes.length), bytes);
        assert.deepEqual(codec.pack(bytes, level), packed, "the same bytes each time");
      }),
    );
  });

  test(`${name}: another raw length than was packed is damage`, () => {
    fc.assert(
      fc.property(inputs, fc.integer({ min: -3000, max: 3000 }), (bytes, off) => {
        const wrong = Math.max(0, bytes.length + off);
        fc.pre(wrong !== bytes.length);
        assert.throws(() => codec.unpack(codec.pack(bytes), wrong), {
          code: "damaged",
          message: /^Cannot unpack [a-z0-9-]+: /,
        });
      }),
    );
    assert.throws(() => codec.unpack(codec.pack(new Uint8Array(9)), 8), {
      message: new RegExp(`^Cannot unpack ${name}: must unpack to 8 bytes, got`),
    });
  });

  test(`${name}: bytes that are cut short are damage`, () => {
    fc.assert(
      fc.property(inputs, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (bytes, share) => {
        const packed = codec.pack(bytes);
        assert.throws(() => codec.unpack(packed.subarray(0, Math.floor(share * packed.length)), bytes.length), {
          code: "damaged",
        });
      }),
    );
  });

  test(`${name}: any bytes are refused as damage, or unpack to the length asked for`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(1000), fc.boolean(), (bytes, length, spoil) => {
        const given = spoil ? codec.pack(repeated(Uint8Array.of(1, 2, 3), length)) : bytes;
        if (spoil) for (const [i, byte] of bytes.slice(0, 4).entries()) given[(byte * 7 + i) % given.length]! ^= byte;
        try {
          assert.equal(codec.unpack(given, length).length, length);
        } catch (error) {
          assert.equal((error as { code?: string }).code, "damaged", String(error));
        }
      }),
      { numRuns: 500 },
    );
  });

  test(`${name}: unpacking later gives what unpacking at once gives, or its error`, async (t) => {
    const { unpackLater } = codec;
    if (unpackLater === undefined) return t.diagnostic("it cannot");
    await fc.assert(
      fc.asyncProperty(inputs, fc.nat(4), fc.boolean(), async (bytes, off, isCut) => {
        const packed = isCut ? codec.pack(bytes).subarray(0, -1) : codec.pack(bytes);
        const outcome = async (unpack: () => Uint8Array | Promise<Uint8Array>) => {
          try {
            return await unpack();
          } catch (error) {
            return String(error);
          }
        };
        const length = bytes.length + off;
        const later = outcome(() => unpackLater(packed, length));
        assert.deepEqual(await later, await outcome(() => codec.unpack(packed, length)));
      }),
    );
  });

  test(`${name}: unpacking by pieces gives what unpacking at once gives, or damage where that does`, async (t) => {
    const { unpackPieces } = codec;
    if (unpackPieces === undefined) return t.diagnostic("it has no pieces");
    await fc.assert(
      fc.asyncProperty(inputs, fc.nat(2), fc.nat(1), fc.integer({ min: 1, max: 50 }), async (bytes, off, cut, size) => {
        const packed = codec.pack(bytes);
        const given = packed.subarray(0, packed.length - cut);
        const length = bytes.length + off;
        const pieces = Array.fromAsync(unpackPieces(inOnePlace(given, size), length));
        if (off > 0 || cut > 0) return assert.rejects(pieces, { code: "damaged", message: /^Cannot unpack / });
        assert.deepEqual(joined(await pieces), bytes);
      }),
    );
  });

  test(`${name}: pieces come while the packed bytes do, and whoever stops early ends both`, async (t) => {
    const { unpackPieces } = codec;
    if (unpackPieces === undefined) return t.diagnostic("it has no pieces");
    const raw = Uint8Array.from({ length: 1 << 23 }, (_, i) => (Math.imul(i, 2654435761) >>> 20) & 0xff);
    const packed = codec.pack(raw, 1);
    // Large, small and none: what is given has a buffer of its own, which may be given away.
    const buffers = new Set<ArrayBufferLike>();
    for (const size of [1, 1000, 1 << 22]) {
      let length = 0;
      for await (const piece of unpackPieces(inOnePlace(codec.pack(raw, 1), 10 * size + 7), raw.length)) {
        assert.deepEqual(piece, raw.subarray(length, length + piece.length));
        assert.ok(!buffers.has(piece.buffer));
        buffers.add(piece.buffer);
        length += piece.length;
        if (length < raw.length) (piece.buffer as ArrayBuffer).transfer(0);
      }
    }
    let taken = 0;
    let isEnded = false;
    async function* counted() {
      try {
        for await (const piece of cutIn(packed, 1 << 12)) {
          taken += piece.length;
          yield piece;
        }
      } finally {
        isEnded = true;
      }
    }
    for await (const piece of unpackPieces(counted(), raw.length)) {
      assert.deepEqual(piece, raw.subarray(0, piece.length));
      break;
    }
    await new Promise(setImmediate);
    assert.ok(taken < packed.length / 2, `${taken} of ${packed.length} for the first piece`);
    assert.ok(isEnded);
    // A bomb is not unpacked further than to its first piece too many.
    await assert.rejects(Array.fromAsync(unpackPieces(cutIn(packed, 1 << 12), 1000)), {
      message: /1000 bytes, got more/,
    });
    const broken = async function* () {
      yield packed.subarray(0, 1000);
      throw new WindrowError("io", "Cannot read x: the device failed");
    };
    await assert.rejects(Array.fromAsync(unpackPieces(broken(), raw.length)), { code: "io" });
  });

  test(`${name}: what Python packed unpacks`, () => {
    const golden = Uint8Array.fromHex(GOLDEN[name as keyof typeof GOLDEN]);
    assert.equal(new TextDecoder().decode(codec.unpack(golden, 140)), "windrow".repeat(20));
  });

  test(`${name}: a bomb is refused without being unpacked`, () => {
    const bomb = codec.pack(new Uint8Array(1 << 24));
    assert.throws(() => codec.unpack(bomb, 1000), { code: "damaged", message: /must unpack to 1000 bytes, got/ });
  });

  test(`${name}: packed bytes do not hold on to a much larger buffer`, () => {
    const packed = codec.pack(new Uint8Array(1 << 20));
    assert.ok(packed.buffer.byteLength < 2 * packed.length + 100, `${packed.buffer.byteLength} for ${packed.length}`);
  });
}

test("zstd: the frame says the raw length, as python-zstd needs it", () => {
  const [codec, length] = [codecs.get("zstd")!, 300_000];
  const packed = codec.pack(Uint8Array.from({ length }, (_, i) => (i * i) >> 7));
  // RFC 8878, 3.1.1.1: the two top bits of the descriptor tell the size of the content size field, here 4 bytes.
  assert.equal(packed[4]! >> 6, 2);
  const single = (packed[4]! >> 5) & 1;
  assert.equal(new DataView(packed.buffer, packed.byteOffset).getUint32(single === 1 ? 5 : 6, true), length);
});

test("gz: the header tells no time and no system", () => {
  const packed = codecs.get("gz")!.pack(Uint8Array.of(1));
  assert.deepEqual([...packed.subarray(0, 8)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
  assert.equal(packed[9], 255);
});

test("snappy: a declared length is checked before anything is allocated", () => {
  const snappy = codecs.get("snappy")!;
  for (const head of ["ffffffff0f", "ffffffff1f", "ffffffffff", "80", ""]) {
    const bytes = Uint8Array.fromHex(head);
    assert.throws(() => snappy.unpack(bytes, 10), {
      code: "damaged",
      message: /^Cannot unpack snappy: must unpack to 10 bytes, got/,
    });
  }
});

test("what was cut short unpacks as far as it goes", () => {
  const zstd = codecs.get("zstd")!;
  const raw = Uint8Array.from({ length: 400_000 }, (_, i) => (i * i) >> 7);
  const packed = zstd.pack(raw);
  let most = 0;
  for (const part of [0, 0.1, 0.5, 0.9, 1]) {
    const got = zstd.unpackCut!(packed.subarray(0, part * packed.length), raw.length);
    assert.deepEqual(got, raw.slice(0, got.length));
    assert.ok(got.length >= most);
    most = got.length;
  }
  assert.equal(most, raw.length);
  assert.throws(() => zstd.unpackCut!(packed, 1000), { code: "damaged" });
  assert.throws(() => zstd.unpackCut!(raw, 1000), { code: "damaged" });
});
