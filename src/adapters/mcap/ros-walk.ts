/**
 * Goes through a ROS message without decoding it. The libraries that decode make lists as long as a message says before they look whether it
 * is, and read on into what lies behind it in memory: so lengths are held against the message first.
 */

import { WindrowError } from "../../core/index.ts";

/** What of a definition the walk needs. */
export interface WalkedField {
  readonly name: string;
  readonly type: string;
  readonly isComplex?: boolean;
  readonly isArray?: boolean;
  readonly arrayLength?: number | undefined;
  readonly isConstant?: boolean;
}

/** Fields by the name of their type. */
export type WalkedTypes = ReadonlyMap<string, readonly WalkedField[]>;

/** Bytes of a value, and what it is aligned to in CDR, by type; texts have a length before them. */
const SIZES: Readonly<Record<string, readonly [bytes: number, alignment: number]>> = {
  bool: [1, 1],
  int8: [1, 1],
  uint8: [1, 1],
  int16: [2, 2],
  uint16: [2, 2],
  int32: [4, 4],
  uint32: [4, 4],
  int64: [8, 8],
  uint64: [8, 8],
  float32: [4, 4],
  float64: [8, 8],
  time: [8, 4],
  duration: [8, 4],
};

/** How ROS 1 packs, and how CDR does: values aligned from behind a head of four bytes, an empty struct as one byte. */
export type Packing = "ros1" | "cdr";

const CDR_HEAD = 4;

class Walk {
  readonly #view: DataView;
  readonly #types: WalkedTypes;
  readonly #packing: Packing;
  readonly #isLittle: boolean;
  #at: number;

  constructor(data: Uint8Array, types: WalkedTypes, packing: Packing) {
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.#types = types;
    this.#packing = packing;
    this.#at = packing === "cdr" ? CDR_HEAD : 0;
    if (data.length < this.#at)
      throw new WindrowError("damaged", `it has at least ${this.#at} bytes, got ${data.length}`);
    // RTPS 2.5, 10.2: plain CDR is 0 for big endian and 1 for little endian.
    if (packing === "cdr" && !(data[0] === 0 && data[1]! <= 1))
      throw new WindrowError("unsupported", `it must be plain CDR, got ${[...data.subarray(0, 2)].join(" ")}`);
    this.#isLittle = packing === "ros1" || data[1] === 1;
  }

  struct(fields: readonly WalkedField[]): void {
    const own = fields.filter(({ isConstant }) => isConstant !== true);
    if (own.length === 0 && this.#packing === "cdr") this.#skip(1, 1, 1);
    for (const field of own) this.#field(field);
  }

  #field({ type, isComplex, isArray, arrayLength }: WalkedField): void {
    const count = isArray === true ? (arrayLength ?? this.#count()) : 1;
    const size = SIZES[type];
    if (isComplex !== true && size !== undefined) {
      const [bytes, alignment] = size;
      this.#skip(count, bytes, alignment);
      return;
    }
    const fields = isComplex === true ? (this.#types.get(type) ?? []) : undefined;
    // Each takes a byte at least, by what is checked of the definition: the loop ends with the message.
    for (let i = 0; i < count; i++) {
      if (fields !== undefined) this.struct(fields);
      else this.#skip(this.#count(), 1, 1);
    }
  }

  #count(): number {
    this.#skip(1, 4, 4);
    return this.#view.getUint32(this.#at - 4, this.#isLittle);
  }

  #skip(count: number, bytes: number, alignment: number): void {
    if (count === 0) return;
    if (this.#packing === "cdr") this.#at += (alignment - ((this.#at - CDR_HEAD) % alignment)) % alignment;
    this.#at += count * bytes;
    if (this.#at <= this.#view.byteLength) return;
    throw new WindrowError("damaged", `it goes on to byte ${this.#at}, got ${this.#view.byteLength}`);
  }
}

/**
 * Sees that a message ends where its own lengths say, or later.
 * @throws WindrowError `damaged` where it does not; `unsupported` for CDR of another kind than the plain one.
 */
export function checkLengths(
  data: Uint8Array,
  root: readonly WalkedField[],
  types: WalkedTypes,
  packing: Packing,
): void {
  new Walk(data, types, packing).struct(root);
}
