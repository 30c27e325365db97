/**
 * How long until `windrow --help` is done, from a checkout and, where it was built, from dist/?
 * `node bench/start.ts [--runs 30] [--dir DIR] [--python PYTHON]`; with a Python, next to `import streaming`, for colour.
 *
 * One start of each goes uncounted: it fills the caches of files and of compiled code.
 */

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { load, machine, median, table } from "./measure.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const BAR_MS = 150;
const LEAST_RUNS = 20;
// A peer's start takes seconds.
const PEER_RUNS = 3;

function startMs(command: readonly string[]): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(command[0]!, command.slice(1), {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  const took = performance.now() - began;
  if (status !== 0) throw new Error(`Cannot run ${command.join(" ")}: it left with ${status}\n${stderr.slice(-2000)}`);
  return took;
}

/** An installation: the package without its src/, so that the command starts from dist/. */
function installation(folder: string): string {
  for (const name of ["bin", "dist", "package.json"]) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return join(folder, "bin", "windrow.js");
}

function main(): void {
  const { values } = parseArgs({
    options: {
      dir: { type: "string" },
      python: { type: "string" },
      n: { type: "string" },
      runs: { type: "string", default: "30" },
    },
  });
  const folder = mkdtempSync(join(values.dir ?? tmpdir(), "windrow-start-"));
  try {
    const node = argv[0]!;
    const cases = [{ name: "windrow --help, checkout", command: [node, join(ROOT, "bin", "windrow.js"), "--help"] }];
    if (existsSync(join(ROOT, "dist")))
      cases.push({ name: "windrow --help, dist", command: [node, installation(folder), "--help"] });
    else console.log("there is no dist/: npm run build makes it");
    cases.push({ name: "node -e 0", command: [node, "-e", "0"] });
    const runs = Math.max(LEAST_RUNS, Number(values.runs));
    console.log(machine());
    const took = cases.map(() => [] as number[]);
    for (let i = -1; i < runs; i++)
      for (const [place, { command }] of cases.entries()) {
        const ms = startMs(command);
        if (i >= 0) took[place]!.push(ms);
      }
    const rows = cases.map(({ name }, place) => [name, took[place]!]) as [string, number[]][];
    if (values.python !== undefined) {
      const command = [values.python, "-c", "import streaming"];
      startMs(command);
      rows.push(["python -c 'import streaming'", Array.from({ length: PEER_RUNS }, () => startMs(command))]);
    }
    console.log(`median of ${runs} (the peer: ${PEER_RUNS}), ${load()} at the end; bar: ${BAR_MS} ms`);
    const ms = (value: number) => value.toFixed(0);
    console.log(
      table(
        ["start", "median ms", "least", "most"],
        rows.map(([name, each]) => [name, ms(median(each)), ms(Math.min(...each)), ms(Math.max(...each))]),
      ),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

main();
