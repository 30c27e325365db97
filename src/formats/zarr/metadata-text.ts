/** Metadata as zarr-python writes it: `.zarray`, `.zgroup`, `.zattrs`, `.zmetadata`. */

import type { Json, Key, ReadStore, Schema, Store } from "../../core/index.ts";
import { WindrowError } from "../../core/index.ts";
import { BLOSC_LZ4, isObject, type JsonObject, type ZarrCompressor } from "./compressor.ts";
import { zarrDtype } from "./dtype.ts";
import { joined, jsonAt } from "./metadata.ts";

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key]!)]),
  );
}

/** JSON in the bytes that Python's `json.dumps(…, indent=4, sort_keys=True)` gives. */
export function metadataBytes(value: Json): Uint8Array {
  const text = JSON.stringify(sorted(value), null, 4).replace(
    /[\u007f-\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return new TextEncoder().encode(text);
}

/** What a new array is. */
export interface ZarrSpec {
  /** As NumPy's `descr` says it: a list of fields, or a text such as `<f4`. `zarrDescr` makes one of columns. */
  readonly dtype: Json;
  /** Of a plain array of more axes than one: the shape of a row. */
  readonly rowShape?: readonly number[];
  readonly chunkRows: number;
  /** null for chunks as they are; Blosc with LZ4 and shuffled bytes where absent. */
  readonly compressor?: ZarrCompressor | null;
  /** What rows are that were never written, as `.zarray` says it; zeros where absent. */
  readonly fillValue?: Json;
  readonly attributes?: JsonObject;
  /** Rows that it has from the beginning; none where absent. */
  readonly length?: number;
  /** What stands between a chunk's numbers in its key; `.` where absent. */
  readonly separator?: "." | "/";
}

/** The structured type that holds such columns, packed and little-endian. `room`: letters or bytes of the columns of texts and bytes. */
export function zarrDescr(schema: Schema, room: Readonly<Record<string, number>> = {}): Json {
  return Object.entries(schema).map(([name, { kind, shape }]) => {
    const wrong = (what: string) => new WindrowError("usage", `Cannot make a Zarr type: column ${name} ${what}`);
    const type = TYPES[kind];
    if (type === undefined) throw wrong(`of kind ${kind} has no field in a record`);
    if (name === "") throw wrong("must have a name");
    if (kind !== "str" && kind !== "bytes") return shape === undefined ? [name, type] : [name, type, shape];
    const size = room[name];
    if (size === undefined || !Number.isInteger(size) || size < 1)
      throw wrong(`of kind ${kind} must have room for 1 letter or byte or more, got ${size}`);
    return [name, `${type}${size}`];
  });
}

const TYPES: Readonly<Record<string, string>> = {
  bool: "|b1",
  i8: "|i1",
  u8: "|u1",
  i16: "<i2",
  u16: "<u2",
  i32: "<i4",
  u32: "<u4",
  i64: "<i8",
  u64: "<u8",
  f16: "<f2",
  f32: "<f4",
  f64: "<f8",
  str: "<U",
  bytes: "|S",
};

function zeroFill(descr: Json): Json {
  const { isStructured, itemBytes, fields } = zarrDtype(descr);
  if (isStructured) return new Uint8Array(itemBytes).toBase64();
  return fields[0]?.value.is === "numbers" && fields[0].type.shape === undefined ? 0 : null;
}

/** `.zarray` of a new array. */
export function arrayDoc(spec: ZarrSpec): JsonObject {
  const { dtype, rowShape = [], chunkRows, compressor = BLOSC_LZ4, length = 0, separator = "." } = spec;
  return {
    chunks: [chunkRows, ...rowShape],
    compressor: compressor === null ? null : { ...compressor },
    dtype,
    fill_value: spec.fillValue === undefined ? zeroFill(dtype) : spec.fillValue,
    filters: null,
    order: "C",
    shape: [length, ...rowShape],
    zarr_format: 2,
    ...(separator === "/" && { dimension_separator: separator }),
  };
}

/** Refuses a path where something of Zarr is already. @throws WindrowError `exists` */
export async function checkFree(store: ReadStore, path: string): Promise<void> {
  for (const name of [".zarray", ".zgroup", "zarr.json"]) {
    const key = joined(path, name);
    if ((await store.size(key)) !== undefined)
      throw new WindrowError("exists", `Cannot make ${store.name}/${path}: there is ${name} already`, {
        details: { key },
      });
  }
}

/** Writes attributes, if there are any. */
export async function putAttributes(store: Store, path: string, attributes: JsonObject | undefined): Promise<void> {
  if (attributes === undefined || Object.keys(attributes).length === 0) return;
  await store.put(joined(path, ".zattrs"), metadataBytes(attributes));
}

/**
 * Makes a group. The groups above it are the caller's: Zarr wants each to be one.
 * @throws WindrowError `exists` where something of Zarr is there
 */
export async function createZarrGroup(store: Store, path: string, attributes?: JsonObject): Promise<void> {
  await checkFree(store, path);
  await putAttributes(store, path, attributes);
  await store.put(joined(path, ".zgroup"), metadataBytes({ zarr_format: 2 }));
}

/** Gathers the metadata beneath a path in one key, `.zmetadata`, so that places which cannot list are read: done last, once all is there. */
export async function consolidateZarr(store: Store, path: string): Promise<void> {
  const prefix = path === "" ? "" : `${path}/`;
  const keys: Key[] = [];
  for await (const key of store.list(prefix)) if (/(^|\/)\.z(array|attrs|group)$/.test(key)) keys.push(key);
  const metadata: Record<string, Json> = {};
  for (const key of keys) metadata[key.slice(prefix.length)] = (await jsonAt(store, key)) ?? {};
  await store.put(`${prefix}.zmetadata`, metadataBytes({ metadata, zarr_consolidated_format: 1 }));
}
