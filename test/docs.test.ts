/** The programs of the guides run: each block of TypeScript is one, started beside a dataset. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execPath } from "node:process";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { materializeAis, simulateL5kit } from "../src/verbs/index.ts";
import { testFolder, writeFleet } from "./ais-dataset.ts";
import { needShared } from "./shared.ts";

const ROOT = new URL("../", import.meta.url);
/** The pages whose blocks run, with the folder `data` beside them, and scenes.zarr. */
const PAGES = ["README.md", "docs/load.md", "docs/l5kit.md", "docs/traces.md"];

/** The blocks of a language in a page. */
function blocks(page: string, language: string): string[] {
  const text = readFileSync(new URL(page, ROOT), "utf8");
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, name, block]) =>
    name === language ? [block!] : [],
  );
}

/** A program with the package's doors as they are in the checkout. */
function inCheckout(program: string): string {
  const { exports } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8"));
  return program.replaceAll(/from "windrow(\/[\w/]+)?"/g, (_, door = "") => {
    const built: string | undefined = exports[`.${door}`]?.default;
    assert.ok(built !== undefined, `windrow${door} is no door of the package`);
    const source = built.replace("./dist/", "src/").replace(/\.js$/, ".ts");
    return `from ${JSON.stringify(new URL(source, ROOT).href)}`;
  });
}

/** A folder with a small dataset of windows in it, called `data`. */
async function folderWithDataset(t: TestContext): Promise<string> {
  const folder = testFolder(t);
  const input = join(folder, "ships.csv");
  writeFleet(input, { vessels: 10, days: 2, seed: 3 });
  const out = join(folder, "data");
  const { manifest } = await materializeAis({ inputs: [input], out, val: 0.2, workers: 1, stride: 32 });
  const samples = manifest.counts.train.reduce((sum, count) => sum + count, 0);
  assert.ok(samples > 64, `a batch and more, got ${samples}`);
  await simulateL5kit({ out: join(folder, "scenes.zarr"), scenes: 1, frames: 120, agents: 20 });
  return folder;
}

/** Runs each program of a page in a folder; each must print something. */
function runPrograms(page: string, folder: string): void {
  const programs = blocks(page, "ts");
  assert.ok(programs.length > 0);
  for (const [i, program] of programs.entries()) {
    const file = join(folder, `${i}.ts`);
    writeFileSync(file, inCheckout(program));
    const { status, stdout, stderr } = spawnSync(execPath, [file], { cwd: folder, encoding: "utf8" });
    assert.equal(status, 0, `block ${i} of ${fileURLToPath(new URL(page, ROOT))}\n${stderr}\n${program}`);
    assert.notEqual(stdout, "", `block ${i} prints what it does`);
  }
}

for (const page of PAGES)
  test(`the programs of ${page} run`, async (t) => runPrograms(page, await folderWithDataset(t)));

/** Real recordings under the names that docs/recordings.md has for them. */
const RECORDINGS = [
  ["sync", "tum_fr1_xyz"],
  ["sync", "euroc_mh01"],
  ["driving", "comma2k19_seg40"],
  ["wearable", "empatica_e4"],
  ["sync", "nav2_turtlebot.mcap"],
  ["l5kit", "single_scene.zarr"],
] as const;

test("the programs of docs/recordings.md run", (t) => {
  const folder = testFolder(t);
  for (const [field, name] of RECORDINGS) {
    const path = needShared(t, "data", field, name);
    if (path === undefined) return;
    symlinkSync(path, join(folder, name));
  }
  writeFileSync(join(folder, "cars.csv"), "when,car,speed\n0,red,1\n100,blue,2\n200,red,3\n");
  writeFleet(join(folder, "ships.csv"), { vessels: 3, days: 1, seed: 3 });
  runPrograms("docs/recordings.md", folder);
});
