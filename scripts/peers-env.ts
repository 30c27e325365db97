/**
 * Makes the Python that holds the peers (test/peers/requirements.txt), once, in the user's cache; prints its path, or runs a command with it.
 *
 *     node scripts/peers-env.ts                  prints the interpreter's path
 *     node scripts/peers-env.ts COMMAND ARG...   runs the command with WINDROW_PEERS_PYTHON set to it
 *
 * Where WINDROW_PEERS_PYTHON is set already, that interpreter is taken as it is.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { argv, env, exit, kill, pid } from "node:process";
import { fileURLToPath } from "node:url";

const REQUIREMENTS = fileURLToPath(new URL("../test/peers/requirements.txt", import.meta.url));
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
    const maker = /^peers-\w+\.draft-(\d+)$/.exec(name)?.[1];
    if (maker !== undefined && !isAlive(Number(maker))) rmSync(join(CACHE, name), { recursive: true, force: true });
  }
}

function makeEnvironment(folder: string): void {
  mkdirSync(CACHE, { recursive: true });
  sweepDrafts();
  const draft = `${folder}.draft-${pid}`;
  console.error(`Installing the peers into ${folder}: 5 GB, some minutes, once`);
  // stdout stays free for the one line that is the answer.
  const stdio = ["ignore", 2, 2] as const;
  try {
    execFileSync(basePython(), ["-m", "venv", draft], { stdio: [...stdio] });
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", REQUIREMENTS];
    execFileSync(join(draft, "bin", "python"), pip, { stdio: [...stdio] });
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    console.error(`Cannot make the peers' environment: ${(error as Error).message}`);
    exit(3);
  }
}

function peersPython(): string {
  const named = env["WINDROW_PEERS_PYTHON"];
  if (named) return named;
  const hash = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12);
  const folder = join(CACHE, `peers-${hash}`);
  const python = join(folder, "bin", "python");
  if (!existsSync(python)) makeEnvironment(folder);
  // Test runs started by hand find it there.
  writeFileSync(join(CACHE, "peers-python"), `${python}\n`);
  return python;
}

const python = peersPython();
const [command, ...rest] = argv.slice(2);
if (command === undefined) console.log(python);
else {
  const { status } = spawnSync(command, rest, { stdio: "inherit", env: { ...env, WINDROW_PEERS_PYTHON: python } });
  exit(status ?? 3);
}
