/** The manifest: the last file of a dataset, which says what it is and that it is whole. Read with suspicion. */

import {
  type ColumnType,
  isNumeric,
  isSafeKey,
  type Json,
  type Kind,
  type Schema,
  type Store,
  WindrowError,
} from "../../core/index.ts";
import type { Ledger } from "./ledger.ts";
import { DATASET_SPLITS, type DatasetSplit } from "./places.ts";

/** The manifest's name. */
export const MANIFEST_FILE = "manifest.json";
/** What its `format` says. */
export const DATASET_FORMAT = "windrow-dataset";
/** What its `version` says. */
export const DATASET_VERSION = 1;

/** A file that was published. `xxh64` is of its bytes. */
export interface PublishedFile {
  readonly path: string;
  readonly bytes: number;
  readonly xxh64: string;
}

/** What one run added. The shuffle is global within a generation; traces do not join across generations. */
export interface Generation {
  /** Hash of what was asked for: command, options, inputs, and what was there before. */
  readonly request: string;
  /** SHA-256 of its inputs. */
  readonly inputs: readonly string[];
  /** Its first part in each split; the next generation's first part, or the end, comes after its last. */
  readonly first_part: Readonly<Record<DatasetSplit, number>>;
  readonly ledger: Ledger;
}

/** What `manifest.json` holds. It is the same whatever ran the plan, with any number of workers. */
export interface Manifest {
  readonly format: typeof DATASET_FORMAT;
  readonly version: typeof DATASET_VERSION;
  readonly created_by: string;
  /** Hash of what was asked for, of the last generation. */
  readonly request: string;
  /** Command and options, seed, inputs with hashes. */
  readonly about: Json;
  readonly schema: Schema;
  readonly window: { readonly size: number; readonly stride: number };
  readonly seed: string;
  readonly formats: readonly string[];
  /** Samples of each split, by part. */
  readonly counts: Readonly<Record<DatasetSplit, readonly number[]>>;
  /** Samples of a full MDS shard. */
  readonly shard_samples: number;
  /** Of all generations together. */
  readonly ledger: Ledger;
  readonly generations: readonly Generation[];
  /** Every other file, with its size and hash. */
  readonly files: readonly PublishedFile[];
}

/** The bytes of manifest.json. */
export function manifestBytes(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * The manifest of a dataset; `undefined` when there is none.
 * @throws WindrowError `damaged` when it cannot be understood, with the place in it; `unsupported` for another version.
 */
export async function readManifest(store: Pick<Store, "get" | "name">): Promise<Manifest | undefined> {
  const bytes = await store.get(MANIFEST_FILE);
  if (bytes === undefined) return undefined;
  const name = `${store.name}/${MANIFEST_FILE}`;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw noJson(name, cause);
  }
  const wrong = wrongPlace(value);
  if (wrong !== undefined) {
    const code = wrong.place === "version" ? "unsupported" : "damaged";
    const shown = String(JSON.stringify(wrong.got)).slice(0, 80);
    throw new WindrowError(code, `Cannot read ${name}: ${wrong.place} must be ${wrong.must}, got ${shown}`, {
      details: { key: MANIFEST_FILE, place: wrong.place },
    });
  }
  return value as Manifest; // every field that is used was looked at
}

function noJson(name: string, cause: unknown): WindrowError {
  return new WindrowError("damaged", `Cannot read ${name}: it is no JSON`, { cause, details: { key: MANIFEST_FILE } });
}

/** What is wrong where. */
interface Wrong {
  readonly place: string;
  readonly must: string;
  readonly got: unknown;
}

type Check = readonly [place: string, got: unknown, must: string, isRight: (value: unknown) => boolean];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string";
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCounts = (value: unknown) => isObject(value) && Object.values(value).every(isCount);

function isFile(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { path, bytes, xxh64 } = value;
  return isText(path) && isSafeKey(path) && isCount(bytes) && isText(xxh64) && /^[0-9a-f]{16}$/.test(xxh64);
}

