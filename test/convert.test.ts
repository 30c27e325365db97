/** Conversions of files, by threads: the same bytes however they are made, and what is in the way stays. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Batch, type Schema, WindrowError } from "../src/core/index.ts";
import { folderStore } from "../src/node/index.ts";
import { type ConvertOptions, convert } from "../src/verbs/convert/convert.ts";
import { diff, info, materializeAis, verify } from "../src/verbs/index.ts";
import { SMALL, writeFleet } from "./ais-dataset.ts";
import { comparable, rowsFrom } from "./any-rows.ts";
import { testKills } from "./convert-kills.ts";
import { convertFolder, type Format, hashesBelow, openRows, putRows } from "./convert-places.ts";

const SCHEMA = {
  features: { kind: "f32", shape: [16, 5], unit: "deg" },
  id: { kind: "u64" },
  name: { kind: "str" },
} as const satisfies Schema;

interface Ground {
  readonly folder: string;
  readonly from: string;
  readonly batch: Batch;
  at(name: string): string;
}

/** A folder with a source of 300 rows. */
async function ground(t: TestContext, format: Format = "parquet", schema: Schema = SCHEMA): Promise<Ground> {
  const folder = convertFolder(t);
  const batch = rowsFrom(schema, 300, 7);
  const name = format === "mds" ? "source" : `source.${format}`;
  await putRows(folderStore(folder), { format, name }, { schema, batches: [batch] });
  return { folder, from: join(folder, name), batch, at: (each) => join(folder, each) };
}

async function isSame(a: string, b: string): Promise<boolean> {
  const report = await diff(a, b);
  return report.same_samples && report.same_order && report.same_values;
}

/** Names beside the source. */
const names = (folder: string) => readdirSync(folder).filter((name) => !name.startsWith("source"));

test("workers, memory and a second run change no byte; parts change no sample", async (t) => {
  const { folder, from, at } = await ground(t);
  for (const [name, change] of Object.entries<Partial<ConvertOptions>>({
    one: { workers: 1 },
    two: { workers: 2 },
    little: { workers: 2, memory: 2 ** 26 },
  })) {
    await convert({ from, to: at(name), parts: 5, shardBytes: 20_000, hashes: ["xxh64"], ...change });
  }
  assert.deepEqual(hashesBelow(at("two")), hashesBelow(at("one")));
  assert.deepEqual(hashesBelow(at("little")), hashesBelow(at("one")));
  const { samples, parts } = await convert({ from: at("one"), to: at("more"), format: "arrow", parts: 40 });
  assert.deepEqual([samples, parts.length], [300, 40]);
  assert.ok(await isSame(from, at("more")));
  assert.equal((await verify(at("one"))).holds, true);
  assert.deepEqual(names(folder), ["little", "more", "one", "two"]);
});

test("all formats become all others, and carry what they can", async (t) => {
  const { from, at, batch } = await ground(t);
  const steps = [
    [from, "a.arrow"],
    ["a.arrow", "b"],
    ["b", "c.parquet"],
    ["c.parquet", "d.parquet"],
    ["d.parquet", "e.arrow"],
    ["e.arrow", "f.arrow"],
    ["f.arrow", "g"],
    ["g", "h"],
  ] as const;
  for (const [source, to] of steps) {
    const path = source === from ? from : at(source);
    const result = await convert({ from: path, to: at(to), compression: "none" });
    assert.equal(result.samples, 300);
    assert.ok(await isSame(from, at(to)), to);
  }
  assert.equal((await info(at("a.arrow"))).schema["features"]?.unit, "deg");
  const table = await openRows(folderStore(at("h")), { format: "mds", name: "" });
  assert.deepEqual(comparable(SCHEMA, await Array.fromAsync(table.batches())), comparable(SCHEMA, [batch]));
});

