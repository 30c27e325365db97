/** MCAP recordings of others as sensors. */

import assert from "node:assert/strict";
import { dirname } from "node:path";
import { test } from "node:test";
import { openMcap } from "../src/adapters/mcap/index.ts";
import { folderStore, nodeCodecs, nodeHashes } from "../src/node/index.ts";
import { needShared } from "./shared.ts";

const TOOLS = { codecs: nodeCodecs(), hashes: await nodeHashes() };

test("a recording of Nav2's TurtleBot has its topics as sensors, and a sensor for each frame", async (t) => {
  const path = needShared(t, "data", "sync", "nav2_turtlebot.mcap");
  if (path === undefined) return;
  const place = { store: folderStore(dirname(path)), key: "nav2_turtlebot.mcap", ...TOOLS };
  const { sensors, lost } = await openMcap(place);
  assert.deepEqual(lost, { bytes: 0, chunks: 0, messages: 0, examples: [] });
  const lengths = Object.entries(sensors).map(async ([name, sensor]) => [name, await sensor.length()] as const);
  assert.deepEqual(Object.fromEntries(await Promise.all(lengths)), {
    "/odom": 2639,
    "/amcl_pose": 135,
    "/tf/base_link": 2639,
    "/tf/odom": 921,
    "/tf/left_wheel": 1862,
    "/tf/right_wheel": 1862,
    "/tf_static": 1,
  });
  const odom = sensors["/odom"]!;
  const { columns } = await odom.read(Uint32Array.of(2638, 0, 0));
  assert.equal(columns["pose.covariance"]!.data.length, 3 * 36);
  assert.deepEqual(columns["header.stamp"]!.data, BigInt64Array.of(1025496000000n, 928800000000n, 928800000000n));
  assert.deepEqual(columns["child_frame_id"]!.data, ["base_link", "base_link", "base_link"]);
  assert.equal((await odom.times())[0], 1778234353.382747);
  const fixed = await sensors["/tf_static"]!.read({ from: 0, to: 1 });
  const [transforms] = fixed.columns["transforms"]!.data as unknown as [readonly { readonly child_frame_id: string }[]]; // of json
  assert.equal(transforms.length, 29);
  const byHeader = await openMcap({ ...place, topics: ["/odom"], time: "header" });
  assert.equal((await byHeader.sensors["/odom"]!.times())[0], 928.8);
  assert.deepEqual(Object.keys(byHeader.sensors), ["/odom"]);
  await assert.rejects(openMcap({ ...place, topics: ["/nothing"] }), {
    code: "missing",
    message: /has no topic "\/nothing", got \/amcl_pose, /,
  });
});
