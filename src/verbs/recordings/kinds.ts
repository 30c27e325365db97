/** The kinds of recordings: how each is recognized, and opened. */

import { statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Recording } from "../../adapters/recording.ts";
import { type ReadStore, WindrowError } from "../../core/index.ts";
import { folderStore } from "../../node/folder-store.ts";
import { RECORDING_KINDS, type RecordingKind } from "./kind-names.ts";
import type { MessageOptions } from "./mcap.ts";
import type { OpenedInput } from "./opened-input.ts";
import { isTableFile, openTableFile, openTableFiles, type TableFileOptions, tableFiles } from "./tables.ts";

/** What kinds are opened with. */
export interface OpenContext {
  readonly tables: TableFileOptions;
  readonly messages: MessageOptions;
  /** A new folder for temporary files. */
  readonly temp: () => string;
}

/** A file or folder, in its store. */
interface Input {
  readonly path: string;
  readonly isFolder: boolean;
  /** The folder itself, or the one that the file lies in. */
  readonly store: ReadStore;
  /** Of the file; empty for a folder. */
  readonly key: string;
}

/** A kind of recording. */
interface KindEntry {
  readonly forms: readonly ("file" | "folder")[];
  /** Whether an input looks like one. */
  is(input: Input): boolean | Promise<boolean>;
  open(input: Input, context: OpenContext): Promise<OpenedInput>;
}

/** A kind whose inputs are a trace each. */
function oneTrace(open: (input: Input) => Promise<Recording>): KindEntry["open"] {
  return async (input) => {
    const { sensors, lost } = await open(input);
    return { traces: [{ sensors }], lost };
  };
}

const tum = () => import("../../adapters/tum/index.ts");
const euroc = () => import("../../adapters/euroc/index.ts");
const comma2k19 = () => import("../../adapters/comma2k19/index.ts");
const mcap = () => import("./mcap.ts");
const l5kit = () => import("./l5kit.ts");
const e4 = () => import("../../adapters/e4/index.ts");

const KINDS = {
  l5kit: {
    forms: ["file", "folder"],
    is: async ({ path }) => (await l5kit()).isL5kit(path),
    open: async ({ path }) => (await l5kit()).openL5kit(path),
  },
  euroc: {
    forms: ["folder"],
    is: async ({ store }) => (await euroc()).isEuroc(store),
    open: oneTrace(async ({ store }) => (await euroc()).openEuroc(store)),
  },
  comma2k19: {
    forms: ["folder"],
    is: async ({ store }) => (await comma2k19()).isComma2k19(store),
    open: oneTrace(async ({ store }) => (await comma2k19()).openComma2k19(store)),
  },
  e4: {
    forms: ["folder"],
    is: async ({ store }) => (await e4()).isE4(store),
    open: oneTrace(async ({ store }) => (await e4()).openE4(store)),
  },
  tum: {
    forms: ["file", "folder"],
    async is({ store, key, isFolder }) {
      if (isFolder) return (await tum()).isTumFolder(store);
      return /\.txt(\.gz)?$/i.test(key) && (await tum()).isTumFile({ store, key });
    },
    open: oneTrace(async ({ store, key, isFolder }) =>
      isFolder ? (await tum()).openTumFolder(store) : (await tum()).openTum({ store, key }),
    ),
  },
  mcap: {
    forms: ["file"],
    is: ({ key }) => /\.mcap$/i.test(key),
    open: async (input, { messages }) => (await mcap()).openMcapFile(input, input.path, messages),
  },
  table: {
    forms: ["file", "folder"],
    is: ({ path, key, isFolder }) => (isFolder ? tableFiles(path).length > 0 : isTableFile(key)),
    async open({ path, isFolder }, { tables, temp }) {
      if (!isFolder) return openTableFile(path, tables, temp);
      const files = tableFiles(path);
      if (files.length > 0) return openTableFiles(files, tables, temp);
      throw new WindrowError("missing", `Cannot open ${path}: the folder holds no .csv, .tsv or .parquet file`);
    },
  },
} as const satisfies Readonly<Record<RecordingKind, KindEntry>>;

/**
 * Opens a file or folder, as the kind that it is said to be or looks like.
 * @throws WindrowError `unsupported` where it looks like none, or the kind has no such form.
 */
export async function openInput(
  path: string,
  kind: RecordingKind | undefined,
  context: OpenContext,
): Promise<OpenedInput & { readonly kind: RecordingKind }> {
  const isFolder = statSync(path).isDirectory();
  const store = folderStore(isFolder ? path : dirname(path));
  const input = { path, isFolder, store, key: isFolder ? "" : basename(path) };
  const form = isFolder ? "folder" : "file";
  for (const each of kind === undefined ? RECORDING_KINDS : [kind]) {
    const entry: KindEntry = KINDS[each];
    if (!entry.forms.includes(form)) continue;
    if (kind !== undefined || (await entry.is(input))) return { ...(await entry.open(input, context)), kind: each };
  }
  const why =
    kind === undefined
      ? `the ${form} looks like no recording; say which it is: ${RECORDING_KINDS.join(", ")}`
      : `a recording of kind ${kind} is no ${form}`;
  throw new WindrowError("unsupported", `Cannot open ${path}: ${why}`);
}
