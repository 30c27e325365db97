/** Options of a dataset as `info` shows them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { settings } from "./info.ts";

test("options are shown by name, groups without theirs, what is made of more in JSON, and what is not set not at all", () => {
  const sync = { rule: "nearest", tolerances: {}, margin: [{ samples: 0 }, { seconds: 1.5 }], optional: [] };
  assert.equal(
    settings({ format: ["mds", "parquet"], sensors: null, sync, clocks: {}, seed: "42" }),
    'format=mds,parquet rule=nearest margin=[{"samples":0},{"seconds":1.5}] seed=42',
  );
  assert.equal(settings({ sync: { clocks: { camera: { scale: 1 } } } }), 'clocks={"camera":{"scale":1}}');
  assert.equal(settings(undefined), "");
});
