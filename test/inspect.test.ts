/** Looks and checks over whole datasets: what they find right, and that they find what is wrong. */

import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { COMMANDS } from "../src/cli/commands.ts";
import type { Batch, OpenOptions, Schema } from "../src/core/index.ts";
import { openParquet } from "../src/formats/parquet/index.ts";
import { folderStore, nodeCodecs, nodeHashes } from "../src/node/index.ts";
import { materializeAis } from "../src/verbs/ais/materialize.ts";
import { diff, head, info, leak, merge, stats, verify } from "../src/verbs/index.ts";
import { SMALL, testFolder, writeFleet } from "./ais-dataset.ts";
import { putParquet } from "./inspect-places.ts";
import { needShared } from "./shared.ts";

const root = mkdtempSync(join(tmpdir(), "windrow-inspect-"));
after(() => rmSync(root, { recursive: true, force: true }));
const DATA = join(root, "data");
const WITH = ["mmsi", "t_start", "trace_id", "start", "key"];

before(async () => {
  writeFleet(join(root, "ais.csv"), { vessels: 8, days: 1, seed: 5 });
  const inputs = [join(root, "ais.csv")];
  await materializeAis({
    ...SMALL,
    inputs,
    out: DATA,
    test: 0.1,
    parts: 2,
    with: WITH,
    hashes: ["sha1"],
    mdsEncoding: "bytes",
  });
});

/** A copy of the dataset to do harm to. */
function copy(t: Parameters<typeof testFolder>[0]): string {
  const folder = join(testFolder(t), "data");
  cpSync(DATA, folder, { recursive: true });
  return folder;
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 4;
  writeFileSync(path, bytes);
}

test("a fresh dataset is whole, does not leak, and its figures agree", async () => {
  const report = await verify(DATA);
  assert.deepEqual([report.holds, report.problems, report.stray_files], [true, [], []]);
  const told = await info(DATA);
  assert.equal(report.checked.index_rows, told.samples);
  assert.equal(report.checked.mds_samples, told.samples);
  assert.equal(report.checked.parquet_samples, told.samples);
  const proof = await leak(DATA);
  assert.ok(proof.holds && proof.samples.train > 0 && proof.samples.validation > 0);
  assert.deepEqual(proof.samples, told.dataset!.counts);
  const { samples, features, index } = await stats(DATA);
  assert.equal(samples, told.samples);
  assert.deepEqual(
    features.slice(0, 5).map(({ name }) => name),
    ["lat", "lon", "sog", "cog", "dt_seconds"],
  );
  assert.equal(features[0]!.count, told.samples * 64);
  assert.equal(
    index!.entities,
    Object.values(proof.entities).reduce((sum, count) => sum + count, 0),
  );
});

test("statistics of a split are those of its samples alone", async () => {
  const [all, ...splits] = await Promise.all(
    [undefined, "train", "validation", "test"].map((split) =>
      stats(DATA, split === undefined ? {} : { split: split as "train" }),
    ),
  );
  const sum = (count: (report: NonNullable<typeof all>) => number) =>
    splits.reduce((total, report) => total + count(report), 0);
  assert.equal(
    sum(({ samples }) => samples),
    all!.samples,
  );
  assert.equal(
    sum(({ index }) => index!.entities),
    all!.index!.entities,
  );
});

test("the first samples stand beside their row of the index", async () => {
  const { samples, features } = await head(DATA, { rows: 2, split: "validation" });
  assert.deepEqual(features, ["lat", "lon", "sog", "cog", "dt_seconds"]);
  for (const { index, columns } of samples) {
    assert.equal(index!["split"], "validation");
    assert.equal(index!["trace_id"], columns["trace_id"]);
    assert.equal(index!["key"], columns["key"]);
    assert.equal((columns["features"] as number[]).length, 64 * 5);
  }
});

test("one changed byte in any file is found, and the file is named", async (t) => {
  const folder = copy(t);
  for (const name of files(folder).filter((each) => each !== "run.json" && each !== "manifest.json")) {
    const at = Math.floor(statSync(join(folder, name)).size / 2);
    flip(join(folder, name), at);
    const { holds, problems } = await verify(folder);
    flip(join(folder, name), at);
    assert.equal(holds, false, name);
    assert.ok(
      problems.some(({ file }) => file === name),
      name,
    );
  }
  assert.ok((await verify(folder)).holds);
});

