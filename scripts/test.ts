/**
 * Runs the tests: `node scripts/test.ts [FILE...]`, all where none is named. A process for each of two halves of the files, since most of
 * them use one processor; in each the files share the process, since starting one for each file takes longer than what is in it.
 */

import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { argv, execPath, exit, stdout } from "node:process";
import { fileURLToPath } from "node:url";

const HALVES = 2;
const cwd = fileURLToPath(new URL("../", import.meta.url));
const options = ["--import", "./test/compile-cache.ts", "--test", "--test-isolation=none"];
const limits = ["--test-timeout=180000", "--test-reporter=spec"];

const named = argv.slice(2);
const files = named.length > 0 ? named : globSync(["src/**/*.test.ts", "test/*.test.ts"], { cwd }).sort();

/** Runs some files; what they say is shown at once, or kept for later. */
function run(some: readonly string[], shown: boolean): Promise<{ readonly failed: boolean; readonly text: string }> {
  const child = spawn(execPath, [...options, ...limits, ...some], { cwd, stdio: ["ignore", "pipe", "inherit"] });
  let kept = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    if (shown) stdout.write(piece);
    else kept += piece;
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ failed: code !== 0, text: kept })));
}

// Every other file: neighbours take alike, so that the halves do too.
const halves = Array.from({ length: HALVES }, (_, half) => files.filter((_file, i) => i % HALVES === half));
const runs = halves.filter((half) => half.length > 0).map((half, i) => run(half, i === 0));
let failed = false;
for (const each of runs) {
  const done = await each;
  stdout.write(done.text);
  failed ||= done.failed;
}
exit(failed ? 1 : 0);
