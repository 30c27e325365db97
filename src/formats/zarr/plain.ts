/** Plain arrays of any number of axes, filters and orders, through zarrita: what is no table of rows. */

import { isSafeKey, type ReadStore, WindrowError } from "../../core/index.ts";
import type { JsonObject } from "./compressor.ts";
import type { ArrayLayout } from "./metadata.ts";

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

/** A store as zarrita asks for it: keys with a slash before them. */
function readable(store: ReadStore): { get(key: string): Promise<Uint8Array | undefined> } {
  return {
    async get(key) {
      const own = key.slice(1);
      return isSafeKey(own) ? store.get(own) : undefined;
    },
  };
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
  { format, shape, chunks }: ArrayLayout,
  attributes: JsonObject,
): Promise<ZarrPlainArray> {
  // Loaded when first used: tables of rows do without.
  const zarrita = await import("zarrita");
  const location = zarrita.root(readable(store)).resolve(path);
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
      if (shape.reduce((all, size) => all * size, 1) > MOST_VALUES)
        throw new WindrowError(
          "usage",
          `Cannot read ${path}: up to ${MOST_VALUES} values are read at once, got shape ${shape}`,
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
