/** What messages are made of, whatever packs them: fields as a tree. */

import { type NumericKind, WindrowError } from "../../core/index.ts";

/** What one field holds. */
export type FieldShape =
  /** One number or text. */
  | { readonly kind: "scalar"; readonly type: NumericKind | "str" }
  /** Several numbers: always `length` of them, or any number where that is absent. */
  | { readonly kind: "numbers"; readonly type: NumericKind; readonly length?: number }
  /** Bytes, as many as there are. */
  | { readonly kind: "bytes" }
  /** Seconds and nanoseconds. */
  | { readonly kind: "time" }
  /** x, y, z and w of a rotation. */
  | { readonly kind: "quaternion"; readonly type: "f32" | "f64" }
  | { readonly kind: "struct"; readonly fields: Fields }
  /** Whatever else; of a list of structs, what they are made of. */
  | { readonly kind: "json"; readonly element?: Fields };

/** A field of a message. */
export interface Field {
  readonly shape: FieldShape;
  /** Whether a message may come without it. */
  readonly nullable?: boolean;
}

/** Fields by name, in order. */
export type Fields = ReadonlyMap<string, Field>;

/** Reads the messages of a channel. */
export interface Decoder {
  readonly fields: Fields;
  /** The fields' values by name. Throws whatever its library does for bytes that are no such message. */
  decode(data: Uint8Array): unknown;
}

// A schema may nest structs so that a page of text has more fields than there is memory.
const MOST_FIELDS = 4096;
const MOST_DEPTH = 32;

/** Counts the fields of a schema while its tree is made. */
export class FieldBudget {
  #left = MOST_FIELDS;

  /** @throws WindrowError `unsupported` for a field too many, or too deep. */
  take(depth: number): void {
    this.#left -= 1;
    if (this.#left < 0) throw new WindrowError("unsupported", `a schema has at most ${MOST_FIELDS} fields, got more`);
    if (depth > MOST_DEPTH)
      throw new WindrowError(
        "unsupported",
        `a schema nests at most ${MOST_DEPTH} deep, got more (or one within itself)`,
      );
  }
}

const QUATERNION = ["x", "y", "z", "w"];

/** A struct; of x, y, z and w alone, all float32 or all float64, a rotation. */
export function structShape(fields: Fields): FieldShape {
  const [first] = fields.values();
  const type = first?.shape.kind === "scalar" ? first.shape.type : undefined;
  const isQuaternion =
    (type === "f32" || type === "f64") &&
    fields.size === QUATERNION.length &&
    QUATERNION.every((name) => {
      const field = fields.get(name);
      return field?.shape.kind === "scalar" && field.shape.type === type && field.nullable !== true;
    });
  return isQuaternion ? { kind: "quaternion", type } : { kind: "struct", fields };
}
