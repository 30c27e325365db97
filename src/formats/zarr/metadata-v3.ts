/** `zarr.json` of Zarr v3: arrays of numbers and of `struct` (zarr-extensions), which zarr-python 3 calls `structured`, as layouts of rows. */

import type { Json } from "../../core/index.ts";
import { damaged, unsupported } from "../fault.ts";
import { isObject, type JsonObject } from "./compressor.ts";
import { type ArrayLayout, wholeNumbers } from "./metadata.ts";

/** A name with its configuration; a name alone has none. */
function named(value: Json | undefined, what: string): { readonly name: string; readonly configuration: JsonObject } {
  if (typeof value === "string") return { name: value, configuration: {} };
  if (!isObject(value) || typeof value["name"] !== "string")
    return damaged(`${what} must be a name, or an object with one, got ${JSON.stringify(value)}`);
  const { name, configuration = {} } = value;
  return {
    name,
    configuration: isObject(configuration) ? configuration : damaged(`the configuration of ${what} ${name}`),
  };
}

const NUMBERS: Readonly<Record<string, string>> = {
  bool: "b1",
  int8: "i1",
  int16: "i2",
  int32: "i4",
  int64: "i8",
  uint8: "u1",
  uint16: "u2",
  uint32: "u4",
  uint64: "u8",
  float16: "f2",
  float32: "f4",
  float64: "f8",
  complex64: "c8",
  complex128: "c16",
};

function bytesOf(configuration: JsonObject): number {
  const bytes = configuration["length_bytes"];
  return typeof bytes === "number" && Number.isSafeInteger(bytes) && bytes >= 0
    ? bytes
    : damaged("length_bytes of a data type");
}

/** The NumPy type of a v3 one. `order` is that of the codec `bytes`, of all numbers alike. */
function descrOf(type: Json | undefined, order: "<" | ">", depth: number): Json {
  if (depth > 32) unsupported("a data type in more than 32 levels");
  const { name, configuration } = named(type, "data_type");
  const code = NUMBERS[name];
  if (code !== undefined) return `${code.endsWith("1") ? "|" : order}${code}`;
  const raw = /^r(\d{1,6})$/.exec(name)?.[1];
  if (raw !== undefined) return `|V${Number(raw) / 8}`;
  switch (name) {
    case "fixed_length_utf32":
      return `${order}U${bytesOf(configuration) / 4}`;
    case "null_terminated_bytes":
      return `|S${bytesOf(configuration)}`;
    case "raw_bytes":
      return `|V${bytesOf(configuration)}`;
    case "numpy.datetime64":
    case "numpy.timedelta64": {
      const { unit, scale_factor: scale = 1 } = configuration;
      return `${order}${name === "numpy.datetime64" ? "M8" : "m8"}[${scale === 1 ? "" : scale}${unit}]`;
    }
    case "struct":
    case "structured":
      return fieldsOf(configuration["fields"], order, depth);
    default:
      return unsupported(`data type ${JSON.stringify(name)}`);
  }
}

/** Fields as objects, as the extension says, or as pairs, as zarr-python 3.1 writes them. */
function fieldsOf(fields: Json | undefined, order: "<" | ">", depth: number): Json {
  if (!Array.isArray(fields) || fields.length === 0)
    return damaged(`fields must be a list, got ${JSON.stringify(fields)}`);
  return fields.map((field: Json) => {
    const [name, type, ...more] = isObject(field)
      ? [field["name"], field["data_type"]]
      : Array.isArray(field)
        ? field
        : [];
    if (typeof name !== "string" || name === "" || more.length > 0)
      return damaged(`a field must have a name and a type, got ${JSON.stringify(field)}`);
    return [name, descrOf(type, order, depth + 1)];
  });
}

const SHUFFLES: readonly Json[] = ["noshuffle", "shuffle", "bitshuffle"];

/** What v2 would say of the codecs behind `bytes`; names of those that it has no word for. */
function packing(codecs: readonly ReturnType<typeof named>[]): {
  readonly compressor: Json;
  readonly others: readonly string[];
} {
  const [first, ...more] = codecs;
  if (first === undefined) return { compressor: null, others: [] };
  const { name, configuration } = first;
  const others = more.map((codec) => codec.name);
  if (name === "blosc") {
    const shuffle = SHUFFLES.indexOf(configuration["shuffle"] ?? "noshuffle");
    return { compressor: { ...configuration, id: name, shuffle }, others };
  }
  if (name === "zstd" || name === "gzip")
    return { compressor: { id: name, level: configuration["level"] ?? 0 }, others };
  return { compressor: null, others: [name, ...others] };
}

/** Reads `zarr.json` of an array. @throws WindrowError `damaged`, `unsupported` */
export function layoutOfV3(meta: JsonObject): ArrayLayout {
  const shape = wholeNumbers(meta["shape"], "shape", 0);
  const grid = named(meta["chunk_grid"], "chunk_grid");
  if (grid.name !== "regular") unsupported(`chunk_grid ${JSON.stringify(grid.name)}`);
  const keys = named(meta["chunk_key_encoding"], "chunk_key_encoding");
  if (keys.name !== "default" && keys.name !== "v2") unsupported(`chunk_key_encoding ${JSON.stringify(keys.name)}`);
  const separator = keys.configuration["separator"] ?? (keys.name === "default" ? "/" : ".");
  if (separator !== "/" && separator !== ".")
    return damaged(`separator must be "/" or ".", got ${JSON.stringify(separator)}`);
  const list = meta["codecs"];
  if (!Array.isArray(list)) return damaged(`codecs must be a list, got ${JSON.stringify(list)}`);
  const codecs = list.map((codec: Json) => named(codec, "a codec"));
  const [bytes] = codecs;
  const isBytes = bytes?.name === "bytes";
  const { compressor, others } = packing(codecs.slice(isBytes ? 1 : 0));
  return {
    format: 3,
    shape,
    chunks: wholeNumbers(grid.configuration["chunk_shape"], "chunk_shape", 1),
    order: "C",
    dtype: descrOf(meta["data_type"], bytes?.configuration["endian"] === "big" ? ">" : "<", 0),
    fillValue: meta["fill_value"] ?? null,
    compressor,
    filters: isBytes ? others : [bytes?.name ?? "no codec", ...others],
    keyPrefix: keys.name === "default" ? `c${separator}` : "",
    separator,
  };
}
