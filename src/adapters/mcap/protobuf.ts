/** Protocol Buffers: by the FileDescriptorSet that the schema is. */

import type { Field as ProtoField, Type } from "protobufjs";
import { type NumericKind, WindrowError } from "../../core/index.ts";
import { type Decoder, type Field, FieldBudget, type Fields, structShape } from "./fields.ts";

const KINDS: Readonly<Record<string, NumericKind | "str">> = {
  double: "f64",
  float: "f32",
  int32: "i32",
  sint32: "i32",
  sfixed32: "i32",
  uint32: "u32",
  fixed32: "u32",
  int64: "i64",
  sint64: "i64",
  sfixed64: "i64",
  uint64: "u64",
  fixed64: "u64",
  bool: "bool",
  string: "str",
};

const TIMES = [".google.protobuf.Timestamp", ".google.protobuf.Duration"];

function fieldsOf(type: Type, budget: FieldBudget, above: readonly Type[]): Fields {
  const fields = new Map<string, Field>();
  for (const field of type.fieldsArray) {
    budget.take(above.length);
    fields.set(field.name, { shape: shapeOf(field, budget, [...above, type]), nullable: isNullable(field) });
  }
  return fields;
}

/** Of proto3's plain fields, one that is not there has its default value. A message, or what is of a `oneof` or optional, may lack. */
function isNullable(field: ProtoField): boolean {
  return !field.repeated && !field.map && field.hasPresence && !field.required;
}

function shapeOf(field: ProtoField, budget: FieldBudget, above: readonly Type[]): Field["shape"] {
  if (field.map) return { kind: "json" };
  const { resolvedType } = field;
  if (resolvedType !== null && "fieldsArray" in resolvedType)
    return messageShape(field, resolvedType, { budget, above });
  // What is resolved and no message is an enumeration.
  const kind = resolvedType === null ? KINDS[field.type] : "i32";
  if (field.repeated) return kind === undefined || kind === "str" ? { kind: "json" } : { kind: "numbers", type: kind };
  return kind === undefined ? { kind: "bytes" } : { kind: "scalar", type: kind };
}

function messageShape(
  field: ProtoField,
  type: Type,
  { budget, above }: { readonly budget: FieldBudget; readonly above: readonly Type[] },
): Field["shape"] {
  // A message within itself, as google.protobuf.Struct has it, has no end of fields.
  if (above.includes(type)) return { kind: "json" };
  if (TIMES.includes(type.fullName)) return field.repeated ? { kind: "json" } : { kind: "time" };
  const fields = fieldsOf(type, budget, above);
  return field.repeated ? { kind: "json", element: fields } : structShape(fields);
}

/**
 * A decoder of the message `name`.
 * @throws WindrowError `unsupported` for a set of descriptors that cannot be read, or has no such message.
 */
export async function protobufDecoder(name: string, schema: Uint8Array): Promise<Decoder> {
  const { default: protobuf } = await import("protobufjs");
  // Loaded for what it adds to the library: reading descriptors.
  await import("protobufjs/ext/descriptor.js");
  const root = protobuf.Root.fromDescriptor(schema, { keepCase: true }).resolveAll();
  const type = root.lookup(name, [protobuf.Type]) as Type | null; // the filter lets nothing else through
  if (type === null) throw new WindrowError("unsupported", `the schema has no message ${JSON.stringify(name)}`);
  return {
    fields: fieldsOf(type, new FieldBudget(), []),
    decode: (data) => type.toObject(type.decode(data), { longs: BigInt }),
  };
}
