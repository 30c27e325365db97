/** The output folder: what lies in it, who may write to it, how it is replaced or appended to. */

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { WindrowError } from "../core/index.ts";
import { MANIFEST_FILE, type Manifest, readManifest } from "../materialize/index.ts";
import { folderStore } from "../node/folder-store.ts";
import { lockFile } from "../node/lock.ts";
import type { Plan } from "../run/index.ts";
import { STATE_FOLDER, unfinishedPlan } from "./run-dataset.ts";

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
  if (!statSync(out).isDirectory()) throw refused(out, "it is a file; name a folder");
  const manifest = await readManifest(folderStore(out));
  return { manifest, unfinished: unfinishedPlan(out), isForeign: !isOurs(out) && readdirSync(out).length > 0 };
}

/** Refuses a folder with files that are not ours. */
export function checkOurs(out: string, state: FolderState): void {
  if (state.isForeign) throw refused(out, "the folder holds something else; choose an empty or new folder");
}

/** Whether a folder is one of ours, finished or not. */
function isOurs(folder: string): boolean {
  return existsSync(join(folder, MANIFEST_FILE)) || existsSync(join(folder, STATE_FOLDER));
}

/** Only one run at a time may work on a folder; the lock lies beside it, since the folder itself may not be there yet. */
export function lockFolder(out: string): Disposable {
  mkdirSync(dirname(out), { recursive: true });
  return lockFile(`${out}.lock`, `write to ${out}`);
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
export function replace(out: string): void {
  const { next, old } = besides(out);
  rmSync(old, { recursive: true, force: true });
  renameSync(out, old);
  renameSync(next, out);
  rmSync(old, { recursive: true, force: true });
}

/** Mends what a kill in the middle of a replacement left. */
export function putBack(out: string): void {
  const { old } = besides(out);
  if (!existsSync(old)) return;
  if (existsSync(out)) rmSync(old, { recursive: true, force: true });
  else renameSync(old, out);
}

/**
 * Whether there is a dataset to replace.
 * @throws WindrowError `exists` for anything else that is there.
 */
export function isReplaceable(out: string): boolean {
  if (!existsSync(out)) return false;
  if (isOurs(out)) return true;
  if (statSync(out).isDirectory() && readdirSync(out).length === 0) return false;
  throw new WindrowError(
    "exists",
    `Cannot overwrite ${out}: it is no dataset of windrow, so it is left alone; choose another --out`,
  );
}
