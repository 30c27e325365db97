/** Lists of vessel types: what they match, and which are refused. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { vesselTypeFilter } from "./vessel-type.ts";

function matches(list: string, types: readonly (string | undefined)[]): (string | undefined)[] {
  const filter = vesselTypeFilter(list);
  assert.ok(filter);
  return types.filter(filter);
}

test("numbers, ranges and words match types as files write them", () => {
  assert.deepEqual(matches("60-69,70", ["59", "60", "65.0", "69", "70", "71"]), ["60", "65.0", "69", "70"]);
  assert.deepEqual(matches("Cargo, passenger", ["cargo", "CARGO", "Passenger", "Tanker", "70"]), [
    "cargo",
    "CARGO",
    "Passenger",
  ]);
  assert.deepEqual(matches("0", ["0", "0.0", "", undefined]), ["0", "0.0"]);
});

test("a vessel without a type is never one of those asked for", () => {
  assert.deepEqual(matches("0-99,unknown", ["", undefined]), []);
});

test("a list with an empty entry or a backward range is none", () => {
  for (const list of ["", "60,", ",60", "70-60", " "]) assert.equal(vesselTypeFilter(list), undefined, list);
});