test("no rows, one row, and rows larger than a shard", async (t) => {
  const { folder, at } = await ground(t);
  const store = folderStore(folder);
  const schema = { text: { kind: "str" } } as const;
  for (const rows of [0, 1])
    await putRows(store, { format: "arrow", name: `${rows}.arrow` }, { schema, batches: [rowsFrom(schema, rows, 1)] });
  const huge: Batch = { length: 3, columns: { text: { data: ["a".repeat(3e6), "", "b".repeat(2e6)] } } };
  await putRows(store, { format: "arrow", name: "3.arrow" }, { schema, batches: [huge] });
  for (const rows of [0, 1, 3]) {
    await convert({ from: at(`${rows}.arrow`), to: at(`${rows}.parquet`) });
    const { parts } = await convert({ from: at(`${rows}.parquet`), to: at(`${rows}`), format: "arrow", parts: 2 });
    assert.equal(parts.length, Math.max(1, Math.min(2, rows)));
    assert.deepEqual((await info(at(`${rows}`))).samples, rows);
    assert.ok(await isSame(at(`${rows}.arrow`), at(`${rows}`)));
    const mds = convert({ from: at(`${rows}.parquet`), to: at(`${rows}-mds`), shardBytes: 1000 });
    if (rows === 0) await assert.rejects(mds, { code: "empty" });
    else assert.equal((await mds).samples, rows);
    if (rows > 0) assert.ok(await isSame(at(`${rows}.arrow`), at(`${rows}-mds`)));
  }
  assert.ok(!existsSync(at("0-mds")));
});

test("a dataset's split without samples keeps its columns where the format can say them", async (t) => {
  const { at } = await ground(t);
  const dataset = at("dataset");
  writeFleet(at("ais.csv"), { vessels: 2, days: 1, seed: "empty split" });
  await materializeAis({ ...SMALL, inputs: [at("ais.csv")], out: dataset, val: 0 });
  const { schema } = await convert({ from: dataset, to: at("test.arrow"), split: "test", columns: ["features"] });
  assert.deepEqual(Object.keys(schema), ["features"]);
  assert.equal((await info(at("test.arrow"))).samples, 0);
  await assert.rejects(convert({ from: dataset, to: at("mds"), split: "test" }), { code: "empty" });
  const stray = convert({ from: dataset, to: at("x.arrow"), split: "test", columns: ["x"] });
  await assert.rejects(stray, { code: "missing" });
});

test("several files are one after the other, if they have the same columns; some columns may be chosen", async (t) => {
  const { folder, at } = await ground(t);
  const store = folderStore(folder);
  const batches = [1, 2, 3].map((seed) => rowsFrom(SCHEMA, 10 * seed, seed));
  for (const [i, batch] of batches.entries())
    await putRows(store, { format: "arrow", name: `many/${i}.arrow` }, { schema: SCHEMA, batches: [batch] });
  await convert({ from: at("many"), to: at("one.parquet"), columns: ["id", "features"] });
  const table = await openRows(store, { format: "parquet", name: "one.parquet" });
  const { name: _, ...chosen } = SCHEMA;
  assert.deepEqual(comparable(chosen, await Array.fromAsync(table.batches())), comparable(chosen, batches));
  assert.deepEqual(Object.keys(table.schema), ["id", "features"]);
  const other = { ...SCHEMA, id: { kind: "i64" } } as const;
  await putRows(store, { format: "arrow", name: "many/3.arrow" }, { schema: other, batches: [rowsFrom(other, 1, 1)] });
  await assert.rejects(convert({ from: at("many"), to: at("x") }), {
    code: "unsupported",
    message: /id differs in 0\.arrow and 3\.arrow/,
  });
  await convert({ from: at("many"), to: at("y"), columns: ["name"] });
});

test("what is asked for wrongly is refused before any work, and leaves nothing", async (t) => {
  const { folder, from, at } = await ground(t);
  const bad: readonly (readonly [Partial<ConvertOptions>, string])[] = [
    [{ to: "x.parquet", format: "arrow" }, "usage"],
    [{ to: "x.arrow", parts: 2 }, "usage"],
    [{ to: "x", parts: 0 }, "usage"],
    [{ to: "x", parts: 1.5 }, "usage"],
    [{ to: "x", workers: 0 }, "usage"],
    [{ to: "x", memory: 2 ** 26 - 1 }, "usage"],
    [{ to: "x", hashes: ["nope"] }, "usage"],
    [{ to: "x.parquet", hashes: ["xxh64"] }, "usage"],
    [{ to: "x", shardBytes: 0 }, "usage"],
    [{ to: "x", compression: "lz77" }, "usage"],
    [{ to: "x.arrow", compression: "snappy" }, "usage"],
    [{ to: "x", columns: ["nope"] }, "missing"],
    [{ to: "x", columns: [] }, "empty"],
    [{ to: "x", split: "train" }, "usage"],
    [{ to: "x", from: at("nowhere") }, "missing"],
    [{ to: "source.parquet" }, "usage"],
    [{ to: "." }, "usage"],
  ];
  for (const [{ to = "", ...change }, code] of bad) {
    const options = { from, to: at(to), ...change };
    await assert.rejects(convert(options), { name: "WindrowError", code }, JSON.stringify({ to, ...change }));
    assert.deepEqual(names(folder), [], JSON.stringify({ to, ...change }));
  }
});

