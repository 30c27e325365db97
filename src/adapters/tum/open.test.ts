/** TUM's files: trajectories, accelerations, lists of images, and associations of two. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { countingStore } from "../../../test/counting-store.ts";
import { isTumFile, isTumFolder, openTum, openTumFolder } from "./index.ts";

const IMAGES = { "rgb/1.png": Uint8Array.of(1, 2), "rgb/2.png": Uint8Array.of(3) };

test("a trajectory comes back", async () => {
  const pose = fc.array(
    fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => value + 0),
    {
      minLength: 8,
      maxLength: 8,
    },
  );
  const property = fc.asyncProperty(fc.array(pose, { minLength: 1, maxLength: 20 }), async (poses) => {
    const text = `# t tx ty tz qx qy qz qw\n${poses.map((each) => each.join(" ")).join("\n")}\n`;
    const { store } = await countingStore({ "a/truth.txt": text });
    const { sensors } = await openTum({ store, key: "a/truth.txt" });
    const { truth } = sensors();
    assert.deepEqual(truth?.schema, {
      position: { kind: "f64", shape: [3], unit: "m" },
      orientation: { kind: "f64", shape: [4] },
    });
    assert.deepEqual(truth?.meta.interpolation, { position: "linear", orientation: "quaternion" });
    assert.deepEqual(
      Array.from(await truth!.times()),
      poses.map(([t]) => t),
    );
    const { columns } = await truth!.read({ from: 0, to: poses.length });
    assert.deepEqual(
      Array.from(columns["position"]!.data as Float64Array),
      poses.flatMap((each) => each.slice(1, 4)),
    );
    assert.deepEqual(
      Array.from(columns["orientation"]!.data as Float64Array),
      poses.flatMap((each) => each.slice(4)),
    );
  });
  await fc.assert(property);
});

test("a list gives names, and images where they are there, each read when it is asked for", async () => {
  const counted = await countingStore({ "rgb.txt": "# a\n1.5 rgb/1.png\n2.5 rgb/2.png\n", ...IMAGES });
  const { rgb } = (await openTum({ store: counted.store, key: "rgb.txt" })).sensors();
  assert.deepEqual(Array.from(await rgb!.times()), [1.5, 2.5]);
  assert.deepEqual([...counted.keys], ["rgb.txt"]);
  const { columns } = await rgb!.read(Uint32Array.of(1, 1));
  assert.deepEqual([...counted.keys], ["rgb.txt", "rgb/2.png"]);
  assert.deepEqual(columns["file"]!.data, ["rgb/2.png", "rgb/2.png"]);
  assert.deepEqual(columns["image"]!.data, [Uint8Array.of(3), Uint8Array.of(3)]);
  const { store } = await countingStore({ "depth.txt": "1 depth/1.png\n" });
  const { depth } = (await openTum({ store, key: "depth.txt" })).sensors();
  assert.deepEqual(depth!.schema, { file: { kind: "str" } });
});

test("an image that is not there, or beyond the folder, is an error that names it", async () => {
  const list = "1 rgb/1.png\n2 rgb/3.png\n3 ../x.png\n4 /etc/passwd\n";
  const { store } = await countingStore({ "rgb.txt": list, ...IMAGES });
  const { rgb } = (await openTum({ store, key: "rgb.txt" })).sensors();
  assert.equal(await rgb!.length(), 4);
  await assert.rejects(
    rgb!.read(Uint32Array.of(1)),
    /Cannot read the image rgb\/3.png of recording: there is no such file/,
  );
  for (const row of [2, 3]) await assert.rejects(rgb!.read(Uint32Array.of(row)), /the name leaves the folder/);
});

test("an association is two sensors, called as the folders are", async () => {
  const { store } = await countingStore({
    "a.txt": "1 rgb/1.png 1.1 depth/1.png\n2 rgb/2.png 2.1 depth/2.png\n",
    "b.txt": "1 x/1.png 1.1 x/2.png\n",
    "c.txt": "1 1.png 1.1 2.png\n",
  });
  const names = async (key: string) => Object.keys((await openTum({ store, key })).sensors());
  assert.deepEqual(await names("a.txt"), ["rgb", "depth"]);
  assert.deepEqual(await names("b.txt"), ["x1", "x2"]);
  assert.deepEqual(await names("c.txt"), ["list1", "list2"]);
  const { depth } = (await openTum({ store, key: "a.txt" })).sensors();
  assert.deepEqual(Array.from(await depth!.times()), [1.1, 2.1]);
});

test("a folder has what files of a sequence it holds; lists come before associations", async () => {
  const files = {
    "groundtruth.txt": "1 0 0 0 0 0 0 1\n",
    "accelerometer.txt": "1 0 0 9.8\n",
    "associations.txt": "1 rgb/1.png 1.1 depth/1.png\n",
    "notes.txt": "of no interest",
  };
  const { store } = await countingStore(files);
  assert.equal(await isTumFolder(store), true);
  assert.deepEqual(Object.keys((await openTumFolder(store)).sensors()), [
    "rgb",
    "depth",
    "accelerometer",
    "groundtruth",
  ]);
  const { store: listed } = await countingStore({ ...files, "rgb.txt": "7 rgb/7.png\n" });
  const { rgb, depth } = (await openTumFolder(listed)).sensors();
  assert.deepEqual([Array.from(await rgb!.times()), depth], [[7], undefined]);
  const { store: none } = await countingStore({ "notes.txt": "" });
  assert.equal(await isTumFolder(none), false);
  await assert.rejects(openTumFolder(none), /Cannot read recording: rgb.txt, depth.txt, .* is expected/);
});

test("what is none of these files is refused; what is spoilt in one is counted", async () => {
  const { store } = await countingStore({
    "a.txt": "one two\n",
    "b.txt": "",
    "c.txt": "1 2 3 4 5 6 7 8\nx 2 3 4 5 6 7 8\n3 4\n9 2 3 4 5 6 7 8\n",
  });
  for (const key of ["a.txt", "b.txt"]) {
    assert.equal(await isTumFile({ store, key }), false);
    await assert.rejects(openTum({ store, key }), /are expected, got (none|a first row of 2 cells)/);
  }
  const recording = await openTum({ store, key: "c.txt" });
  assert.equal(recording.lost().rows, 0);
  assert.equal(await recording.sensors()["c"]!.length(), 2);
  assert.deepEqual(
    recording.lost().examples.map(({ line }) => line),
    [2, 3],
  );
});
