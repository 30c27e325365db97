/** Thrift and the Arrow schema, there and back, and from any bytes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WindrowError } from "../../core/index.ts";
import { at } from "../fault.ts";
import { arrowHints, arrowSchema, base64 } from "./arrow-schema.ts";
import { binary, bool, i16, i32, i64, list, struct, text, thriftBytes } from "./thrift.ts";
import { need, readStruct, structList, type ThriftStruct, textField, whole } from "./thrift-read.ts";

test("structs come back", () => {
  const many = Array.from({ length: 40 }, (_, i) => struct({ 1: i32(i) }));
  const bytes = thriftBytes(
    struct({
      1: i64(2 ** 53 - 1),
      2: undefined,
      3: bool(true),
      4: bool(false),
      5: text("é"),
      9: list(many),
      10: i16(-3),
      15: binary(Uint8Array.of(7)),
    }),
  );
  const { value, end } = readStruct(bytes);
  assert.equal(end, bytes.length);
  assert.deepEqual(
    [need(value, 1), whole(value, 2), value.get(3), value.get(4)],
    [2 ** 53 - 1, undefined, true, false],
  );
  assert.deepEqual([textField(value, 5), value.get(10), value.get(15)], ["é", -3, Uint8Array.of(7)]);
  assert.deepEqual(
    structList(value, 9).map((one: ThriftStruct) => need(one, 1)),
    many.map((_, i) => i),
  );
  assert.throws(() => need(value, 10), { code: "damaged", message: /from 0 up, got -3/ });
});

test("any bytes are a struct or damage", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        readStruct(bytes);
      } catch (error) {
        assert.ok(error instanceof WindrowError && error.code === "damaged");
      }
    }),
    { seed: 1, numRuns: 3000 },
  );
});

test("lengths that are not there are refused at once", () => {
  const huge = [0xff, 0xff, 0xff, 0xff, 0x0f];
  assert.throws(() => readStruct(Uint8Array.of(0x18, ...huge)), { code: "damaged" });
  assert.throws(() => readStruct(Uint8Array.of(0x19, 0xfc, ...huge)), { code: "damaged" });
  assert.throws(() => readStruct(new Uint8Array(100).fill(0x1c)), { code: "damaged", message: /deeper/ });
});

test("the Arrow schema gives list sizes, shapes and units back", () => {
  const schema = {
    w: { kind: "f32", shape: [928, 5], unit: "mixed" },
    v: { kind: "i8", shape: [3] },
    s: { kind: "str", nullable: true },
  } as const;
  assert.deepEqual(
    [...arrowHints(arrowSchema(schema))],
    [
      ["w", { listSize: 4640, shape: [928, 5], unit: "mixed" }],
      ["v", { listSize: 3 }],
      ["s", {}],
    ],
  );
});

test("a damaged Arrow schema is read or refused", () => {
  const good = Uint8Array.from(atob(arrowSchema({ w: { kind: "f32", shape: [2, 3], unit: "m" } })), (c) =>
    c.charCodeAt(0),
  );
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (place, value, length) => {
      const bytes = good.slice();
      bytes[place] = value;
      for (const part of [bytes, good.subarray(0, length)])
        try {
          at({ key: "x", offset: 0 }, () => arrowHints(base64(part)));
        } catch (error) {
          assert.ok(error instanceof WindrowError && error.code === "damaged", String(error));
        }
    }),
    { seed: 2, numRuns: 2000 },
  );
});
