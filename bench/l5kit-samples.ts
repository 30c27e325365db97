/**
 * How many agents a second does one core select, and how many motion samples does it make, next to l5kit's own functions in the same run?
 * `node bench/l5kit-samples.ts --dir DIR --python PYTHON [--n 40000] [--runs 5]`: a scene of 248 frames of about 100 agents for each 400 of n.
 *
 * Both have the scenes in memory. Ours reads each scene into columns, sorts its tracks, selects, and makes samples of all agents selected and of
 * the recording car, with history 10 and future 50, in batches of 1024: without neighbours, which is what l5kit's function makes, and with up to
 * 30. l5kit selects the agents of one scene, and makes samples of some agents, without drawing anything: it would take hours for all.
 * It runs in the Python of Zarr and L5Kit, whatever `--python` says; without that the bench says so and leaves with 0.
 */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { cpuUsage, exit } from "node:process";
import { parseArgs } from "node:util";
import {
  type Batch,
  bytesOf,
  NUMERIC_ARRAYS,
  type NumericKind,
  type RowTable,
  type Schema,
  valuesPerRow,
} from "../src/core/index.ts";
import {
  anchorSlice,
  type L5kitScenes,
  type L5kitTables,
  l5kitLayout,
  l5kitScenes,
  motionSamples,
  readScene,
  sceneAnchors,
  sceneSchemas,
  selectAgents,
  simulateScenes,
} from "../src/domains/l5kit/index.ts";
import { zarrPython } from "../test/peers/python.ts";
import { interleaved, load, machine, median, placesOf, startPeer, type Took, table } from "./measure.ts";

const BATCH = 1024;
const THEIR_SAMPLES = 300;

type Time = Pick<Took, "seconds" | "cpu"> & { readonly done: number; readonly sum: number };

type Numbers = Float64Array; // stands for arrays of all kinds, which copy alike

/** Rows of all scenes, as one array a column. */
function joined(schema: Schema, parts: readonly Batch[]): Batch {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const columns = Object.entries(schema).map(([name, type]) => {
    if (type.kind === "str") return [name, { data: parts.flatMap((part) => part.columns[name]!.data as string[]) }];
    const data = new NUMERIC_ARRAYS[type.kind as NumericKind](length * valuesPerRow(type));
    let at = 0;
    for (const part of parts) {
      const values = part.columns[name]!.data as Numbers;
      (data as Numbers).set(values, at);
      at += values.length;
    }
    return [name, { data }];
  });
  return { length, columns: Object.fromEntries(columns) };
}

/** A table of rows in memory; ranges are views. */
function inMemory(schema: Schema, all: Batch): RowTable {
  return {
    schema,
    length: all.length,
    async read(rows, { columns = Object.keys(schema) } = {}) {
      if (rows instanceof Uint32Array) throw new RangeError("this bench reads ranges");
      const part = columns.map((name) => {
        const width = valuesPerRow(schema[name]!);
        const data = all.columns[name]!.data as Numbers;
        return [name, { data: data.slice(rows.from * width, rows.to * width) }];
      });
      return { length: rows.to - rows.from, columns: Object.fromEntries(part) };
    },
  };
}

/** So many scenes, in memory and as files of raw values that the peer reads. */
function scenesIn(dir: string, count: number): { tables: L5kitTables; folder: string } {
  const folder = join(dir, `l5kit-${count}`);
  const made = [...simulateScenes({ scenes: count, frames: 248, agents: 100 })];
  const tables = Object.entries(sceneSchemas(2)).map(([name, schema]) => {
    const all = joined(
      schema,
      made.map((scene) => scene[name]!),
    );
    return [name, schema, all] as const;
  });
  if (!existsSync(join(folder, "header.json"))) {
    mkdirSync(folder, { recursive: true });
    for (const [name, , { columns }] of tables)
      for (const [field, { data }] of Object.entries(columns))
        if (ArrayBuffer.isView(data)) writeFileSync(join(folder, `${name}.${field}`), bytesOf(data));
    const lengths = Object.fromEntries(tables.map(([name, , { length }]) => [name, length]));
    writeFileSync(join(folder, "header.json"), JSON.stringify(lengths));
  }
  return { tables: Object.fromEntries(tables.map(([name, schema, all]) => [name, inMemory(schema, all)])), folder };
}

