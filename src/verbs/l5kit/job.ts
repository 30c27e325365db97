/** L5Kit scenes as work for `materialize`: which inputs, what their samples are, and what is read of them. */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { below, namesBelow } from "../../convert/index.ts";
import { type Key, WindrowError } from "../../core/index.ts";
import { l5kitLayout, maskPath, motionSchema } from "../../domains/l5kit/index.ts";
import { rowFiles, traceTable, windowColumn } from "../../materialize/index.ts";
import { folderWorkspace } from "../../node/workspace.ts";
import { type ArraysPlace, arraysPlace } from "../convert/arrays-place.ts";
import type { DatasetJob, Ingested, IngestTask, KnownInput, Watch } from "../dataset/job.ts";
import { outputAbout } from "../dataset/output-options.ts";
import { indexNames } from "../dataset/previous.ts";
import { SceneIngest } from "./ingest.ts";
import type { ResolvedL5kit } from "./options.ts";
import { l5kitTables, ofInput } from "./tables.ts";

/** Its number goes up when the same scenes and options give other samples. */
const PIPELINE = "l5kit-motion@1";

/** Scenes, known by what they hold, wherever they lie. */
interface SceneInput extends KnownInput {
  readonly place: ArraysPlace;
  readonly scenes: number;
}

type Content = Pick<KnownInput, "bytes" | "sha256">;

/** Files that say something of the samples: masks are no part of the scenes, but where one is asked for. */
function isContent(name: string, mask: string | undefined): boolean {
  return !/(^|\/)agents_mask\//.test(name) || (mask !== undefined && name.includes(mask));
}

/** Bytes that are read and hashed at a time: a Parquet table may be of any size. */
const PIECE = 64 << 20;

/** The SHA-256 of a file of an input, and its size. */
async function contentOf({ store }: ArraysPlace, key: Key, signal?: AbortSignal): Promise<Content> {
  const hash = createHash("sha256");
  const bytes = (await store.size(key)) ?? 0;
  for (let from = 0; from < bytes; from += PIECE) {
    signal?.throwIfAborted();
    const piece = await store.get(key, { from, to: Math.min(bytes, from + PIECE) });
    hash.update(piece ?? new Uint8Array(0));
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** The digest of all files of an input, by name: the same for a folder and a zip of it. */
async function known(place: ArraysPlace, options: ResolvedL5kit, signal?: AbortSignal): Promise<SceneInput> {
  const name = basename(place.path);
  const { scenes } = await l5kitTables(place)
    .then(l5kitLayout)
    .catch((error: unknown) => {
      throw ofInput(error, name);
    });
  const mask = options.mask === "stored" ? maskPath(options.selection.labelThreshold) : undefined;
  const all = createHash("sha256");
  let bytes = 0;
  for (const file of await namesBelow(place.store, place.root)) {
    if (!isContent(file, mask)) continue;
    const content = await contentOf(place, below(place.root, file), signal);
    bytes += content.bytes;
    all.update(`${JSON.stringify(file)} ${content.sha256}\n`);
  }
  return { name, bytes, sha256: all.digest("hex"), place, scenes: scenes.length };
}

async function opened(path: string): Promise<ArraysPlace> {
  const place = await arraysPlace(path);
  if (place !== undefined) return place;
  throw new WindrowError(
    "missing",
    existsSync(path)
      ? `Cannot materialize ${path}: there are no L5Kit scenes, as a Zarr group, a zip of one, or Parquet tables of one`
      : `Cannot materialize ${path}: there is no such file or folder`,
    { details: { path } },
  );
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function aboutOf(options: ResolvedL5kit): DatasetJob["about"] {
  const { split, files } = outputAbout(options);
  return {
    command: "materialize l5kit",
    pipeline: PIPELINE,
    options: {
      format: options.formats,
      history: options.motion.history,
      future: options.motion.future,
      neighbours: options.motion.neighbours,
      radius_metres: options.motion.radiusMetres,
      step: options.step,
      of: options.of,
      ...split,
      ...files,
      selection: Object.fromEntries(Object.entries(options.selection).map(([name, value]) => [snake(name), value])),
      mask: options.mask === "stored" ? "stored" : null,
    },
  };
}

/** A layout of samples of one row each. */
function layoutOf({ motion }: ResolvedL5kit): DatasetJob["layout"] {
  const columns = Object.entries(motionSchema(motion)).map(([name, type]) => windowColumn(name, type, 1));
  return { window: { size: 1, stride: 1 }, columns, times: "spans" };
}

function nothingToDo({ input, dropped }: Ingested["ledger"]): WindrowError {
  const most = Object.entries(dropped).sort((a, b) => b[1] - a[1]);
  const reasons = most.slice(0, 3).map(([name, count]) => `${count} ${name}`);
  const why = input === 0 ? "the inputs hold no agent" : `all ${input} agents were dropped (${reasons.join(", ")})`;
  return new WindrowError("empty", `Cannot materialize: there is no sample to write; ${why}`);
}

async function ingest(inputs: readonly SceneInput[], options: ResolvedL5kit, task: IngestTask): Promise<Ingested> {
  const { previous, progress, signal } = task;
  using files = rowFiles(folderWorkspace(task.temp), layoutOf(options));
  const there = { out: previous?.out ?? "", scenes: previous ? await indexNames(previous.out, "entity") : new Set("") };
  const all = new SceneIngest(files, options, there);
  let scenes = 0;
  const tick = () => {
    signal?.throwIfAborted();
    progress.at(++scenes);
  };
  progress.stage(
    "read scenes",
    inputs.reduce((sum, input) => sum + input.scenes, 0),
    "scenes",
  );
  for (const [number, { place, name }] of inputs.entries()) await all.add(place, { number, name }, tick);
  const { rows } = files;
  const values = files.close();
  const ledger = all.ledger();
  if (rows === 0) throw nothingToDo(ledger);
  const hosts = Object.fromEntries([...all.hosts].map(([scene, host]) => [scene, { host }]));
  return {
    table: traceTable(all.traces),
    rows,
    values,
    ledger,
    facts: { names: ["host"], values: hosts },
    badRows: [],
  };
}

/** Opens the inputs and reads their files for what they are known by. */
export async function l5kitJob(options: ResolvedL5kit, { progress, signal }: Watch): Promise<DatasetJob<SceneInput>> {
  using scope = new DisposableStack();
  progress.stage("look at inputs", options.inputs.length, "inputs");
  const inputs: SceneInput[] = [];
  for (const path of options.inputs) {
    signal?.throwIfAborted();
    inputs.push(await known(scope.use(await opened(path)), options, signal));
    progress.at(inputs.length);
  }
  const kept = scope.move();
  return {
    layout: layoutOf(options),
    inputs,
    about: aboutOf(options),
    ingest: (chosen, task) => ingest(chosen, options, task),
    [Symbol.asyncDispose]: async () => kept.dispose(),
  };
}
