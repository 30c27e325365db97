/** Conversions that are killed at random instants, and must end as if nobody had. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type Rng, rng, type Schema, WindrowError } from "../src/core/index.ts";
import { folderStore } from "../src/node/index.ts";
import { type ConvertOptions, convert } from "../src/verbs/convert/convert.ts";
import { rowsFrom } from "./any-rows.ts";
import { convertFolder, hashesBelow, putRows } from "./convert-places.ts";

/** Runs in a process that kills itself; gives whether it was, and where not, whether its work was done before. */
async function killed(
  options: ConvertOptions,
  signs: number,
  milliseconds: number,
): Promise<"killed" | "ended" | "done"> {
  const script = fileURLToPath(new URL("convert-child.ts", import.meta.url));
  const child = spawn(execPath, [script, JSON.stringify({ options, signs, milliseconds })], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.once("close", (...end) => resolve(end));
  });
  // What was whole before, and is asked for again without --overwrite, is in the way.
  const isThere = said.includes("it is there already");
  assert.ok(signal === "SIGKILL" || code === 0 || isThere, `the run ended with ${code}: ${said}`);
  if (signal === "SIGKILL") return "killed";
  return isThere ? "done" : "ended";
}

/** What is not under a final name: drafts, the state of the run, its lock. */
const isUnfinished = (name: string) => name.split("/").some((part) => part.startsWith("."));

/** Ends a conversion that was killed. Where the kill came behind the end, there is nothing left to do. */
async function endRun(options: ConvertOptions): Promise<void> {
  try {
    await convert(options);
  } catch (error) {
    if (!(error instanceof WindrowError && error.message.includes("it is there already"))) throw error;
  }
}

const SCHEMA = {
  features: { kind: "f32", shape: [32, 5] },
  id: { kind: "u64" },
  name: { kind: "str" },
} as const satisfies Schema;
const FIXED = ["features", "id"];

/**
 * Kills conversions at `count` instants that go by `seed`, several times each before they are let go on. After each kill, all that has
 * its final name is whole; at the end there are the bytes of an undisturbed run, and nothing else.
 */
export async function testKills(
  t: TestContext,
  { count, seed }: { readonly count: number; readonly seed: string },
): Promise<void> {
  t.diagnostic(`seed ${seed}, ${count} kills`);
  const folder = convertFolder(t);
  const store = folderStore(folder);
  for (const name of ["a.parquet", "b.parquet"]) {
    const batch = rowsFrom(SCHEMA, 400, name.charCodeAt(0));
    await putRows(store, { format: "parquet", name: `from/${name}` }, { schema: SCHEMA, batches: [batch] });
  }
  const from = join(folder, "from");
  const forms: readonly (Omit<ConvertOptions, "from"> & { readonly to: string })[] = [
    { to: "mds", parts: 2, shardBytes: 40_000, taskBytes: 100_000, columns: FIXED },
    { to: "varying", parts: 3, shardBytes: 40_000 },
    { to: "parquet", format: "parquet", parts: 3, taskBytes: 60_000 },
    { to: "one.arrow", taskBytes: 100_000 },
    { to: "over", parts: 3, shardBytes: 60_000, existing: "overwrite" },
  ];
  const random = rng(seed);
  let kills = 0;
  for (let round = 0; kills < count; round++) {
    const form = forms[round % forms.length]!;
    const whole = join(folder, `whole-${form.to}`);
    if (round < forms.length) await convert({ ...form, from, to: whole });
    const expected = hashesBelow(whole);
    const options = {
      ...form,
      from,
      to: join(folder, `killed-${round}${form.to.includes(".") ? form.to.slice(3) : ""}`),
      workers: 2,
    };
    const before = form.existing === "overwrite" ? await oldShards(options) : {};
    const check = () => checkFinal(options, expected, before);
    kills += await someKills(options, { most: Math.min(4, count - kills), random, check });
    await endRun(options);
    assert.deepEqual(hashesBelow(options.to), expected, `round ${round}`);
    assert.deepEqual(litter(folder), [], `round ${round}`);
  }
}

/** Kills one conversion again and again, until it is done; gives how often. */
async function someKills(
  options: ConvertOptions,
  { most, random, check }: { readonly most: number; readonly random: Rng; readonly check: () => void },
): Promise<number> {
  let kills = 0;
  for (let time = 0; time < 4 && kills < most; time++) {
    const end = await killed(options, 1 + random.int(6), random.int(3) * random.int(40));
    if (end === "killed") kills += 1;
    check();
    if (end === "done") break;
  }
  return kills;
}

/** Shards that are to be replaced. */
async function oldShards({ from, to }: ConvertOptions): Promise<Record<string, string>> {
  await convert({ from, to, parts: 2 });
  return hashesBelow(to);
}

function litter(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(isUnfinished);
}

/** What has its final name is what an undisturbed run writes; or all is as it was, where something is replaced. */
function checkFinal(
  { to, existing }: ConvertOptions,
  expected: Record<string, string>,
  before: Record<string, string>,
): void {
  let found: Record<string, string>;
  try {
    found = hashesBelow(to, isUnfinished);
  } catch {
    // Between two renames there is nothing under the name.
    return;
  }
  if (existing === "overwrite" && JSON.stringify(found) === JSON.stringify(before)) return;
  assert.deepEqual({ ...expected, ...found }, expected);
  if (existing === "overwrite") assert.deepEqual(found, expected);
}
