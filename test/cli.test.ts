/** The command line as a whole: what it prints where, and how it leaves. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../bin/windrow.js", import.meta.url));
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "windrow-cli-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function windrow(...args: readonly string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: "utf8", cwd: folder });
  return { code: status, out: stdout, err: stderr };
}

/** A few ships on straight courses, a report a minute. */
function reports(rows: number): string {
  const lines = ["MMSI,BaseDateTime,LAT,LON,SOG,COG"];
  for (let i = 0; i < rows; i++) {
    const time = new Date(1_700_000_000_000 + i * 60_000).toISOString().slice(0, 19);
    for (let ship = 0; ship < 3; ship++) {
      lines.push(`${219_000_001 + ship},${time},${(55 + i * 1e-4).toFixed(5)},${(10 + ship).toFixed(5)},10.0,0.0`);
    }
  }
  return `${lines.join("\n")}\n`;
}

const WINDOW = ["--window", "64", "--input-length", "8", "--stride", "16", "--val", "0.4"];

test("help names every command, and leaves with 0", () => {
  const { code, out } = windrow("--help");
  assert.equal(code, 0);
  for (const name of [
    "demo",
    "materialize",
    "simulate",
    "plan",
    "task",
    "info",
    "head",
    "stats",
    "verify",
    "leak",
    "diff",
    "merge",
    "baseline",
    "convert",
    "sync",
  ]) {
    assert.match(out, new RegExp(`^  ${name}`, "m"));
  }
});

test("help loads neither the verbs nor what they are made of", () => {
  const spy = `import { registerHooks } from "node:module";
    registerHooks({ load: (url, context, next) => (console.error(url), next(url, context)) });`;
  const preload = `data:text/javascript,${encodeURIComponent(spy)}`;
  const { status, stderr } = spawnSync(process.execPath, ["--import", preload, BIN, "--help"], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const loaded = [...stderr.matchAll(/\/src\/(\w+)\/(.*)\.ts$/gm)].map(([, room, rest]) => `${room}/${rest}`);
  assert.ok(loaded.includes("cli/commands/sync"), stderr);
  assert.deepEqual(
    loaded.filter((name) => !/^(cli|core)\//.test(name)),
    ["verbs/version", "verbs/recordings/kind-names"],
  );
});

test("what is asked wrongly is one line on stderr, and leaves with 2", () => {
  const wrong: readonly (readonly string[])[] = [
    ["bogus"],
    ["materialize", "ais", "--out", "x"],
    ["materialize", "ais", "a.csv"],
    ["materialize", "ais", "a.csv", "--out", "x", "--memory", "1q"],
    ["materialize", "ais", "a.csv", "--out", "x", "--bogus"],
    ["materialize", "ais", "a.csv", "--out", "x", "--stride", "0"],
    ["materialize", "ais", "a.csv", "--out", "x", "--format", "csv"],
    ["materialize", "ais", "a.csv", "--out", "x", "--val", "0.7", "--test", "0.7"],
    ["materialize", "ais", "a.csv", "--out", "x", "--bbox", "1,2,3"],
    ["materialize", "ais", "a.csv", "--out", "x", "--append", "--overwrite"],
    ["materialize", "ais", "a.csv", "--out", "x", "--compression", "zstd:99"],
    ["demo", "trains"],
  ];
  for (const args of wrong) {
    const { code, out, err } = windrow(...args);
    assert.deepEqual([code, out], [2, ""], args.join(" "));
    assert.match(err, /^windrow: .+\n$/, args.join(" "));
  }
  assert.ok(!existsSync(join(folder, "x")));
});

test("input that cannot be read is one line with its name, and leaves with 3 and no folder", () => {
  writeFileSync(join(folder, "empty.csv"), "");
  writeFileSync(join(folder, "prose.txt"), "Call me Ishmael.\nSome years ago\n");
  writeFileSync(join(folder, "cut.csv.gz"), Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3));
  mkdirSync(join(folder, "nothing"), { recursive: true });
  for (const input of ["missing.csv", "empty.csv", "prose.txt", "cut.csv.gz", "nothing", "*.nope"]) {
    const { code, err } = windrow("materialize", "ais", input, "--out", "y", "--quiet");
    assert.equal(code, 3, input);
    assert.ok(err.startsWith(`windrow: Cannot read ${input}`), err);
    assert.equal(err.trimEnd().split("\n").length, 1, err);
  }
  assert.ok(!existsSync(join(folder, "y")));
});

test("where no row is left, or a file is damaged, the line says where, in the user's own names", () => {
  writeFileSync(join(folder, "comma.csv"), "mmsi;t;lat;lon\n219000001;2021-01-01T00:00:00;55,1;10,2\n");
  const none = windrow("materialize", "ais", "comma.csv", "--out", "z", "--quiet");
  assert.equal(none.code, 3);
  assert.match(none.err, /1 parse_error\); the first bad row is comma\.csv line 2: lat is no number\n$/);
  writeFileSync(join(folder, "bad.parquet"), "PAR1garbagegarbagePAR1");
  const damaged = windrow("materialize", "ais", "bad.parquet", "--out", "z", "--quiet");
  assert.equal(damaged.code, 3);
  assert.match(damaged.err, /^windrow: Cannot read .*bad\.parquet: .+\n$/);
  assert.doesNotMatch(damaged.err, /reading\.parquet/);
});

