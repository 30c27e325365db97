/**
 * Everything a machine can check about the code: one line each, with the time it took, and the tool's own words where it failed.
 * `npm run check [-- NAME…]` runs all of it, or the checks of these names.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { argv, execPath, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const root = fileURLToPath(new URL("../", import.meta.url));
// house.md, "Size": the core stays under 12 kB packed.
const CORE_BYTES = 12_000;

interface Outcome {
  readonly ok: boolean;
  readonly text: string;
}

/** Runs Node in the checkout with these arguments, a script of a tool first; its words count only where it fails. */
function run(...args: readonly string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(execPath, args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 });
  return { ok: status === 0, text: status === 0 ? "" : `${stdout}${stderr}` };
}

const inModules = (path: string) => `node_modules/${path}`;

/** What `npm pack` would publish of the dist/ that the check "build" has made, seen by publint and attw. */
function packed(): Outcome {
  const folder = mkdtempSync(join(tmpdir(), "windrow-pack-"));
  try {
    const pack = spawnSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], {
      cwd: root,
      encoding: "utf8",
    });
    if (pack.status !== 0) return { ok: false, text: `${pack.stdout}${pack.stderr}` };
    const tarball = join(folder, readdirSync(folder)[0]!);
    const lint = run(inModules("publint/src/cli.js"), tarball, "--strict");
    // windrow is ESM only, so what a require() would see does not count.
    const types = run(inModules("@arethetypeswrong/cli/dist/index.js"), tarball, "--profile", "esm-only");
    return { ok: lint.ok && types.ok, text: `${lint.text}${types.text}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the core weighs packed, comments and all. */
function coreSize(): Outcome {
  const folder = join(root, "dist", "core");
  const files = readdirSync(folder).filter((name) => name.endsWith(".js"));
  const bytes = gzipSync(files.map((name) => readFileSync(join(folder, name), "utf8")).join(""), { level: 9 }).length;
  return { ok: bytes < CORE_BYTES, text: `src/core is ${bytes} bytes packed, at most ${CORE_BYTES}\n` };
}

const CHECKS: Readonly<Record<string, () => Outcome>> = {
  // The rules prove first that they fire: a checker that sees no modules finds nothing wrong.
  rules: () => run("--test", "test/rooms.test.ts", "test/lint.test.ts"),
  lint: () => run(inModules("@biomejs/biome/bin/biome"), "check", "--error-on-warnings", "--max-diagnostics=100", "."),
  types: () => run(inModules("typescript/bin/tsc"), "-p", "tsconfig.json"),
  rooms: () =>
    run(inModules("dependency-cruiser/bin/dependency-cruise.mjs"), "--config", ".dependency-cruiser.cjs", "src"),
  unused: () => run(inModules("knip/bin/knip.js")),
  build: () => run("scripts/build.ts"),
  package: packed,
  size: coreSize,
};

const names = argv.length > 2 ? argv.slice(2) : Object.keys(CHECKS);
let failed = 0;
for (const name of names) {
  const began = performance.now();
  const { ok, text } = CHECKS[name]?.() ?? {
    ok: false,
    text: `there is no check of this name; there are ${Object.keys(CHECKS).join(", ")}\n`,
  };
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${ok ? "ok    " : "FAILED"}  ${name.padEnd(8)} ${seconds.padStart(5)} s`);
  if (text !== "") console.log(text);
  if (!ok) failed++;
}
exit(failed === 0 ? 0 : 1);
