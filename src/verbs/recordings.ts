/** Recordings of many kinds as one dataset: each input is looked at, and becomes a trace. */

import { globSync, statSync } from "node:fs";
import { basename, dirname, relative, resolve } from "node:path";
import type { Lost } from "../adapters/bad-rows.ts";
import type { Recording } from "../adapters/recording.ts";
import { WindrowError } from "../core/index.ts";
import type { Dataset, Synchronization } from "../sync/index.ts";
import { openInput, type RecordingKind } from "./recording-kinds.ts";
import { interimDataset } from "./recordings-interim.ts";

/** How recordings are opened. */
export interface OpenRecordingsOptions {
  /** What the inputs are; each is looked at where absent. */
  readonly kind?: RecordingKind;
  /**
   * Makes rows of a recording's sensors. Where absent, a trace of one sensor has a row for each of its samples; one of several sensors
   * can be looked into, but has no rows: asked for them, it throws a WindrowError `usage`.
   */
  readonly synchronization?: Synchronization;
}

/** A dataset of recordings. Disposed, it removes its temporary files. */
export interface Recordings extends Dataset, AsyncDisposable {
  /** Rows of files that could not be read, of what has been read so far, by trace. */
  lost(): Readonly<Record<string, Lost>>;
}

/** Paths behind what a user names: a path that is there, or a pattern's matches. */
function paths(inputs: readonly string[]): string[] {
  const found = inputs.flatMap((input) => {
    if (statSync(input, { throwIfNoEntry: false }) !== undefined) return [input];
    const matches = /[*?[{]/.test(input) ? globSync(input).sort() : [];
    if (matches.length > 0) return matches;
    throw new WindrowError("missing", `Cannot read ${input}: there is no such file or folder`);
  });
  return [...new Set(found.map((path) => resolve(path)))];
}

/** The folder that all paths lie in. */
function commonFolder(all: readonly string[]): string {
  const [first = "", ...rest] = all;
  let folder = dirname(first);
  while (rest.some((path) => relative(folder, path).startsWith(".."))) folder = dirname(folder);
  return folder;
}

/** A name for each path: its last part; where two would be of one name, all have the folders below the one they share. */
function traceNames(all: readonly string[]): string[] {
  const names = all.map((path) => basename(path));
  if (new Set(names).size === names.length) return names;
  const folder = commonFolder(all);
  return all.map((path) => relative(folder, path).replaceAll("\\", "/"));
}

/**
 * Opens recordings: folders (EuRoC, TUM, comma2k19, Empatica E4) and files (TUM's lists and trajectories), a trace each, named by its path. First
 * lines and headers are read; samples when they are asked for.
 * @throws WindrowError `missing` for what is not there, `unsupported` for what is no recording, `damaged` for a header that is broken.
 *
 * @example
 * await using dataset = await openRecordings(["rgbd_dataset_freiburg1_xyz"], { synchronization: nearest({ reference: "rgb" }) });
 * console.log(await dataset.length(), await dataset.sample(0));
 */
export async function openRecordings(
  inputs: readonly string[],
  options: OpenRecordingsOptions = {},
): Promise<Recordings> {
  const all = paths(inputs);
  if (all.length === 0)
    throw new WindrowError("usage", "Cannot open recordings: at least one input is needed, got none");
  const names = traceNames(all);
  const opened: (readonly [string, Recording])[] = [];
  for (const [i, path] of all.entries()) opened.push([names[i]!, await openInput(path, options.kind)]);
  return {
    ...interimDataset(opened, options.synchronization),
    lost: () => Object.fromEntries(opened.map(([name, { lost }]) => [name, lost()])),
    async [Symbol.asyncDispose]() {},
  };
}
