/** A source's samples as pairs of hashes: which sample it is, and what it holds. */

import {
  type Batch,
  bytesOf,
  type Column,
  type ColumnType,
  type Hash,
  isNumeric,
  type Schema,
  valuesPerRow,
  WindrowError,
} from "../core/index.ts";
import { openIndex } from "./index-table.ts";
import { type Piece, type PieceChoice, pieces } from "./pieces.ts";
import { type InspectPlace, type InspectRun, placeName, type Source, wholeSource } from "./source.ts";

/** What tells samples apart: a trace and the start in it, the key of both, or nothing but their values. */
export type SampleIds = "trace_id+start" | "key" | "values";

/** A source, ready to be compared. */
export interface SampleSource {
  readonly name: string;
  readonly kind: Source["kind"];
  readonly schema: Schema;
  /** Ids that it can give. */
  readonly ids: readonly SampleIds[];
  readonly length: number;
  /** Samples in order, hashed: ids and the values of `columns`. */
  hashes(by: SampleIds, columns: readonly string[], run?: InspectRun): AsyncIterable<SampleHashes>;
}

/** Hashes of a batch of samples; equal arrays where ids are the values. */
export interface SampleHashes {
  readonly ids: BigUint64Array;
  readonly values: BigUint64Array;
}

const TRACE_COLUMNS = ["trace_id", "start"] as const;

function idsOf(schema: Schema): SampleIds[] {
  const is = (name: string, ...kinds: ColumnType["kind"][]) => {
    const type = schema[name];
    return type !== undefined && type.shape === undefined && kinds.includes(type.kind);
  };
  const hasTrace = is("trace_id", "str") && is("start", "u32", "i32", "i64", "u64");
  return [
    ...(hasTrace ? (["trace_id+start"] as const) : []),
    ...(is("key", "u64") ? (["key"] as const) : []),
    "values",
  ];
}

const encoder = new TextEncoder();

/** The bytes of one value; text and JSON as UTF-8. */
function valueBytes({ data, valid }: Column, type: ColumnType, row: number): Uint8Array {
  if (valid?.[row] === 0) return new Uint8Array(0);
  if (isNumeric(type.kind)) {
    const size = valuesPerRow(type);
    return bytesOf((data as Float32Array).subarray(row * size, (row + 1) * size)); // typed arrays of all kinds are cut alike
  }
  const value = data[row];
  return value instanceof Uint8Array
    ? value
    : encoder.encode(typeof value === "string" ? value : JSON.stringify(value));
}

/** Hashes the values of a batch, sample by sample. */
function hashValues(batch: Batch, schema: Schema, columns: readonly string[], hash: Hash): BigUint64Array {
  const [only] = columns;
  return BigUint64Array.from({ length: batch.length }, (_, row) => {
    if (columns.length === 1) return toWord(hash.digest(valueBytes(batch.columns[only!]!, schema[only!]!, row)));
    const digests = columns.map((name) => hash.digest(valueBytes(batch.columns[name]!, schema[name]!, row)));
    return toWord(hash.digest(encoder.encode(digests.join())));
  });
}

const toWord = (digest: string): bigint => BigInt(`0x${digest}`);

/** Hashes what names the samples of a batch. */
function hashIds({ length, columns }: Batch, by: "trace_id+start" | "key", hash: Hash): BigUint64Array {
  if (by === "key") return (columns["key"]!.data as BigUint64Array).slice(); // idsOf has seen its kind
  const [traces, starts] = TRACE_COLUMNS.map((name) => columns[name]!.data);
  return BigUint64Array.from({ length }, (_, row) =>
    toWord(hash.digest(encoder.encode(`${starts![row]} ${traces![row]}`))),
  );
}

const idColumns = (by: "trace_id+start" | "key"): readonly ("trace_id" | "start" | "key")[] =>
  by === "key" ? ["key"] : TRACE_COLUMNS;

/** Ids from an index that lies beside the samples, handed out in pieces of any length. */
class IndexIds implements AsyncDisposable {
  readonly #batches: AsyncIterator<BigUint64Array>;
  #held: BigUint64Array = new BigUint64Array(0);

  constructor(batches: AsyncGenerator<BigUint64Array>) {
    this.#batches = batches;
  }

  async take(length: number): Promise<BigUint64Array> {
    const taken = new BigUint64Array(length);
    for (let at = 0; at < length; ) {
      if (this.#held.length === 0) {
        const { value, done } = await this.#batches.next();
        if (done)
          throw new WindrowError(
            "damaged",
            "Cannot compare samples: index.parquet has fewer rows than there are samples; windrow verify tells more",
          );
        this.#held = value;
      }
      const part = this.#held.subarray(0, length - at);
      taken.set(part, at);
      at += part.length;
      this.#held = this.#held.subarray(part.length);
    }
    return taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#batches.return?.();
  }
}

async function* indexIds(
  place: InspectPlace,
  by: "trace_id+start" | "key",
  split: string | undefined,
  hash: Hash,
): AsyncGenerator<BigUint64Array> {
  const index = await openIndex(place, [...idColumns(by), "split"]);
  for await (const batch of index.batches()) {
    const ids = hashIds(batch, by, hash);
    const { data } = batch.columns.split;
    yield split === undefined ? ids : ids.filter((_, row) => data[row] === split);
  }
}

async function* pieceHashes(
  piece: Piece,
  wanted: { by: SampleIds; columns: readonly string[]; hash: Hash; ids: IndexIds | undefined },
): AsyncGenerator<SampleHashes> {
  const { by, columns, hash, ids } = wanted;
  const own = by === "values" || ids !== undefined ? [] : idColumns(by);
  await using table = await piece.open();
  for await (const batch of table.batches({ columns: [...new Set([...columns, ...own])] })) {
    const values = hashValues(batch, table.schema, columns, hash);
    yield {
      values,
      ids: by === "values" ? values : ids === undefined ? hashIds(batch, by, hash) : await ids.take(batch.length),
    };
  }
}

/**
 * Opens what lies at a place for comparing.
 * @throws WindrowError `missing` where there is nothing whole; `damaged` or `unsupported` for what cannot be read.
 */
export async function sampleSource(place: InspectPlace, choice: PieceChoice = {}): Promise<SampleSource> {
  const source = await wholeSource(place);
  const tables = pieces(place, source, choice);
  const isDataset = source.kind === "dataset";
  const found = hashNamed(place);
  let length = 0;
  let schema: Schema | undefined;
  for (const piece of tables) {
    await using table = await piece.open();
    length += table.length;
    schema ??= table.schema;
  }
  return {
    name: placeName(place),
    kind: source.kind,
    schema: isDataset ? source.manifest.schema : (schema ?? {}),
    ids: isDataset ? ["trace_id+start", "key", "values"] : idsOf(schema ?? {}),
    length,
    async *hashes(by, columns, run = {}) {
      await using ids =
        isDataset && by !== "values" ? new IndexIds(indexIds(place, by, choice.split, found)) : undefined;
      for (const piece of tables) {
        for await (const hashes of pieceHashes(piece, { by, columns, hash: found, ids })) {
          run.signal?.throwIfAborted();
          yield hashes;
        }
      }
    },
  };
}

function hashNamed({ hashes }: InspectPlace): Hash {
  const hash = hashes.get("xxh64");
  if (hash === undefined)
    throw new WindrowError("unsupported", "Cannot compare samples: the hash xxh64 is not at hand");
  return hash;
}
