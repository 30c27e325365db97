/** Text files of rows: what is written comes back, however lines end and whatever packs them; what is no row is told by its line. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import type { ReadStore } from "../core/index.ts";
import { WindrowError } from "../core/index.ts";
import { memoryStore } from "../stores/index.ts";
import { BadRows } from "./bad-rows.ts";
import { firstLine, headLines, lineBlocks } from "./text-lines.ts";
import { readTextRows, type TextRowsSpec } from "./text-rows.ts";

async function stored(bytes: Uint8Array | string): Promise<{ store: ReadStore; key: string }> {
  const store = memoryStore();
  await store.put("x", typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
  return { store, key: "x" };
}

const SPEC: TextRowsSpec = { cells: ["stamp", "number", "text"], delimiter: "comma", unit: "s" };

async function read(text: string | Uint8Array, spec: Partial<TextRowsSpec> = {}) {
  const bad = new BadRows();
  return { rows: await readTextRows(await stored(text), { ...SPEC, ...spec }, bad), bad };
}

const anyRow = fc.tuple(
  fc.double({ noDefaultInfinity: true, noNaN: true }),
  fc.double({ noDefaultInfinity: true }),
  fc.stringMatching(/^[a-zæ/.\u{1f6a2}]{1,9}$/u),
);

test("rows come back, however lines end, packed or not", async () => {
  const property = fc.asyncProperty(
    fc.array(anyRow, { maxLength: 40 }),
    fc.constantFrom("\n", "\r\n", "\n\n", "\n# 1,2,x\n"),
    fc.boolean(),
    fc.boolean(),
    async (rows, end, isEnded, isPacked) => {
      const lines = rows.map(([t, value, text]) => `${t},${Object.is(value, -0) ? "-0" : value},${text}`);
      const bytes = new TextEncoder().encode(`\uFEFF${lines.join(end)}${isEnded ? end : ""}`);
      const { rows: found, bad } = await read(isPacked ? new Uint8Array(gzipSync(bytes)) : bytes);
      assert.equal(found.length, rows.length);
      // Minus nothing is written as nothing.
      assert.deepEqual(
        Array.from(found.stamps[0]!),
        rows.map(([t]) => t + 0),
      );
      assert.deepEqual(
        Array.from(found.numbers[0]!),
        rows.map(([, value]) => value),
      );
      assert.deepEqual(
        found.texts[0],
        rows.map(([, , text]) => text),
      );
      assert.equal(bad.lost.rows, 0);
    },
  );
  await fc.assert(property);
});

test("a file is read in pieces, and a letter may lie in two of them", async () => {
  const lines = Array.from({ length: 70_000 }, (_, i) => `${i},${i / 8},ærlig🚢${i}`);
  const { rows } = await read(lines.join("\n"));
  assert.equal(rows.length, lines.length);
  assert.equal(rows.texts[0]![69_999], "ærlig🚢69999");
  assert.equal(rows.lines[69_999], 70_000);
  let blocks = 0;
  for await (const { first, lines: some } of lineBlocks(await stored(lines.join("\n")))) {
    assert.equal(some[0], lines[first - 1]);
    blocks += 1;
  }
  assert.ok(blocks > 2, `${blocks} blocks`);
});

test("rows that are none are counted, and the first few told by their line", async () => {
  const { rows, bad } = await read("t,x,name\n1,2,a\n\n,,\n1,2\n1,2,3,4\nx,2,a\n1,y,a\n1,2,\n2,nan,b\n");
  assert.deepEqual(Array.from(rows.stamps[0]!), [1, 2]);
  assert.deepEqual(bad.lost, {
    rows: 7,
    examples: [
      [1, 'cell 1 is no time: "t"'],
      [4, 'cell 1 is no time: ""'],
      [5, "3 cells are expected, got 2"],
      [6, "3 cells are expected, got 4"],
      [7, 'cell 1 is no time: "x"'],
    ].map(([line, why]) => ({ file: "memory/x", line, why })),
  });
});

test("a cell of any length is told in few letters, and what is read again is counted once", async () => {
  const bad = new BadRows();
  const file = await stored(`1,${"y".repeat(10_000)},a\n`);
  for (let again = 0; again < 2; again++) await readTextRows(file, SPEC, bad);
  assert.equal(bad.lost.rows, 1);
  assert.ok(bad.lost.examples[0]!.why.length < 100);
});

test("a packed file that is cut short is damaged", async () => {
  const text = Array.from({ length: 100 }, (_, i) => `${i},1,${Math.sin(i)}`).join("\n");
  const whole = new Uint8Array(gzipSync(text));
  for (const length of [2, 9, 30, whole.length - 1]) {
    await assert.rejects(read(whole.slice(0, length)), (error: unknown) => {
      assert.ok(error instanceof WindrowError && error.code === "damaged", String(error));
      assert.match(error.message, /^Cannot read memory\/x: the gz data is damaged or cut short/);
      return true;
    });
  }
});

test("what is no text is damaged, and a line without an end", async () => {
  await assert.rejects(read(Uint8Array.of(0x31, 0x0a, 0xff, 0xfe)), /text in UTF-8 is expected, got other bytes/);
  await assert.rejects(read(Uint8Array.of(0x31, 0x0a, 0xf0, 0x9f)), /text in UTF-8 is expected/);
  await assert.rejects(read("1".repeat(3 << 20)), /line 1 must be shorter than 1048576 letters/);
  // A bomb: little that unpacks to one line of very much.
  await assert.rejects(read(new Uint8Array(gzipSync(new Uint8Array(64 << 20).fill(0x31)))), /line 1 must be shorter/);
});

test("a file that is not there is missing", async () => {
  const file = { store: memoryStore(), key: "y" };
  await assert.rejects(readTextRows(file, SPEC, new BadRows()), /Cannot read memory\/y: there is no such file/);
});

test("first lines are read without the rest", async () => {
  const text = `# comment\n\na,b\n${"c,d\n".repeat(2_000_000)}`;
  let read = 0;
  const file = await stored(text);
  const get: ReadStore["get"] = async (...args) => {
    const bytes = await file.store.get(...args);
    read += bytes!.length;
    return bytes;
  };
  const counted = { ...file, store: { ...file.store, get } };
  assert.deepEqual(await headLines(counted, 2), ["a,b", "c,d"]);
  assert.equal(await firstLine(counted), "# comment");
  assert.ok(read < 3 << 20, `${read} bytes`);
  assert.deepEqual(await headLines(await stored(""), 2), []);
  assert.equal(await firstLine(await stored("")), undefined);
});
