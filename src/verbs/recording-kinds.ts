/** The kinds of recordings: how each is recognized, and opened. */

import { statSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Recording } from "../adapters/recording.ts";
import { type ReadStore, WindrowError } from "../core/index.ts";
import { folderStore } from "../node/folder-store.ts";

/** A kind of recording. */
interface KindEntry {
  isFolder?(store: ReadStore): Promise<boolean>;
  openFolder?(store: ReadStore): Promise<Recording>;
  isFile?(store: ReadStore, key: string): Promise<boolean>;
  openFile?(store: ReadStore, key: string): Promise<Recording>;
}

const tum = () => import("../adapters/tum/index.ts");
const euroc = () => import("../adapters/euroc/index.ts");
const comma2k19 = () => import("../adapters/comma2k19/index.ts");
const e4 = () => import("../adapters/e4/index.ts");

/** In the order in which they are asked. */
const KINDS = {
  euroc: {
    isFolder: async (store) => (await euroc()).isEuroc(store),
    openFolder: async (store) => (await euroc()).openEuroc(store),
  },
  comma2k19: {
    isFolder: async (store) => (await comma2k19()).isComma2k19(store),
    openFolder: async (store) => (await comma2k19()).openComma2k19(store),
  },
  e4: {
    isFolder: async (store) => (await e4()).isE4(store),
    openFolder: async (store) => (await e4()).openE4(store),
  },
  tum: {
    isFolder: async (store) => (await tum()).isTumFolder(store),
    openFolder: async (store) => (await tum()).openTumFolder(store),
    isFile: async (store, key) => /\.txt(\.gz)?$/i.test(key) && (await tum()).isTumFile({ store, key }),
    openFile: async (store, key) => (await tum()).openTum({ store, key }),
  },
} as const satisfies Readonly<Record<string, KindEntry>>;

/** What a recording is. */
export type RecordingKind = keyof typeof KINDS;

/** Every kind. */
export const RECORDING_KINDS = Object.keys(KINDS) as readonly RecordingKind[];

/**
 * Opens a file or folder, as the kind that it is said to be or looks like.
 * @throws WindrowError `unsupported` where it looks like none, or the kind has no such form.
 */
export async function openInput(path: string, kind?: RecordingKind): Promise<Recording> {
  const kinds: readonly [string, KindEntry][] = kind === undefined ? Object.entries(KINDS) : [[kind, KINDS[kind]]];
  const isFolder = statSync(path).isDirectory();
  const store = folderStore(isFolder ? path : dirname(path));
  for (const [, entry] of kinds) {
    const opened = isFolder
      ? await openFolder(entry, store, kind !== undefined)
      : await openFile(entry, { store, key: basename(path) }, kind !== undefined);
    if (opened !== undefined) return opened;
  }
  const what = isFolder ? "folder" : "file";
  throw new WindrowError(
    "unsupported",
    kind === undefined
      ? `Cannot open ${path}: the ${what} looks like no recording (${RECORDING_KINDS.join(", ")}); say with --kind what it is`
      : `Cannot open ${path}: a recording of kind ${kind} is no ${what}`,
  );
}

async function openFolder(entry: KindEntry, store: ReadStore, isSaid: boolean): Promise<Recording | undefined> {
  if (entry.openFolder === undefined) return undefined;
  return isSaid || (await entry.isFolder?.(store)) ? entry.openFolder(store) : undefined;
}

async function openFile(
  entry: KindEntry,
  { store, key }: { readonly store: ReadStore; readonly key: string },
  isSaid: boolean,
): Promise<Recording | undefined> {
  if (entry.openFile === undefined) return undefined;
  return isSaid || (await entry.isFile?.(store, key)) ? entry.openFile(store, key) : undefined;
}