test("a file that is cut, gone, or not of the dataset is named", async (t) => {
  const folder = copy(t);
  const [shard = ""] = files(folder).filter((name) => name.endsWith(".zstd"));
  writeFileSync(join(folder, shard), readFileSync(join(folder, shard)).subarray(0, 100));
  rmSync(join(folder, "validation.parquet"));
  writeFileSync(join(folder, "notes.txt"), "mine");
  const { problems, stray_files } = await verify(folder);
  assert.ok(problems.some(({ file, place }) => file === shard && place === "byte 100"));
  assert.ok(problems.some(({ file, what }) => file === "validation.parquet" && what === "there is no such file"));
  assert.deepEqual(stray_files, ["notes.txt"]);
});

test("a manifest that tells of other counts, another seed, or sums that do not hold is found out", async (t) => {
  const folder = copy(t);
  const path = join(folder, "manifest.json");
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  const problemsWith = async (changed: object) => {
    writeFileSync(path, JSON.stringify({ ...manifest, ...changed }));
    return (await verify(folder)).problems.map(({ file, what }) => `${file}: ${what}`).join("\n");
  };
  assert.match(await problemsWith({ seed: "43" }), /index\.parquet: key of .* with seed 43/);
  assert.match(
    await problemsWith({ counts: { ...manifest.counts, test: [manifest.counts.test[0] + 1] } }),
    /test\.parquet: must have \d+ samples/,
  );
  assert.match(
    await problemsWith({ shard_samples: 7 }),
    /index\.parquet: must be row 0 of shard 1, got row 7 of shard 0/,
  );
  assert.match(
    await problemsWith({ ledger: { ...manifest.ledger, input: 1 } }),
    /manifest\.json: input = kept \+ dropped does not hold/,
  );
});

/** Makes the manifest say what its files are, so that hashes tell nothing. */
async function fitManifest(folder: string): Promise<void> {
  const path = join(folder, "manifest.json");
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  const xxh64 = (await nodeHashes()).get("xxh64")!;
  for (const file of manifest.files) {
    const bytes = readFileSync(join(folder, file.path));
    Object.assign(file, { bytes: bytes.length, xxh64: xxh64.digest(bytes) });
  }
  writeFileSync(path, JSON.stringify(manifest));
}

test("files of another dataset are found out even where the hashes were made to fit", async (t) => {
  const folder = copy(t);
  const other = join(testFolder(t), "other");
  const inputs = [join(root, "ais.csv")];
  await materializeAis({
    ...SMALL,
    inputs,
    out: other,
    test: 0.1,
    parts: 2,
    with: WITH,
    hashes: ["sha1"],
    mdsEncoding: "bytes",
    seed: 42n,
    jumpMax: 200,
    sogMax: 12,
  });
  const problemsOf = async (name: string) => {
    const kept = readFileSync(join(folder, name));
    cpSync(join(other, name), join(folder, name));
    await fitManifest(folder);
    const { problems } = await verify(folder);
    writeFileSync(join(folder, name), kept);
    return problems.map(({ what }) => what).join("\n");
  };
  assert.match(
    await problemsOf("index.parquet"),
    /must have \d+ rows|must be row|must hold the same values as the samples/,
  );
  assert.match(
    await problemsOf("parquet/samples_000.parquet"),
    /must have \d+ samples|must hold the same values as the MDS shards/,
  );
  await fitManifest(folder);
  assert.ok((await verify(folder)).holds);
});

test("rows of the index that were exchanged are found where the hashes were made to fit", async (t) => {
  const folder = copy(t);
  const store = folderStore(folder);
  const place = { store, codecs: nodeCodecs(), hashes: await nodeHashes() };
  const [{ schema, batch }] = [await whole("index.parquet", place)];
  const starts = batch.columns["start"]!.data as Uint32Array;
  [starts[0], starts[1]] = [starts[1]!, starts[0]!];
  await putParquet(store, "index.parquet", schema, batch);
  await fitManifest(folder);
  const { problems } = await verify(folder);
  assert.ok(
    problems.some(
      ({ file, place: at, what }) => file === "index.parquet" && at === "row 0" && what.startsWith("key of"),
    ),
  );
  assert.ok(problems.some(({ place: at }) => at === "column start"));
});

/** All of a Parquet file. */
async function whole(key: string, options: OpenOptions): Promise<{ schema: Schema; batch: Batch }> {
  await using table = await openParquet(key, options);
  const [batch] = await Array.fromAsync(table.batches({ batchRows: table.length }));
  return { schema: table.schema, batch: batch! };
}

test("samples that changed places are found by the index and by the other format", async (t) => {
  const folder = copy(t);
  const [a, b] = ["worker_00", "worker_01"].map((name) => join(folder, "mds", name));
  for (const name of readdirSync(a!)) if (existsSync(join(b!, name))) cpSync(join(b!, name), join(a!, name));
  const { problems } = await verify(folder);
  assert.ok(problems.some(({ what }) => /samples as in manifest\.json|must hold the same values/.test(what)));
});

