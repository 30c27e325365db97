/**
 * Loaded before everything else in each thread of a run that is to die: counts what is asked of the file system, and kills the process
 * at the n-th time; a write is cut in half first. `WINDROW_KILL_AT` is n; 0 only counts, and prints the count at the end.
 */

import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import process, { env } from "node:process";
import { getEnvironmentData, isMainThread, setEnvironmentData } from "node:worker_threads";

const at = Number(env["WINDROW_KILL_AT"] ?? 0);
if (isMainThread) setEnvironmentData("kill-hook", new Int32Array(new SharedArrayBuffer(4)));
const counter = getEnvironmentData("kill-hook") as Int32Array; // set above, in the main thread

function die(): void {
  process.kill(process.pid, "SIGKILL");
  // The signal may come a moment later; nothing more happens in this thread.
  for (;;);
}

type Call = (...args: unknown[]) => unknown;
const calls = fs as unknown as Record<string, Call>; // only functions are looked up
const WATCHED = [
  "openSync",
  "closeSync",
  "writeSync",
  "renameSync",
  "linkSync",
  "rmSync",
  "rmdirSync",
  "mkdirSync",
  "writeFileSync",
  "fsync",
];

for (const name of WATCHED) {
  const plain = calls[name]!;
  calls[name] = (...args) => {
    if (Atomics.add(counter, 0, 1) + 1 !== at) return plain(...args);
    if (name === "writeSync" && args[1] instanceof Uint8Array) plain(args[0], args[1].subarray(0, args[1].length >> 1));
    return die();
  };
}
syncBuiltinESMExports();

if (isMainThread && at === 0)
  process.once("exit", () => {
    process.stdout.write(String(Atomics.load(counter, 0)));
  });
