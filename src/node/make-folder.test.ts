/** Folders that are made, and places where none can be. */

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makeFolder } from "./make-folder.ts";

test("a folder is made with those above it, and one that is there is let be", (t) => {
  const root = mkdtempSync(join(tmpdir(), "windrow-folder-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  makeFolder(join(root, "a", "b", "c"));
  makeFolder(join(root, "a", "b", "c"));
  assert.ok(existsSync(join(root, "a", "b", "c")));
  writeFileSync(join(root, "file"), "");
  assert.throws(() => makeFolder(join(root, "file", "below")), { code: "io" });
});

test("where the system makes no folder it is said, and does not go on for ever", () => {
  if (!existsSync("/proc/self")) return;
  assert.throws(() => makeFolder("/proc/windrow/data"), {
    name: "WindrowError",
    message: /^Cannot make the folder \/proc\/windrow/,
  });
});
