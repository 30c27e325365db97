/** The latest texts of a key: those of its latest row, of one time the larger, whatever order rows come in. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { KeyNumbers } from "./key-numbers.ts";
import { LatestTexts } from "./latest-texts.ts";

interface Said {
  readonly key: number;
  readonly t: number;
  readonly text: string;
}

/** What is kept of the rows, and how many texts were decoded for it. */
function latest(rows: readonly Said[], bad: readonly number[] = []): { texts: [number, string][]; decoded: number } {
  const keys = new KeyNumbers();
  const texts = new LatestTexts();
  const flags = Float32Array.from(rows, (_, i) => bad[i] ?? 0);
  const numbers = keys.of(
    Float64Array.from(rows, (row) => row.key),
    flags,
    rows.length,
  );
  const hashes = [...new Set(rows.map((row) => row.text))];
  let decoded = 0;
  const times = Float64Array.from(rows, (row) => row.t);
  texts.take(
    {
      file: 0,
      length: rows.length,
      bad: flags,
      columns: {},
      textHash: Float64Array.from(rows, (row) => hashes.indexOf(row.text)),
      texts(row) {
        decoded += 1;
        return [rows[row]!.text];
      },
    },
    times,
    numbers,
  );
  return { texts: [...texts.byKey(keys, ["name"])].map(([key, named]) => [key, named["name"] ?? ""]), decoded };
}

test("the latest row says it, of one time the larger by UTF-8, keys ascending", () => {
  const row = fc.record({
    key: fc.integer({ min: 1, max: 4 }),
    t: fc.integer({ min: 0, max: 3 }),
    text: fc.constantFrom("", "A", "B", "AB", "\u00f8", "\uffee", "\u{1f6a2}"),
  });
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      const expected = [...new Set(rows.map(({ key }) => key))]
        .sort((a, b) => a - b)
        .map((key) => {
          const said = rows.filter((each) => each.key === key);
          const last = Math.max(...said.map(({ t }) => t));
          const texts = said.filter(({ t }) => t === last).map(({ text }) => Buffer.from(text));
          return [key, texts.sort(Buffer.compare).at(-1)?.toString()];
        });
      assert.deepEqual(latest(rows).texts, expected);
    }),
  );
});

test("a text that is said again is not decoded again", () => {
  const rows = Array.from({ length: 1000 }, (_, t) => ({ key: 1, t, text: t < 500 ? "OLD" : "NEW" }));
  assert.deepEqual(latest(rows), { texts: [[1, "NEW"]], decoded: 2 });
});

test("bad rows say nothing, and texts are trimmed", () => {
  const rows = [
    { key: 1, t: 1, text: " GOOD " },
    { key: 1, t: 2, text: "BAD" },
    { key: 2, t: 2, text: "BAD" },
  ];
  assert.deepEqual(latest(rows, [0, 1, 1]).texts, [[1, "GOOD"]]);
});
