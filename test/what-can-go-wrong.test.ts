/** What the guide to what can go wrong says of codes, reasons and messages is what the sources have. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { ErrorCode } from "../src/core/index.ts";
import { REASONS } from "../src/domains/ais/index.ts";

const page = readFileSync(new URL("../docs/what-can-go-wrong.md", import.meta.url), "utf8");

/** Every code: one that is added must be listed here, or this does not compile. */
const CODES = {
  usage: true,
  missing: true,
  damaged: true,
  exists: true,
  unsupported: true,
  io: true,
  empty: true,
  stale: true,
  internal: true,
} as const satisfies Readonly<Record<ErrorCode, true>>;

test("every code of an error has its row, and no row is of none", () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \|.*\| [0-3] \|$/gm)].map(([, code]) => code);
  assert.deepEqual(rows.sort(), Object.keys(CODES).sort());
});

test("every reason to drop a row has its line, in the order of the rules", () => {
  const table = page.slice(
    page.indexOf("| reason | the row was dropped because |"),
    page.indexOf("| unused | because |"),
  );
  const rows = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, reason]) => reason);
  assert.deepEqual(
    rows,
    REASONS.filter((reason) => reason !== "kept"),
  );
});

test("every reason and every note of an AIS log is named", () => {
  const decoder = readFileSync(new URL("../src/adapters/nmea/decoder.ts", import.meta.url), "utf8");
  const names = [...decoder.matchAll(/^ {2}\[[A-Z_]+, "(\w+)"\],$/gm)].map(([, name]) => name!);
  assert.ok(names.includes("no_time") && names.includes("other_lines"), names.join());
  assert.deepEqual(
    names.filter((name) => !page.includes(`\`${name}\``)),
    [],
  );
});

test("the messages that the page quotes are those of the sources", () => {
  const root = new URL("../src/", import.meta.url);
  const sources = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => readFileSync(new URL(name, root), "utf8"))
    .join("\n");
  for (const message of [
    "another run is at work there (process ",
    "it holds another dataset (other options or inputs)",
    "the folder holds something else",
    "the disk is full",
    "its first line is no header with ",
    "no trip is long enough",
    "data is damaged or cut short",
  ]) {
    assert.ok(page.includes(message), `the page does not quote: ${message}`);
    assert.ok(sources.includes(message), `no source says: ${message}`);
  }
});
