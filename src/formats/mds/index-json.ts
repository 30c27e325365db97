/** index.json, version 2: what it says of each shard, read with suspicion and written as MDSWriter writes it. */

import { isSafeKey, type Json, WindrowError } from "../../core/index.ts";
import { encodedSize, parseEncoding } from "./encoding.ts";
import { pythonJson } from "./python-json.ts";

/** A file of a shard. */
export interface FileEntry {
  /** Path below the folder of index.json. */
  readonly basename: string;
  readonly bytes: number;
  /** Digests in hexadecimal, by name of the hash. */
  readonly hashes: Readonly<Record<string, string>>;
}

/** A shard as index.json has it, key by key. */
export interface ShardEntry {
  readonly column_encodings: readonly string[];
  readonly column_names: readonly string[];
  readonly column_sizes: readonly (number | null)[];
  /** `zstd`, `zstd:3`; `null` for none. */
  readonly compression: string | null;
  readonly format: "mds";
  readonly hashes: readonly string[];
  readonly raw_data: FileEntry;
  readonly samples: number;
  /** Bytes; MosaicML's reader also takes words like `64mb`. */
  readonly size_limit: number | string | null;
  readonly version: 2;
  /** `null` exactly where there is no compression. */
  readonly zip_data: FileEntry | null;
}

/** A parsed index.json. */
export interface MdsIndex {
  readonly shards: readonly ShardEntry[];
}

/** The shards of one worker, and the folder it wrote them to, below the root. */
export interface WorkerShards {
  readonly prefix: string;
  readonly entries: readonly ShardEntry[];
}

/** The bytes of index.json. */
export function mdsIndex(entries: readonly ShardEntry[]): Uint8Array {
  const index = { shards: entries.map(asJson), version: 2 };
  return new TextEncoder().encode(pythonJson(index, { keys: "sorted" }));
}

function asJson(entry: ShardEntry): Json {
  return {
    ...entry,
    raw_data: { ...entry.raw_data },
    zip_data: entry.zip_data === null ? null : { ...entry.zip_data },
  };
}

/** The bytes of a root's index.json: with it the workers' folders open as one dataset. Their order is the order of the samples. */
export function mergedIndex(workers: readonly WorkerShards[]): Uint8Array {
  return mdsIndex(workers.flatMap(({ prefix, entries }) => entries.map((entry) => below(prefix, entry))));
}

function below(prefix: string, entry: ShardEntry): ShardEntry {
  const move = (file: FileEntry) => ({ ...file, basename: `${prefix}/${file.basename}` });
  return { ...entry, raw_data: move(entry.raw_data), zip_data: entry.zip_data === null ? null : move(entry.zip_data) };
}

/** Offsets in a shard are uint32. */
const MOST_SHARD_BYTES = 2 ** 32 - 1;

/**
 * Reads index.json; `name` is what messages call it. Nothing in it is believed: names stay below the folder, counts and sizes fit
 * together. What the format does not have is ignored.
 * @throws WindrowError `damaged` or `unsupported`, with the file and the place.
 */
export function readMdsIndex(bytes: Uint8Array, name: string): MdsIndex {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw notJson(name, cause);
  }
  const root = new Place(value, name, "").object();
  const version = root.at("version").value;
  if (version !== 2) root.at("version").unsupported("must be 2", version);
  const shards = root.at("shards").list().map(readEntry);
  const seen = new Set<string>();
  for (const [i, { raw_data: raw, zip_data: zip }] of shards.entries()) {
    for (const file of zip === null ? [raw] : [raw, zip]) {
      if (seen.has(file.basename)) root.at(`shards[${i}]`).damaged("must have files of its own", file.basename);
      seen.add(file.basename);
    }
  }
  return { shards };
}

function notJson(name: string, cause: unknown): WindrowError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new WindrowError("damaged", `Cannot read ${name}: must be JSON: ${why}`, { cause, details: { key: name } });
}

function readEntry(place: Place): ShardEntry {
  const entry = place.object();
  if (entry.at("version").value !== 2) entry.at("version").unsupported("must be 2", entry.at("version").value);
  if (entry.at("format").value !== "mds") entry.at("format").unsupported("must be mds", entry.at("format").value);
  const compression = entry.at("compression").orNull((at) => at.text());
  const zip = entry.at("zip_data");
  if ((compression === null) !== (zip.value === null || zip.value === undefined)) {
    zip.damaged("must be there exactly when there is a compression", zip.value);
  }
  const samples = entry.at("samples").whole(2 ** 30);
  const raw = readFile(entry.at("raw_data"), MOST_SHARD_BYTES);
  const columns = readColumns(entry);
  const least = shardLeast(samples, columns.column_sizes);
  if (raw.bytes < least)
    entry.at("raw_data.bytes").damaged(`must be ${least} or more for ${samples} samples`, raw.bytes);
  return {
    ...columns,
    compression,
    format: "mds",
    hashes: entry
      .at("hashes")
      .list()
      .map((at) => at.text()),
    raw_data: raw,
    samples,
    size_limit: entry
      .at("size_limit")
      .orNull((at) => (typeof at.value === "string" ? at.text() : at.whole(2 ** 53 - 1))),
    version: 2,
    zip_data: zip.orNull((at) => readFile(at, 2 ** 53 - 1)),
  };
}

