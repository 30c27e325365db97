/** Where a conversion writes: what lies there, what may be replaced, what an interrupted run left. */

import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { FINISH } from "../../convert/index.ts";
import { WindrowError } from "../../core/index.ts";
import { folderStore } from "../../node/folder-store.ts";
import { draftName } from "../../node/folder-store-draft.ts";
import { ioError } from "../../node/io-error.ts";
import { lockFile } from "../../node/lock.ts";
import type { Plan } from "../../run/index.ts";
import { lockFolder, putBack, replace, replacement } from "../dataset/output-folder.ts";
import { planFile, STATE_FOLDER } from "../dataset/run.ts";
import { conversionSpec, isConversion, STATE } from "./run.ts";

/** The place that a user names. */
export interface Destination {
  readonly kind: "file" | "folder";
  /** Absolute. */
  readonly path: string;
}

/** What is asked for, by hash: `ask` without the source's state, `request` with it. */
export interface Asked {
  readonly ask: string;
  readonly request: string;
  readonly isOverwrite: boolean;
}

/** Where the work goes on, or that it is done. */
export type Begun =
  | { readonly kind: "there" }
  | {
      readonly kind: "work";
      /** The folder that files are published in, and the one that keeps plan, journal and groups. */
      readonly out: string;
      readonly state: string;
      /** That of the run that was interrupted. */
      readonly plan: Plan | undefined;
      /** Why an interrupted run is not gone on with. */
      readonly note?: string;
    };

function refused(path: string, why: string): WindrowError {
  return new WindrowError("exists", `Cannot write to ${path}: ${why}`);
}

/** What a state folder says. */
type State =
  | { readonly kind: "none" }
  | { readonly kind: "finished"; readonly request: string }
  | { readonly kind: "unfinished"; readonly plan: Plan; readonly ask: string; readonly request: string };

function stateOf(folder: string): State {
  const finish = join(folder, STATE.done, `${FINISH}.json`);
  if (existsSync(finish)) {
    const { request } = JSON.parse(readFileSync(finish, "utf8")) as { readonly request: string };
    return { kind: "finished", request };
  }
  const path = join(folder, STATE.plan);
  if (!existsSync(path)) return { kind: "none" };
  const plan = planFile(path);
  if (!isConversion(plan))
    throw refused(dirname(folder), "a run of another command is unfinished there; choose another place");
  const { ask, request } = conversionSpec(plan);
  return { kind: "unfinished", plan, ask, request };
}

/** Removes a finished run's state. What says that it is finished goes last, so that a kill on the way is no new beginning. */
function tidy(state: string): void {
  if (!existsSync(state)) return;
  const last = `${FINISH}.json`;
  const remove = (folder: string, keep: string) => {
    if (!existsSync(folder)) return;
    for (const name of readdirSync(folder))
      if (name !== keep) rmSync(join(folder, name), { recursive: true, force: true });
  };
  remove(state, STATE.done);
  remove(join(state, STATE.done), last);
  rmSync(state, { recursive: true, force: true });
}

/** The lock that `lockFolder` keeps in a folder. */
const LOCK = ".windrow.lock";
// What conversions, MDSWriter and pyarrow write: a folder with anything else in it is never replaced.
const REPLACEABLE =
  /^((\w+\/)?(index\.json|shard\.\d{5,}\.mds(\.\w+)?)|[^/]+\.(parquet|arrow)|\.windrow(\.lock.*|\/.*)?)$/;
const MADE = /^(index\.json|worker_\d{2,}|samples_\d{3,}\.(parquet|arrow)|\.windrow)$/;

function namesIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name !== LOCK);
}

