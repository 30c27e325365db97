/** One dataset out of workers' folders that have no index over them. */

import { type ReadStore, WindrowError } from "../../core/index.ts";
import { type MdsIndex, mergedIndex, readMdsIndex } from "./index-json.ts";

/**
 * The bytes of a root's index.json for every folder directly below `prefix` that has one of its own. Folders go by name, with
 * numbers by value: `worker_2` before `worker_10`.
 * @throws WindrowError `missing` where no folder has an index.json; `usage` where columns differ; `damaged` or `unsupported` where
 * one cannot be read.
 */
export async function mergeWorkers(store: ReadStore, prefix: string): Promise<Uint8Array> {
  const root = prefix === "" ? "" : `${prefix}/`;
  const found: string[] = [];
  for await (const key of store.list(root)) {
    const [folder, name, ...deeper] = key.slice(root.length).split("/");
    if (folder !== undefined && name === "index.json" && deeper.length === 0) found.push(folder);
  }
  if (found.length === 0) {
    const where = prefix === "" ? store.name : prefix;
    throw new WindrowError("missing", `Cannot merge ${where}: no folder in it has an index.json`);
  }
  found.sort(byNumber);
  const workers: { prefix: string; index: MdsIndex }[] = [];
  for (const folder of found) {
    const key = `${root}${folder}/index.json`;
    const bytes = await store.get(key);
    if (bytes === undefined) throw new WindrowError("missing", `Cannot merge ${key}: there is no such file`);
    workers.push({ prefix: folder, index: readMdsIndex(bytes, key) });
  }
  checkSameColumns(workers, root);
  return mergedIndex(workers.map(({ prefix: folder, index }) => ({ prefix: folder, entries: index.shards })));
}

function checkSameColumns(
  workers: readonly { readonly prefix: string; readonly index: MdsIndex }[],
  root: string,
): void {
  let first: { readonly columns: string; readonly prefix: string } | undefined;
  for (const { prefix, index } of workers) {
    for (const { column_names, column_encodings } of index.shards) {
      const columns = column_names.map((name, i) => `${name} ${column_encodings[i]}`).join(", ");
      first ??= { columns, prefix };
      if (columns === first.columns) continue;
      const key = `${root}${prefix}/index.json`;
      throw new WindrowError(
        "usage",
        `Cannot merge ${key}: columns must be the same as in ${first.prefix}, ${first.columns}, got ${columns}`,
        { details: { key } },
      );
    }
  }
}

/** Names in code-unit order, runs of digits by their value. */
function byNumber(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i]!, right[i]!];
    const difference = /\d/.test(x) && /\d/.test(y) ? Number(x) - Number(y) : 0;
    if (difference !== 0) return difference;
    if (x !== y) return x < y ? -1 : 1;
  }
  return left.length - right.length;
}
