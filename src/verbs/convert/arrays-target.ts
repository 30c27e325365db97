/** Where arrays are written to: what may be replaced there, and how nothing is there before it is whole. */

import { closeSync, existsSync, openSync, readSync, realpathSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { type Codecs, type Hashes, type Store, WindrowError } from "../../core/index.ts";
import { folderStore } from "../../node/folder-store.ts";
import { settleFolder } from "../../node/folder-store-draft.ts";
import { zipWriter } from "../../stores/index.ts";
import { replace, replacement } from "../dataset/output-folder.ts";
import { type ArraysFormat, arraysPlace } from "./arrays-place.ts";

/** The format that a name says. */
export function formatByName(name: string): ArraysFormat | undefined {
  if (name.endsWith(".zip")) return "zarr-zip";
  if (name.endsWith(".zarr")) return "zarr";
  return name.endsWith(".parquet") ? "parquet-tables" : undefined;
}

/** Where to write. */
export interface ArraysTarget {
  readonly format: ArraysFormat;
  /** Absolute. */
  readonly path: string;
}

/**
 * Where to write, by the target's name or the format that is asked for.
 * @throws WindrowError `usage` where they say nothing, or not the same.
 */
export function arraysTarget(to: string, format: ArraysFormat | undefined): ArraysTarget {
  const said = formatByName(to) ?? format;
  if (said === undefined)
    throw new WindrowError(
      "usage",
      `Cannot convert: the name of the target must end in .zarr, .zarr.zip or .parquet, or --format be given, got ${to}`,
    );
  if (format !== undefined && format !== said)
    throw new WindrowError("usage", `Cannot convert: ${to} names a target of ${said}, got --format ${format}`);
  return { format: said, path: existsSync(to) ? realpathSync(to) : resolve(to) };
}

/** Whether a file begins as a zip does, also one without entries (APPNOTE 4.3.7, 4.3.16). */
function isZip(path: string): boolean {
  const head = new Uint8Array(4);
  const file = openSync(path, "r");
  try {
    readSync(file, head);
  } finally {
    closeSync(file);
  }
  return ["504b0304", "504b0506"].includes(head.toHex());
}

/**
 * Refuses a target that is there, unless it is to be replaced and is of the kind that is written.
 * @throws WindrowError `exists`.
 */
export async function checkTarget({ format, path }: ArraysTarget, existing: "overwrite" | undefined): Promise<void> {
  const refused = (why: string) => new WindrowError("exists", `Cannot write to ${path}: ${why}`);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (existing === undefined)
    throw refused("it is there already; pass --overwrite to replace it, or choose another place");
  const isFolder = format !== "zarr-zip";
  if (stat.isDirectory() !== isFolder)
    throw refused(`it is a ${isFolder ? "file" : "folder"}, so it is left alone; choose another place`);
  if (!isFolder) {
    if (!isZip(path)) throw refused("it is no zip, so it is left alone; choose another place");
    return;
  }
  using place = await arraysPlace(path);
  if (place?.format !== format)
    throw refused(`it holds something else than ${format}, so it is left alone; choose another place`);
}

/** A target on the way: nothing under its name before it is whole. */
export interface ArraysDraft extends AsyncDisposable {
  readonly store: Store;
  publish(): Promise<void>;
}

async function zipDraft({ path }: ArraysTarget, { codecs, hashes }: Tools): Promise<ArraysDraft> {
  const store = folderStore(dirname(path));
  await store.removeDrafts(basename(path));
  const zip = await zipWriter({ store, key: basename(path), codecs, hashes });
  return { store: zip, publish: () => zip.publish(), [Symbol.asyncDispose]: () => zip[Symbol.asyncDispose]() };
}

function folderDraft({ path }: ArraysTarget): ArraysDraft {
  const next = replacement(path);
  // What a run left that was killed.
  rmSync(next, { recursive: true, force: true });
  return {
    store: folderStore(next),
    async publish() {
      if (existsSync(path)) return replace(path);
      renameSync(next, path);
      await settleFolder(dirname(path));
    },
    async [Symbol.asyncDispose]() {
      rmSync(next, { recursive: true, force: true });
    },
  };
}

/** What packs and checks. */
interface Tools {
  readonly codecs: Codecs;
  readonly hashes: Hashes;
}

/** Begins to write a target. */
export async function arraysDraft(target: ArraysTarget, tools: Tools): Promise<ArraysDraft> {
  return target.format === "zarr-zip" ? zipDraft(target, tools) : folderDraft(target);
}
