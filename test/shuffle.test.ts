/** The certificate of whole datasets: what it says of our own order, of generations and of others' samples, and what it draws. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Schema } from "../src/core/index.ts";
import { folderStore } from "../src/node/index.ts";
import { materializeAis, type ShuffleReport, shufflePicture, shuffleReport } from "../src/verbs/index.ts";
import { indexRows, SMALL, testFolder, writeFleet } from "./ais-dataset.ts";
import { putMds, putParquet } from "./inspect-places.ts";

const BIN = fileURLToPath(new URL("../bin/windrow.js", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "windrow-shuffle-"));
after(() => rmSync(root, { recursive: true, force: true }));
const DATA = join(root, "data");
const WITH = ["mmsi", "trace_id", "t_start", "t_end"];
const OPTIONS = { ...SMALL, parts: 2, with: WITH, window: 32, stride: 8 };

before(async () => {
  writeFleet(join(root, "ais.csv"), { vessels: 30, days: 1, seed: 5 });
  await materializeAis({ ...OPTIONS, inputs: [join(root, "ais.csv")], out: DATA });
});

function windrow(...args: readonly string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: "utf8", cwd: root });
  return { code: status, out: stdout, err: stderr };
}

const SCHEMA = {
  trace_id: { kind: "str" },
  t_start: { kind: "f64" },
  t_end: { kind: "f64" },
} as const satisfies Schema;

/** The samples of the training split as others might store them: their ids alone, in an order. */
async function idsInOrder(compare: (a: Record<string, unknown>, b: Record<string, unknown>) => number) {
  const rows = (await indexRows(DATA)).filter(({ split }) => split === "train").sort(compare);
  return {
    length: rows.length,
    columns: {
      trace_id: { data: rows.map((row) => String(row["trace_id"])) },
      t_start: { data: Float64Array.from(rows, (row) => Number(row["t_start"])) },
      t_end: { data: Float64Array.from(rows, (row) => Number(row["t_end"])) },
    },
  };
}

const byTime = (a: Record<string, unknown>, b: Record<string, unknown>) => Number(a["t_start"]) - Number(b["t_start"]);

test("our own order passes, by its index and by the samples' columns, in MDS and in Parquet", async () => {
  const report = await shuffleReport(DATA);
  assert.deepEqual([report.verdict, report.split, report.generations.length], ["pass", "train", 1]);
  assert.equal(report.samples, (await indexRows(DATA)).filter(({ split }) => split === "train").length);
  const answers = ({ generations }: ShuffleReport) =>
    generations[0]!.tests
      .filter(({ name }) => !name.endsWith("_per_shard"))
      .map(({ name, found, expected, z }) => ({ name, found, expected, z }));
  for (const folder of ["mds", "parquet"])
    assert.deepEqual(answers(await shuffleReport(join(DATA, folder))), answers(report), folder);
  const validation = await shuffleReport(DATA, { split: "validation" });
  assert.deepEqual([validation.verdict, validation.split], ["pass", "validation"]);
});

