/** What a Parquet table keeps of the Zarr array that it was made from, so that the array can be made from it again. */

import { isSafeKey, type Json, WindrowError } from "../core/index.ts";

/** The name under which a Parquet file's key-value metadata has it, as JSON. */
export const ARRAY_KEY = "windrow.zarr";

/** A JSON object. */
export interface Attributes {
  readonly [name: string]: Json;
}

/** An array, all but its rows. */
export interface ArrayHead {
  /** Below the root, e.g. `agents_mask/0.5`. */
  readonly path: string;
  /** Its `.zarray`, as it stands there. */
  readonly zarray: Attributes;
  /** Its `.zattrs`. */
  readonly attributes: Attributes;
}

const VERSION = 1;

/** As the metadata holds it. */
export function headText({ path, zarray, attributes }: ArrayHead): string {
  return JSON.stringify({ version: VERSION, path, zarray, attributes });
}

/** Whether a value is an object of JSON. */
export function isAttributes(value: unknown): value is Attributes {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Reads what a table keeps of its array.
 * @throws WindrowError `damaged` for what is no such text, naming the file; `unsupported` for a later version.
 */
export function readHead(text: string, file: string): ArrayHead {
  const wrong = (what: string) =>
    new WindrowError("damaged", `Cannot read ${file}: in its metadata, ${ARRAY_KEY} ${what}`, { details: { file } });
  const value = parsed(text);
  if (!isAttributes(value)) throw wrong("must be a JSON object");
  const { version, path, zarray, attributes } = value;
  if (version !== VERSION)
    throw new WindrowError(
      "unsupported",
      `Cannot read ${file}: its ${ARRAY_KEY} must be of version ${VERSION}, got ${JSON.stringify(version)}`,
    );
  if (typeof path !== "string" || !isSafeKey(path))
    throw wrong(`must name a path in the group, got ${JSON.stringify(path)}`);
  if (!isAttributes(zarray)) throw wrong("must have the array's .zarray");
  if (!isAttributes(attributes)) throw wrong("must have the array's attributes");
  return { path, zarray, attributes };
}
