/** What tests of whole AIS datasets share: a folder of their own, a fleet's file, and what a dataset's files hold. */

import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { TestContext } from "node:test";
import { type FleetOptions, simulateFleet } from "../src/domains/ais/index.ts";
import { openMds } from "../src/formats/mds/index.ts";
import { openParquet } from "../src/formats/parquet/index.ts";
import { nodeCodecs } from "../src/node/codecs.ts";
import { folderStore } from "../src/node/folder-store.ts";
import { nodeHashes } from "../src/node/hashes.ts";
import type { MaterializeAisOptions } from "../src/verbs/ais/options.ts";

/** A folder that is gone after the test. */
export function testFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "windrow-ais-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a simulated fleet's CSV, and gives the truth about its rows. */
export function writeFleet(path: string, options: FleetOptions): string {
  const chunks = [...simulateFleet(options)];
  writeFileSync(path, chunks.map(({ csv }) => csv).join(""));
  return chunks.map(({ truth }) => truth).join("");
}

/** Options under which a day of a few ships gives some hundred samples in many shards. */
export const SMALL: Omit<MaterializeAisOptions, "inputs" | "out"> = {
  window: 64,
  inputLength: 16,
  stride: 16,
  val: 0.3,
  workers: 1,
  shardBytes: 100_000,
};

/** Every file below a folder with its hash, but run.json, which tells of the run alone, and the lock that a killed run leaves. */
export function fileHashes(folder: string): Record<string, string> {
  const hashes: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path);
    if (entry.isFile() && name !== "run.json" && name !== ".windrow.lock") {
      hashes[name] = createHash("sha256").update(readFileSync(path)).digest("hex");
    }
  }
  return Object.fromEntries(Object.entries(hashes).sort());
}

/** Names of everything below a folder, or beside it where a run may leave something. */
export function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }).sort() : [];
}

/** A sample as it was read back. */
export interface ReadSample {
  readonly features: Float32Array;
  readonly [id: string]: unknown;
}

async function opener(folder: string) {
  return { store: folderStore(folder), codecs: nodeCodecs(), hashes: await nodeHashes() };
}

/** Samples of an MDS folder below `folder`. */
export async function mdsSamples(folder: string, prefix = "mds"): Promise<ReadSample[]> {
  if (!existsSync(join(folder, prefix))) return [];
  await using table = await openMds(prefix, { ...(await opener(folder)), verify: "hashes" });
  return samplesOf(table);
}

/** Samples, or rows, of a Parquet file below `folder`. */
export async function parquetSamples(folder: string, key: string): Promise<ReadSample[]> {
  await using table = await openParquet(key, await opener(folder));
  return samplesOf(table);
}

/** The rows of the index, as objects. */
export async function indexRows(folder: string): Promise<readonly Record<string, unknown>[]> {
  return parquetSamples(folder, "index.parquet");
}

async function samplesOf(table: Awaited<ReturnType<typeof openMds | typeof openParquet>>): Promise<ReadSample[]> {
  const rows: ReadSample[] = [];
  for await (const batch of table.batches()) {
    for (let row = 0; row < batch.length; row++) {
      const values = Object.entries(batch.columns).map(([name, { data, valid }]) => {
        const width = data.length / batch.length;
        if (valid?.[row] === 0) return [name, undefined];
        return [name, width === 1 ? data[row] : (data as Float32Array).slice(row * width, (row + 1) * width)];
      });
      rows.push(Object.fromEntries(values));
    }
  }
  return rows;
}

/** SHA-256 of lat, lon, dt of all samples in order, as the shared vectors have it. */
export function hashOfNeverDerived(samples: readonly ReadSample[]): string {
  const hash = createHash("sha256");
  for (const { features } of samples) {
    const three = new Float32Array((features.length / 5) * 3);
    for (let i = 0; i < features.length / 5; i++) {
      three[3 * i] = features[5 * i]!;
      three[3 * i + 1] = features[5 * i + 1]!;
      three[3 * i + 2] = features[5 * i + 4]!;
    }
    hash.update(new Uint8Array(three.buffer));
  }
  return hash.digest("hex");
}

/** Makes a folder below another. */
export function subFolder(folder: string, name: string): string {
  mkdirSync(join(folder, name), { recursive: true });
  return join(folder, name);
}

/** Whether a path is a folder. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
