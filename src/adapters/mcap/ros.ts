/** ROS messages: definitions as text, data packed by ROS 1 or, in ROS 2, as CDR. */

import { type NumericKind, WindrowError } from "../../core/index.ts";
import { type Decoder, type Field, FieldBudget, type Fields, structShape } from "./fields.ts";
import { checkLengths, type WalkedTypes } from "./ros-walk.ts";

type Definition = ReturnType<typeof import("@foxglove/rosmsg")["parse"]>[number];
type DefinedField = Definition["definitions"][number];

const KINDS: Readonly<Record<string, NumericKind | "str">> = {
  bool: "bool",
  int8: "i8",
  uint8: "u8",
  int16: "i16",
  uint16: "u16",
  int32: "i32",
  uint32: "u32",
  int64: "i64",
  uint64: "u64",
  float32: "f32",
  float64: "f64",
  string: "str",
};

/** The least bytes that a value takes in ROS 1, by type. */
const LEAST_BYTES: Readonly<Record<string, number>> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float32: 4,
  float64: 8,
  string: 4,
  time: 8,
  duration: 8,
};

// ROS 1's reader is compiled from a text that has these names in it: nothing but a name may stand there.
const NAME = /^[A-Za-z]\w*$/;
const TYPE = /^[A-Za-z]\w*(\/[A-Za-z]\w*)*$/;
const MOST_TEXT = 1 << 20;

function refuse(what: string): never {
  throw new WindrowError("unsupported", what);
}

function checkNames(definitions: readonly Definition[]): void {
  for (const { name, definitions: fields } of definitions) {
    if (name !== undefined && name !== "" && !TYPE.test(name))
      refuse(`a ROS type must have a plain name, got ${JSON.stringify(name)}`);
    for (const field of fields) {
      if (!NAME.test(field.name) || !TYPE.test(field.type))
        refuse(`a ROS field must have a plain name and type, got ${JSON.stringify(`${field.type} ${field.name}`)}`);
    }
  }
}

/** Fields as a tree, with the least bytes that they take. */
interface Tree {
  readonly fields: Fields;
  readonly least: number;
}

class Trees {
  readonly #types: ReadonlyMap<string, Definition>;
  readonly #budget = new FieldBudget();

  constructor(definitions: readonly Definition[]) {
    this.#types = new Map(definitions.map((definition) => [definition.name ?? "", definition]));
  }

  of(definition: Definition, depth = 0): Tree {
    const fields = new Map<string, Field>();
    let least = 0;
    for (const field of definition.definitions) {
      if (field.isConstant === true) continue;
      this.#budget.take(depth);
      const one = field.isComplex === true ? this.#struct(field, depth) : plain(field);
      fields.set(field.name, one.field);
      least += one.least;
    }
    return { fields, least };
  }

  #struct(field: DefinedField, depth: number): { readonly field: Field; readonly least: number } {
    const definition =
      this.#types.get(field.type) ?? refuse(`a ROS field is of type ${field.type}, which is not defined`);
    const { fields, least } = this.of(definition, depth + 1);
    if (field.isArray !== true) return { field: { shape: structShape(fields) }, least };
    // A list of nothings has no end that its bytes would set.
    if (least === 0) refuse(`a ROS field is a list of ${field.type}, which is empty`);
    return {
      field: { shape: { kind: "json", element: fields } },
      least: field.arrayLength === undefined ? 4 : field.arrayLength * least,
    };
  }
}

function plain({ type, isArray, arrayLength }: DefinedField): { readonly field: Field; readonly least: number } {
  const least = LEAST_BYTES[type] ?? refuse(`a ROS field is of type ${type}, which is not read here`);
  if (isArray !== true) {
    const kind = KINDS[type];
    return { field: { shape: kind === undefined ? { kind: "time" } : { kind: "scalar", type: kind } }, least };
  }
  const bytes = arrayLength === undefined ? 4 : arrayLength * least;
  return { field: { shape: listShape(type, arrayLength) }, least: bytes };
}

function listShape(type: string, length: number | undefined): Field["shape"] {
  const kind = KINDS[type];
  if (kind === undefined || kind === "str") return { kind: "json" };
  if (length !== undefined) return { kind: "numbers", type: kind, length };
  return type === "uint8" ? { kind: "bytes" } : { kind: "numbers", type: kind };
}

/**
 * A decoder by a definition and those of its parts (`.msg` files, one behind the other).
 * @throws WindrowError `unsupported` for a definition that cannot be read, or is of a kind that is not.
 */
export async function rosDecoder(schema: Uint8Array, dialect: "ros1" | "ros2"): Promise<Decoder> {
  if (schema.length > MOST_TEXT) refuse(`a ROS definition has at most ${MOST_TEXT} bytes, got ${schema.length}`);
  const { parse } = await import("@foxglove/rosmsg");
  const definitions = parse(new TextDecoder().decode(schema), { ros2: dialect === "ros2" });
  checkNames(definitions);
  // The message's own definition comes first, and alone has no name.
  const root = definitions.find(({ name }) => name === undefined || name === "") ?? definitions[0];
  if (root === undefined) refuse("a ROS definition is empty");
  const { fields } = new Trees(definitions).of(root);
  const types: WalkedTypes = new Map(definitions.map((definition) => [definition.name ?? "", definition.definitions]));
  const packing = dialect === "ros1" ? "ros1" : "cdr";
  const { MessageReader } =
    dialect === "ros1"
      ? await import("@foxglove/rosmsg-serialization")
      : await import("@foxglove/rosmsg2-serialization");
  const reader = new MessageReader(definitions);
  return {
    fields,
    decode(data) {
      checkLengths(data, root.definitions, types, packing);
      return reader.readMessage(data);
    },
  };
}
