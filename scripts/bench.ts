/**
 * Runs each file of bench/ that measures something (all but measure.ts, which they share), one after the other, next to the peers.
 * `npm run bench [-- [--short] [--dir DIR] [NAME…]]`: `--short` is one run over little, which proves that the benches work, not how fast;
 * `--dir` keeps the data that they make; a NAME runs only `bench/NAME.ts`. `npm run bench` sets WINDROW_PEERS_PYTHON.
 *
 * A bench takes `--dir DIR --python PYTHON [--n WINDOWS] [--runs TIMES]` and leaves with 0 when it has measured.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { env, execPath, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { short: { type: "boolean", default: false }, dir: { type: "string" } },
});
const folder = fileURLToPath(new URL("../bench/", import.meta.url));
const dir = values.dir ?? mkdtempSync(join(tmpdir(), "windrow-bench-"));
const size = values.short ? ["--n", "2000", "--runs", "1"] : [];
const files = readdirSync(folder).filter((name) => name.endsWith(".ts") && name !== "measure.ts");
const chosen = files.filter((name) => positionals.length === 0 || positionals.includes(basename(name, ".ts")));

const failed = chosen.filter((name) => {
  console.log(`\n${name}`);
  const options = ["--dir", dir, "--python", env["WINDROW_PEERS_PYTHON"] ?? "python3", ...size];
  return spawnSync(execPath, [join(folder, name), ...options], { stdio: "inherit" }).status !== 0;
});

if (values.dir === undefined) rmSync(dir, { recursive: true, force: true });
console.log(
  `\n${chosen.length - failed.length} of ${chosen.length} benches ran${failed.length > 0 ? `, failed: ${failed.join(", ")}` : ""}`,
);
exit(failed.length > 0 || chosen.length === 0 ? 1 : 0);