test("the command leaves with 0 for a pass, 1 for a fail, 3 where too few samples could tell, 2 for what makes no sense", async (t) => {
  const folder = testFolder(t);
  const sorted = await idsInOrder(byTime);
  await putParquet(folderStore(folder), "sorted.parquet", SCHEMA, sorted);
  const pass = windrow("stats", DATA, "--shuffle", "--quiet");
  assert.deepEqual([pass.code, pass.err], [0, ""]);
  assert.match(pass.out, /data, train: pass: the order of [\d,]+ samples looks like chance/);
  assert.doesNotMatch(pass.out, /undefined|NaN|\[object/);
  const fail = windrow("stats", join(folder, "sorted.parquet"), "--shuffle", "--quiet");
  assert.equal(fail.code, 1);
  assert.match(fail.out, /^rank correlation with time +1\.0+ +0\.0+ +± 0\.\d+ +\d+\.\d +FAIL$/m);
  const few = windrow("stats", DATA, "--shuffle", "--batch", "1000000", "--json", "--quiet");
  assert.equal(few.code, 3);
  assert.equal((JSON.parse(few.out) as ShuffleReport).verdict, "too_few");
  for (const wrong of [
    ["--batch", "8"],
    ["--picture", "a.svg"],
    ["--shuffle", "--features", "a,b"],
    ["--shuffle", "--batch", "1"],
  ]) {
    const { code, err } = windrow("stats", DATA, ...wrong);
    assert.deepEqual([code, err.split("\n").length], [2, 2], wrong.join(" "));
  }
});

test("an MDS folder that anyone sorted fails", async (t) => {
  const folder = testFolder(t);
  const sorted = await idsInOrder(byTime);
  await putMds(folderStore(folder), "", { schema: SCHEMA, batch: sorted });
  const { verdict, generations } = await shuffleReport(folder);
  assert.equal(verdict, "fail");
  const failed = generations[0]!.tests.filter((each) => each.verdict === "fail").map(({ name }) => name);
  assert.ok(failed.includes("time_rank") && failed.includes("time_serial"), failed.join());
});

test("each generation is judged by itself, and the worst of them is the answer", async (t) => {
  const folder = testFolder(t);
  const out = join(folder, "data");
  cpSync(DATA, out, { recursive: true });
  for (const [seed, vessels] of [
    [6, 20],
    [7, 1],
  ] as const) {
    const path = join(folder, `${seed}.csv`);
    writeFleet(path, { vessels, days: 1, seed, start: 1_704_067_200 + seed * 86_400 });
    await materializeAis({ ...OPTIONS, inputs: [path], out, existing: "append", val: 0.3 });
  }
  const { generations, samples, verdict } = await shuffleReport(out, { batch: 256 });
  const [first, second, third] = generations;
  assert.deepEqual([first?.verdict, second?.verdict], ["pass", "pass"]);
  assert.equal(
    samples,
    generations.reduce((sum, each) => sum + each.samples, 0),
  );
  assert.deepEqual(first?.samples, (await shuffleReport(DATA)).samples);
  assert.deepEqual([third?.verdict, verdict], ["too_few", "too_few"]);
  assert.match(third?.reason ?? "", /are fewer than two batches of 256/);
  const text = windrow("stats", out, "--shuffle", "--quiet").out;
  assert.match(text, /^generation 2: [\d,]+ samples$/m);
  assert.match(text, /each generation is judged by itself/);
  const wide = text.split("\n").filter((line) => line.length > 100 && !line.startsWith(out));
  assert.deepEqual(wide, [], "lines fit a terminal");
});

test("an index by itself, or one that is not in its order, is no proof", async (t) => {
  await assert.rejects(shuffleReport(join(DATA, "index.parquet")), { code: "unsupported", message: /name the folder/ });
  const out = join(testFolder(t), "data");
  cpSync(DATA, out, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8")) as { counts: { train: number[] } };
  [manifest.counts.train[0], manifest.counts.train[1]] = [manifest.counts.train[1]!, manifest.counts.train[0]!];
  writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest));
  await assert.rejects(shuffleReport(out), { code: "damaged", message: /must have its rows as manifest\.json counts/ });
  manifest.counts.train.push(1_000_000);
  writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest));
  await assert.rejects(shuffleReport(out), { code: "damaged" });
});

/** Throws unless the text is one well-formed XML element with its namespace, quoted and distinct attributes, and known entities. */
function assertXml(text: string): void {
  const open: string[] = [];
  const tokens = text.trim().match(/<[^>]*>|[^<]+/g) ?? [];
  const assertText = (part: string) => assert.doesNotMatch(part, /&(?!amp;|lt;|gt;|quot;|apos;|#\d+;|#x[\da-f]+;)/i);
  for (const [i, token] of tokens.entries()) {
    assert.ok(i === 0 || open.length > 0, `behind the end: ${token.slice(0, 80)}`);
    const tag = /^<(\/?)([a-zA-Z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>$/.exec(token);
    if (tag === null) {
      assert.doesNotMatch(token, /[<>]/, token.slice(0, 80));
      assertText(token);
      continue;
    }
    const [, closing, name = "", attributes = "", empty] = tag;
    const names = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, attribute, value = ""]) => {
      assertText(value);
      return attribute;
    });
    assert.equal(new Set(names).size, names.length, token);
    if (closing === "/") assert.equal(open.pop(), name);
    else if (empty !== "/") open.push(name);
  }
  assert.deepEqual(open, []);
  assert.match(text, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /);
}

test("the picture is well-formed, needs nothing else, and is the same for the same data anywhere", async (t) => {
  const picture = await shufflePicture(await shuffleReport(DATA));
  assertXml(picture);
  assert.doesNotMatch(picture, /NaN|undefined|\[object|<script|href|url\(|@import/);
  assert.match(picture, /pass: it looks like chance/);
  const out = join(testFolder(t), "elsewhere");
  cpSync(DATA, out, { recursive: true });
  assert.equal(await shufflePicture(await shuffleReport(out)), picture);
  const { code } = windrow("stats", DATA, "--shuffle", "--quiet", "--json", "--picture", "order.svg");
  assert.equal(code, 0);
  assert.equal(readFileSync(join(root, "order.svg"), "utf8"), picture);
  const none = windrow("stats", DATA, "--shuffle", "--quiet", "--picture", "no/such/folder/order.svg");
  assert.ok(none.code === 0 ? existsSync(join(root, "no/such/folder/order.svg")) : none.code === 3, none.err);
});

test("a picture can be made of any report, also of nothing", async (t) => {
  const store = folderStore(testFolder(t));
  const all = await idsInOrder(byTime);
  for (const length of [0, 1, 2, 5, 130]) {
    const columns = Object.fromEntries(
      Object.entries(all.columns).map(([name, { data }]) => [name, { data: data.slice(0, length) }]),
    );
    await putParquet(store, "few.parquet", SCHEMA, { length, columns });
    const picture = await shufflePicture(await shuffleReport(store.name));
    assertXml(picture);
    assert.doesNotMatch(picture, /NaN|undefined|Infinity/);
  }
});
