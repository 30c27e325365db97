/** Sources to convert, as files of a temporary folder, and what lies in such folders. */

import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import type { TestContext } from "node:test";
import type { Batch, Schema, Store, Table } from "../src/core/index.ts";
import { arrowSink, openArrow } from "../src/formats/arrow/index.ts";
import { mdsSink, openMds } from "../src/formats/mds/index.ts";
import { openParquet, parquetSink } from "../src/formats/parquet/index.ts";
import { nodeCodecs, nodeHashes } from "../src/node/index.ts";

/** What reads and writes. */
export const tools = { codecs: nodeCodecs(), hashes: await nodeHashes() };

/** The formats of sources and targets. */
export type Format = "mds" | "parquet" | "arrow";

/** A folder that is gone after the test. */
export function convertFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "windrow-convert-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes rows in small shards or groups: a folder of MDS, or a file. */
export async function putRows(
  store: Store,
  at: { readonly format: Format; readonly name: string },
  rows: { readonly schema: Schema; readonly batches: readonly Batch[] },
): Promise<void> {
  const { schema, batches } = rows;
  const write = async (sink: { write(batch: Batch): Promise<void>; close(): Promise<unknown> }) => {
    for (const batch of batches) await sink.write(batch);
    await sink.close();
  };
  if (at.format === "mds") {
    await using sink = await mdsSink(store, at.name, schema, {
      packers: tools,
      shardBytes: 3000,
      compression: { codec: "zstd" },
    });
    await write(sink);
    return;
  }
  await using draft = await store.draft(at.name);
  const own =
    at.format === "parquet"
      ? parquetSink(draft, schema, {
          ...tools,
          createdBy: "test",
          rowGroupBytes: 4096,
          compression: { codec: "snappy" },
        })
      : arrowSink(draft, schema, { ...tools, recordBatchBytes: 4096 });
  await write(own);
  await draft.publish();
}

/** Opens what was written. */
export function openRows(
  store: Store,
  { format, name }: { readonly format: Format; readonly name: string },
): Promise<Table> {
  switch (format) {
    case "mds":
      return openMds(name, { store, ...tools });
    case "parquet":
      return openParquet(name, { store, ...tools });
    case "arrow":
      return openArrow(name, { store, ...tools });
  }
}

/** Every file below a folder, or the one file, with its hash. Locks of killed runs and what is named otherwise are left out. */
export function hashesBelow(path: string, isLeftOut: (name: string) => boolean = () => false): Record<string, string> {
  const hash = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
  if (/\.(parquet|arrow)$/.test(path)) {
    const isThere = readdirSync(dirname(path)).includes(path.slice(dirname(path).length + 1));
    return isThere ? { "": hash(path) } : {};
  }
  const entries = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => relative(path, join(entry.parentPath, entry.name)));
  return Object.fromEntries(
    files
      .filter((name) => !isLeftOut(name))
      .sort()
      .map((name) => [name, hash(join(path, name))]),
  );
}
