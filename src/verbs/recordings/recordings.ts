/** Recordings of many kinds as one dataset: each input is looked at, and becomes a trace. */

import { globSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, relative, resolve } from "node:path";
import type { Lost } from "../../adapters/bad-rows.ts";
import { WindrowError } from "../../core/index.ts";
import {
  type Dataset,
  dataset,
  type Sensors,
  type Synchronization,
  type SyncSpec,
  synchronization,
  type Trace,
  trace,
} from "../../sync/index.ts";
import { saysWhen } from "../query-times.ts";
import { TempFolders } from "../temp-folders.ts";
import type { RecordingKind } from "./kind-names.ts";
import { openInput } from "./kinds.ts";
import type { MessageOptions } from "./mcap.ts";
import type { OpenedInput, OpenedTrace } from "./opened-input.ts";
import type { TableFileOptions } from "./tables.ts";

/** How recordings are opened. */
export interface OpenRecordingsOptions extends TableFileOptions, MessageOptions {
  /** What the inputs are; each is looked at where absent. */
  readonly kind?: RecordingKind;
  /**
   * Makes rows of a recording's sensors, or says in plain data how. Where absent, or silent about when rows are, a trace of one sensor has a
   * row for each of its samples; one of several sensors can be looked into, but has no rows: asked for them, it throws a WindrowError `usage`.
   */
  readonly synchronization?: Synchronization | SyncSpec;
  /** The sensors that a trace has, and that are matched; all where absent. */
  readonly only?: readonly string[];
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

/** A trace under its name in the dataset. */
interface NamedTrace extends Pick<OpenedTrace, "sensors" | "trace"> {
  readonly name: string;
  readonly entity: string;
  readonly path: string;
}

/** The traces of all inputs. Each input is closed when the scope is. */
async function openAll(all: readonly string[], options: OpenRecordingsOptions, scope: DisposableStack) {
  const temp = scope.use(new TempFolders(options.temp ?? tmpdir()));
  const context = { tables: options, messages: options, temp: () => temp.next() };
  const names = traceNames(all);
  const inputs: (OpenedInput & { readonly kind: RecordingKind })[] = [];
  const traces: NamedTrace[] = [];
  for (const [i, path] of all.entries()) {
    const input = await openInput(path, options.kind, context);
    scope.defer(() => input[Symbol.dispose]?.());
    inputs.push(input);
    traces.push(...input.traces.map((each) => named(each, names[i]!, path)));
  }
  refuseDoubles(traces);
  refuseIdle(options, new Set(inputs.map(({ kind }) => kind)));
  return { inputs, traces };
}

function named({ part, entity, ...trace }: OpenedTrace, input: string, path: string): NamedTrace {
  const name = trace.name ?? (part === undefined ? input : `${input}/${part}`);
  return { ...trace, name, entity: entity ?? name, path };
}

function refuseDoubles(traces: readonly NamedTrace[]): void {
  const paths = new Map<string, string>();
  for (const { name, path } of traces) {
    const other = paths.get(name);
    if (other !== undefined)
      throw new WindrowError("usage", `Cannot open ${path}: its trace ${name} is in ${other}, too; open one of them`);
    paths.set(name, path);
  }
}

/** Options that say something of one kind alone. */
const OPTIONS_OF = {
  table: ["timeColumn", "unit", "traceColumn", "columns", "interpolation"],
  mcap: ["topics", "messageTime"],
} as const satisfies Partial<Record<RecordingKind, readonly (keyof OpenRecordingsOptions)[]>>;

/** Refuses options that no input heeds. */
function refuseIdle(options: OpenRecordingsOptions, kinds: ReadonlySet<RecordingKind>): void {
  for (const [kind, names] of Object.entries(OPTIONS_OF)) {
    const idle = names.find((name) => options[name] !== undefined);
    if (idle === undefined || kinds.has(kind as RecordingKind)) continue; // a key of the above
    throw new WindrowError(
      "usage",
      `Cannot open recordings: ${idle} has a meaning only for inputs of kind ${kind}, got ${[...kinds].join(", ")}`,
    );
  }
}

/** Sensors that a row may be without, as the synchronization says of itself. */
function optionalOf({ spec }: Synchronization, sensors: readonly string[]): readonly string[] {
  const { missing, optional } = spec;
  if (missing === "keep") return sensors;
  return Array.isArray(optional) ? sensors.filter((name) => optional.includes(name)) : [];
}

/** What makes rows where nothing was said of when they are: those of the only sensor. */
function atOnlySensor(spec: SyncSpec, name: string, sensors: readonly string[]): Synchronization {
  const [only, ...others] = sensors;
  if (only !== undefined && others.length === 0) return synchronization({ ...spec, reference: only });
  const fail = () => {
    throw new WindrowError(
      "usage",
      `Cannot make rows of ${name}: say how its sensors are synchronized, ${sensors.join(", ")}, at the times of one (reference), of several (union) or on a grid`,
    );
  };
  return Object.assign(fail, { match: fail, spec: {} });
}

/**
 * Opens recordings: L5Kit scenes, folders of EuRoC, TUM, comma2k19 and Empatica E4, files of TUM, MCAP, and tables in CSV or Parquet, alone or a
 * folder of them. Each is a trace that is called as its path is, below the folder that all lie in where needed; a scene is one under its own
 * name, and a table is several where a column says so. Headers and first lines are read; samples when they are asked for.
 * @throws WindrowError `missing` for what is not there, `unsupported` for what is no recording, `usage` for a table whose times are not plain
 * and for two traces of one name, `damaged` for a header that is broken.
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
  using scope = new DisposableStack();
  const { inputs: opened, traces } = await openAll(all, options, scope);
  const { synchronization: told, only } = options;
  const rule = told !== undefined && typeof told !== "function" && saysWhen(told) ? synchronization(told) : told;
  const kept = scope.move();
  return {
    ...dataset({ traces: traces.length, trace: (number) => traceOf(traces[number]!, rule, only) }),
    lost: () => lostOf(opened),
    pathOf: (number) => traces[number]!.path,
    [Symbol.asyncDispose]: async () => kept.dispose(),
  };
}

/** The sensors of these names; all where none are named. */
function chosen(of: string, sensors: Sensors, only: readonly string[] | undefined): Sensors {
  const stray = only?.find((name) => !Object.hasOwn(sensors, name));
  if (stray !== undefined)
    throw new WindrowError(
      "missing",
      `Cannot open ${of}: it has no sensor ${stray}, got ${Object.keys(sensors).join(", ")}`,
    );
  return only === undefined ? sensors : Object.fromEntries(only.map((name) => [name, sensors[name]!]));
}

function traceOf(
  { name, entity, ...made }: NamedTrace,
  told: Synchronization | SyncSpec | undefined,
  only: readonly string[] | undefined,
): Trace {
  if (told === undefined && only === undefined && made.trace !== undefined) return made.trace();
  const sensors = chosen(name, made.sensors(), only);
  const names = Object.keys(sensors);
  const rule = typeof told === "function" ? told : atOnlySensor(told ?? { rule: "nearest" }, name, names);
  return trace({ name, entity, sensors, synchronization: rule, optional: optionalOf(rule, names) });
}

/** What was lost of all inputs. */
function lostOf(inputs: readonly OpenedInput[]): Required<Lost> {
  const all = inputs.map(({ lost }) => lost());
  return {
    rows: all.reduce((sum, { rows }) => sum + rows, 0),
    examples: all.flatMap(({ examples }) => examples),
    notes: all.flatMap(({ notes = [] }) => notes),
  };
}
