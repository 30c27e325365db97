import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Batch } from "../src/core/index.ts";
import {
  anchorNames,
  l5kitLayout,
  l5kitScenes,
  motionSamples,
  motionSchema,
  readScene,
  SELECTION,
  sceneAnchors,
  selectAgents,
} from "../src/domains/l5kit/index.ts";
import { openParquet } from "../src/formats/parquet/index.ts";
import { editZarrArray, openZarr, type ZarrArray } from "../src/formats/zarr/index.ts";
import { folderStore, nodeCodecs, nodeHashes } from "../src/node/index.ts";
import { arraysPlace } from "../src/verbs/convert/arrays-place.ts";
import {
  convertArrays,
  leak,
  load,
  type MaterializeL5kitOptions,
  materializeL5kit,
  simulateL5kit,
  verify,
} from "../src/verbs/index.ts";
import { l5kitTables } from "../src/verbs/l5kit/tables.ts";
import { needShared } from "./shared.ts";

const codecs = nodeCodecs();

function scratch(t: TestContext): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), "windrow-l5kit-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}

/** Every sample by its name, as the bytes of its columns. */
async function samplesOf(out: string, names: readonly string[]): Promise<Map<string, Record<string, unknown>>> {
  const found = new Map<string, Record<string, unknown>>();
  const columns = [...names, "trace_id", "start"];
  for await (const batch of load(out, { columns, batchSize: 256 })) {
    const of = (name: string) => batch.columns[name]!;
    for (let row = 0; row < batch.length; row++) {
      const name = `${of("trace_id").data[row]}@${of("start").data[row]}`;
      assert.ok(!found.has(name), name);
      found.set(name, Object.fromEntries(names.map((each) => [each, valuesAt(of(each).data, batch.length, row)])));
    }
  }
  return found;
}

function valuesAt(data: unknown, length: number, row: number): unknown[] {
  const values = data as ArrayLike<unknown>; // any column's
  const size = values.length / length;
  return Array.from({ length: size }, (_, i) => values[row * size + i]);
}

/** The samples that the domain's own functions make. */
async function expectedSamples(
  path: string,
  options: MaterializeL5kitOptions,
): Promise<Map<string, Record<string, unknown>>> {
  using place = (await arraysPlace(path))!;
  const scenes = await l5kitScenes(l5kitLayout(await l5kitTables(place)));
  const found = new Map<string, Record<string, unknown>>();
  for (let number = 0; number < scenes.length; number++) {
    const scene = await readScene(scenes, number);
    const { step = 1, of = "both" } = options;
    const rules = Object.keys(SELECTION).flatMap((name) => (Object.hasOwn(options, name) ? [name] : []));
    const selection = Object.fromEntries(rules.map((name) => [name, options[name as keyof typeof SELECTION]])); // a rule
    const anchors = sceneAnchors(scene, selectAgents(scene, selection).chosen, { step, of });
    const { trace, start } = anchorNames(scene, anchors);
    const batch: Batch = motionSamples(scene, options)(anchors);
    for (let row = 0; row < batch.length; row++) {
      const values = Object.entries(batch.columns).map(([name, { data }]) => [name, valuesAt(data, batch.length, row)]);
      found.set(`${trace[row]}@${start[row]}`, Object.fromEntries(values));
    }
  }
  return found;
}

const IDS = { with: ["trace_id", "start"], val: 0, workers: 1 } as const;

test("the real scene becomes the samples that the domain makes of it, and every agent is accounted for", async (t) => {
  const scene = needShared(t, "data", "l5kit", "single_scene.zarr");
  if (scene === undefined) return;
  const at = scratch(t);
  const options = { inputs: [scene], out: at("out"), neighbours: 3, ...IDS };
  const { manifest } = await materializeL5kit(options);
  const { ledger } = manifest;
  assert.equal(ledger.input, 20_802 + 248, "agents, and frames of the recording car");
  assert.equal(ledger.kept, ledger.windows.train);
  assert.equal(ledger.noted["ego_samples"], 248);
  assert.equal(
    Object.values(ledger.dropped).reduce((sum, each) => sum + each, ledger.kept),
    ledger.input,
  );
  const names = Object.keys(motionSchema(options));
  const expected = await expectedSamples(scene, options);
  assert.deepEqual(await samplesOf(options.out, names), expected);
  assert.equal(ledger.traces.all, new Set([...expected.keys()].map((name) => name.split("@")[0])).size);
  assert.deepEqual((await verify(options.out)).problems, []);
});

/** What decides of a dataset's samples: all files but those that say where it was made. */
function bytesOfDataset(out: string): string[] {
  return ["mds/worker_00/shard.00000.mds.zstd", "parquet/samples_000.parquet", "validation.parquet"].map((name) => {
    const path = join(out, name);
    return existsSync(path) ? readFileSync(path).toString("base64") : "";
  });
}

