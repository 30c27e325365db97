/** What trips are called. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { tripId } from "./split.ts";

test("a trip is called after its ship and the second it begins in", () => {
  assert.equal(tripId({ mmsi: 219001000, from: 1_700_000_000.9 }), "219001000-1700000000");
});
