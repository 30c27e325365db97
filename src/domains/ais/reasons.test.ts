/** Reasons and their codes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { REASONS, reasonCode, reasonCounts } from "./reasons.ts";

test("a reason's code is its place, and kept is 0", () => {
  assert.equal(reasonCode("kept"), 0);
  for (const [place, reason] of REASONS.entries()) assert.equal(reasonCode(reason), place);
  assert.equal(new Set(REASONS).size, REASONS.length);
  assert.deepEqual(
    [...reasonCounts()],
    REASONS.map(() => 0),
  );
});
