/** What users write behind options is read as they meant it, or refused. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { time } from "./values.ts";

const NOON = Date.UTC(2024, 0, 31, 12) / 1000;

test("a time is epoch seconds, or an ISO date or time, UTC unless it says otherwise", () => {
  for (const text of [
    String(NOON),
    "2024-01-31T12:00",
    "2024-01-31T12:00:00",
    "2024-01-31 12:00:00",
    "2024-01-31t12:00:00z",
    "2024-01-31T13:00:00+01:00",
    "2024-01-31T07:00:00-0500",
    " 2024-01-31 12:00:00 Z ",
  ])
    assert.equal(time(text), NOON, text);
  assert.equal(time("2024-01-31T12:00:00.25"), NOON + 0.25);
  for (const text of ["2024-01-31", " 2024-01-31 "]) assert.equal(time(text), NOON - 43_200, text);
  assert.equal(time("2024-02-29"), Date.UTC(2024, 1, 29) / 1000);
});

test("a time is never guessed", () => {
  for (const text of [
    "",
    "-5",
    "now 3",
    "1e5",
    "01/02/2024",
    "31/01/2024",
    "2024-1-5",
    "2024-06",
    "2024-02-30",
    "2023-02-29",
    "2024-13-01",
    "2024-01-31T25:00",
    "2024-01-31T12:60",
    "2024-01-31T12:00:00 EST",
  ])
    assert.throws(() => time(text), { code: "usage", message: /^expected a time such as 2024-01-31 / }, text);
});
