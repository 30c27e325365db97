/** What the benches share: a command and what it took, a peer that answers by lines, medians, tables, and the machine. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, statfsSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { argv, exit, version } from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The middle one; of an even number, the upper of the two. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** What one run took. */
export interface Took {
  /** By the clock. */
  readonly seconds: number;
  /** Of processors, user and system, of the command and all it started: a neighbour on the machine lengthens it less. */
  readonly cpu: number;
  /** MiB that the command and all it started held at once at the most; NaN where there is no /proc. */
  readonly peak: number;
}

/** The medians of several runs, each by itself. */
export function medians(runs: readonly Took[]): Took {
  const of = (key: keyof Took) => median(runs.map((run) => run[key]));
  return { seconds: of("seconds"), cpu: of("cpu"), peak: of("peak") };
}

/** The number after `name` in a file of /proc, which is in KiB; 0 when the process has just ended. */
function kib(pid: number, file: string, name: string): number {
  try {
    const match = readFileSync(`/proc/${pid}/${file}`, "utf8").match(new RegExp(`^${name}:\\s+(\\d+) kB`, "m"));
    return Number(match?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** The processes beneath one, itself not counted. */
function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // proc(5): the name stands in parentheses and may hold any letter; the parent is the second field behind it.
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It ended in the meantime.
    }
  }
  const found: number[] = [];
  for (const all = [root]; all.length > 0; ) {
    const next = children.get(all.pop()!) ?? [];
    found.push(...next);
    all.push(...next);
  }
  return found;
}

const SAMPLE_MS = 200;

/** Watches the memory of the processes beneath one. */
function watchMemory(root: number): { end(): number } {
  if (!existsSync("/proc/self/smaps_rollup")) return { end: () => Number.NaN };
  let peak = 0;
  const timer = setInterval(() => {
    const tree = descendants(root);
    // The system keeps the peak of each process; for several, what they share counts once.
    for (const pid of tree) peak = Math.max(peak, kib(pid, "status", "VmHWM"));
    if (tree.length < 2) return;
    peak = Math.max(
      peak,
      tree.reduce((sum, pid) => sum + kib(pid, "smaps_rollup", "Pss"), 0),
    );
  }, SAMPLE_MS);
  return {
    end() {
      clearInterval(timer);
      return peak / 1024;
    },
  };
}

/** Seconds in what `times` of a POSIX shell prints last: user and system time of its children, as 1m2.34s. */
function childSeconds(times: string): number {
  const all = [...times.matchAll(/(\d+)m([\d.]+)s/g)].slice(-2);
  return all.reduce((sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds), 0);
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const part of stream.setEncoding("utf8")) text += part;
  return text;
}

/**
 * Runs a command to its end, and gives what it took and what it printed. What earlier runs left to be written is written before.
 * @throws Error with the end of its stderr, when it does not leave with 0.
 */
export async function run(command: readonly string[]): Promise<Took & { readonly stdout: string }> {
  spawnSync("sync");
  const began = performance.now();
  // The shell waits for the command, so it knows the processor time of all that the command waited for.
  const child = spawn("/bin/sh", ["-c", '"$@" 3>&-; code=$?; times >&3; exit $code', "sh", ...command], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const memory = watchMemory(child.pid!);
  const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  const [stdout, stderr, times] = await Promise.all([
    textOf(child.stdout!),
    textOf(child.stderr!),
    textOf(child.stdio[3] as NodeJS.ReadableStream),
  ]);
  const code = await ended;
  const seconds = (performance.now() - began) / 1000;
  const peak = memory.end();
  if (code !== 0) throw new Error(`Cannot run ${command.join(" ")}: it left with ${code}\n${stderr.slice(-2000)}`);
  return { seconds, cpu: childSeconds(times), peak, stdout };
}

/** Runs each case in turn, `times` over, so that a change of the machine's mood meets all of them. */
export async function interleaved<Name extends string, Result>(
  times: number,
  cases: Readonly<Record<Name, () => Promise<Result>>>,
): Promise<Record<Name, Result[]>> {
  const names = Object.keys(cases) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Result[]>;
  for (let i = 0; i < times; i++) for (const name of names) results[name].push(await cases[name]());
  return results;
}

/** A peer's script in a process that stays: one JSON line for a start, then one for each line that it is told. */
export interface Peer {
  /** What it said first: its versions. */
  readonly versions: Readonly<Record<string, string>>;
  ask(line: string): Promise<unknown>;
  end(): void;
}

/** Starts a script of peers/ with `--dir`, `--n` and `--make`, and waits until it has imported what it needs. */
export async function startPeer(python: string, script: string, of: { dir: string; n: number }): Promise<Peer> {
  const path = fileURLToPath(new URL(`peers/${script}`, import.meta.url));
  const child: ChildProcess = spawn(python, [path, "--dir", of.dir, "--n", String(of.n), "--make"], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  let said = "";
  child.stderr!.setEncoding("utf8").on("data", (part: string) => {
    said = (said + part).slice(-2000);
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const answer = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`Cannot go on: ${script} ended\n${said}`);
    return JSON.parse(value);
  };
  return {
    versions: (await answer()) as Record<string, string>,
    ask(line) {
      child.stdin!.write(`${line}\n`);
      return answer();
    },
    end: () => child.stdin!.end(),
  };
}

/** The options that every bench takes; leaves with 2 and the usage where they are missing. */
export function placesOf(values: { dir?: string; python?: string }, usage: string): { dir: string; python: string } {
  const { dir, python } = values;
  if (dir !== undefined && python !== undefined) return { dir, python };
  console.error(`usage: node ${usage}`);
  exit(2);
}

/** The command of this checkout. */
export const WINDROW: readonly string[] = [argv[0]!, fileURLToPath(new URL("../bin/windrow.js", import.meta.url))];

/** A CSV of AIS reports that make-ais.py made, once. */
export async function aisCsv(
  places: { readonly dir: string; readonly python: string },
  of: { readonly rows: number; readonly columns: "full" | "slim" },
): Promise<string> {
  const path = join(places.dir, `ais-${of.rows}-${of.columns}.csv`);
  if (existsSync(path)) return path;
  const script = fileURLToPath(new URL("make-ais.py", import.meta.url));
  // Some three thousand reports a vessel, as in a day.
  const vessels = Math.ceil(of.rows / 3334);
  const options = { out: `${path}.part`, rows: of.rows, vessels, columns: of.columns };
  await run([
    places.python,
    script,
    ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
  ]);
  renameSync(`${path}.part`, path);
  return path;
}

/** Leaves with 0, having said why, when the disk has less room than a bench wants. */
export function wantRoom(dir: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(dir);
  if (bavail * bsize >= bytes) return;
  console.error(`skipped: ${dir} has ${Math.floor((bavail * bsize) / 1e9)} GB free, wanted ${Math.ceil(bytes / 1e9)}`);
  exit(0);
}

/** A table as Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** How busy the machine is: the mean number of runnable tasks over the last minute. */
export function load(): string {
  return `load ${loadavg()[0]!.toFixed(2)}`;
}

/** What the figures were measured on. */
export function machine(): string {
  const gib = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} CPUs, ${gib} GiB, Node ${version}, ${load()}`;
}

if (import.meta.main) console.log(machine());