test("both formats hold the same samples in the same order; another seed gives another order", async (t) => {
  const same = await diff(join(DATA, "mds_validation"), join(DATA, "validation.parquet"));
  assert.ok(same.same_samples && same.same_values);
  const folder = testFolder(t);
  const inputs = [join(root, "ais.csv")];
  for (const seed of [1n, 2n])
    await materializeAis({
      ...SMALL,
      inputs,
      out: join(folder, String(seed)),
      val: 0,
      seed,
      format: seed === 1n ? ["mds"] : ["parquet"],
    });
  const other = await diff(join(folder, "1"), join(folder, "2"));
  assert.deepEqual(
    [other.by, other.same_samples, other.same_order, other.same_values],
    ["trace_id+start", true, false, true],
  );
});

test("a split by time is checked by time", async (t) => {
  const out = join(testFolder(t), "out");
  await materializeAis({ ...SMALL, inputs: [join(root, "ais.csv")], out, splitBy: "time" });
  const report = await leak(out);
  assert.ok(report.holds);
  assert.equal(report.split_by, "time");
  assert.ok(report.entities_in_two > 0 && report.smallest_gap! > 0);
});

test("a split by vessel and time keeps vessels apart, and training before the others", async (t) => {
  const out = join(testFolder(t), "out");
  await materializeAis({ ...SMALL, inputs: [join(root, "ais.csv")], out, splitBy: "vessel+time", test: 0.3 });
  const report = await leak(out);
  assert.deepEqual([report.split_by, report.leaks, report.entities_in_two], ["entity+time", [], 0]);
  assert.ok((await verify(out)).holds);
});

test("a root index is made for workers' folders, once, and not over another", async (t) => {
  const folder = copy(t);
  const mds = join(folder, "mds");
  const whole = readFileSync(join(mds, "index.json"), "utf8");
  rmSync(join(mds, "index.json"));
  assert.equal((await info(mds)).kind, "workers");
  assert.deepEqual([(await merge(mds)).workers, readFileSync(join(mds, "index.json"), "utf8")], [2, whole]);
  assert.equal((await merge(mds)).was_there, true);
  writeFileSync(join(mds, "index.json"), "{}");
  await assert.rejects(merge(mds), { code: "exists" });
  rmSync(join(mds, "index.json"));
  const [shard = ""] = readdirSync(join(mds, "worker_01")).filter((name) => name.endsWith(".zstd"));
  rmSync(join(mds, "worker_01", shard));
  await assert.rejects(merge(mds), { code: "missing", message: /worker_01\/shard/ });
});

test("real shards of MDSWriter are whole", async (t) => {
  const folder = needShared(t, "data", "mds", "mosaic-mix");
  if (folder === undefined) return;
  const report = await verify(folder);
  assert.ok(report.holds);
  assert.equal(report.checked.mds_samples, (await info(folder)).samples);
});

/** Runs a command as the command line does; gives its exit code and its lines. */
async function run(
  name: string,
  args: readonly string[],
  options: object = {},
): Promise<{ code: number; lines: readonly string[]; json: string }> {
  let [lines, json]: [readonly string[], string] = [[], ""];
  const io = {
    isJson: false,
    result: (value: unknown, text: () => readonly string[]) => {
      lines = text();
      json = JSON.stringify(value);
    },
    say: () => {},
    progress: { stage: () => {}, at: () => {}, note: () => {} },
    signal: new AbortController().signal,
  };
  const code = await COMMANDS.find((command) => command.name === name)!.run({ args, options, io });
  return { code, lines, json };
}

test("commands leave with 0 for yes, 1 for no, 3 for an index that cannot be read, and tell people what they found", async (t) => {
  for (const name of ["info", "head", "stats", "verify", "leak"]) {
    const { code, lines, json } = await run(name, [DATA]);
    assert.equal(code, 0, name);
    assert.ok(lines.length > 3 && lines.every((line) => !/undefined|NaN|\[object/.test(line)), name);
    assert.ok(JSON.parse(json).path === DATA, name);
  }
  const folder = copy(t);
  const same = await run("diff", [DATA, folder]);
  assert.deepEqual([same.code, same.lines.at(-1)], [0, "the same samples in the same order"]);
  flip(join(folder, "index.parquet"), 100);
  const damaged = await run("verify", [folder]);
  assert.deepEqual([damaged.code, damaged.lines.at(-1)!.includes("is damaged")], [1, true]);
  writeFileSync(join(folder, "mds", "index.json"), "{");
  assert.equal((await run("verify", [folder])).code, 3);
  const other = await run("diff", [join(DATA, "validation.parquet"), join(DATA, "test.parquet")]);
  assert.deepEqual([other.code, other.lines.at(-1)], [1, "other samples"]);
});
