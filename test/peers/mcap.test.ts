/** MCAP recordings that Python's `mcap` writes, in all its ways, and what it reads of a real one. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openMcap } from "../../src/adapters/mcap/index.ts";
import { folderStore, nodeCodecs, nodeHashes } from "../../src/node/index.ts";
import { needShared, skipWithout } from "../shared.ts";
import { zarrPython } from "./python.ts";

const TOOLS = { codecs: nodeCodecs(), hashes: await nodeHashes() };
const SCRIPT = fileURLToPath(new URL("mcap_files.py", import.meta.url));
const START = 1_700_000_000_000_000_001n;

const run = (python: string, ...args: readonly string[]): unknown =>
  JSON.parse(execFileSync(python, [SCRIPT, ...args], { encoding: "utf8", maxBuffer: 1 << 28 }));

const seconds = (time: bigint) => Number(time / 1_000_000_000n) + Number(time % 1_000_000_000n) / 1e9;

test("recordings of Python's mcap are read whatever is left out of them, and where they are cut", async (t) => {
  const python = zarrPython();
  if (python === undefined) return skipWithout(t, "a Python with mcap");
  const folder = mkdtempSync(join(tmpdir(), "windrow-mcap-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const kinds = run(python, "write", folder) as readonly string[];
  assert.equal(kinds.length, 8);
  for (const kind of kinds) {
    const { sensors, lost } = await openMcap({ store: folderStore(folder), key: `${kind}.mcap`, ...TOOLS });
    assert.equal(lost.bytes + lost.chunks + lost.messages, 0, kind);
    const isIndexed = !["unchunked", "no-index", "no-summary"].includes(kind);
    assert.equal(lost.noIndex === undefined, isIndexed, `${kind}: ${lost.noIndex}`);
    const every = (first: number) => Array.from({ length: 100 }, (_, i) => first + 3 * i);
    const all = { from: 0, to: 100 };
    const [json, ros1, proto] = ["/json", "/ros1", "/proto"].map((name) => sensors[name]!);
    for (const [first, sensor] of [json, ros1, proto].entries())
      assert.deepEqual(
        await sensor!.times(),
        Float64Array.from(every(first), (i) => seconds(START + BigInt(i) * 1_000_003n)),
        kind,
      );
    const numbers = (await json!.read(all)).columns;
    assert.deepEqual(
      numbers["n"]!.data,
      Float64Array.from(every(0), (i) => i / 8),
    );
    assert.deepEqual(
      numbers["name"]!.data,
      every(0).map((i) => `m${i}`),
    );
    const mixed = (await ros1!.read(all)).columns;
    assert.deepEqual(
      mixed["x"]!.data,
      Float64Array.from(every(1), (i) => i / 8),
    );
    assert.deepEqual(
      mixed["s"]!.data,
      every(1).map((i) => `grün ${i}`),
    );
    assert.deepEqual(
      mixed["raw"]!.data,
      every(1).map((i) => new Uint8Array(3).fill(i)),
    );
    const wide = (await proto!.read(all)).columns;
    assert.deepEqual(
      wide["value"]!.data,
      BigInt64Array.from(every(2), (i) => BigInt(i) << 50n),
    );
    const bytes = readFileSync(join(folder, `${kind}.mcap`));
    let before = 0;
    for (let cut = 8; cut < bytes.length; cut += 997) {
      writeFileSync(join(folder, "cut.mcap"), bytes.subarray(0, cut));
      const part = await openMcap({ store: folderStore(folder), key: "cut.mcap", ...TOOLS });
      assert.notEqual(part.lost.noIndex, undefined);
      const lengths = await Promise.all(Object.values(part.sensors).map((sensor) => sensor.length()));
      const messages = lengths.reduce((sum, length) => sum + length, 0);
      assert.ok(messages >= before && messages <= 300, `${kind} cut at ${cut}: ${messages}`);
      before = messages;
    }
  }
});

test("a real recording has the messages and times that Python's mcap finds", async (t) => {
  const python = zarrPython();
  if (python === undefined) return skipWithout(t, "a Python with mcap");
  const path = needShared(t, "data", "sync", "nav2_turtlebot.mcap");
  if (path === undefined) return;
  const found = run(python, "read", path) as Record<string, { readonly log: string[]; readonly publish: string[] }>;
  const place = { store: folderStore(dirname(path)), key: "nav2_turtlebot.mcap", ...TOOLS };
  const counts = Object.fromEntries(Object.entries(found).map(([topic, { log }]) => [topic, log.length]));
  assert.deepEqual(counts, { "/odom": 2639, "/tf": 5422, "/tf_static": 1, "/amcl_pose": 135 });
  for (const time of ["log", "publish"] as const) {
    const { sensors } = await openMcap({ ...place, time });
    for (const topic of ["/odom", "/tf_static", "/amcl_pose"]) {
      const times = found[topic]![time].map((text) => seconds(BigInt(text)));
      assert.deepEqual(await sensors[topic]!.times(), Float64Array.from(times), `${topic} ${time}`);
    }
    const frames = Object.entries(sensors).filter(([name]) => name.startsWith("/tf/"));
    const stamps = await Promise.all(frames.map(async ([, sensor]) => [...(await sensor.times())]));
    // Both wheels come in one message.
    assert.deepEqual(
      [...new Set(stamps.flat())].sort(),
      [...new Set(found["/tf"]![time].map((text) => seconds(BigInt(text))))].sort(),
    );
  }
});
