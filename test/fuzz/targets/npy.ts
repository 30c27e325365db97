/** Arrays of numpy: headers and values, changed apart and together. */

import { openNpy } from "../../../src/adapters/npy/index.ts";
import { bytesOf, NUMERIC_ARRAYS, type NumericKind } from "../../../src/core/index.ts";
import { npyBytes, npyHead } from "../../npy-file.ts";
import type { Target } from "../engine.ts";
import { edgeNumber, type Mutator, type Parts, pick } from "../mutate.ts";
import { fault, judged, MOST_ROWS, mixed, partsStore } from "../oracle.ts";

const FILE = "x.npy";
const KINDS = Object.keys(NUMERIC_ARRAYS) as NumericKind[];

function seeds(): Parts[] {
  return KINDS.flatMap((kind, i) => {
    const shape = [[6], [3, 2], [2, 3, 1]][i % 3]!;
    const values = new NUMERIC_ARRAYS[kind](6);
    bytesOf(values).fill(1);
    const version = ([1, 2, 3] as const)[i % 3]!;
    return [true, false].map((is) => ({
      [FILE]: npyBytes({ kind, shape, values, isFortran: is, isLittle: !is, version }),
    }));
  });
}

const DICT = /\{[^\n]*/;

function textOf(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

/** A word of the header becomes another, and the header is padded again, so that what is behind it stays in its place. */
const words: Mutator = (parts, { rng }) => {
  const bytes = parts[FILE]!;
  const dict = DICT.exec(textOf(bytes))?.[0];
  if (dict === undefined) return undefined;
  const tokens = dict.trimEnd().split(/([{}(),:]|'[^']*')/);
  tokens[rng.int(tokens.length)] = pick(rng, [...WORDS, String(edgeNumber(rng, bytes.length)), ""]);
  const end = bytes.indexOf(0x0a);
  const head = npyHead(tokens.join(""), pick(rng, [1, 2, 3]));
  const out = new Uint8Array(head.length + bytes.length - end - 1);
  out.set(head);
  out.set(bytes.subarray(end + 1), head.length);
  return { [FILE]: out };
};

const WORDS = [
  ..."{ } ( ) , : True False None 'descr' 'fortran_order' 'shape' '<f8' '>i4' '|b1' '|O' '<c16' 1L 0 [".split(" "),
  "[('a', '<f8')]",
];

async function read(parts: Parts): Promise<string> {
  const array = await openNpy({ store: partsStore(parts), key: FILE });
  const rows = Math.min(MOST_ROWS, array.length);
  const whole = bytesOf(await array.read({ from: 0, to: rows }));
  const size = rows === 0 ? 0 : whole.length / rows;
  const numbers = Uint32Array.from({ length: rows }, (_, i) => rows - 1 - i);
  const turned = bytesOf(await array.read(numbers));
  for (const [i, row] of numbers.entries()) {
    if (textOf(turned.subarray(i * size, (i + 1) * size)) !== textOf(whole.subarray(row * size, (row + 1) * size)))
      fault("a row alone is another than among others");
  }
  const middle = Math.floor(rows / 2);
  const half = bytesOf(await array.read({ from: middle, to: rows }));
  if (textOf(half) !== textOf(whole.subarray(middle * size))) fault("rows of a range are not those of the whole");
  return `${JSON.stringify(array.type)} ${array.length} ${mixed(0, whole)}`;
}

/** The reader of numpy's arrays. */
export async function npyTarget(): Promise<Target> {
  return {
    seeds: seeds(),
    dictionary: WORDS.map((word) => new TextEncoder().encode(word)),
    mutators: [words, words],
    judge: (parts) => judged(() => read(parts), /x\.npy/),
  };
}
