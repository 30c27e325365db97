/** A DuckDB of our own: values as typed arrays, nothing left behind, complaints in one line. */

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Duck, duckError, numbers } from "./duckdb.ts";

function optionsOf(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "windrow-duck-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, memoryBytes: 2 ** 27, threads: 1 };
}

test("numbers come as typed arrays, chunk by chunk, in order", async (t) => {
  await using duck = await Duck.open(optionsOf(t));
  const seen: number[] = [];
  for await (const chunk of duck.chunks("SELECT i::DOUBLE, i::FLOAT, i::INTEGER FROM range(5000) r(i)")) {
    const doubles = numbers(chunk.column(0));
    assert.ok(doubles instanceof Float64Array && numbers(chunk.column(1)) instanceof Float32Array);
    assert.throws(() => numbers(chunk.column(2)), { code: "internal" });
    seen.push(...doubles.subarray(0, chunk.length));
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 5000 }, (_, i) => i),
  );
});

test("a closed database leaves no file", async (t) => {
  const options = optionsOf(t);
  {
    await using duck = await Duck.open(options);
    await duck.run("CREATE TABLE a AS SELECT range AS i FROM range(100000)");
    assert.deepEqual(await duck.rows("SELECT count(*)::INTEGER AS n FROM a"), [{ n: 100_000 }]);
  }
  assert.deepEqual(readdirSync(options.folder), []);
});

test("DuckDB's complaints become ours, of one line", () => {
  const of = (text: string) => duckError("sort", new RangeError(text));
  assert.equal(of("Out of Memory Error: failed\nmore").code, "io");
  assert.match(of("Out of Memory Error: failed\nmore").message, /^Cannot sort: [^\n]*--memory[^\n]*$/);
  assert.match(of("IO Error: Could not write: No space left on device").message, /the disk is full/);
  assert.deepEqual(
    [of("Parser Error: x\ny").code, of("Parser Error: x\ny").message],
    ["damaged", "Cannot sort: Parser Error: x"],
  );
  const mine = of("x");
  assert.equal(duckError("read", mine), mine);
});
