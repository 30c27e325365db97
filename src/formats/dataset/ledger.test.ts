/** The account of a run: sums that hold, also of sensors and of runs together. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { addLedgers, checkLedger, type Ledger } from "./ledger.ts";

const LEDGER: Ledger = {
  input: 10,
  kept: 8,
  dropped: { unmatched: 2 },
  points: { used: 6, unused: { tail: 2 } },
  windows: { train: 2, validation: 1, test: 0 },
  traces: { all: 2, short: 0 },
  noted: {},
  sensors: { camera: { samples: 12, used: 8, unused: 4, matched: 10, missing: 0 } },
};
const WRITTEN = { train: 2, validation: 1, test: 0 };

test("an account whose sums hold passes, and each sum that does not is named", () => {
  checkLedger(LEDGER, WRITTEN);
  const camera = LEDGER.sensors!["camera"]!;
  for (const [change, message] of [
    [{ dropped: {} }, /input = kept \+ dropped/],
    [{ points: { used: 5, unused: { tail: 2 } } }, /kept = used \+ unused/],
    [{ sensors: { camera: { ...camera, unused: 3 } } }, /camera: samples = used \+ unused/],
    [{ sensors: { camera: { ...camera, missing: 1 } } }, /camera: input = matched \+ missing/],
    [{ windows: { ...WRITTEN, test: 1 } }, /test windows = test samples/],
  ] as const)
    assert.throws(() => checkLedger({ ...LEDGER, ...change }, WRITTEN), { code: "internal", message });
});

test("two accounts add up, sensor by sensor", () => {
  const both = addLedgers(LEDGER, LEDGER);
  checkLedger(both, { train: 4, validation: 2, test: 0 });
  assert.deepEqual(both.sensors, { camera: { samples: 24, used: 16, unused: 8, matched: 20, missing: 0 } });
  const { sensors: _, ...plain } = LEDGER;
  assert.equal("sensors" in addLedgers(plain, plain), false);
});
