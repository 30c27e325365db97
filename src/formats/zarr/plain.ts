/** Plain arrays of any number of axes, filters and orders, through zarrita: what is no table of rows. */

import { type Codecs, isSafeKey, type Json, type Key, type ReadStore, WindrowError } from "../../core/index.ts";
import { at, damaged, unsupported } from "../fault.ts";
import {
  checkChunk,
  type JsonObject,
  promisedBytes,
  unpackChunk,
  type ZarrCompressor,
  zarrCompressor,
} from "./compressor.ts";
import { zarrDtype } from "./dtype.ts";
import { type ArrayLayout, checkedChunkBytes, joined, jsonAt } from "./metadata.ts";

/** Of each axis: everything (null), one place, or a range with a step. */
export type PlainSelection = readonly (
  | null
  | number
  | { readonly from: number; readonly to: number; readonly step?: number }
)[];

/** Values of a part of an array: the one at `[i, j, …]` is `data[i * strides[0] + j * strides[1] + …]`. */
export interface PlainValues {
  /** Numbers as a typed array, booleans as bytes; texts and other values as a list. */
  readonly data: (ArrayBufferView & ArrayLike<number | bigint>) | readonly unknown[];
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** An array that is no table of rows: its chunks part more axes than the first, or are in Fortran's order, or filtered. */
export interface ZarrPlainArray {
  readonly kind: "plain";
  readonly path: string;
  readonly attributes: JsonObject;
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  /** As zarrita names it: `int16`, `v2:U7` … */
  readonly dtype: string;
  /**
   * The values of a selection; of all where absent.
   * @throws WindrowError `usage` for a selection that does not fit, `damaged` for chunks that cannot be read
   */
  read(selection?: PlainSelection): Promise<PlainValues>;
}

/** Values that one read gives at the most. */
const MOST_VALUES = 2 ** 31 - 1;

function notRead(path: string, cause: unknown): WindrowError {
  if (cause instanceof WindrowError) return cause;
  const { name, message } = cause instanceof Error ? cause : { name: "", message: String(cause) };
  const isUnknown = name === "UnknownCodecError" || name === "UnsupportedError";
  const code = isUnknown ? "unsupported" : name === "InvalidSelectionError" ? "usage" : "damaged";
  return new WindrowError(code, `Cannot read ${path}: ${message}`, { details: { path }, cause });
}

/** How chunks are unpacked here, so that zarrita, which sets aside whatever a chunk unpacks to, only has them raw. */
interface Unpacking {
  readonly compressor: ZarrCompressor | null;
  /** What each must unpack to; `undefined` for what filters have made of values, or objects. */
  readonly rawBytes: number | undefined;
  /** And what it may, at the most. */
  readonly mostBytes: number;
  readonly codecs: Codecs;
}

/** What a chunk of objects may unpack to. */
const MOST_OBJECTS = 2 ** 30;
/** Filters may make values longer, and have heads of their own. */
const FILTERED = { times: 8, more: 1 << 16 } as const;

/**
 * Of chunks of v2, and of v3 behind no codecs but these.
 * @throws WindrowError `unsupported` for chunks that are too large, `damaged`
 */
function unpackingOf(
  { format, chunks, dtype, filters, compressor }: ArrayLayout,
  codecs: Codecs,
): Unpacking | undefined {
  const values = chunks.reduce((all, size) => all * size, 1);
  const isObjects = dtype === "|O";
  const bytes = checkedChunkBytes(isObjects ? values : values * zarrDtype(dtype).itemBytes);
  if (format === 3 && filters.length > 0) return undefined;
  const isKnown = !isObjects && filters.length === 0;
  const mostBytes = isObjects ? MOST_OBJECTS : bytes * FILTERED.times + FILTERED.more;
  return { compressor: zarrCompressor(compressor), rawBytes: isKnown ? bytes : undefined, mostBytes, codecs };
}

/** Whether chunks are left to zarrita to unpack: zlib does not say how much that will be. */
const isLeft = ({ compressor, rawBytes }: Unpacking) => compressor?.id === "zlib" && rawBytes === undefined;

/** So large a chunk of zlib is left to zarrita: it unpacks to 1032 times as much at the most. */
const MOST_LEFT = 2 ** 20;

function unpacked({ compressor, codecs, mostBytes, ...of }: Unpacking, packed: Uint8Array): Uint8Array {
  const rawBytes = of.rawBytes ?? promisedBytes(compressor, packed);
  if (rawBytes === undefined) return unsupported("a chunk that does not say what it unpacks to");
  if (rawBytes > mostBytes) damaged(`a chunk of up to ${mostBytes} bytes was expected, got ${rawBytes}`);
  checkChunk(compressor, packed, { rawBytes, codecs });
  return unpackChunk(compressor, packed, { rawBytes, codecs });
}

function left(packed: Uint8Array): Uint8Array {
  return packed.length <= MOST_LEFT ? packed : unsupported(`a filtered chunk of zlib of ${packed.length} bytes`);
}

/** The metadata without what packs chunks. */
function rawMeta({ format }: ArrayLayout, meta: JsonObject): Json {
  if (format === 2) return { ...meta, compressor: null };
  const { codecs } = meta;
  return { ...meta, codecs: Array.isArray(codecs) ? codecs.slice(0, 1) : [] };
}

/** A store as zarrita asks for it: keys with a slash before them. */
function readable(
  store: ReadStore,
  metaKey: Key,
  layout: ArrayLayout,
  unpacking: Unpacking | undefined,
): { get(key: string): Promise<Uint8Array | undefined> } {
  return {
    async get(slashed) {
      const key = slashed.slice(1);
      if (!isSafeKey(key)) return undefined;
      if (unpacking !== undefined && !isLeft(unpacking) && key === metaKey) {
        const meta = await jsonAt(store, key);
        return meta && new TextEncoder().encode(JSON.stringify(rawMeta(layout, meta)));
      }
      const bytes = await store.get(key);
      if (bytes === undefined || unpacking === undefined || /(^|\/)(\.z\w+|zarr\.json)$/.test(key)) return bytes;
      return at({ key, offset: 0 }, () => (isLeft(unpacking) ? left(bytes) : unpacked(unpacking, bytes)));
    },
  };
}

/** Values that a selection has. What is beyond the array zarrita leaves out. */
function selected(shape: readonly number[], selection: PlainSelection | undefined): number {
  return shape.reduce((all, size, axis) => {
    const chosen = selection?.[axis] ?? null;
    if (chosen === null) return all * size;
    if (typeof chosen === "number") return all;
    return all * Math.max(0, Math.ceil((Math.min(size, chosen.to) - chosen.from) / (chosen.step ?? 1)));
  }, 1);
}

function plainData(data: unknown): PlainValues["data"] {
  if (ArrayBuffer.isView(data)) return data as ArrayBufferView & ArrayLike<number>; // zarrita's views are of numbers
  const values = [...(data as Iterable<unknown>)]; // booleans, texts, objects: lists of their own
  return values.every((value) => typeof value === "boolean") ? Uint8Array.from(values, Number) : values;
}

/** Opens such an array. @throws WindrowError `damaged`, `unsupported` */
export async function openPlain(
  store: ReadStore,
  path: string,
  layout: ArrayLayout,
  { codecs, attributes }: { readonly codecs: Codecs; readonly attributes: JsonObject },
): Promise<ZarrPlainArray> {
  const { format, shape, chunks } = layout;
  const key = joined(path, format === 2 ? ".zarray" : "zarr.json");
  const unpacking = at({ key, offset: 0 }, () => unpackingOf(layout, codecs));
  // Loaded when first used: tables of rows do without.
  const zarrita = await import("zarrita");
  const location = zarrita.root(readable(store, key, layout, unpacking)).resolve(path);
  const { v2, v3 } = zarrita.open;
  const opening = format === 2 ? v2(location, { kind: "array" }) : v3(location, { kind: "array" });
  const array = await opening.catch((cause: unknown) => {
    throw notRead(path, cause);
  });
  return {
    kind: "plain",
    path,
    attributes,
    shape,
    chunks,
    dtype: array.dtype,
    async read(selection) {
      const values = selected(shape, selection);
      if (values > MOST_VALUES)
        throw new WindrowError(
          "usage",
          `Cannot read ${path}: up to ${MOST_VALUES} values are read at once, got ${values} of shape ${shape}`,
        );
      const wanted = selection?.map((axis) =>
        typeof axis === "object" && axis !== null ? zarrita.slice(axis.from, axis.to, axis.step ?? 1) : axis,
      );
      try {
        const found: unknown = await zarrita.get(array, wanted);
        if (typeof found === "object" && found !== null && "stride" in found) {
          const { data, shape: size, stride } = found as { data: unknown; shape: number[]; stride: number[] }; // zarrita's Chunk
          return { data: plainData(data), shape: size, strides: stride };
        }
        return { data: plainData([found]), shape: [], strides: [] };
      } catch (cause) {
        throw notRead(path, cause);
      }
    },
  };
}
