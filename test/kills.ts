/** Runs of materialize that are killed at places spread over all that they ask of the file system, and what must hold after each. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { env, execPath } from "node:process";
import { fileURLToPath } from "node:url";
import type { Rng } from "../src/core/index.ts";
import { materializeAis } from "../src/verbs/ais/materialize.ts";
import type { MaterializeAisOptions } from "../src/verbs/ais/options.ts";
import { fileHashes, namesIn, SMALL, writeFleet } from "./ais-dataset.ts";

/** What a run does: as it comes, through sorted runs, or to a dataset that is there. */
export const KILL_WAYS = ["direct", "two passes", "append", "overwrite"] as const;
type Way = (typeof KILL_WAYS)[number];

/** A file is written under its name and a process's number, or lies where unfinished work does. */
const UNFINISHED = /(^|\/)\.|\.draft$/;

interface Scene {
  readonly way: Way;
  readonly folder: string;
  readonly options: MaterializeAisOptions;
  /** The dataset that is there before, by file; empty where there is none. */
  readonly before: Readonly<Record<string, string>>;
  /** What the undisturbed run leaves: its files by hash, and every name below the folder. */
  readonly after: Readonly<Record<string, string>>;
  readonly names: readonly string[];
  /** What the undisturbed run asks of the file system. */
  readonly events: number;
}

const RUN_SAMPLES = 60;

/** Runs in a process of its own; `at` is the event that kills it, 0 for none. Gives what it printed, or `killed`. */
async function child(scene: Pick<Scene, "way" | "folder" | "options">, at: number): Promise<string | "killed"> {
  const { way, folder, options } = scene;
  const script = fileURLToPath(new URL("kill-child.ts", import.meta.url));
  const hook = new URL("kill-hook.ts", import.meta.url).href;
  const job = { options, ...(way === "two passes" ? { runSamples: RUN_SAMPLES } : {}) };
  const running = spawn(execPath, ["--import", hook, script, JSON.stringify(job)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...env, WINDROW_KILL_AT: String(at), TMPDIR: join(folder, "tmp") },
  });
  let said = "";
  running.stdout.on("data", (bytes: Uint8Array) => {
    said += new TextDecoder().decode(bytes);
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    running.once("close", (...end) => resolve(end));
  });
  assert.ok(signal === "SIGKILL" || code === 0, `the run ended with ${code}`);
  return signal === "SIGKILL" ? "killed" : said;
}

/** Every name below the folder, but run.json: a run that is killed behind the manifest, its last file, has told nobody who ran it. */
function names(folder: string): string[] {
  return namesIn(folder).filter((name) => name !== join("data", "run.json"));
}

/** Puts the folder back to what it was before any run. */
function rewind({ folder, options }: Pick<Scene, "folder" | "options">): void {
  for (const name of ["data", "temp", "tmp"]) rmSync(join(folder, name), { recursive: true, force: true });
  mkdirSync(join(folder, "temp"));
  mkdirSync(join(folder, "tmp"));
  if (existsSync(join(folder, "template"))) cpSync(join(folder, "template"), options.out, { recursive: true });
}

/** Inputs, the dataset that is there before, and an undisturbed run. */
export async function killScene(way: Way, folder: string): Promise<Scene> {
  const [first, second] = [join(folder, "first.csv"), join(folder, "second.csv")];
  writeFleet(first, { vessels: 8, days: 1, seed: 3 });
  writeFleet(second, { vessels: 5, days: 1, seed: 4 });
  const base = {
    ...SMALL,
    inputs: [first],
    out: join(folder, "data"),
    temp: join(folder, "temp"),
    workers: 2,
    parts: 2,
  };
  let options: MaterializeAisOptions = base;
  let before: Scene["before"] = {};
  if (way === "append" || way === "overwrite") {
    await materializeAis({ ...base, out: join(folder, "template") });
    before = fileHashes(join(folder, "template"));
    options =
      way === "append"
        ? { ...base, inputs: [first, second], existing: "append" }
        : { ...base, stride: 8, existing: "overwrite" };
  }
  const scene = { way, folder, options };
  rewind(scene);
  const events = Number(await child(scene, 0));
  assert.ok(events > 100, `${events} events`);
  return { ...scene, before, after: fileHashes(options.out), names: names(folder), events };
}

/** Every file that has a final name is whole: that of the dataset before, or of the one after. */
function checkWhole({ way, folder, options, before, after }: Scene): void {
  const now = existsSync(options.out) ? fileHashes(options.out) : {};
  const final = Object.entries(now).filter(([name]) => !UNFINISHED.test(name));
  for (const [name, hash] of final) assert.ok(hash === after[name] || hash === before[name], `${name} is not whole`);
  if (way === "overwrite" && existsSync(options.out)) {
    const all = JSON.stringify(Object.fromEntries(final));
    assert.ok(
      [before, after].some((whole) => JSON.stringify(whole) === all),
      "half of a replacement",
    );
  }
  if (way !== "direct" && way !== "two passes") return;
  // The manifest comes last: with it, everything is there.
  if (existsSync(join(options.out, "manifest.json"))) assert.deepEqual(Object.fromEntries(final), after);
  assert.ok(existsSync(join(folder, "first.csv")));
}

/** Kills a run at an event, checks what is there, maybe kills the next one, too, and lets the last one end. Gives how often it was killed. */
export async function killedAt(scene: Scene, events: readonly number[]): Promise<number> {
  rewind(scene);
  let kills = 0;
  for (const event of events) {
    if ((await child(scene, event)) === "killed") kills += 1;
    checkWhole(scene);
  }
  await materializeAis(scene.options);
  assert.deepEqual(fileHashes(scene.options.out), scene.after);
  // Everything below the folder, by name: the temporary folders are empty again, and nothing stands beside the dataset.
  rmSync(join(scene.folder, "tmp"), { recursive: true });
  mkdirSync(join(scene.folder, "tmp"));
  assert.deepEqual(names(scene.folder), scene.names);
  return kills;
}

/** So many events, one in each stretch of the run; its first moments and its last, when it locks and publishes, are short: they get more. */
export function killPlaces(events: number, count: number, rng: Rng): number[] {
  const [early, late] = [Math.ceil(count / 10), Math.floor(count / 3)];
  const [head, tail] = [Math.min(events, 25), Math.min(events, 120)];
  const spread = (from: number, to: number, places: number) =>
    Array.from({ length: places }, (_, i) => 1 + Math.floor(from + ((to - from) * (i + rng.uniform())) / places));
  return [
    ...spread(0, head, early),
    ...spread(head, events - tail, count - early - late),
    ...spread(events - tail, events, late),
  ];
}