const KINDS: readonly Kind[] = [
  "bool",
  "i8",
  "u8",
  "i16",
  "u16",
  "i32",
  "u32",
  "i64",
  "u64",
  "f16",
  "f32",
  "f64",
  "str",
  "bytes",
  "json",
];
const isDimension = (value: unknown) => isCount(value) && value > 0;

function isColumnType(value: unknown): boolean {
  if (!isObject(value) || !isText(value["kind"])) return false;
  const { kind, shape } = value as { kind: Kind } & Partial<ColumnType>;
  if (shape === undefined) return KINDS.includes(kind);
  return KINDS.includes(kind) && isNumeric(kind) && Array.isArray(shape) && shape.every(isDimension);
}

function isSensorCounts(value: unknown): boolean {
  if (!isObject(value)) return false;
  return ["samples", "used", "unused", "matched", "missing"].every((name) => isCount(value[name]));
}

function isLedger(value: unknown): boolean {
  if (!isObject(value) || !isObject(value["points"]) || !isObject(value["traces"]) || !isObject(value["windows"]))
    return false;
  const { input, kept, dropped, points, traces, windows, noted, sensors = {} } = value as unknown as Ledger;
  const counts = [input, kept, points.used, traces.all, traces.short, ...DATASET_SPLITS.map((split) => windows[split])];
  const isSensors = isObject(sensors) && Object.values(sensors).every(isSensorCounts);
  return isSensors && counts.every(isCount) && [dropped, points.unused, noted].every(isCounts);
}

function isGeneration(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { request, inputs, first_part, ledger } = value;
  const parts = isObject(first_part) ? DATASET_SPLITS.map((split) => first_part[split]) : [undefined];
  return isText(request) && Array.isArray(inputs) && inputs.every(isText) && parts.every(isCount) && isLedger(ledger);
}

function wrongPlace(value: unknown): Wrong | undefined {
  if (!isObject(value)) return { place: "it", must: "an object", got: value };
  const counts = isObject(value["counts"]) ? value["counts"] : {};
  const checks: readonly Check[] = [
    ["format", value["format"], DATASET_FORMAT, (format) => format === DATASET_FORMAT],
    ["version", value["version"], String(DATASET_VERSION), (version) => version === DATASET_VERSION],
    ["created_by", value["created_by"], "text", isText],
    ["request", value["request"], "text", isText],
    [
      "schema",
      value["schema"],
      "columns by name",
      (schema) => isObject(schema) && Object.values(schema).every(isColumnType),
    ],
    [
      "window",
      value["window"],
      "a size and a stride",
      (window) => isObject(window) && isDimension(window["size"]) && isDimension(window["stride"]),
    ],
    ["seed", value["seed"], "digits", (seed) => isText(seed) && /^\d{1,20}$/.test(seed)],
    ["formats", value["formats"], "a list of words", (formats) => Array.isArray(formats) && formats.every(isText)],
    ...DATASET_SPLITS.map(
      (split): Check => [
        `counts.${split}`,
        counts[split],
        "a list of counts",
        (parts) => Array.isArray(parts) && parts.every(isCount),
      ],
    ),
    ["shard_samples", value["shard_samples"], "a whole number from 1 up", isDimension],
    ["ledger", value["ledger"], "a ledger of counts", isLedger],
    [
      "generations",
      value["generations"],
      "a list of generations",
      (list) => Array.isArray(list) && list.length > 0 && list.every(isGeneration),
    ],
    ["files", value["files"], "a list", Array.isArray],
  ];
  for (const [place, got, must, isRight] of checks) if (!isRight(got)) return { place, must, got };
  const files = value["files"] as readonly unknown[]; // checked above
  const bad = files.findIndex((file) => !isFile(file));
  return bad < 0
    ? undefined
    : { place: `files[${bad}]`, must: "a path below the folder with its bytes and xxh64", got: files[bad] };
}
