/** L5Kit's own reader, zarr-python 2, pyarrow and mosaicml-streaming on what simulate, convert and materialize write. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { convertArrays, load, materializeL5kit, simulateL5kit } from "../../src/verbs/index.ts";
import { needShared, skipWithout } from "../shared.ts";
import { peersPython, zarrPython } from "./python.ts";

const SCRIPT = fileURLToPath(new URL("l5kit_verbs.py", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "windrow-l5kit-verbs-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

/** What the script answers; `undefined` where the Python is not there, and then the test is skipped. */
function asked(t: TestContext, python: string | undefined, ...args: readonly string[]): unknown {
  if (python === undefined) {
    skipWithout(t, "the Python with the peers");
    return undefined;
  }
  return JSON.parse(execFileSync(python, [SCRIPT, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
}

test("l5kit's ChunkedDataset opens simulated scenes, and cuts them by their intervals", async (t) => {
  const made = await simulateL5kit({ out: at("made.zarr"), scenes: 3, frames: 40, agents: 20 });
  const found = asked(t, zarrPython(), "chunked", at("made.zarr")) as Record<string, unknown> | undefined;
  if (found === undefined) return;
  const { last, ...counts } = found;
  const { scenes, frames, agents, traffic_light_faces: faces } = made;
  assert.deepEqual(counts, { scenes, frames, agents, faces, labels: "PERCEPTION_LABEL_CAR" });
  const [rows, own, from, to] = last as readonly [number, number, number, number];
  assert.deepEqual([rows, from, to], [40, 0, own], "the intervals of a scene begin at 0 once it is cut out");
});

test("zarr-python reads what convert writes: the same types, chunks, codecs and rows", async (t) => {
  const real = needShared(t, "data", "l5kit", "single_scene.zarr");
  if (real === undefined) return;
  await simulateL5kit({ out: at("old.zarr"), scenes: 2, frames: 30, agents: 10, layout: 1 });
  for (const [name, from] of Object.entries({ real, old: at("old.zarr") })) {
    const [zip, tables, back] = [at(`${name}.zarr.zip`), at(`${name}.parquet`), at(`${name}-back.zarr`)];
    await convertArrays({ from, to: zip });
    await convertArrays({ from: zip, to: tables });
    await convertArrays({ from: tables, to: back });
    await convertArrays({ from: tables, to: at(`${name}-back.zarr.zip`) });
    const expected = asked(t, zarrPython(), "digests", from);
    if (expected === undefined) return;
    for (const path of [zip, back, at(`${name}-back.zarr.zip`)])
      assert.deepEqual(asked(t, zarrPython(), "digests", path), expected, path);
  }
});

test("pyarrow reads the tables with fixed-size lists, equal to the arrays", async (t) => {
  const real = needShared(t, "data", "l5kit", "single_scene.zarr");
  if (real === undefined) return;
  await convertArrays({ from: real, to: at("tables.parquet") });
  const found = asked(t, zarrPython(), "tables", at("tables.parquet"), real) as { types?: Record<string, string> };
  if (found === undefined) return;
  assert.deepEqual(
    Object.entries(found.types ?? found).filter(([name]) => /rotation|host|track_id|label|status/.test(name)),
    [
      ["scenes.host", "string"],
      ["frames.ego_rotation", "fixed_size_list<element: double not null>[9]"],
      ["agents.track_id", "uint64"],
      ["agents.label_probabilities", "fixed_size_list<element: float not null>[17]"],
      ["traffic_light_faces.traffic_light_face_status", "fixed_size_list<element: float not null>[3]"],
    ],
  );
});

test("mosaicml-streaming reads the samples, as many and of the shapes that load gives", async (t) => {
  const out = at("motion");
  await simulateL5kit({ out: at("train.zarr"), scenes: 2, frames: 80, agents: 30 });
  const { manifest } = await materializeL5kit({ inputs: [at("train.zarr")], out, val: 0, neighbours: 5 });
  const found = asked(t, peersPython(), "mds", join(out, "mds")) as {
    samples: number;
    shapes: Record<string, number[]>;
  };
  if (found === undefined) return;
  assert.equal(found.samples, manifest.ledger.windows.train);
  for await (const { columns } of load(out, { columns: "all", batchSize: 1 })) {
    for (const [name, shape] of Object.entries(found.shapes))
      assert.deepEqual(shape, columns[name]?.shape.slice(1), name);
    break;
  }
  assert.deepEqual(found.shapes["target_positions"], [50, 2]);
});
