/** Changes bytes at random: flips, cuts, splices, lies about lengths. The same stream of chance makes the same changes. */

import type { Rng } from "../../src/core/index.ts";

/** Files by name: what a reader is given. */
export type Parts = Readonly<Record<string, Uint8Array>>;

/** What changes may draw from. */
export interface Tools {
  readonly rng: Rng;
  /** Words of the format. */
  readonly dictionary: readonly Uint8Array[];
  /** Another input's bytes, to splice with. */
  readonly other: Uint8Array;
}

/** Changes whole files in a way that knows the format; `undefined` where it has nothing to change. */
export type Mutator = (parts: Parts, tools: Tools) => Parts | undefined;

/** A random one. */
export function pick<T>(rng: Rng, from: readonly T[]): T {
  return from[rng.int(from.length)]!;
}

// Widths of integers, of float64's whole numbers, and sizes that a reader may take for real.
const POWERS = [7, 8, 15, 16, 20, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 53, 63, 64];
const EDGES = [0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 1023, 4096, 32767, 32768, 65535, 65536];

/** A number that decoders trip over: edges of widths, their neighbours, or about a length at hand. */
export function edgeNumber(rng: Rng, length: number): bigint {
  switch (rng.int(5)) {
    case 0:
      return BigInt(pick(rng, EDGES));
    case 1:
      return 2n ** BigInt(pick(rng, POWERS)) + BigInt(rng.int(4) - 2);
    case 2:
      return -BigInt(1 + rng.int(4));
    case 3:
      return BigInt(Math.trunc(length) + rng.int(9) - 4);
    default:
      return BigInt(rng.int(64));
  }
}

function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** A stretch of at most `most` bytes: short ones more often than long ones. */
function stretch(rng: Rng, length: number, most = length): { readonly from: number; readonly to: number } {
  const from = rng.int(length + 1);
  const longest = Math.min(most, length - from);
  return { from, to: from + Math.min(longest, rng.int(2 + rng.int(1 + longest))) };
}

/** Writes a little-endian number over bytes. */
function withNumber(bytes: Uint8Array, at: number, value: bigint, width: number): Uint8Array {
  const out = bytes.slice();
  for (let i = 0; i < width && at + i < out.length; i++) out[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return out;
}

/** A number as Thrift, Protocol Buffers and Parquet's runs have it. */
export function varint(value: bigint): Uint8Array {
  const out: number[] = [];
  let left = BigInt.asUintN(64, value);
  for (; left > 0x7fn; left >>= 7n) out.push(Number(left & 0x7fn) | 0x80);
  return Uint8Array.from([...out, Number(left)]);
}

type Change = (bytes: Uint8Array, tools: Tools) => Uint8Array;

const flipBit: Change = (bytes, { rng }) => {
  const out = bytes.slice();
  if (out.length > 0) out[rng.int(out.length)]! ^= 1 << rng.int(8);
  return out;
};

const setByte: Change = (bytes, { rng }) => {
  const out = bytes.slice();
  if (out.length > 0) out[rng.int(out.length)] = rng.int(256);
  return out;
};

const addLittle: Change = (bytes, { rng }) => {
  const width = pick(rng, [1, 2, 4, 8]);
  const at = rng.int(Math.max(1, bytes.length - width + 1));
  let value = 0n;
  for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
  return withNumber(bytes, at, value + BigInt(rng.int(33) - 16), width);
};

const lieNumber: Change = (bytes, { rng }) => {
  const width = pick(rng, [1, 2, 4, 4, 8]);
  return withNumber(bytes, rng.int(bytes.length + 1), edgeNumber(rng, bytes.length), width);
};

const lieVarint: Change = (bytes, { rng }) => {
  const at = rng.int(bytes.length + 1);
  let end = at;
  while (end < bytes.length && bytes[end]! >= 0x80) end++;
  const value = edgeNumber(rng, bytes.length);
  // Half of them zigzag, as Thrift has signed numbers.
  const written = rng.int(2) === 0 ? value : value < 0n ? -2n * value - 1n : 2n * value;
  return joined(bytes.subarray(0, at), varint(written), bytes.subarray(end + 1));
};

const cut: Change = (bytes, { rng }) => {
  const { from, to } = stretch(rng, bytes.length);
  return joined(bytes.subarray(0, from), bytes.subarray(to));
};

const cutEnd: Change = (bytes, { rng }) => bytes.slice(0, rng.int(bytes.length + 1));

const repeat: Change = (bytes, { rng }) => {
  const { from, to } = stretch(rng, bytes.length, 512);
  const piece = bytes.subarray(from, to);
  return joined(bytes.subarray(0, to), ...Array.from({ length: 1 + rng.int(4) }, () => piece), bytes.subarray(to));
};

const insert: Change = (bytes, { rng }) => {
  const at = rng.int(bytes.length + 1);
  const some = Uint8Array.from({ length: 1 + rng.int(8) }, () => pick(rng, [0, 255, rng.int(256)]));
  return joined(bytes.subarray(0, at), some, bytes.subarray(at));
};

const insertWord: Change = (bytes, { rng, dictionary }) => {
  if (dictionary.length === 0) return bytes;
  const word = pick(rng, dictionary);
  const at = rng.int(bytes.length + 1);
  const behind = rng.int(2) === 0 ? at : Math.min(bytes.length, at + word.length);
  return joined(bytes.subarray(0, at), word, bytes.subarray(behind));
};

const splice: Change = (bytes, { rng, other }) => {
  const from = stretch(rng, other.length);
  const { from: at, to } = stretch(rng, bytes.length);
  return joined(bytes.subarray(0, at), other.subarray(from.from, from.to), bytes.subarray(to));
};

const swap: Change = (bytes, { rng }) => {
  const a = stretch(rng, bytes.length, 64);
  const b = stretch(rng, bytes.length - a.to, 64);
  const [from, to] = [a.to + b.from, a.to + b.to];
  return joined(
    bytes.subarray(0, a.from),
    bytes.subarray(from, to),
    bytes.subarray(a.to, from),
    bytes.subarray(a.from, a.to),
    bytes.subarray(to),
  );
};

const CHANGES: readonly Change[] = [
  flipBit,
  setByte,
  addLittle,
  lieNumber,
  lieVarint,
  cut,
  cutEnd,
  repeat,
  insert,
  insertWord,
  splice,
  swap,
];

/** No input grows beyond this: what a reader does with more is the same, only slower. */
const MOST_BYTES = 1 << 16;

/** One to four changes, mostly one: most inputs should still get past the first check. */
export function changed(bytes: Uint8Array, tools: Tools): Uint8Array {
  let out = bytes;
  for (let left = pick(tools.rng, [1, 1, 1, 2, 4]); left > 0; left--) out = pick(tools.rng, CHANGES)(out, tools);
  return out.length > Math.max(MOST_BYTES, bytes.length) ? out.slice(0, MOST_BYTES) : out;
}

/** Changes one of the files. */
export const changeBytes: Mutator = (parts, tools) => {
  const names = Object.keys(parts);
  const name = pick(tools.rng, names);
  return { ...parts, [name]: changed(parts[name]!, tools) };
};
