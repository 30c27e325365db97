/** What users write about synchronization, and what it means. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { SYNC_OPTIONS, syncSpec } from "./sync-options.ts";

test("nothing said is nearest, with no times yet", () => {
  assert.deepEqual(syncSpec({}), { rule: "nearest" });
});

test("a tolerance is for all, for single sensors, or both", () => {
  const { parse } = SYNC_OPTIONS.tolerance;
  assert.deepEqual(parse("0.05"), { toleranceSeconds: 0.05 });
  assert.deepEqual(parse("inf"), { toleranceSeconds: Number.POSITIVE_INFINITY });
  assert.deepEqual(parse("/gps/fix=0.5"), { toleranceSecondsOf: { "/gps/fix": 0.5 } });
  assert.deepEqual(parse("0.05, gps=0.5,a=b=1"), {
    toleranceSeconds: 0.05,
    toleranceSecondsOf: { gps: 0.5, "a=b": 1 },
  });
  for (const text of ["", "-1", "nan", "0.1,0.2", "gps=", "gps=-1", "0.1,"])
    assert.throws(() => parse(text), { code: "usage" }, text);
});

test("a clock has an offset and may have a scale", () => {
  const { parse } = SYNC_OPTIONS.clock;
  assert.deepEqual(parse("camera=-0.05,imu=1e-3*1.00002"), {
    camera: { offsetSeconds: -0.05, scale: 1 },
    imu: { offsetSeconds: 0.001, scale: 1.00002 },
  });
  for (const text of ["", "0.5", "camera", "camera=", "camera=1*", "camera=1*2*3"])
    assert.throws(() => parse(text), { code: "usage" }, text);
});

test("a margin is of seconds or rows, for both ends or each", () => {
  const { parse } = SYNC_OPTIONS.margin;
  assert.deepEqual(parse("1.5"), [{ seconds: 1.5 }, { seconds: 1.5 }]);
  assert.deepEqual(parse("10rows, 0.5"), [{ samples: 10 }, { seconds: 0.5 }]);
  for (const text of ["", "1,2,3", "x", "-1", "1.5rows"]) assert.throws(() => parse(text), { code: "usage" }, text);
});

test("what is given is in the spec, and nothing else", () => {
  assert.deepEqual(syncSpec({ sync: "previous", grid: 10, phase: 0.5, overlap: "no", keepMissing: true, sort: true }), {
    rule: "previous",
    grid: { rateHz: 10, phaseSeconds: 0.5 },
    overlap: false,
    missing: "keep",
    onUnsorted: "sort",
  });
  assert.throws(() => syncSpec({ phase: 1 }), { code: "usage", message: /--phase/ });
});
