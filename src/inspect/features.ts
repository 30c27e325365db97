/** Which numbers of a sample belong together: a feature is one column, or one place along the last axis of an array. */

import { type ColumnType, isNumeric, type Json, type Schema, valuesPerRow, WindrowError } from "../core/index.ts";
import type { Source } from "./source.ts";

/** A feature: every `stride`-th value of a column, from `at` on. */
export interface Feature {
  readonly name: string;
  readonly column: string;
  readonly at: number;
  readonly stride: number;
  readonly type: ColumnType;
}

/** Longer last axes are no features side by side but a series or an image. */
const MOST_FEATURES = 64;

function width(type: ColumnType, names: readonly string[] | undefined): number {
  const values = valuesPerRow(type);
  if (names !== undefined) return names.length;
  const last = type.shape?.at(-1) ?? 1;
  return (type.shape?.length ?? 0) > 1 && last <= MOST_FEATURES && values > last ? last : 1;
}

/**
 * The features of numeric columns. `names` are those of the first column with a shape; others are called by number.
 * @throws WindrowError `usage` where so many names do not divide a sample.
 */
export function featuresOf(schema: Schema, names?: readonly string[]): readonly Feature[] {
  const array = Object.entries(schema).find(([, type]) => isNumeric(type.kind) && type.shape !== undefined)?.[0];
  return Object.entries(schema).flatMap(([column, type]): Feature[] => {
    if (!isNumeric(type.kind)) return [];
    const own = column === array ? names : undefined;
    const stride = width(type, own);
    if (valuesPerRow(type) % stride !== 0) {
      throw new WindrowError(
        "usage",
        `Cannot name the features of ${column}: ${valuesPerRow(type)} values do not divide among ${stride} names, got ${own?.join(",")}`,
      );
    }
    const name = (at: number) => own?.[at] ?? (stride === 1 ? column : `${column}[${at}]`);
    return Array.from({ length: stride }, (_, at) => ({ name: name(at), column, at, stride, type }));
  });
}

/** The names that a dataset gives its features; `undefined` where it gives none. */
export function featureNames(source: Source): readonly string[] | undefined {
  if (source.kind !== "dataset") return undefined;
  const { about } = source.manifest;
  const names =
    typeof about === "object" && about !== null && !Array.isArray(about)
      ? (about as { readonly [key: string]: Json })["features"]
      : undefined;
  const { schema } = source.manifest;
  const array = Object.values(schema).find((type) => type.shape !== undefined);
  const isList = Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === "string");
  // Names that do not fit the arrays are no reason to refuse to look at them.
  return isList && array !== undefined && array.shape?.at(-1) === names.length ? names : undefined;
}
