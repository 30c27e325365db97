/** Recordings of many kinds as one dataset: each input is looked at, and becomes a trace. */

import { globSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, relative, resolve } from "node:path";
import type { Lost } from "../adapters/bad-rows.ts";
import { WindrowError } from "../core/index.ts";
import { type Dataset, dataset, nearest, type Sensors, type Synchronization, trace } from "../sync/index.ts";
import { type MessageOptions, type OpenedInput, openInput, type RecordingKind } from "./recording-kinds.ts";
import type { TableFileOptions } from "./recording-tables.ts";
import { TempFolders } from "./temp-folders.ts";

/** How recordings are opened. */
export interface OpenRecordingsOptions extends TableFileOptions, MessageOptions {
  /** What the inputs are; each is looked at where absent. */
  readonly kind?: RecordingKind;
  /**
   * Makes rows of a recording's sensors. Where absent, a trace of one sensor has a row for each of its samples; one of several sensors
   * can be looked into, but has no rows: asked for them, it throws a WindrowError `usage`.
   */
  readonly synchronization?: Synchronization;
  /** Where temporary files go, which text tables are unpacked to; the system's folder for them where absent. */
  readonly temp?: string;
}

/** A dataset of recordings. Disposed, it removes its temporary files. */
export interface Recordings extends Dataset, AsyncDisposable {
  /** Rows of files that could not be read, of what has been read so far. */
  lost(): Lost;
}

/** Recordings that lie in files. */
export interface OpenedRecordings extends Recordings {
  /** The file or folder that a trace is of. */
  pathOf(trace: number): string;
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

/** Inputs, and their traces under the names that they have in the dataset. */
interface Opened {
  readonly inputs: readonly OpenedInput[];
  readonly traces: readonly {
    readonly name: string;
    readonly entity: string;
    readonly path: string;
    sensors(): Sensors;
  }[];
}

async function openAll(all: readonly string[], options: OpenRecordingsOptions, temp: TempFolders): Promise<Opened> {
  const inputs: OpenedInput[] = [];
  for (const path of all)
    inputs.push(await openInput(path, options.kind, { tables: options, messages: options, temp: () => temp.next() }));
  const names = traceNames(all);
  const traces = inputs.flatMap((input, i) =>
    input.traces.map(({ part, entity, sensors }) => {
      const name = part === undefined ? names[i]! : `${names[i]}/${part}`;
      return { name, entity: entity ?? name, path: all[i]!, sensors };
    }),
  );
  return { inputs, traces };
}

/** Sensors that a row may be without, as the synchronization says of itself. */
function optionalOf({ spec }: Synchronization, sensors: readonly string[]): readonly string[] {
  const { missing, optional } = spec;
  if (missing === "keep") return sensors;
  return Array.isArray(optional) ? sensors.filter((name) => optional.includes(name)) : [];
}

/** What makes rows where nothing was said: those of the only sensor. */
function defaultSynchronization(name: string, sensors: readonly string[]): Synchronization {
  const [only, ...others] = sensors;
  if (only !== undefined && others.length === 0) return nearest({ reference: only });
  const fail = () => {
    throw new WindrowError(
      "usage",
      `Cannot make rows of ${name}: say how its sensors are synchronized, ${sensors.join(", ")}`,
    );
  };
  return Object.assign(fail, { match: fail, spec: {} });
}

/**
 * Opens recordings: EuRoC, TUM, comma2k19 and Empatica E4 folders, files of TUM, MCAP, and tables in CSV or Parquet, alone or a folder of them.
 * Each is a trace that is called as its path is, below the folder that all lie in where needed. Headers and first lines are read; samples when they are
 * asked for.
 * @throws WindrowError `missing` for what is not there, `unsupported` for what is no recording, `usage` for a table whose times are not plain,
 * `damaged` for a header that is broken.
 *
 * @example
 * await using dataset = await openRecordings(["rgbd_dataset_freiburg1_xyz"], { synchronization: nearest({ reference: "rgb" }) });
 * console.log(await dataset.length(), await dataset.sample(0));
 */
export async function openRecordings(
  inputs: readonly string[],
  options: OpenRecordingsOptions = {},
): Promise<OpenedRecordings> {
  const all = paths(inputs);
  if (all.length === 0)
    throw new WindrowError("usage", "Cannot open recordings: at least one input is needed, got none");
  const temp = new TempFolders(options.temp ?? tmpdir());
  try {
    const { inputs: opened, traces } = await openAll(all, options, temp);
    const make = (number: number) => {
      const { name, entity, ...made } = traces[number]!;
      const sensors = made.sensors();
      const synchronization = options.synchronization ?? defaultSynchronization(name, Object.keys(sensors));
      return trace({
        name,
        entity,
        sensors,
        synchronization,
        optional: optionalOf(synchronization, Object.keys(sensors)),
      });
    };
    return {
      ...dataset({ traces: traces.length, trace: make }),
      lost: () => lostOf(opened),
      pathOf: (number) => traces[number]!.path,
      [Symbol.asyncDispose]: async () => temp[Symbol.dispose](),
    };
  } catch (cause) {
    temp[Symbol.dispose]();
    throw cause;
  }
}

function lostOf(inputs: readonly OpenedInput[]): Required<Lost> {
  const all = inputs.map(({ lost }) => lost());
  return {
    rows: all.reduce((sum, { rows }) => sum + rows, 0),
    examples: all.flatMap(({ examples }) => examples),
    notes: all.flatMap(({ notes = [] }) => notes),
  };
}
