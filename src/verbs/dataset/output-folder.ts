/** The output folder: what lies in it, who may write to it, how it is replaced or appended to. */

import { existsSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { WindrowError } from "../../core/index.ts";
import { MANIFEST_FILE, type Manifest, readManifest } from "../../materialize/index.ts";
import { folderStore } from "../../node/folder-store.ts";
import { settleFolder } from "../../node/folder-store-draft.ts";
import { lockFile } from "../../node/lock.ts";
import { makeFolder } from "../../node/make-folder.ts";
import type { Plan } from "../../run/index.ts";
import { STATE_FOLDER, tidyUp, unfinishedPlan } from "./run.ts";

/** What lies in an output folder. */
export interface FolderState {
  readonly manifest: Manifest | undefined;
  readonly unfinished: Plan | undefined;
  /** It holds files that are not ours. */
  readonly isForeign: boolean;
}

function refused(out: string, why: string): WindrowError {
  return new WindrowError("exists", `Cannot write to ${out}: ${why}`);
}

/**
 * Looks at an output folder.
 * @throws WindrowError `exists` for a file of that name; `damaged` for a manifest or plan that cannot be read.
 */
export async function folderState(out: string): Promise<FolderState> {
  if (!existsSync(out)) return { manifest: undefined, unfinished: undefined, isForeign: false };
  const manifest = await readManifest(folderStore(out));
  return { manifest, unfinished: unfinishedPlan(out), isForeign: !isOurs(out) && !isEmpty(out) };
}

/** Whether a folder holds nothing, but for the lock of this run. */
function isEmpty(folder: string): boolean {
  return readdirSync(folder).every((name) => name === LOCK);
}

/** Refuses a folder with files that are not ours. */
export function checkOurs(out: string, state: FolderState): void {
  if (state.isForeign) throw refused(out, "the folder holds something else; choose an empty or new folder");
}

/** Whether a folder is one of ours, finished or not. */
function isOurs(folder: string): boolean {
  return existsSync(join(folder, MANIFEST_FILE)) || existsSync(join(folder, STATE_FOLDER));
}

/** The lock's name inside the folder. */
const LOCK = ".windrow.lock";

/**
 * Keeps other runs out of a folder until it is disposed. The folder is made where it is not there, and removed again when nothing
 * was written to it.
 */
export function lockFolder(out: string): Disposable {
  const isNew = !existsSync(out);
  if (!isNew && !statSync(out).isDirectory()) throw refused(out, "it is a file; name a folder");
  makeFolder(out);
  const lock = lockFile(join(out, LOCK), `write to ${out}`);
  return {
    [Symbol.dispose]: () => {
      lock[Symbol.dispose]();
      if (isNew && readdirSync(out).length === 0) rmdirSync(out);
    },
  };
}

/** Folders that stand beside `out` while it is replaced; no user would give them these names. */
function besides(out: string): { readonly next: string; readonly old: string } {
  const beside = (what: string) => join(dirname(out), `.${basename(out)}.windrow-${what}`);
  return { next: beside("next"), old: beside("old") };
}

/** Where to write what is to replace `out`, so that what is there stays until the new dataset is whole. */
export function replacement(out: string): string {
  return besides(out).next;
}

/** Puts the finished replacement in the place of `out`. A kill between the two renames is mended by `putBack`. */
export async function replace(out: string): Promise<void> {
  const { next, old } = besides(out);
  rmSync(old, { recursive: true, force: true });
  renameSync(out, old);
  renameSync(next, out);
  await settleFolder(dirname(out));
  rmSync(old, { recursive: true, force: true });
}

/** Mends what a kill in the middle of a replacement left. */
export function putBack(out: string): void {
  const { old } = besides(out);
  if (!existsSync(old)) return;
  if (existsSync(out)) rmSync(old, { recursive: true, force: true });
  else renameSync(old, out);
}

/** A mount point cannot be renamed, and it is better to say so before the work than after. */
function checkMovable(out: string): true {
  if (statSync(out).dev === statSync(dirname(out)).dev) return true;
  throw new WindrowError(
    "usage",
    `Cannot overwrite ${out}: it is a mount point, which cannot be replaced; name a folder in it`,
  );
}

/** Removes what an interrupted replacement left, to begin another one. */
export function clear(out: string, state: FolderState): void {
  if (state.unfinished !== undefined) tidyUp(state.unfinished);
  rmSync(out, { recursive: true, force: true });
}

/**
 * Whether there is a dataset to replace.
 * @throws WindrowError `exists` for anything else that is there.
 */
export function isReplaceable(out: string): boolean {
  if (!existsSync(out)) return false;
  if (isOurs(out)) return checkMovable(out);
  if (isEmpty(out)) return false;
  throw new WindrowError(
    "exists",
    `Cannot overwrite ${out}: it is no dataset of windrow, so it is left alone; choose another --out`,
  );
}
