/** Python's spelling of JSON and floats. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Json, WindrowError } from "../../core/index.ts";
import { byCodePoint, pythonFloat, pythonJson } from "./python-json.ts";

test("floats are spelled as Python's repr spells them", () => {
  const spelled = { "1.0": 1, "0.0": 0, "-0.0": -0, "1e-07": 1e-7, "1e-05": 1e-5, "0.0001": 1e-4, "1.5e-10": 1.5e-10 };
  const large = {
    "1e+16": 1e16,
    "1234567890123456.0": 1234567890123456,
    "1.5e+300": 1.5e300,
    "-2.5": -2.5,
    nan: Number.NaN,
    "-inf": -Infinity,
  };
  for (const [text, value] of Object.entries({ ...spelled, ...large })) assert.equal(pythonFloat(value), text);
});

test("a float that is spelled is the same float when it is read", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (value) =>
      Object.is(Number(pythonFloat(value).replace("inf", "Infinity")), value),
    ),
  );
});

test("JSON is ASCII, with spaces and keys in order as json.dumps has them", () => {
  assert.equal(
    pythonJson({ b: [1, 2.5, null, true], a: 'é\x7f\n"🐋' }),
    '{"b": [1, 2.5, null, true], "a": "\\u00e9\\u007f\\n\\"\\ud83d\\udc0b"}',
  );
  assert.equal(pythonJson({ b: 1, a: {} }, { keys: "sorted" }), '{"a": {}, "b": 1}');
});

test("JSON that is written is the same JSON when it is read", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.deepEqual(JSON.parse(pythonJson(value as Json)), value)));
});

test("a number that JSON does not have is refused", () => {
  assert.throws(() => pythonJson([Number.NaN]), WindrowError);
});

test("names sort by code point: what UTF-16 writes as two comes last", () => {
  assert.deepEqual(["🐋", "\uff5e", "a", "", "ab"].sort(byCodePoint), ["", "a", "ab", "\uff5e", "🐋"]);
});
