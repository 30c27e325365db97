/** The header of an EuRoC `data.csv`: names with units, and which of them are parts of one field. */

import type { Interpolation } from "../../sync/index.ts";
import type { NumberField } from "../text-rows.ts";

/** A named cell: `w_RS_S_x [rad s^-1]`. */
interface HeaderCell {
  readonly name: string;
  readonly unit: string | undefined;
}

/** Fields of a file, from its header. */
export interface HeaderFields {
  readonly fields: readonly NumberField[];
  readonly interpolation: Readonly<Record<string, Interpolation>>;
}

function headerCell(text: string): HeaderCell {
  const [, name = "", unit = ""] = /^#?\s*(.*?)\s*(?:\[\s*(.*?)\s*\])?$/.exec(text) ?? [];
  return { name, unit: unit === "" ? undefined : unit };
}

/** Suffixes of the cells that make up a vector and a quaternion, as EuRoC orders them. */
const PARTS: readonly (readonly [suffixes: readonly string[], Interpolation])[] = [
  [["_w", "_x", "_y", "_z"], "quaternion"],
  [["_x", "_y", "_z"], "linear"],
];

/** Groups the cells behind the stamp: `p_x p_y p_z` is one field `p` of three values, `q_w q_x q_y q_z` one of four. */
export function headerFields(cells: readonly string[]): HeaderFields {
  const named = cells.map(headerCell);
  const fields: NumberField[] = [];
  const interpolation: Record<string, Interpolation> = {};
  for (let at = 0; at < named.length; ) {
    const part = PARTS.find(([suffixes]) => isGroup(named.slice(at, at + suffixes.length), suffixes));
    const width = part?.[0].length ?? 1;
    const { name, unit } = named[at]!;
    const field = part === undefined ? name : name.slice(0, -2);
    const type = { kind: "f64", ...(width > 1 && { shape: [width] }), ...(unit !== undefined && { unit }) } as const;
    fields.push({ name: field, type, cells: Array.from({ length: width }, (_, i) => at + i) });
    interpolation[field] = part?.[1] ?? "linear";
    at += width;
  }
  return { fields, interpolation };
}

function isGroup(cells: readonly HeaderCell[], suffixes: readonly string[]): boolean {
  const [first] = cells;
  const stem = first?.name.slice(0, -2) ?? "";
  return (
    stem !== "" && suffixes.every((suffix, i) => cells[i]?.name === stem + suffix && cells[i].unit === first!.unit)
  );
}