test("a folder, a zip and tables of it are one input, and the order of inputs does not matter", async (t) => {
  const at = scratch(t);
  await simulateL5kit({ out: at("a.zarr"), scenes: 2, frames: 70, agents: 15 });
  await simulateL5kit({ out: at("b.zarr"), scenes: 2, frames: 60, agents: 15, seed: 7, start: 1.6e9 });
  await convertArrays({ from: at("a.zarr"), to: at("a.zarr.zip") });
  await convertArrays({ from: at("a.zarr"), to: at("a.parquet") });
  const run = async (out: string, ...inputs: string[]) => {
    const { manifest } = await materializeL5kit({ inputs: inputs.map(at), out: at(out), neighbours: 0, ...IDS });
    return manifest;
  };
  const one = await run("1", "a.zarr", "b.zarr");
  const two = await run("2", "b.zarr", "a.zarr");
  assert.equal(one.request, two.request);
  assert.deepEqual(bytesOfDataset(at("1")), bytesOfDataset(at("2")));
  const zip = await run("zip", "a.zarr.zip");
  const folder = await run("folder", "a.zarr");
  const tables = await run("tables", "a.parquet");
  const hash = ({ about }: typeof zip) => (about as { inputs: { sha256: string }[] }).inputs[0]?.sha256;
  assert.equal(hash(zip), hash(folder));
  assert.deepEqual(tables.counts, folder.counts);
  const names = ["history_positions", "target_positions", "velocity"];
  assert.deepEqual(await samplesOf(at("tables"), names), await samplesOf(at("folder"), names));
});

test("scenes are split whole, and nothing leaks", async (t) => {
  const at = scratch(t);
  await simulateL5kit({ out: at("a.zarr"), scenes: 8, frames: 40, agents: 10 });
  const { manifest } = await materializeL5kit({
    inputs: [at("a.zarr")],
    out: at("out"),
    neighbours: 0,
    val: 0.4,
    step: 3,
  });
  const { train, validation } = manifest.ledger.windows;
  assert.ok(train > 0 && validation > 0);
  assert.equal((await leak(at("out"))).leaks.length, 0);
  await using index = await openParquet("index.parquet", {
    store: folderStore(at("out")),
    codecs,
    hashes: await nodeHashes(),
  });
  for await (const { columns } of index.batches({ columns: ["trace_id", "entity", "start"] }))
    for (const [row, trace] of (columns["trace_id"]!.data as readonly string[]).entries()) {
      assert.equal(trace.slice(0, trace.lastIndexOf("/")), columns["entity"]!.data[row]);
      assert.equal(Number(columns["start"]!.data[row]) % 3, 0);
    }
});

test("whose samples, how far apart and which agents are options, and the sums hold for each", async (t) => {
  const at = scratch(t);
  await simulateL5kit({ out: at("a.zarr"), scenes: 1, frames: 60, agents: 20 });
  let number = 0;
  for (const own of [
    { of: "ego" },
    { of: "agents", step: 7 },
    { labelThreshold: 0.9, maxDistanceMetres: 20, minHistory: 0, minFuture: 0 },
    { history: 0, future: 1, radiusMetres: 5, neighbours: 2 },
  ] as const) {
    const options = { inputs: [at("a.zarr")], out: at(`out${number++}`), neighbours: 0, ...own, ...IDS };
    const { manifest } = await materializeL5kit(options);
    const names = Object.keys(motionSchema(options));
    assert.deepEqual(await samplesOf(options.out, names), await expectedSamples(options.inputs[0]!, options));
    if (options.of === "ego") assert.equal(manifest.ledger.input, 60);
  }
});

test("a scene with a gap or time that goes back is refused by name, and leaves nothing", async (t) => {
  const at = scratch(t);
  await simulateL5kit({ out: at("whole.zarr"), scenes: 3, frames: 20, agents: 5 });
  const { name } = await (async () => {
    using place = (await arraysPlace(at("whole.zarr")))!;
    const scenes = await l5kitScenes(l5kitLayout(await l5kitTables(place)));
    return { name: scenes.name(1) };
  })();
  for (const [kind, change] of [
    ["time goes back", (batch: Batch) => (batch.columns["timestamp"]!.data as BigInt64Array).fill(9n)],
    ["are of no frame", (batch: Batch) => ((batch.columns["agent_index_interval"]!.data as BigInt64Array)[1]! -= 1n)],
  ] as const) {
    const from = at(`${kind}.zarr`);
    cpSync(at("whole.zarr"), from, { recursive: true });
    const array = (await openZarr(folderStore(from), "frames", { codecs })) as ZarrArray; // as it was made
    const batch = await array.read({ from: 25, to: 26 });
    change(batch);
    await using frames = await editZarrArray(folderStore(from), "frames", { codecs });
    await frames.set(25, batch);
    await frames.close();
    await assert.rejects(materializeL5kit({ inputs: [from], out: at("out"), ...IDS }), (error: Error) => {
      assert.match(error.message, /^Cannot make samples of scene /);
      assert.ok(error.message.includes(kind), error.message);
      assert.equal(error.message.split(name).length, 2, error.message);
      return true;
    });
    assert.ok(!existsSync(at("out")));
  }
});

