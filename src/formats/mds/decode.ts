/** The samples of a shard into columns. */

import {
  type Arrays,
  type Column,
  type ColumnType,
  isNumeric,
  kindBytes,
  NUMERIC_ARRAYS,
  type NumericKind,
  valuesPerRow,
  WindrowError,
} from "../../core/index.ts";
import { type Encoding, storedKind } from "./encoding.ts";
import { readArrayHead } from "./ndarray.ts";
import { gatherRows } from "./samples.kernel.ts";
import { damaged } from "./shard-fault.ts";
import { decodeValue } from "./values.ts";

/** A column as it is read. */
export interface ReadColumn {
  readonly name: string;
  readonly encoding: Encoding;
  /** Bytes of each value as `column_sizes` says it. */
  readonly size: number | null;
  readonly type: ColumnType;
}

/** Some samples that follow each other in a shard, and where they are, for messages. */
export interface Samples {
  readonly bytes: Uint8Array;
  /** Where each begins in the raw shard, and where the last ends; the first is where `bytes` begins. */
  readonly offsets: Uint32Array;
  readonly key: string;
  /** Number of the first in its shard. */
  readonly first: number;
}

/** Where the values of one column lie in the bytes of some samples. */
interface Spans {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
}

/** Values of some columns of some samples. */
export function decodeSamples(
  samples: Samples,
  columns: readonly ReadColumn[],
  wanted: ReadonlySet<string>,
): { readonly [name: string]: Column } {
  const spans = locate(samples, columns);
  const read = columns
    .map((column, i) => [column.name, column, spans[i]!] as const)
    .filter(([name]) => wanted.has(name));
  return Object.fromEntries(read.map(([name, column, span]) => [name, { data: decodeColumn(samples, column, span) }]));
}

/** The lengths in the head of each sample, checked against its end. */
function locate(samples: Samples, columns: readonly ReadColumn[]): readonly Spans[] {
  const { bytes, offsets, key, first } = samples;
  const rows = offsets.length - 1;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const spans = columns.map(() => ({ starts: new Float64Array(rows), ends: new Float64Array(rows) }));
  const head = 4 * columns.filter(({ size }) => size === null).length;
  for (let row = 0; row < rows; row++) {
    const begin = offsets[row]! - offsets[0]!;
    const end = offsets[row + 1]! - offsets[0]!;
    if (begin + head > end)
      damaged(key, offsets[row]!, `sample ${first + row} must have ${head} bytes of lengths, got ${end - begin}`);
    let lengthAt = begin;
    let at = begin + head;
    for (const [i, { name, size }] of columns.entries()) {
      const length = size ?? view.getUint32(lengthAt, true);
      if (size === null) lengthAt += 4;
      if (at + length > end) {
        const where = offsets[0]! + at;
        damaged(
          key,
          where,
          `column ${name} of sample ${first + row} must end by byte ${offsets[row + 1]}, got ${where + length}`,
        );
      }
      spans[i]!.starts[row] = at;
      at += length;
      spans[i]!.ends[row] = at;
    }
    if (at !== end)
      damaged(
        key,
        offsets[0]! + at,
        `sample ${first + row} must end at byte ${offsets[0]! + at}, got ${offsets[row + 1]}`,
      );
  }
  return spans;
}

function decodeColumn(samples: Samples, column: ReadColumn, { starts, ends }: Spans): Arrays[ColumnType["kind"]] {
  const { encoding, type } = column;
  const { kind } = type;
  if (isNumeric(kind) && encoding.is !== "str_float") {
    const width = kindBytes(kind) * valuesPerRow(type);
    const from = column.size === null ? skipHeads(samples, column, { starts, ends }) : starts;
    return typed(kind, gatherRows(samples.bytes, from, width));
  }
  const values = Array.from(starts, (start, row) =>
    atRow(samples, column, row, () => {
      const bytes = samples.bytes.subarray(start, ends[row]);
      // A column of arrays that is read as bytes keeps its headers.
      return encoding.is === "scalar" || encoding.is === "ndarray"
        ? new Uint8Array(bytes)
        : decodeValue(bytes, encoding);
    }),
  );
  // Each encoding gives values of the one kind that `columnTypeOf` says.
  return encoding.is === "str_float" ? Float64Array.from(values as number[]) : (values as string[]);
}

/** Where the values begin behind the headers of arrays; each must be what the column's type says. */
function skipHeads(samples: Samples, column: ReadColumn, { starts, ends }: Spans): Float64Array {
  const { encoding, type } = column;
  const kind = storedKind(type.kind as NumericKind); // the caller has seen that it is one
  const width = kindBytes(kind) * valuesPerRow(type);
  return starts.map((start, row) => {
    const value = samples.bytes.subarray(start, ends[row]);
    if (encoding.is !== "ndarray") {
      if (value.length === width) return start;
      return fail(samples, column, row, `must have ${width} bytes, got ${value.length}`);
    }
    const head = readArrayHead(value, encoding.kind);
    if (typeof head === "string") return fail(samples, column, row, head);
    if (head.kind !== kind || head.shape.join() !== type.shape?.join()) {
      const must = `${kind} [${type.shape?.join(", ")}] as in the first sample`;
      throw new WindrowError(
        "unsupported",
        `Cannot read ${samples.key}: column ${column.name} of sample ${samples.first + row} must be ${must}, ` +
          `got ${head.kind} [${head.shape.join(", ")}]; arrays of different shapes can be read as bytes`,
        { details: { key: samples.key, sample: samples.first + row } },
      );
    }
    return start + head.length;
  });
}

// MDS is little-endian, as are the machines that run this.
function typed(kind: NumericKind, bytes: Uint8Array<ArrayBuffer>): Arrays[NumericKind] {
  return new NUMERIC_ARRAYS[kind](bytes.buffer);
}

function fail(samples: Samples, { name }: ReadColumn, row: number, what: string): never {
  return damaged(samples.key, samples.offsets[row]!, `column ${name} of sample ${samples.first + row} ${what}`);
}

function atRow<T>(samples: Samples, column: ReadColumn, row: number, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (!(cause instanceof WindrowError)) throw cause;
    return fail(samples, column, row, cause.message);
  }
}
