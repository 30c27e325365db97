/**
 * Makes the two Pythons that hold the peers, once, in the user's cache; prints their paths, or runs a command with them: the peers of tables
 * and shards (test/peers/requirements.txt), and those of traces, Zarr and L5Kit (requirements-zarr.txt), which want other versions.
 *
 *     node scripts/peers-env.ts                  prints the interpreters' paths, one a line
 *     node scripts/peers-env.ts COMMAND ARG...   runs the command with WINDROW_PEERS_PYTHON and WINDROW_ZARR_PYTHON set to them
 *
 * Where one of the two variables is set already, that interpreter is taken as it is.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { argv, env, exit, kill, pid } from "node:process";
import { fileURLToPath } from "node:url";

/** An environment: its folder's prefix (also of the note that names it), the variable that stands for it, its list, what it takes. */
interface Environment {
  readonly name: string;
  readonly variable: string;
  readonly requirements: string;
  readonly size: string;
}

const TABLES: Environment = {
  name: "peers",
  variable: "WINDROW_PEERS_PYTHON",
  requirements: "requirements.txt",
  size: "5 GB, some minutes",
};
const ZARR: Environment = {
  name: "zarr",
  variable: "WINDROW_ZARR_PYTHON",
  requirements: "requirements-zarr.txt",
  size: "0.7 GB, a minute",
};

const CACHE = join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "windrow");

// The first Python that is new enough and can make environments (Debian ships venv apart).
function basePython(): string {
  const check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";
  const found = ["python3", "python3.11", "python3.12", "python3.13", "/usr/bin/python3"].find(
    (python) => spawnSync(python, ["-c", check]).status === 0,
  );
  if (found !== undefined) return found;
  console.error(
    "Cannot make the peers' environment: it needs python3 from 3.11 up with venv (on Debian: apt install python3-venv)",
  );
  exit(3);
}

function isAlive(process: number): boolean {
  try {
    return kill(process, 0);
  } catch {
    return false;
  }
}

// Gigabytes each: what a killed run left is worth sweeping.
function sweepDrafts(): void {
  for (const name of readdirSync(CACHE)) {
    const maker = /^(?:peers|zarr)-\w+\.draft-(\d+)$/.exec(name)?.[1];
    if (maker !== undefined && !isAlive(Number(maker))) rmSync(join(CACHE, name), { recursive: true, force: true });
  }
}

function makeEnvironment(folder: string, { requirements, size }: Environment): void {
  mkdirSync(CACHE, { recursive: true });
  sweepDrafts();
  const draft = `${folder}.draft-${pid}`;
  console.error(`Installing peers into ${folder}: ${size}, once`);
  // stdout stays free for the one line that is the answer.
  const stdio = ["ignore", 2, 2] as const;
  try {
    execFileSync(basePython(), ["-m", "venv", draft], { stdio: [...stdio] });
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", requirements];
    execFileSync(join(draft, "bin", "python"), pip, { stdio: [...stdio] });
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    console.error(`Cannot make the peers' environment: ${(error as Error).message}`);
    exit(3);
  }
}

function pythonOf(environment: Environment): string {
  const named = env[environment.variable];
  if (named) return named;
  const requirements = fileURLToPath(new URL(`../test/peers/${environment.requirements}`, import.meta.url));
  const hash = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const folder = join(CACHE, `${environment.name}-${hash}`);
  const python = join(folder, "bin", "python");
  if (!existsSync(python)) makeEnvironment(folder, { ...environment, requirements });
  // Test runs started by hand find it there.
  writeFileSync(join(CACHE, `${environment.name}-python`), `${python}\n`);
  return python;
}

const pythons = [TABLES, ZARR].map((each) => [each.variable, pythonOf(each)] as const);
const [command, ...rest] = argv.slice(2);
if (command === undefined) for (const [, python] of pythons) console.log(python);
else {
  const { status } = spawnSync(command, rest, { stdio: "inherit", env: { ...env, ...Object.fromEntries(pythons) } });
  exit(status ?? 3);
}