async function timed(work: () => Promise<{ done: number; sum: number }>): Promise<Time> {
  const began = performance.now();
  const beganCpu = cpuUsage();
  const done = await work();
  const { user, system } = cpuUsage(beganCpu);
  return { seconds: (performance.now() - began) / 1000, cpu: (user + system) / 1e6, ...done };
}

/** Selects the agents of the first scenes: reading and sorting them is part of it. */
const select = (scenes: L5kitScenes, count: number) =>
  timed(async () => {
    let [done, sum] = [0, 0];
    for (let i = 0; i < count; i++) {
      const { report } = selectAgents(await readScene(scenes, i));
      done += report.rows;
      sum += report.chosen;
    }
    return { done, sum };
  });

const sample = (scenes: L5kitScenes, neighbours: number) =>
  timed(async () => {
    let [done, sum] = [0, 0];
    for (let i = 0; i < scenes.length; i++) {
      const scene = await readScene(scenes, i);
      const anchors = sceneAnchors(scene, selectAgents(scene).chosen);
      const make = motionSamples(scene, { neighbours });
      for (let from = 0; from < anchors.length; from += BATCH) {
        const { length, columns } = make(anchorSlice(anchors, from, from + BATCH));
        done += length;
        sum += (columns["target_availabilities"]!.data as Float32Array)[0]!;
      }
    }
    return { done, sum };
  });

const { values } = parseArgs({
  options: {
    dir: { type: "string" },
    python: { type: "string" },
    n: { type: "string", default: "40000" },
    runs: { type: "string", default: "5" },
  },
});
const { dir } = placesOf(values, "bench/l5kit-samples.ts --dir DIR --python PYTHON");
const python = zarrPython();
if (python === undefined) {
  console.error("skipped: the Python with l5kit is not there (node scripts/peers-env.ts makes it)");
  exit(0);
}
const { tables, folder } = scenesIn(dir, Math.max(1, Math.round(Number(values.n) / 400)));
const scenes = await l5kitScenes(l5kitLayout(tables));
const theirs = await startPeer(python, "l5kit_samples.py", { dir, n: scenes.length });
console.log(`${machine()}; l5kit ${theirs.versions["l5kit"]}, numpy ${theirs.versions["numpy"]}`);
console.log(`${scenes.length} scenes, ${tables.agents!.length} agents; median of ${values.runs}`);
const ask = (line: string) => () => theirs.ask(line) as Promise<Time>;
const runs = await interleaved(Number(values.runs), {
  "select, ours": () => select(scenes, scenes.length),
  "select, ours, one scene": () => select(scenes, 1),
  "select, l5kit, one scene": ask(`select ${folder}`),
  "samples, ours": () => sample(scenes, 0),
  "samples, ours, 30 neighbours": () => sample(scenes, 30),
  "samples, l5kit": ask(`samples ${folder} ${THEIR_SAMPLES}`),
});
theirs.end();
const rows = Object.entries(runs).map(([who, took]) => {
  const rate = (key: "seconds" | "cpu") =>
    Math.round(median(took.map((one) => one.done / one[key]))).toLocaleString("en");
  return [who, took[0]!.done.toLocaleString("en"), rate("seconds"), rate("cpu")];
});
console.log(table(["what", "agents or samples", "a second by the clock", "a CPU second"], rows));
const same = runs["select, ours, one scene"][0]!.sum === runs["select, l5kit, one scene"][0]!.sum;
console.log(`${load()}; ${same ? "same" : "DIFFERENT"} number of agents selected in one scene`);
