/** Checksums: those of node:crypto and xxHash behind the interface of core, and the SHA-256 of a file. */

import { createHash, hash } from "node:crypto";
import { open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import type { Hash, Hashes } from "../core/index.ts";
import { ioError } from "./io-error.ts";

// mosaicml-streaming names its hashes as Python's hashlib does; OpenSSL has other names for some.
const CRYPTO = {
  blake2b: "blake2b512",
  blake2s: "blake2s256",
  md5: "md5",
  sha1: "sha1",
  sha224: "sha224",
  sha256: "sha256",
  sha384: "sha384",
  sha512: "sha512",
  sha3_224: "sha3-224",
  sha3_256: "sha3-256",
  sha3_384: "sha3-384",
  sha3_512: "sha3-512",
} as const;

// xxhash-wasm keeps a copy of all that it is given at once; pieces bound it.
const PIECE = 1 << 20;

/** The hashes at hand, by the names of mosaicml-streaming: SHA-1, SHA-2, SHA-3, BLAKE2, MD5, xxh32 and xxh64. */
export async function nodeHashes(): Promise<Hashes> {
  const { default: xxhash } = await import("xxhash-wasm");
  const { create32, create64 } = await xxhash();
  const hashes: Hash[] = Object.entries(CRYPTO).map(([name, algorithm]) => ({
    name,
    digest: (bytes) => hash(algorithm, bytes, "hex"),
    begin: () => {
      const running = createHash(algorithm);
      return { update: (bytes) => void running.update(bytes), digest: () => running.digest("hex") };
    },
  }));
  hashes.push(xxHash("xxh32", 8, create32), xxHash("xxh64", 16, create64));
  hashes.push({ name: "crc32", digest: (bytes) => hex(crc32(bytes), 8) });
  return new Map(hashes.map((one) => [one.name, one]));
}

function xxHash(
  name: string,
  digits: number,
  create: () => { update(bytes: Uint8Array): unknown; digest(): number | bigint },
): Hash {
  return {
    name,
    digest: (bytes) => hex(inPieces(create(), bytes).digest(), digits),
    begin: () => {
      const running = create();
      return { update: (bytes) => void inPieces(running, bytes), digest: () => hex(running.digest(), digits) };
    },
  };
}

function inPieces<T extends { update(bytes: Uint8Array): unknown }>(state: T, bytes: Uint8Array): T {
  for (let from = 0; from < bytes.length; from += PIECE) state.update(bytes.subarray(from, from + PIECE));
  return state;
}

function hex(value: number | bigint, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/**
 * SHA-256 of a file in hexadecimal, read piece by piece; the next piece is read while one is hashed.
 * @throws WindrowError `missing` or `io` when the file cannot be read; the signal's reason when it fires.
 */
export async function fileSha256(path: string, { signal }: { signal?: AbortSignal } = {}): Promise<string> {
  signal?.throwIfAborted();
  try {
    await using file = await open(path);
    const digest = createHash("sha256");
    const read = (into: Uint8Array) => file.read(into, 0, PIECE, null);
    let pieces = [new Uint8Array(PIECE), new Uint8Array(PIECE)] as const;
    let length = (await read(pieces[0])).bytesRead;
    while (length > 0 && !signal?.aborted) {
      const reading = read(pieces[1]);
      digest.update(pieces[0].subarray(0, length));
      length = (await reading).bytesRead;
      pieces = [pieces[1], pieces[0]];
    }
    signal?.throwIfAborted();
    return digest.digest("hex");
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw ioError("read", path, cause);
  }
}
