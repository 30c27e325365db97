/** What a person gets who installs the package: the command runs, and an old Node hears in one line what to do. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { env, execPath, versions } from "node:process";
import { after, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { skipWithout } from "./shared.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "windrow-package-"));
const home = join(folder, "home");
after(() => rmSync(folder, { recursive: true, force: true }));

const major = (version: string) => Number(/\d+/.exec(version)?.[0]);
// `npm test` puts the checkout's tools first in PATH; a person's shell has none of them.
const personsPath = (env["PATH"] ?? "").split(delimiter).filter((place) => !/node_modules|node-gyp-bin/.test(place));

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program as a person's shell would: without what npm tells the scripts that it runs, with this folder first in PATH. */
function run(cwd: string, firstInPath: string, command: string, ...args: readonly string[]): Ran {
  const told =
    /^(npm_(package|lifecycle|command|execpath|node_execpath|config_local_prefix)|(NODE|NODE_TEST_CONTEXT|NODE_COMPILE_CACHE|INIT_CWD)$)/;
  const kept = Object.entries(env).filter(([name]) => !told.test(name));
  const path = [firstInPath, ...personsPath];
  const options = { cwd, encoding: "utf8", env: { ...Object.fromEntries(kept), PATH: path.join(delimiter) } } as const;
  const { status, stdout, stderr } = spawnSync(command, args, options);
  return { status, stdout, stderr };
}

/** npm with what it warns of kept back; `undefined` where the registry is out of reach. */
function npm(cwd: string, ...args: readonly string[]): Ran | undefined {
  const ran = run(cwd, dirname(execPath), "npm", ...args, "--loglevel=error", "--no-audit", "--no-fund");
  const offline = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|ENOTCACHED)\b/.test(ran.stderr);
  if (ran.status !== 0 && offline) return undefined;
  assert.equal(ran.status, 0, `${ran.stdout}${ran.stderr}`);
  return ran;
}

/** Packs the checkout and installs the tarball in an empty folder, once. */
let installed: boolean | undefined;
function install(t: TestContext): boolean {
  if (installed === undefined) {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "package.json"), '{ "name": "home", "private": true }\n');
    npm(root, "pack", "--silent", "--pack-destination", folder);
    const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
    assert.ok(tarball, "npm pack made no tarball");
    installed = npm(home, "install", "--prefer-offline", join(folder, tarball)) !== undefined;
  }
  if (!installed) skipWithout(t, "the registry");
  return installed;
}

/** The folder of a Node older than 24: the machine's own, or one from the registry. */
function oldNode(): string | undefined {
  const own = personsPath.find((place) => {
    const { status, stdout } = spawnSync(join(place, "node"), ["--version"], { encoding: "utf8" });
    return status === 0 && major(stdout) < 24;
  });
  if (own !== undefined) return own;
  const place = join(folder, "old");
  mkdirSync(place);
  writeFileSync(join(place, "package.json"), '{ "name": "old", "private": true, "allowScripts": { "node": true } }\n');
  return npm(place, "install", "--prefer-offline", "node@20") && join(place, "node_modules", "node", "bin");
}

test("the tests run under the Node that the package asks for", () => {
  assert.ok(major(versions.node) >= 24, `got Node ${versions.node}: was npm ci run with --ignore-scripts?`);
});

test("the lock file holds every platform's packages, and no address", () => {
  interface Locked {
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  }
  // An install from a registry that lacks some of them drops them without a word, and then `npm ci` fails everywhere.
  const text = readFileSync(join(root, "package-lock.json"), "utf8");
  const { packages } = JSON.parse(text) as { packages: Readonly<Record<string, Locked>> };
  const missing = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in packages || `${place}/node_modules/${name}` in packages),
    ),
  );
  assert.deepEqual(missing, []);
  assert.doesNotMatch(text, /"resolved"/);
});

test("the package holds the command and the library, and no test", (t) => {
  if (!install(t)) return;
  const names = readdirSync(join(home, "node_modules", "windrow"), { recursive: true, encoding: "utf8" });
  assert.ok(names.includes(join("dist", "cli", "main.js")));
  assert.ok(names.includes(join("dist", "index.d.ts")));
  assert.deepEqual(
    names.filter((name) => name.includes(".test.") || /^(src|test|bench|scripts)\b/.test(name)),
    [],
  );
});

test("no module of the package asks for a source file", (t) => {
  if (!install(t)) return;
  // A compiler that makes `using` anew leaves the names in `import()` beside it as they are.
  const dist = join(home, "node_modules", "windrow", "dist");
  const modules = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
  assert.ok(modules.length > 100);
  assert.deepEqual(
    modules.filter((name) => /\bimport\("\.[^"]*\.ts"\)/.test(readFileSync(join(dist, name), "utf8"))),
    [],
  );
});

test("an installed windrow runs its demo", (t) => {
  if (!install(t)) return;
  const { status, stdout, stderr } = run(home, dirname(execPath), "npx", "windrow", "demo", "--out", "demo");
  assert.equal(status, 0, `${stdout}${stderr}`);
  assert.match(stdout, /^shuffled: the order of [\d,]+ samples looks like chance, by 1\d questions$/m);
  assert.match(stdout, /^to beat by a model: dead_reckoning, off by [\d.]+ nmi after 10 min, /m);
});

test("an example that is copied beside an installation runs", (t) => {
  if (!install(t)) return;
  copyFileSync(join(root, "examples", "loop.ts"), join(home, "loop.ts"));
  run(home, dirname(execPath), "npx", "windrow", "demo", "--out", "copied");
  const { status, stdout, stderr } = run(home, dirname(execPath), "node", "loop.ts", join("copied", "data"));
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^epoch 1: [1-9]\d* samples/m);
});

test("the library and its doors open where the package is installed", (t) => {
  if (!install(t)) return;
  const doors = [
    "windrow",
    "windrow/ais",
    "windrow/formats/arrow",
    "windrow/formats/mds",
    "windrow/formats/parquet",
    "windrow/formats/zarr",
    "windrow/l5kit",
    "windrow/load",
    "windrow/sync",
    "windrow/testkit",
  ];
  const program = `for (const door of ${JSON.stringify(doors)}) console.log(door, Object.keys(await import(door)).length > 0);`;
  const { stdout, stderr } = run(home, dirname(execPath), "node", "--input-type=module", "-e", program);
  assert.equal(stdout, doors.map((door) => `${door} true\n`).join(""), stderr);
});

test("below Node 24 the command says in one line how to run it, and exits 3", (t) => {
  if (!install(t)) return;
  const old = oldNode();
  if (old === undefined) {
    skipWithout(t, "a Node older than 24");
    return;
  }
  const { status, stdout, stderr } = run(home, old, "npx", "windrow", "demo");
  const said = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("npm "));
  assert.equal(status, 3, stderr);
  assert.equal(stdout, "");
  assert.equal(said.length, 1, stderr);
  assert.match(said[0]!, /^windrow needs Node 24 or newer, got \d+\.\d+\.\d+: run it with a newer one as {2}npx /);
});
