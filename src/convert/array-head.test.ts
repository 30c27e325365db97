import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type ArrayHead, headText, readHead } from "./array-head.ts";

const attributes = fc.dictionary(
  fc.string().filter((name) => name !== "__proto__"),
  fc.jsonValue(),
);

test("what a table keeps of its array comes back", () => {
  fc.assert(
    fc.property(attributes, attributes, fc.constantFrom("a", "deep/0.5", "é/b"), (zarray, more, path) => {
      // JSON has no −0.
      const head = JSON.parse(JSON.stringify({ path, zarray, attributes: more })) as ArrayHead; // as it was made
      assert.deepEqual(readHead(headText(head), "t.parquet"), head);
    }),
  );
});

test("a text that is no head is damage, and so is a path that leaves the group", () => {
  const whole = { version: 1, path: "a", zarray: {}, attributes: {} };
  for (const wrong of [
    "",
    "[]",
    "null",
    ...["", "/a", "../a", "a/../../b", "a\\b", "a\0", "C:a", 7, null].map((path) => JSON.stringify({ ...whole, path })),
    JSON.stringify({ ...whole, zarray: [] }),
    JSON.stringify({ ...whole, attributes: "x" }),
  ])
    assert.throws(() => readHead(wrong, "t.parquet"), { code: "damaged", message: /^Cannot read t\.parquet: / }, wrong);
  assert.throws(() => readHead(JSON.stringify({ ...whole, version: 2 }), "t.parquet"), { code: "unsupported" });
});
