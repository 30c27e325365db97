/** The Arrow schema that Parquet files carry under `ARROW:schema`: it makes pyarrow, polars and others return fixed-size lists. */

import type { Schema } from "../../core/index.ts";
import { CONTINUATION, fieldHints, messageHead, schemaNode, TYPE } from "../arrow-fields.ts";
import { damaged } from "../fault.ts";
import { type FlatTable, flatRoot } from "../flatbuffer.ts";

/** Key of the file's metadata that holds the schema, as base64 of an encapsulated IPC message. */
export const ARROW_KEY = "ARROW:schema";

/** The schema as the value of `ARROW:schema`. */
export function arrowSchema(schema: Schema): string {
  return base64(messageHead("schema", schemaNode(schema, "parquet"), { body: 0, alignment: 8 }));
}

/** Bytes as base64. */
export function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const value of bytes) binary += String.fromCharCode(value);
  return btoa(binary);
}

/** The bytes of base64. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** What the Arrow schema adds to the Parquet schema of one column. */
export interface ArrowHint {
  /** Values in each row, where the column is a fixed-size list. */
  readonly listSize?: number;
  readonly shape?: readonly number[];
  readonly unit?: string;
}

function hint(table: FlatTable): ArrowHint {
  const isFixed = table.int(2, 1) === TYPE.fixedSizeList;
  const listSize = isFixed ? (table.table(3)?.int(0, 4) ?? 0) : undefined;
  if (listSize !== undefined && listSize < 0) damaged(`a fixed-size list of ${listSize}`);
  const { shape, unit } = fieldHints(table, listSize);
  return {
    ...(listSize === undefined ? {} : { listSize }),
    ...(shape === undefined ? {} : { shape }),
    ...(unit === undefined ? {} : { unit }),
  };
}

/** What a value of `ARROW:schema` says of each top-level column. Throws for damage (see `at`). */
export function arrowHints(value: string): ReadonlyMap<string, ArrowHint> {
  const bytes = fromBase64(value);
  const view = new DataView(bytes.buffer);
  // Arrow before 0.15 has the length alone.
  const start = view.getUint32(0, true) === CONTINUATION ? 8 : 4;
  const schema = flatRoot(bytes.subarray(start)).table(2);
  if (schema === undefined) damaged(`${ARROW_KEY} holds no schema`);
  return new Map(schema.tables(1).map((table) => [table.text(0) ?? "", hint(table)]));
}