test("materialize, then every look and check, with people's text or one JSON value", () => {
  writeFileSync(join(folder, "ships.csv"), reports(300));
  const made = windrow("materialize", "ais", "ships.csv", "--out", "data", ...WINDOW);
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /rows read +900\n/);
  const again = windrow("materialize", "ais", "ships.csv", "--out", "data", ...WINDOW, "--json", "--quiet");
  assert.equal(again.err, "");
  assert.equal(JSON.parse(again.out).was_there, true);
  assert.equal(JSON.parse(again.out).ledger.input, 900);
  for (const verb of ["info", "head", "stats", "verify", "leak"]) {
    const text = windrow(verb, "data", "--quiet");
    assert.deepEqual([text.code, text.err], [0, ""], verb);
    assert.notEqual(text.out, "");
    const json = windrow(verb, "data", "--json", "--quiet");
    assert.equal(typeof JSON.parse(json.out), "object", verb);
  }
  assert.equal(windrow("diff", "data", "data", "--quiet").code, 0);
});

test("a split that the fractions leave empty is a warning", () => {
  const held = windrow("materialize", "ais", "ships.csv", "--out", "held", ...WINDOW, "--val", "0.999");
  assert.equal(held.code, 0, held.err);
  assert.match(held.err, /^warning: all windows are held out and none is for training; lower --val and --test$/m);
  const none = windrow("materialize", "ais", "ships.csv", "--out", "none", ...WINDOW, "--val", "0");
  assert.match(none.err, /^warning: no window is held out for validation; raise --val$/m);
});

test("a damaged shard makes verify leave with 1 and name the file", () => {
  const shards = join(folder, "data", "mds", "worker_00");
  const shard = join(shards, readdirSync(shards).find((name) => name.endsWith(".zstd"))!);
  const bytes = readFileSync(shard);
  bytes[bytes.length >> 1]! ^= 0x40;
  writeFileSync(shard, bytes);
  const { code, out } = windrow("verify", "data", "--quiet");
  assert.equal(code, 1);
  assert.match(out, /mds\/worker_00\/shard\.00000\.mds\.zstd/);
});

test("the tasks of a plan, one by one, write what materialize writes", () => {
  const plan = windrow("plan", "ais", "ships.csv", "--out", "planned", ...WINDOW, "--quiet");
  assert.equal(plan.code, 0, plan.err);
  writeFileSync(join(folder, "plan.json"), plan.out);
  const { tasks } = JSON.parse(plan.out) as { tasks: { id: string }[] };
  for (const { id } of tasks) assert.equal(windrow("task", "plan.json", id, "--quiet").code, 0, id);
  assert.equal(windrow("materialize", "ais", "ships.csv", "--out", "whole", ...WINDOW, "--quiet").code, 0);
  const read = (out: string) => readFileSync(join(folder, out, "manifest.json"), "utf8");
  assert.equal(read("planned"), read("whole"));
  assert.deepEqual(
    readdirSync(join(folder, "planned")).sort(),
    readdirSync(join(folder, "whole"))
      .filter((name) => name !== "run.json")
      .sort(),
  );
  const late = windrow("task", "plan.json", tasks[0]!.id, "--json", "--quiet");
  assert.equal(JSON.parse(late.out).skipped, true);
  writeFileSync(join(folder, "edited.json"), plan.out.replace('"stride":16', '"stride":17'));
  assert.equal(windrow("task", "edited.json", tasks[0]!.id, "--quiet").code, 3);
});

test("the reference page says what the commands say", () => {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, "scripts", "docs.ts"), "--check"], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
});
