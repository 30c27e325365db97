/** The rules of one report: each with what sets it off, and what nearly does. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { REASONS } from "./reasons.ts";
import { choiceCode, positionCode, typeCode, vesselCode } from "./row-rules.ts";
import { AIS_RULES, NON_VESSEL } from "./schema.ts";

const none = Number.NaN;
const position = (lat: number, lon: number) => REASONS[positionCode(lat, lon)];

test("a position that is not known is told from one that cannot be", () => {
  for (const [lat, lon] of [
    [91, 181],
    [91, 10],
    [55, 181],
    [none, 10],
    [55, none],
    [91, 500],
    [95, 181],
  ] as const)
    assert.equal(position(lat, lon), "position_unavailable", `${lat} ${lon}`);
  assert.equal(position(90.0001, 10), "lat_range");
  assert.equal(position(-91, 10), "lat_range");
  assert.equal(position(95, 200), "lat_range");
  assert.equal(position(55, -180.0001), "lon_range");
  assert.equal(position(55, -181), "lon_range");
  assert.equal(position(Number.POSITIVE_INFINITY, 10), "lat_range");
});

test("the poles and both sides of the date line are positions", () => {
  for (const [lat, lon] of [
    [90, 0],
    [-90, 0],
    [0, 180],
    [0, -180],
  ] as const)
    assert.equal(position(lat, lon), "kept");
});

test("null island is a ten-thousandth of a degree wide on each side", () => {
  assert.equal(position(0, 0), "null_island");
  assert.equal(position(-0.00009, 0.00009), "null_island");
  assert.equal(position(0.0001, 0), "kept");
  assert.equal(position(0, -0.0001), "kept");
});

test("message types of stations, aircraft and buoys are dropped, those of ships and unknown ones are not", () => {
  const of = (type: number) => REASONS[typeCode(type, none)];
  assert.deepEqual([4, 11, 9, 21].map(of), ["base_station", "base_station", "sar_aircraft", "aton"]);
  assert.deepEqual(
    [1, 2, 3, 18, 19, 27, none].map(of),
    [1, 2, 3, 18, 19, 27, none].map(() => "kept"),
  );
});

test("a mobile of another class is no vessel", () => {
  assert.equal(REASONS[typeCode(none, NON_VESSEL)], "non_vessel");
  assert.equal(REASONS[typeCode(none, 0)], "kept");
  assert.equal(REASONS[typeCode(none, 1)], "kept");
});

test("the span of time is closed on both sides", () => {
  const rules = { ...AIS_RULES, from: 100, to: 200 };
  const at = (t: number) => REASONS[choiceCode(rules, t, { lat: 0, lon: 0 })];
  assert.deepEqual([99.999, 100, 200, 200.001].map(at), ["time_range", "kept", "kept", "time_range"]);
});

test("a box holds its edges, and may span the date line", () => {
  const inBox = (west: number, east: number, lon: number) =>
    choiceCode({ ...AIS_RULES, bbox: { south: -10, north: 10, west, east } }, 0, { lat: 10, lon }) === 0;
  assert.deepEqual(
    [-5, 5, 5.001, -5.001].map((lon) => inBox(-5, 5, lon)),
    [true, true, false, false],
  );
  assert.deepEqual(
    [170, 180, -180, -170, -169, 0].map((lon) => inBox(170, -170, lon)),
    [true, true, true, true, false, false],
  );
  const north = { ...AIS_RULES, bbox: { south: -10, north: 10, west: -5, east: 5 } };
  assert.equal(REASONS[choiceCode(north, 0, { lat: 10.001, lon: 0 })], "bbox");
});

test("a vessel's verdict is that of its number", () => {
  assert.equal(REASONS[vesselCode(219001000, AIS_RULES)], "kept");
  assert.equal(REASONS[vesselCode(982191234, AIS_RULES)], "craft_associated");
  assert.equal(REASONS[vesselCode(982191234, { ...AIS_RULES, keepAuxiliary: true })], "kept");
});
