/** Which rows and columns of a file a caller asks for, checked against what there is. */

import { type Key, type ReadOptions, WindrowError } from "../core/index.ts";

/**
 * The columns of those names, in the order asked for; all where no names are given.
 * @throws WindrowError `missing` for a name that no column has.
 */
export function chosenColumns<C extends { readonly name: string }>(
  all: readonly C[],
  names: readonly string[] | undefined,
  key: Key,
): readonly C[] {
  return (
    names?.map((name) => {
      const column = all.find((one) => one.name === name);
      if (column === undefined) throw new WindrowError("missing", `Cannot read ${key}: there is no column ${name}`);
      return column;
    }) ?? all
  );
}

/**
 * The rows asked for, of so many.
 * @throws WindrowError `usage` for a range that does not lie in the table.
 */
export function rowRange(
  length: number,
  { from = 0, to = length }: ReadOptions,
  key: Key,
): { readonly from: number; readonly to: number } {
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || from > to || to > length)
    throw new WindrowError(
      "usage",
      `Cannot read rows of ${key}: from and to must be within 0 to ${length}, got ${from} to ${to}`,
    );
  return { from, to };
}