test("a gap that the format cannot hold is named, and leaves nothing", async (t) => {
  const { folder, from, at } = await ground(t, "arrow", { ...SCHEMA, depth: { kind: "f32", nullable: true } });
  await assert.rejects(convert({ from, to: at("x"), parts: 3 }), {
    code: "unsupported",
    message: /column depth has no value in row \d+.*--columns/,
  });
  assert.deepEqual(names(folder), []);
  await convert({ from, to: at("x"), columns: ["features", "id"] });
  await convert({ from, to: at("x.parquet") });
  assert.ok(await isSame(from, at("x.parquet")));
});

test("what is in the way is left alone, and replaced where asked for", async (t) => {
  const { folder, from, at } = await ground(t);
  await convert({ from, to: at("mds"), parts: 2 });
  await convert({ from, to: at("a.arrow") });
  const before = [hashesBelow(at("mds")), hashesBelow(at("a.arrow"))];
  for (const to of ["mds", "a.arrow"]) await assert.rejects(convert({ from, to: at(to) }), { code: "exists" });
  const failing = { from, to: at("mds"), columns: ["nope"], existing: "overwrite" as const };
  await assert.rejects(convert(failing), { code: "missing" });
  assert.deepEqual([hashesBelow(at("mds")), hashesBelow(at("a.arrow"))], before);
  await convert({ from, to: at("mds"), format: "parquet", parts: 3, existing: "overwrite" });
  await convert({ from, to: at("a.arrow"), compression: "none", existing: "overwrite" });
  assert.deepEqual(readdirSync(at("mds")), ["samples_000.parquet", "samples_001.parquet", "samples_002.parquet"]);
  assert.ok(await isSame(at("mds"), at("a.arrow")));
  writeFileSync(join(at("mds"), "thesis.txt"), "years of work");
  writeFileSync(at("b.arrow"), "years of work");
  for (const to of ["mds", "b.arrow"]) {
    await assert.rejects(convert({ from, to: at(to), existing: "overwrite" }), {
      code: "exists",
      message: /left alone/,
    });
  }
  assert.equal(readFileSync(at("b.arrow"), "utf8"), "years of work");
  assert.deepEqual(names(folder), ["a.arrow", "b.arrow", "mds"]);
});

/** Stops a conversion after its first task. */
async function stopped(options: ConvertOptions): Promise<void> {
  const stop = new AbortController();
  const progress = { stage: () => {}, note: () => {}, at: () => stop.abort() };
  await assert.rejects(convert({ ...options, workers: 1 }, { progress, signal: stop.signal }));
}

test("a run that was stopped goes on; another in its place is refused, or begins anew where asked for", async (t) => {
  const { from, at } = await ground(t);
  for (const [name, change] of Object.entries<Partial<ConvertOptions>>({
    mds: {},
    parquet: { format: "parquet", taskBytes: 20_000 },
  })) {
    const options = { from, to: at(name), parts: 4, ...change };
    await stopped(options);
    assert.equal((await info(at(name))).kind, "unfinished");
    await assert.rejects(convert({ ...options, parts: 5 }), {
      code: "exists",
      message: /another conversion is unfinished/,
    });
    const notes: string[] = [];
    await convert(options, { progress: { stage: () => {}, at: () => {}, note: (text) => notes.push(text) } });
    assert.match(notes.join(), /resuming/);
    assert.ok(await isSame(from, at(name)));
    await stopped({ ...options, to: at(`${name}-2`) });
    await convert({ ...options, to: at(`${name}-2`), parts: 2, existing: "overwrite" });
    assert.equal((await info(at(`${name}-2`))).pieces.length, name === "mds" ? 1 : 2);
    assert.ok(await isSame(from, at(`${name}-2`)));
  }
});

