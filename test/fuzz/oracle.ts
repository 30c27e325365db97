/** What a reader owes, whatever it is given: an answer or a refusal in one line, with bounded work, the same twice. */

import { memoryUsage } from "node:process";
import {
  type Batch,
  bytesOf,
  type Codec,
  type Codecs,
  type ErrorCode,
  type OpenFile,
  type ReadStore,
  WindrowError,
} from "../../src/core/index.ts";
import type { Parts } from "./mutate.ts";

/** What came of an input. */
export type Outcome =
  | { readonly kind: "read"; readonly digest: string }
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly message: string }
  /** The reader broke a law. `id` is the same for inputs that break it at the same place. */
  | { readonly kind: "fault"; readonly id: string; readonly why: string };

/** A law that a reader broke. */
class Fault extends Error {}

/** The first law that the present input broke: kept, since a reader may take what is thrown beneath it for damage. */
let broken: Fault | undefined;

/** Fails an input: the reader broke a law. */
export function fault(why: string): never {
  broken ??= new Fault(why);
  throw broken;
}

const REFUSALS: ReadonlySet<ErrorCode> = new Set(["damaged", "unsupported", "missing", "usage", "empty"]);

/** A message is printed as it is: a line break or an escape sequence in it would be the input's to choose. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

const LONGEST_MESSAGE = 1000;

function wrongRefusal({ code, message }: WindrowError, place: RegExp): string | undefined {
  if (!REFUSALS.has(code)) return `code ${code}`;
  if (CONTROL.test(message)) return "a message of more than one line, or with control characters";
  if (message.length > LONGEST_MESSAGE) return "a very long message";
  if (!message.startsWith("Cannot ")) return "a message that does not begin with Cannot";
  return place.test(message) ? undefined : "a message without a place";
}

/** Where in our sources an error came from; the same for all inputs that fail there. */
function sourceOf(error: Error): string {
  const frame = /\/src\/(\S+?):(\d+):\d+/.exec(error.stack ?? "");
  return frame === null ? "" : ` at src/${frame[1]}:${frame[2]}`;
}

/** Runs a reader and judges what it does. `place` is what each refusal must name. */
export async function judged(run: () => Promise<string>, place: RegExp): Promise<Outcome> {
  broken = undefined;
  const outcome = await outcomeOf(run, place);
  // Assigned by `fault`, which the compiler does not see.
  const law = broken as Fault | undefined;
  if (law === undefined) return outcome;
  return { kind: "fault", id: law.message.replace(/\d+/g, "N") + sourceOf(law), why: law.stack ?? law.message };
}

async function outcomeOf(run: () => Promise<string>, place: RegExp): Promise<Outcome> {
  try {
    return { kind: "read", digest: await run() };
  } catch (error) {
    if (error instanceof WindrowError) {
      const wrong = wrongRefusal(error, place);
      if (wrong === undefined) return { kind: "refused", code: error.code, message: error.message };
      return {
        kind: "fault",
        id: `${wrong}${sourceOf(error)}`,
        why: `${wrong}: ${JSON.stringify(error.message)}\n${error.stack}`,
      };
    }
    const thrown = error instanceof Error ? error : new Error(String(error));
    return { kind: "fault", id: `${thrown.name}${sourceOf(thrown)}`, why: thrown.stack ?? thrown.message };
  }
}

/** Whether two runs of one input came to the same. */
export function isSame(a: Outcome, b: Outcome): boolean {
  if (a.kind === "read" && b.kind === "read") return a.digest === b.digest;
  if (a.kind === "refused" && b.kind === "refused") return a.message === b.message;
  return a.kind === b.kind;
}

/** Counts what a reader sets aside and reads; more than an input can be worth is a fault. */
export class Budget {
  #allocated = 0;
  #reads = 0;
  #readBytes = 0;
  #most = { allocated: Number.POSITIVE_INFINITY, reads: Number.POSITIVE_INFINITY, readBytes: Number.POSITIVE_INFINITY };

