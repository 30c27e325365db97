/** L5Kit's verbs on the command line: what they print where, and how they leave. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../bin/windrow.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "windrow-l5kit-cli-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function windrow(...args: readonly string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: "utf8", cwd: folder });
  return { code: status, out: stdout, err: stderr };
}

test("scenes are simulated, shown, converted and materialized, each with one JSON value on stdout", () => {
  const made = JSON.parse(
    windrow("simulate", "l5kit", "--out", "a.zarr", "--scenes", "2", "--frames", "60", "--agents", "20", "--json").out,
  );
  assert.deepEqual([made.scenes, made.frames], [2, 120]);
  const info = JSON.parse(windrow("info", "a.zarr", "--json").out);
  assert.deepEqual([info.kind, info.l5kit.agents, info.l5kit.layout_version], ["zarr", made.agents, 2]);
  const converted = JSON.parse(windrow("convert", "a.zarr", "a.parquet", "--json", "--quiet").out);
  assert.deepEqual([converted.format, converted.arrays.length, converted.warnings], ["parquet-tables", 4, []]);
  const args = ["a.parquet", "--out", "data", "--val", "0", "--neighbours", "0", "--json", "--quiet"];
  const { ledger } = JSON.parse(windrow("materialize", "l5kit", ...args).out);
  assert.equal(ledger.input, made.agents + made.frames);
});

test("people read what the scenes are", () => {
  const { code, out } = windrow("info", "a.parquet");
  assert.equal(code, 0);
  for (const text of [
    "L5Kit, version 2",
    "scenes          2",
    "traffic lights",
    "records of 6 fields",
    "blosc lz4:5 shuffle",
  ])
    assert.ok(out.includes(text), out);
});

test("what is asked wrongly leaves with 2 and one line, what is not there with 3", () => {
  for (const [code, ...args] of [
    [2, "convert", "a.zarr", "b.zarr.zip", "--parts", "2"],
    [2, "convert", "a.zarr", "a.parquet"],
    [2, "simulate", "l5kit", "--out", "c.zarr", "--layout", "3"],
    [2, "simulate", "l5kit", "--out", "c.parquet"],
    [2, "simulate", "l5kit", "--out", "c"],
    [2, "materialize", "l5kit", "a.zarr", "--out", "x", "--history", "-1"],
    [3, "materialize", "l5kit", "nothing.zarr", "--out", "x"],
    [3, "convert", "nothing.zarr", "b.parquet"],
  ] as const) {
    const found = windrow(...args, "--quiet");
    assert.deepEqual([found.code, found.out], [code, ""], args.join(" "));
    assert.match(found.err, /^windrow: Cannot [^\n]+\n$/);
  }
  assert.match(windrow("simulate", "l5kit", "--out", "c", "--quiet").err, /Cannot simulate scenes: --out must end in/);
});

test("scenes without an array that they need are told of, by info and by convert", () => {
  cpSync(join(folder, "a.zarr"), join(folder, "part.zarr"), { recursive: true });
  rmSync(join(folder, "part.zarr", "traffic_light_faces"), { recursive: true });
  const told = /^warning: Cannot open L5Kit scenes: the layout requires the array traffic_light_faces, got /m;
  const { code, out, err } = windrow("info", "part.zarr");
  assert.deepEqual([code, out.includes("L5Kit")], [0, false]);
  assert.match(err, told);
  assert.match(windrow("convert", "part.zarr", "part.parquet").err, told);
});
