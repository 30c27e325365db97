/** Temporary files: whole under their name or not there, read at any place, changed in places. */

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { columnFile, float64Blocks, folderWorkspace } from "./workspace.ts";

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "windrow-workspace-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("what is written in pieces of any size is read whole and by place", (t) => {
  const workspace = folderWorkspace(join(folderOf(t), "below"));
  const sizes = fc.array(fc.oneof(fc.nat(100), fc.constantFrom(1 << 20, (1 << 20) + 1, 700_000)), { maxLength: 6 });
  fc.assert(
    fc.property(sizes, fc.nat(), (pieces, at) => {
      const all = new Uint8Array(pieces.reduce((sum, size) => sum + size, 0)).map((_, i) => (i * 31) % 251);
      using writer = workspace.writer("file");
      const reused = new Uint8Array(1 << 21);
      let from = 0;
      for (const size of pieces) {
        reused.set(all.subarray(from, from + size));
        writer.write(reused.subarray(0, size));
        reused.fill(255);
        from += size;
      }
      writer.close();
      assert.deepEqual(workspace.read("file"), all);
      const start = all.length === 0 ? 0 : at % all.length;
      using reader = workspace.reader("file");
      const into = new Uint8Array(Math.min(10, all.length - start));
      reader.readInto(start, into);
      assert.deepEqual(into, all.slice(start, start + into.length));
    }),
    { numRuns: 30 },
  );
});

test("a file that was not closed is not there, and leaves nothing", (t) => {
  const folder = folderOf(t);
  const workspace = folderWorkspace(folder);
  {
    using writer = workspace.writer("file");
    writer.write(Uint8Array.of(1));
    assert.equal(workspace.read("file"), undefined);
  }
  assert.deepEqual(readdirSync(folder), []);
});

test("reading behind the end, or what is not there, is an error that says so", (t) => {
  const workspace = folderWorkspace(folderOf(t));
  using writer = workspace.writer("file");
  writer.write(Uint8Array.of(1, 2, 3));
  writer.close();
  using reader = workspace.reader("file");
  assert.throws(() => reader.readInto(2, new Uint8Array(2)), {
    code: "damaged",
    message: /bytes 2 to 4 are wanted, got a file of 3/,
  });
  assert.throws(() => workspace.reader("absent"), { name: "WindrowError", code: "missing" });
  workspace.remove("file");
  workspace.remove("file");
  assert.equal(workspace.read("file"), undefined);
});

test("a column is appended to and changed in places, in any order", (t) => {
  const path = join(folderOf(t), "column");
  {
    using column = columnFile(path);
    column.append(Float64Array.of(0, 1, 2));
    column.writeAt(8, Float64Array.of(-1));
    column.append(Float64Array.of(3));
    column.writeAt(0, Float64Array.of(-0.5));
  }
  assert.deepEqual(new Float64Array(Uint8Array.from(readFileSync(path)).buffer), Float64Array.of(-0.5, -1, 2, 3));
  for (const size of [1, 3, 100])
    assert.deepEqual(
      [...float64Blocks(path, size)].flatMap((block) => [...block]),
      [-0.5, -1, 2, 3],
    );
});