test("a source that changes between two runs is converted anew; one that changes meanwhile is an error", async (t) => {
  const { folder, from, at } = await ground(t);
  const options = { from, to: at("mds"), parts: 4 };
  await stopped(options);
  const other = rowsFrom(SCHEMA, 200, 8);
  await putRows(
    folderStore(folder),
    { format: "parquet", name: "source.parquet" },
    { schema: SCHEMA, batches: [other] },
  );
  const notes: string[] = [];
  await convert(options, { progress: { stage: () => {}, at: () => {}, note: (text) => notes.push(text) } });
  assert.match(notes.join(), /source has changed/);
  assert.ok(await isSame(from, at("mds")));
  let touched = false;
  const touch = () => {
    if (!touched) utimesSync(from, 1, 1);
    touched = true;
  };
  const changing = { from, to: at("again.arrow") };
  await assert.rejects(convert(changing, { progress: { stage: touch, at: () => {}, note: () => {} } }), {
    code: "damaged",
    message: /has changed/,
  });
  assert.deepEqual(names(folder), ["mds"]);
  await convert(changing);
});

test("a damaged source is an error with its place, and leaves nothing", async (t) => {
  const { folder, from, at } = await ground(t, "mds");
  const shard = readdirSync(from).find((name) => name.endsWith(".zstd"))!;
  const bytes = readFileSync(join(from, shard));
  bytes.fill(0, 20, 60);
  writeFileSync(join(from, shard), bytes);
  await assert.rejects(
    convert({ from, to: at("x.parquet") }),
    (error) => error instanceof WindrowError && error.code === "damaged" && error.message.includes(shard),
  );
  assert.deepEqual(names(folder), []);
});

test("what a kill left behind the end is tidied by the next run", async (t) => {
  const { folder, from, at } = await ground(t);
  const options = { from, to: at("mds"), parts: 2 };
  await stopped(options);
  renameSync(join(at("mds"), ".windrow"), at("state"));
  rmSync(at("mds"), { recursive: true });
  mkdirSync(at("mds"));
  renameSync(at("state"), join(at("mds"), ".windrow"));
  // The plan, but no journal: shards are made again.
  rmSync(join(at("mds"), ".windrow", "done"), { recursive: true });
  await convert(options);
  const whole = hashesBelow(at("mds"));
  // Two instants of the tidying: rubble alone is nobody's state.
  mkdirSync(join(at("mds"), ".windrow", "done"), { recursive: true });
  await assert.rejects(convert(options), { code: "exists" });
  assert.deepEqual(hashesBelow(at("mds")), whole);
  assert.deepEqual(readdirSync(at("mds")), ["index.json", "worker_00", "worker_01"]);
  assert.deepEqual(names(folder), ["mds"]);
});

test("temporary files that were lost or changed are noticed, and the next run begins anew", async (t) => {
  const { from, at } = await ground(t);
  const options = { from, to: at("out"), format: "parquet" as const, parts: 2, taskBytes: 20_000 };
  await stopped(options);
  const groups = join(at("out"), ".windrow", "groups");
  for (const name of readdirSync(groups)) {
    const bytes = readFileSync(join(groups, name));
    bytes[10]! ^= 1;
    writeFileSync(join(groups, name), bytes);
  }
  await assert.rejects(convert(options), { code: "damaged", message: /is not what was written/ });
  await convert(options);
  assert.ok(await isSame(from, at("out")));
});

test("an unfinished run of another command is left alone, also where replacing was asked for", async (t) => {
  const { from, at } = await ground(t);
  const spec = { dataset: {} };
  const hash = createHash("sha256")
    .update(JSON.stringify([spec, []]))
    .digest("hex");
  const plan = { format: "windrow-plan", version: 1, hash, out: at("out"), temp: at("out"), spec, tasks: [] };
  mkdirSync(join(at("out"), ".windrow"), { recursive: true });
  writeFileSync(join(at("out"), ".windrow", "plan.json"), JSON.stringify(plan));
  for (const existing of [{}, { existing: "overwrite" as const }]) {
    await assert.rejects(convert({ from, to: at("out"), ...existing }), { code: "exists", message: /another command/ });
  }
  assert.deepEqual(Object.keys(hashesBelow(at("out"))), [".windrow/plan.json"]);
});

test("a file that is written to while it is read does not pass", async (t) => {
  const { from, at } = await ground(t, "arrow");
  appendFileSync(from, "more");
  await assert.rejects(convert({ from, to: at("x") }), { code: "damaged" });
});

test("a conversion that is killed at any instant, again and again, ends with the files of one that was not", async (t) => {
  await testKills(t, { count: 20, seed: "convert" });
});