/** Removes all that an interrupted conversion made in a folder that was empty when it began. */
function clearMade(folder: string): void {
  for (const name of namesIn(folder)) {
    if (MADE.test(name) || draftName(name) !== undefined) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function checkReplaceable(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const key = join(entry.parentPath, entry.name)
      .slice(folder.length + 1)
      .replaceAll("\\", "/");
    if (!REPLACEABLE.test(key) && draftName(entry.name) === undefined)
      throw refused(folder, `it holds ${key}, which is no shard or table, so it is left alone; choose another place`);
  }
  if (statSync(folder).dev !== statSync(dirname(folder)).dev)
    throw new WindrowError(
      "usage",
      `Cannot overwrite ${folder}: it is a mount point, which cannot be replaced; name a folder in it`,
    );
}

const CHANGED = "the source has changed since the conversion was interrupted: beginning anew";
const OTHER = "another conversion is unfinished there; run it again as it was, or pass --overwrite";
const TAKEN = "it is there already; pass --overwrite to replace it, or choose another place";

/** Goes on with an unfinished run, or clears what it left. `undefined`: the place is free now. */
async function resumed(
  state: State & { kind: "unfinished" },
  asked: Asked,
  at: { out: string; folder: string; path: string; clear(): void },
): Promise<(Begun & { kind: "work" }) | { kind: "cleared"; note?: string }> {
  if (state.request === asked.request) {
    await folderStore(at.out).removeDrafts(at.path === at.out ? "" : basename(at.path));
    return { kind: "work", out: at.out, state: at.folder, plan: state.plan };
  }
  if (state.ask !== asked.ask && !asked.isOverwrite) throw refused(at.path, OTHER);
  at.clear();
  return state.ask === asked.ask ? { kind: "cleared", note: CHANGED } : { kind: "cleared" };
}

async function beginFolder(path: string, asked: Asked): Promise<Begun> {
  const folder = join(path, STATE_FOLDER);
  const state = stateOf(folder);
  let note: string | undefined;
  if (state.kind === "unfinished") {
    const next = await resumed(state, asked, { out: path, folder, path, clear: () => clearMade(path) });
    if (next.kind === "work") return next;
    note = next.note;
  } else {
    tidy(folder);
    if (state.kind === "finished" && state.request === asked.request) return { kind: "there" };
  }
  if (namesIn(path).length === 0)
    return { kind: "work", out: path, state: folder, plan: undefined, ...(note && { note }) };
  if (!asked.isOverwrite) throw refused(path, TAKEN);
  checkReplaceable(path);
  return beginReplacement(path, asked);
}

/** What is to replace a folder is made beside it. */
async function beginReplacement(path: string, asked: Asked): Promise<Begun> {
  const out = replacement(path);
  const folder = join(out, STATE_FOLDER);
  const state = stateOf(folder);
  if (state.kind !== "none" && state.request === asked.request) {
    if (state.kind === "unfinished") await folderStore(out).removeDrafts();
    return {
      kind: "work",
      out,
      state: folder,
      plan: state.kind === "unfinished" ? state.plan : planFile(join(folder, STATE.plan)),
    };
  }
  rmSync(out, { recursive: true, force: true });
  return { kind: "work", out, state: folder, plan: undefined };
}

/** The state folder of a conversion to one file, beside it. */
function besideFile(path: string, what: string): string {
  return join(dirname(path), `.${basename(path)}.windrow-${what}`);
}

const MAGIC_BYTES = 6;

/** Whether a file is one of the kinds that a conversion writes. */
function isTable(path: string): boolean {
  if (!statSync(path).isFile()) return false;
  const head = new Uint8Array(MAGIC_BYTES);
  const file = openSync(path, "r");
  try {
    readSync(file, head);
  } finally {
    closeSync(file);
  }
  const text = new TextDecoder().decode(head);
  return text === "ARROW1" || text.startsWith("PAR1");
}

async function beginFile(path: string, asked: Asked): Promise<Begun> {
  const folder = besideFile(path, "convert");
  const out = dirname(path);
  const state = stateOf(folder);
  let note: string | undefined;
  if (state.kind === "unfinished") {
    const clear = () => rmSync(folder, { recursive: true, force: true });
    const next = await resumed(state, asked, { out, folder, path, clear });
    if (next.kind === "work") return next;
    note = next.note;
  } else {
    tidy(folder);
    if (state.kind === "finished" && state.request === asked.request && existsSync(path)) return { kind: "there" };
  }
  if (existsSync(path)) {
    if (!asked.isOverwrite) throw refused(path, TAKEN);
    if (!isTable(path))
      throw refused(path, "it is no Parquet or Arrow file, so it is left alone; choose another place");
  }
  return { kind: "work", out, state: folder, plan: undefined, ...(note && { note }) };
}

/**
 * A place inside of the source, or around it, would be read or removed while it is written.
 * @throws WindrowError `usage` for such a place.
 */
export function checkApart(from: string, path: string): void {
  if (!existsSync(from)) return;
  const source = realpathSync(from);
  const isInside = (inner: string, outer: string) =>
    !/^\.\.([/\\]|$)/.test(relative(outer, inner)) && !/^([a-zA-Z]:|[/\\])/.test(relative(outer, inner));
  if (isInside(path, source) || isInside(source, path))
    throw new WindrowError("usage", `Cannot convert: ${path} and ${source} must lie apart from each other`);
}

/** Keeps other runs away from a place until it is disposed. */
export function lockDestination({ kind, path }: Destination): Disposable {
  if (kind === "folder") {
    putBack(path);
    return lockFolder(path);
  }
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (cause) {
    throw ioError("make the folder", dirname(path), cause);
  }
  return lockFile(besideFile(path, "lock"), `write to ${path}`);
}

/**
 * Looks at a place that is locked, and says where to work.
 * @throws WindrowError `exists` for what is in the way; `usage` for a mount point that would be replaced.
 */
export function begin({ kind, path }: Destination, asked: Asked): Promise<Begun> {
  return kind === "folder" ? beginFolder(path, asked) : beginFile(path, asked);
}

/** Puts what is whole in its place, and removes what the run kept for itself. */
export async function end({ kind, path }: Destination, work: Begun & { readonly kind: "work" }): Promise<void> {
  if (kind === "folder" && work.out !== path) await replace(path);
  tidy(kind === "folder" ? join(path, STATE_FOLDER) : work.state);
}

/** Leaves the place as it was before a conversion that cannot be. */
export function abandon({ kind, path }: Destination, work: Begun & { readonly kind: "work" }): void {
  if (kind === "file") rmSync(work.state, { recursive: true, force: true });
  else if (work.out === path) clearMade(path);
  else rmSync(work.out, { recursive: true, force: true });
}
