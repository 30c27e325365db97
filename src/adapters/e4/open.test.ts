/** Empatica E4 sessions: rates and start times of the files, gravity in g, beats where they are. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { countingStore } from "../../../test/counting-store.ts";
import { isE4, openE4 } from "./index.ts";

const SESSION = {
  "ACC.csv": "100.000000, 100.000000, 100.000000\n32.000000, 32.000000, 32.000000\n64,-32,0\n1,2,3\n",
  "EDA.csv": "100.5\n4.0\n0.0\nspoilt\n0.25\n",
  "IBI.csv": "100.000000, IBI\n83.5,0.625\n",
  "tags.csv": "130.25\n140.5\n",
};

test("samples are at even steps from the start of each file", async () => {
  const { store } = await countingStore(SESSION);
  assert.equal(await isE4(store), true);
  const recording = await openE4(store);
  const { ACC, EDA, IBI, tags } = recording.sensors();
  assert.equal(ACC!.meta.rateHz, 32);
  assert.deepEqual(ACC!.schema, { acceleration: { kind: "f64", shape: [3], unit: "g" } });
  assert.deepEqual(Array.from(await ACC!.times()), [100, 100 + 1 / 32]);
  const { columns } = await ACC!.read({ from: 0, to: 2 });
  assert.deepEqual(columns["acceleration"]!.data, Float64Array.of(1, -0.5, 0, 1 / 64, 2 / 64, 3 / 64));
  assert.deepEqual(Array.from(await EDA!.times()), [100.5, 101], "the sample behind the spoilt one keeps its time");
  assert.deepEqual(
    recording.lost().examples.map(({ line }) => line),
    [4],
  );
  assert.deepEqual(Array.from(await IBI!.times()), [183.5]);
  assert.deepEqual((await IBI!.read({ from: 0, to: 1 })).columns, { interval: { data: Float64Array.of(0.625) } });
  assert.equal(IBI!.meta.rateHz, undefined);
  assert.deepEqual(Array.from(await tags!.times()), [130.25, 140.5]);
  assert.deepEqual((await tags!.read({ from: 0, to: 2 })).columns, { number: { data: Uint32Array.of(0, 1) } });
});

test("a file without a byte is no sensor, and one file alone no session", async () => {
  const { store } = await countingStore({ ...SESSION, "tags.csv": "", "IBI.csv": "" });
  assert.deepEqual(Object.keys((await openE4(store)).sensors()), ["ACC", "EDA"]);
  const { store: one } = await countingStore({ "HR.csv": SESSION["EDA.csv"] });
  assert.equal(await isE4(one), false);
  const { store: none } = await countingStore({});
  await assert.rejects(openE4(none), /ACC.csv, BVP.csv, .* is expected/);
});

test("first lines that are none name their file", async () => {
  const open = async (files: Record<string, string>) => openE4((await countingStore(files)).store);
  await assert.rejects(
    open({ "ACC.csv": "1, 2, 1\n32,32,32\n" }),
    /ACC.csv: a start time in line 1 is expected, got "1, 2, 1"/,
  );
  await assert.rejects(open({ "EDA.csv": "1\n" }), /EDA.csv: a rate in Hz in line 2 is expected, got "nothing"/);
  await assert.rejects(open({ "EDA.csv": "1\n0\n" }), /a rate above 0/);
  await assert.rejects(open({ "EDA.csv": "1\nnan\n" }), /a rate in Hz/);
  await assert.rejects(open({ "IBI.csv": "x, IBI\n" }), /IBI.csv: a start time and the word IBI/);
});
