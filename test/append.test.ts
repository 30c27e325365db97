/** Generations: what --append adds, what it leaves alone, and what it refuses. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { checkLedger } from "../src/formats/dataset/index.ts";
import { leak, type Manifest, type MaterializeAisOptions, materializeAis, verify } from "../src/verbs/index.ts";
import { fileHashes, SMALL, testFolder, writeFleet } from "./ais-dataset.ts";

/** A fleet's reports in two files: the second begins with some that the first has as well. */
function twoFiles(t: TestContext): { options: MaterializeAisOptions; first: string; second: string } {
  const folder = testFolder(t);
  const whole = join(folder, "whole.csv");
  writeFleet(whole, { vessels: 12, days: 2, seed: 5 });
  const [header = "", ...rows] = readFileSync(whole, "utf8").trimEnd().split("\n");
  const half = rows.length >> 1;
  const [first, second] = [join(folder, "first.csv"), join(folder, "second.csv")];
  writeFileSync(first, `${[header, ...rows.slice(0, half)].join("\n")}\n`);
  writeFileSync(second, `${[header, ...rows.slice(half - 300)].join("\n")}\n`);
  return { options: { ...SMALL, val: 0.3, inputs: [first], out: join(folder, "data") }, first, second };
}

const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);

test("appending adds parts of its own and leaves the samples that were there as they are", async (t) => {
  const { options, first, second } = twoFiles(t);
  const { manifest: before } = await materializeAis(options);
  const hashes = fileHashes(options.out);
  const { manifest, wasThere } = await materializeAis({ ...options, inputs: [first, second], existing: "append" });
  assert.equal(wasThere, false);
  const after = fileHashes(options.out);
  const kept = Object.keys(hashes).filter((name) => /worker_|samples_/.test(name));
  assert.ok(kept.length > 0);
  for (const name of kept) assert.equal(after[name], hashes[name], name);
  assert.deepEqual(
    manifest.generations.map((each) => each.first_part.train),
    [0, before.counts.train.length],
  );
  assert.equal(manifest.ledger.input, before.ledger.input + manifest.generations[1]!.ledger.input);
  assert.ok((manifest.ledger.dropped["before_generation"] ?? 0) > 0);
  assert.equal(total(manifest.counts.train), manifest.ledger.windows.train);
  assert.ok((await verify(options.out)).holds);
  assert.ok((await leak(options.out)).holds);
});

test("appending what is there does nothing, and the order of inputs does not matter", async (t) => {
  const { options, first, second } = twoFiles(t);
  await materializeAis(options);
  await materializeAis({ ...options, inputs: [second, first], existing: "append" });
  const hashes = fileHashes(options.out);
  const again = await materializeAis({ ...options, inputs: [first, second], existing: "append" });
  assert.equal(again.wasThere, true);
  assert.deepEqual(fileHashes(options.out), hashes);
});

test("other options, and splits by time, are refused and nothing is touched", async (t) => {
  const { options, second } = twoFiles(t);
  await materializeAis(options);
  const hashes = fileHashes(options.out);
  const refused: readonly Partial<MaterializeAisOptions>[] = [
    { stride: 31 },
    { val: 0.2 },
    { seed: 7 },
    { format: ["mds"] },
  ];
  for (const other of refused) {
    await assert.rejects(materializeAis({ ...options, ...other, inputs: [second], existing: "append" }), {
      code: "exists",
    });
  }
  const byTime = { ...options, out: `${options.out}-time`, splitBy: "time" as const };
  await materializeAis(byTime);
  await assert.rejects(materializeAis({ ...byTime, inputs: [second], existing: "append" }), { code: "usage" });
  assert.deepEqual(fileHashes(options.out), hashes);
});

test("a run that is stopped while it appends leaves the dataset whole, and goes on to the same files", async (t) => {
  const { options, first, second } = twoFiles(t);
  await materializeAis(options);
  const twin = { ...options, out: `${options.out}-twin` };
  await materializeAis(twin);
  const more = { inputs: [first, second], existing: "append" as const };
  await materializeAis({ ...twin, ...more });
  const stop = new AbortController();
  const progress = {
    stage: (name: string) => void (name === "write samples" && stop.abort()),
    at: () => {},
    note: () => {},
  };
  await assert.rejects(materializeAis({ ...options, ...more }, { progress, signal: stop.signal }), {
    name: "AbortError",
  });
  assert.ok((await verify(options.out)).holds);
  await materializeAis({ ...options, ...more });
  assert.deepEqual(fileHashes(options.out), fileHashes(twin.out));
});

test("a ledger whose sums do not hold is told of, by name", async (t) => {
  const { options } = twoFiles(t);
  const { manifest } = await materializeAis(options);
  const { ledger } = manifest;
  const written = ledger.windows;
  checkLedger(ledger, written);
  const wrong: readonly [Manifest["ledger"], RegExp][] = [
    [{ ...ledger, input: ledger.input + 1 }, /input = kept \+ dropped/],
    [{ ...ledger, points: { ...ledger.points, used: ledger.points.used - 1 } }, /kept = used \+ unused/],
    [{ ...ledger, windows: { ...ledger.windows, train: 0 } }, /train windows = train samples/],
  ];
  for (const [each, message] of wrong) assert.throws(() => checkLedger(each, written), { code: "internal", message });
});