// Count, offsets, and for each sample its fixed columns and the lengths of the others.
function shardLeast(samples: number, sizes: readonly (number | null)[]): number {
  return 8 + samples * (4 + sizes.reduce<number>((sum, size) => sum + (size ?? 4), 0));
}

function readColumns(entry: Place): Pick<ShardEntry, "column_encodings" | "column_names" | "column_sizes"> {
  const names = entry
    .at("column_names")
    .list()
    .map((at) => at.text());
  if (names.length === 0) entry.at("column_names").damaged("must name a column", "none");
  if (new Set(names).size !== names.length) entry.at("column_names").damaged("must differ", names.join(", "));
  const encodings = entry.at("column_encodings").list();
  const sizes = entry.at("column_sizes").list();
  if (encodings.length !== names.length)
    entry.at("column_encodings").damaged(`must be ${names.length}`, encodings.length);
  if (sizes.length !== names.length) entry.at("column_sizes").damaged(`must be ${names.length}`, sizes.length);
  const column_sizes = encodings.map((at, i) => {
    const encoding = parseEncoding(at.text());
    if (encoding === undefined) return at.unsupported("must be an encoding of MDS", at.value);
    const size = encodedSize(encoding);
    if (sizes[i]!.value !== size) sizes[i]!.damaged(`must be ${size} for ${at.text()}`, sizes[i]!.value);
    return size;
  });
  return { column_encodings: encodings.map((at) => at.text()), column_names: names, column_sizes };
}

function readFile(place: Place, most: number): FileEntry {
  const file = place.object();
  const basename = file.at("basename").text();
  if (!isSafeKey(basename)) file.at("basename").damaged("must stay below the folder", basename);
  const hashes = file.at("hashes").object();
  const digests = Object.keys(hashes.value as object).map((name) => {
    // `object` has seen that it is one
    const digest = hashes.at(name).text();
    if (!/^[0-9a-f]+$/.test(digest)) hashes.at(name).damaged("must be hexadecimal", digest);
    return [name, digest] as const;
  });
  return { basename, bytes: file.at("bytes").whole(most), hashes: Object.fromEntries(digests) };
}

/** A value somewhere in the index, and how to say where. */
class Place {
  readonly value: unknown;
  readonly #file: string;
  readonly #path: string;

  constructor(value: unknown, file: string, path: string) {
    this.value = value;
    this.#file = file;
    this.#path = path;
  }

  at(key: string): Place {
    const value = this.value as Readonly<Record<string, unknown>>; // `object` has seen that it is one
    const path = this.#path === "" ? key : `${this.#path}.${key}`;
    return new Place(Object.hasOwn(value, key) ? value[key] : undefined, this.#file, path);
  }

  object(): this {
    if (typeof this.value !== "object" || this.value === null || Array.isArray(this.value)) {
      this.damaged("must be an object", this.value);
    }
    return this;
  }

  list(): readonly Place[] {
    if (!Array.isArray(this.value)) return this.damaged("must be a list", this.value);
    return this.value.map((item: unknown, i) => new Place(item, this.#file, `${this.#path}[${i}]`));
  }

  text(): string {
    return typeof this.value === "string" ? this.value : this.damaged("must be text", this.value);
  }

  whole(most: number): number {
    const { value } = this;
    if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most) return value;
    return this.damaged(`must be a whole number from 0 to ${most}`, value);
  }

  orNull<T>(read: (place: Place) => T): T | null {
    return this.value === null || this.value === undefined ? null : read(this);
  }

  damaged(must: string, got: unknown): never {
    throw this.#error("damaged", must, got);
  }

  unsupported(must: string, got: unknown): never {
    throw this.#error("unsupported", must, got);
  }

  #error(code: "damaged" | "unsupported", must: string, got: unknown): WindrowError {
    const shown = got === undefined ? "nothing" : String(JSON.stringify(got)).slice(0, 80);
    const place = this.#path === "" ? "it" : this.#path;
    return new WindrowError(code, `Cannot read ${this.#file}: ${place} ${must}, got ${shown}`, {
      details: { key: this.#file, place },
    });
  }
}
