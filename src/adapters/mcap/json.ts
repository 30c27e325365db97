/** JSON messages: by a JSON Schema, where there is one, to fields; else whole. */

import { type Json, WindrowError } from "../../core/index.ts";
import { type Decoder, type Field, FieldBudget, type Fields, structShape } from "./fields.ts";

/** What JSON.parse makes of an object. */
interface JsonObject {
  readonly [key: string]: Json;
}

function asObject(value: Json | undefined): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined; // what is left
}

const NANOSECONDS = [
  ["sec", "nsec"],
  ["sec", "nanosec"],
];

/** Foxglove's schemas have times as objects of these two. */
function isTime(properties: JsonObject): boolean {
  const names = Object.keys(properties);
  return names.length === 2 && NANOSECONDS.some((pair) => pair.every((name) => names.includes(name)));
}

function fieldsOf(schema: JsonObject, budget: FieldBudget, depth: number): Fields {
  const required = Array.isArray(schema["required"]) ? (schema["required"] as readonly Json[]) : []; // Array.isArray has no readonly
  const fields = new Map<string, Field>();
  for (const [name, property] of Object.entries(asObject(schema["properties"]) ?? {})) {
    budget.take(depth);
    fields.set(name, {
      shape: shapeOf(asObject(property) ?? {}, budget, depth),
      nullable: !required.includes(name),
    });
  }
  return fields;
}

function shapeOf(schema: JsonObject, budget: FieldBudget, depth: number): Field["shape"] {
  const properties = asObject(schema["properties"]);
  switch (schema["type"]) {
    case "number":
    case "integer":
      return { kind: "scalar", type: "f64" };
    case "boolean":
      return { kind: "scalar", type: "bool" };
    case "string":
      return schema["contentEncoding"] === "base64" ? { kind: "bytes" } : { kind: "scalar", type: "str" };
    case "object":
      if (properties === undefined) return { kind: "json" };
      return isTime(properties) ? { kind: "time" } : structShape(fieldsOf(schema, budget, depth + 1));
    case "array":
      return listShape(schema, budget, depth);
    default:
      return { kind: "json" };
  }
}

function listShape(schema: JsonObject, budget: FieldBudget, depth: number): Field["shape"] {
  const items = asObject(schema["items"]) ?? {};
  const length = schema["minItems"];
  if (items["type"] === "number" || items["type"] === "integer") {
    const isFixed = Number.isInteger(length) && (length as number) > 0 && length === schema["maxItems"]; // an integer
    return isFixed ? { kind: "numbers", type: "f64", length: length as number } : { kind: "numbers", type: "f64" }; // an integer
  }
  if (items["type"] !== "object") return { kind: "json" };
  return { kind: "json", element: fieldsOf(items, budget, depth + 1) };
}

/** Reads JSON; integers beyond 2⁵³ lose what float64 cannot hold, as in any reader of it. */
function parsed(data: Uint8Array): Json {
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data)) as Json; // JSON.parse gives nothing else
}

/** A decoder by a JSON Schema. Without one, or with one of no properties, a message is one field of that name. */
export function jsonDecoder(schema: Uint8Array | undefined): Decoder {
  const tree = schema === undefined || schema.length === 0 ? undefined : asObject(parsed(schema));
  const fields = tree === undefined ? new Map<string, Field>() : fieldsOf(tree, new FieldBudget(), 0);
  if (fields.size === 0) {
    return {
      fields: new Map([["message", { shape: { kind: "json" } }]]),
      decode: (data) => ({ message: parsed(data) }),
    };
  }
  return {
    fields,
    decode(data) {
      const message = asObject(parsed(data));
      if (message === undefined) throw new WindrowError("damaged", "it must be a JSON object");
      return message;
    },
  };
}