test("scenes that a dataset has are not appended again in other files, since their samples' names are taken", async (t) => {
  const at = scratch(t);
  await simulateL5kit({ out: at("a.zarr"), scenes: 2, frames: 30, agents: 5 });
  await simulateL5kit({ out: at("b.zarr"), scenes: 1, frames: 30, agents: 5, start: 1.6e9 });
  await convertArrays({ from: at("a.zarr"), to: at("a.parquet") });
  const append = (...inputs: string[]) =>
    materializeL5kit({ inputs: inputs.map(at), out: at("out"), neighbours: 0, ...IDS, existing: "append" });
  await append("a.zarr");
  const { manifest } = await append("b.zarr");
  const message = /^Cannot append a\.parquet: .*out has its scene host-a\d+-\d+ already/;
  await assert.rejects(append("a.parquet"), { code: "exists", message });
  assert.equal((await append("a.zarr", "b.zarr")).wasThere, true);
  assert.deepEqual((await verify(at("out"))).problems, []);
  assert.equal(manifest.ledger.windows.train, (await samplesOf(at("out"), ["track_id"])).size);
});

test("a mask that is stored is read again, by l5kit's name for it, and chooses the same agents", async (t) => {
  const at = scratch(t);
  await simulateL5kit({ out: at("a.zarr"), scenes: 2, frames: 50, agents: 12 });
  const run = (out: string, mask: "store" | "stored", more: object = {}) =>
    materializeL5kit({ inputs: [at("a.zarr")], out: at(out), neighbours: 0, ...IDS, mask, ...more });
  await assert.rejects(run("0", "stored"), { code: "missing", message: /no array agents_mask\/0\.5/ });
  const made = await run("1", "store");
  const array = (await openZarr(folderStore(at("a.zarr")), "agents_mask/0.5", { codecs })) as ZarrArray; // as it was made
  assert.deepEqual([array.dtype.descr, array.schema["value"]?.shape], ["<u4", [2]]);
  await run("2", "store");
  await assert.rejects(run("3", "store", { maxYawChangeDegrees: 0.5 }), {
    code: "exists",
    message: /one of another choice is there/,
  });
  const read = await run("4", "stored");
  assert.deepEqual(read.manifest.counts, made.manifest.counts);
  const names = ["centroid", "target_availabilities"];
  assert.deepEqual(await samplesOf(at("4"), names), await samplesOf(at("1"), names));
  assert.deepEqual(Object.keys(read.manifest.ledger.dropped), ["mask"]);
});

test("inputs and options that cannot be are one clear line", async (t) => {
  const at = scratch(t);
  await simulateL5kit({ out: at("a.zarr"), scenes: 1, frames: 20, agents: 5 });
  const refused = (options: Partial<MaterializeL5kitOptions>, code: string, message: RegExp) =>
    assert.rejects(materializeL5kit({ inputs: [at("a.zarr")], out: at("out"), ...IDS, ...options }), { code, message });
  await refused({ inputs: [] }, "usage", /no scenes are named/);
  await refused({ inputs: [at("b.zarr")] }, "missing", /b\.zarr: there is no such file or folder/);
  await refused({ inputs: [at("a.zarr"), at("a.zarr")] }, "usage", /is in a\.zarr and in a\.zarr/);
  await refused({ history: -1 }, "usage", /--history must be a whole number from 0 up, got -1/);
  await refused({ future: 0 }, "usage", /--future must be a whole number from 1 up, got 0/);
  await refused({ step: 0.5 }, "usage", /--step must be a whole number from 1 up/);
  await refused({ maxExtentRatio: Number.NaN }, "usage", /--max-extent-ratio must be 0 or more, got NaN/);
  await refused({ of: "ego", mask: "stored" }, "usage", /--mask stored is of agents, got --of ego/);
  await refused(
    { of: "agents", minHistory: 100 },
    "empty",
    /there is no sample to write; all \d+ agents were dropped \(\d+ /,
  );
  rmSync(at("a.zarr/frames"), { recursive: true });
  await refused({}, "missing", /the layout requires the array frames, got .*, in a\.zarr$/);
});
