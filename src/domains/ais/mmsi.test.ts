/** Which numbers are ships: each class by example, and all of them as their digits say. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { plainMmsi } from "../../../test/ais-plain.ts";
import { mmsiReason } from "./mmsi.ts";

test("each class of numbers has its reason", () => {
  const classes: readonly (readonly [number, string])[] = [
    [219001000, "kept"],
    [201000001, "kept"],
    [775999999, "kept"],
    [200999999, "invalid_mmsi"],
    [776000001, "invalid_mmsi"],
    [2190010, "base_station"],
    [21900100, "group"],
    [111219501, "sar_aircraft"],
    [992191234, "aton"],
    [982191234, "craft_associated"],
    [970123456, "sart"],
    [972123456, "mob"],
    [974123456, "epirb"],
    [971123456, "invalid_mmsi"],
    [800000001, "invalid_mmsi"],
    [112345678, "invalid_mmsi"],
    [123456789, "placeholder_mmsi"],
    [987654321, "placeholder_mmsi"],
    [111111111, "placeholder_mmsi"],
    [999999999, "placeholder_mmsi"],
    [367000000, "placeholder_mmsi"],
    [0, "invalid_mmsi"],
    [-219001000, "invalid_mmsi"],
    [2190010000, "invalid_mmsi"],
    [219001000.5, "invalid_mmsi"],
    [Number.NaN, "invalid_mmsi"],
    [Number.POSITIVE_INFINITY, "invalid_mmsi"],
  ];
  for (const [mmsi, reason] of classes) assert.equal(mmsiReason(mmsi, false), reason, String(mmsi));
});

test("craft of a parent ship are kept where asked for, and nothing else with them", () => {
  assert.equal(mmsiReason(982191234, true), "kept");
  assert.equal(mmsiReason(992191234, true), "aton");
  assert.equal(mmsiReason(987654321, true), "placeholder_mmsi");
});

test("any number is what its nine digits say", () => {
  const edges = fc.tuple(fc.nat(999), fc.constantFrom(0, 1, 111_111, 456_789, 654_321, 999_999));
  const any = fc.oneof(
    edges.map(([head, tail]) => head * 1e6 + tail),
    fc.nat(1_100_000_000),
  );
  fc.assert(
    fc.property(any, (mmsi) => assert.equal(mmsiReason(mmsi, false), plainMmsi(mmsi) ?? "kept")),
    { numRuns: 2000 },
  );
});
