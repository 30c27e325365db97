/** Encodings: names, sizes, and what holds what. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { WindrowError } from "../../core/index.ts";
import { checkEncoding, columnTypeOf, encodedSize, mdsEncoding, parseEncoding } from "./encoding.ts";

test("each type has the encoding that a trainer expects", () => {
  const names = (["bool", "u8", "i64", "u64", "f16", "f32", "str", "bytes", "json"] as const).map((kind) =>
    mdsEncoding({ kind }),
  );
  assert.deepEqual(names, ["uint8", "uint8", "int64", "uint64", "float16", "float32", "str", "bytes", "json"]);
  assert.equal(mdsEncoding({ kind: "f32", shape: [928, 5] }), "ndarray:float32:928,5");
  assert.equal(mdsEncoding({ kind: "f32", shape: [928, 5] }, "bytes"), "bytes");
  assert.equal(mdsEncoding({ kind: "f32" }, "bytes"), "float32");
});

test("a size is fixed exactly where the name fixes it", () => {
  const sizes = [
    "int",
    "uint8",
    "float16",
    "ndarray:float32:928,5",
    "ndarray:float32",
    "ndarray",
    "bytes",
    "str_int",
    "pkl",
  ];
  assert.deepEqual(
    sizes.map((name) => encodedSize(parseEncoding(name)!)),
    [8, 1, 2, 18560, null, null, null, null, null],
  );
});

test("what MDS does not have is no encoding", () => {
  const names = [
    "",
    "int128",
    "bool",
    "ndarray:",
    "ndarray:f32",
    "ndarray:float32:",
    "ndarray:float32:0",
    "ndarray:float32:-1",
  ];
  for (const name of [
    ...names,
    "ndarray:float32:2,,3",
    "ndarray:float32:99999,99999",
    "constructor",
    "ndarray:toString",
    "int:8",
  ]) {
    assert.equal(parseEncoding(name), undefined, name);
  }
});

test("numbers of any length and pickles are read as what they are stored as", () => {
  assert.deepEqual(columnTypeOf(parseEncoding("str_int")!), { kind: "str" });
  assert.deepEqual(columnTypeOf(parseEncoding("str_float")!), { kind: "f64" });
  assert.deepEqual(columnTypeOf(parseEncoding("pkl")!), { kind: "bytes" });
  assert.equal(columnTypeOf(parseEncoding("ndarray:float32")!), undefined);
});

test("a column is not stored with an encoding that does not hold it", () => {
  const wrong = [
    [{ kind: "f32" }, "float64"],
    [{ kind: "f32", shape: [2, 3] }, "ndarray:float32:3,2"],
    [{ kind: "f32", shape: [2, 3] }, "float32"],
    [{ kind: "f32", shape: [0] }, "ndarray:float32"],
    [{ kind: "f32" }, "ndarray:float32"],
    [{ kind: "str" }, "bytes"],
    [{ kind: "str" }, "pkl"],
    [{ kind: "f32" }, "float128"],
  ] as const;
  for (const [type, encoding] of wrong) assert.throws(() => checkEncoding("x", type, encoding), isUsage, encoding);
  assert.equal(checkEncoding("x", { kind: "bool", shape: [4] }, "ndarray:uint8:4").is, "ndarray");
});

function isUsage(error: unknown): boolean {
  return error instanceof WindrowError && error.code === "usage" && error.message.startsWith("Cannot ");
}