  /** Begins an input of so many bytes, which may set aside `allowance` bytes whatever its size. */
  begin(bytes: number, allowance = 32 << 20): void {
    this.#allocated = 0;
    this.#reads = 0;
    this.#readBytes = 0;
    // A run of a million equal values takes some bytes; one of ten million would be too many for the largest input that is tried.
    this.#most = { allocated: allowance + 4096 * bytes, reads: 2000 + bytes, readBytes: (8 << 20) + 256 * bytes };
  }

  /** Ends it: what is set aside until the next one counts for nobody. */
  end(): void {
    this.#most = { ...this.#most, allocated: Number.POSITIVE_INFINITY };
  }

  allocate(bytes: number): void {
    this.#allocated += bytes;
    if (this.#allocated > this.#most.allocated) fault(`more memory than an input is worth: ${this.#allocated} bytes`);
  }

  read(bytes: number): void {
    this.#reads += 1;
    this.#readBytes += bytes;
    if (this.#reads > this.#most.reads) fault(`more reads than an input is worth: ${this.#reads}`);
    if (this.#readBytes > this.#most.readBytes) fault(`more bytes read than an input is worth: ${this.#readBytes}`);
  }
}

/** The budget of this process. */
export const budget = new Budget();

/**
 * Lets every typed array that is made count. To be called before the readers are loaded, in a process of its own: it replaces the
 * global constructors.
 */
export function countAllocations(): void {
  const globals = globalThis as unknown as Record<string, new (...args: unknown[]) => ArrayBufferView>; // they are these
  for (const [name, width] of Object.entries({
    Uint8Array: 1,
    Int8Array: 1,
    Uint16Array: 2,
    Int16Array: 2,
    Uint32Array: 4,
    Int32Array: 4,
    Float32Array: 4,
    Float64Array: 8,
    BigInt64Array: 8,
    BigUint64Array: 8,
  })) {
    globals[name] = new Proxy(globals[name]!, {
      construct(target, args, newTarget) {
        if (typeof args[0] === "number") budget.allocate(width * args[0]);
        return Reflect.construct(target, args, newTarget) as object;
      },
    });
  }
}

// Asking costs some microseconds, so that what is promised counts where it is little.
const MEASURED_BYTES = 1 << 20;

/** Codecs that count what they set aside: no constructor tells of the memory that zlib takes. */
export function countedCodecs(codecs: Codecs): Codecs {
  const counted = (codec: Codec): Codec => ({
    ...codec,
    unpack(bytes, rawLength) {
      if (rawLength < MEASURED_BYTES) {
        budget.allocate(rawLength);
        return codec.unpack(bytes, rawLength);
      }
      const before = memoryUsage().arrayBuffers;
      try {
        return codec.unpack(bytes, rawLength);
      } finally {
        budget.allocate(Math.max(0, memoryUsage().arrayBuffers - before));
      }
    },
    ...(codec.unpackPieces && {
      async *unpackPieces(pieces: AsyncIterable<Uint8Array>, rawLength: number) {
        for await (const piece of codec.unpackPieces!(pieces, rawLength)) {
          budget.allocate(piece.length);
          yield piece;
        }
      },
    }),
    // As above; what others set aside meanwhile is too little to matter.
    ...(codec.unpackLater && {
      async unpackLater(bytes, rawLength) {
        const before = memoryUsage().arrayBuffers;
        try {
          return await codec.unpackLater!(bytes, rawLength);
        } finally {
          budget.allocate(Math.max(0, memoryUsage().arrayBuffers - before));
        }
      },
    }),
  });
  return new Map(Array.from(codecs, ([name, codec]) => [name, counted(codec)]));
}

/** A store over an input's files, whose reads count. It gives copies, as a disk does. */
export function partsStore(parts: Parts): ReadStore {
  return {
    name: "fuzz",
    async get(key, range) {
      const bytes = Object.hasOwn(parts, key) ? parts[key] : undefined;
      if (bytes === undefined) return undefined;
      const { from, to } = range ?? { from: 0, to: bytes.length };
      if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && 0 <= from && from <= to && to <= bytes.length))
        fault(`a read outside of a file: ${from} to ${to} of ${bytes.length}`);
      budget.read(to - from);
      return bytes.slice(from, to);
    },
    size: async (key) => (Object.hasOwn(parts, key) ? parts[key]!.length : undefined),
    async *list(prefix) {
      yield* Object.keys(parts)
        .filter((key) => key.startsWith(prefix))
        .sort();
    },
  };
}

/** The same, whose files can also be opened. */
export interface OpenPartsStore extends ReadStore {
  /** Files that are open. */
  readonly left: number;
}

/** A store over an input's files that opens them at once, as a folder does. */
export function openPartsStore(parts: Parts): OpenPartsStore {
  let left = 0;
  return {
    ...partsStore(parts),
    get left() {
      return left;
    },
    open(key): OpenFile | undefined {
      const bytes = Object.hasOwn(parts, key) ? parts[key] : undefined;
      if (bytes === undefined) return undefined;
      let isOpen = true;
      left++;
      return {
        bytes: bytes.length,
        readInto(at, into) {
          const to = at + into.length;
          if (!isOpen) fault("a read of a file that is closed");
          if (!(Number.isSafeInteger(at) && 0 <= at && to <= bytes.length))
            fault(`a read outside of a file: ${at} to ${to} of ${bytes.length}`);
          budget.read(into.length);
          into.set(bytes.subarray(at, to));
        },
        [Symbol.dispose]() {
          if (isOpen) left--;
          isOpen = false;
        },
      };
    },
  };
}

/** Whether two runs of bytes are the same. */
export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** FNV-1a of bytes, going on from a state. */
export function mixed(state: number, bytes: Uint8Array): number {
  let hash = state;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}

const utf8 = new TextEncoder();

function cellBytes(data: Batch["columns"][string]["data"], row: number, rows: number): Uint8Array {
  if (ArrayBuffer.isView(data)) {
    const bytes = bytesOf(data);
    const width = bytes.length / rows;
    return bytes.subarray(row * width, (row + 1) * width);
  }
  const value = (data as readonly unknown[])[row];
  if (value instanceof Uint8Array) return value;
  return utf8.encode(typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined"));
}

/** Rows beyond these are not looked at: their number may be a lie that costs nothing, such as a run of a billion nulls. */
export const MOST_ROWS = 4096;

function rowHash(columns: Batch["columns"], row: number, length: number): number {
  let hash = 0x811c9dc5;
  for (const { data, valid } of Object.values(columns)) {
    const isThere = valid?.[row] !== 0;
    hash = Math.imul(hash ^ (isThere ? 1 : 0), 0x01000193);
    if (isThere) hash = mixed(hash, cellBytes(data, row, length));
  }
  return hash;
}

/** A hash of each row that is read, up to `MOST_ROWS`. A batch whose columns do not have its length is a fault. */
export async function rowHashes(batches: AsyncIterable<Batch>): Promise<number[]> {
  const hashes: number[] = [];
  for await (const { length, columns } of batches) {
    if (length === 0) fault("a batch of no rows");
    for (const [name, { data, valid }] of Object.entries(columns)) {
      if (data.length % length !== 0 || (valid !== undefined && valid.length !== length))
        fault(`column ${JSON.stringify(name)} of a batch of ${length} rows has ${data.length} values`);
    }
    const wanted = Math.min(length, MOST_ROWS - hashes.length);
    for (let row = 0; row < wanted; row++) hashes.push(rowHash(columns, row, length));
    if (hashes.length >= MOST_ROWS) break;
  }
  return hashes;
}
