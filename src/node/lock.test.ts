/** Locks: what killed processes left of them is gone once one is taken, what running ones have is not. */

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, test } from "node:test";
import { lockFile } from "./lock.ts";

// No system gives a process so high a number.
const GONE = 4_294_967_295;

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "windrow-lock-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("what a kill left while a lock was taken, whole or half written, is swept by the next one", (t) => {
  const path = folder(t);
  const whole = JSON.stringify({ pid: GONE, host: hostname() });
  for (const [name, text] of [
    [`.lock.${GONE}`, whole],
    [`.lock.${GONE - 1}`, '{"pid":'],
    [`.lock.${GONE}.stale`, whole],
    [`.lock.${GONE}.7.stale`, whole],
    [".lock", whole],
  ] as const)
    writeFileSync(join(path, name), text);
  const lock = lockFile(join(path, ".lock"), "write");
  assert.deepEqual(readdirSync(path), [".lock"]);
  lock[Symbol.dispose]();
  assert.deepEqual(readdirSync(path), []);
});

test("a running process's file, another host's, and others' files are let be", (t) => {
  const path = folder(t);
  const names = [`.lock.${process.ppid}`, `.lock.${GONE}`, ".lock.old", ".lock.7.txt", "other"];
  writeFileSync(join(path, names[0]!), JSON.stringify({ pid: process.ppid, host: hostname() }));
  writeFileSync(join(path, names[1]!), JSON.stringify({ pid: GONE, host: `not-${hostname()}` }));
  for (const name of names.slice(2)) writeFileSync(join(path, name), "");
  lockFile(join(path, ".lock"), "write")[Symbol.dispose]();
  assert.deepEqual(readdirSync(path).sort(), names.sort());
});

test("a lock of another thread of this process is held, as far as can be seen", (t) => {
  const path = join(folder(t), ".lock");
  writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname(), thread: 7 }));
  assert.throws(() => lockFile(path, "write"), { code: "exists" });
});
