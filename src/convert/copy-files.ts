/** Copies files from a store to another as they are. */

import { type Key, type ReadStore, type Store, WindrowError } from "../core/index.ts";

/** Which files, and how. */
export interface CopySpec {
  /** Where they lie below the source; empty for the source itself. */
  readonly root: string;
  /** Below the root, and below the target. */
  readonly names: readonly Key[];
  /** Files under way at a time: they are made durable beside each other. A zip takes one after the other. */
  readonly atOnce: number;
  readonly signal: AbortSignal | undefined;
  /** So many bytes more are written. */
  copied(bytes: number): void;
}

/** The key of a name below a root. */
export function below(root: string, name: string): Key {
  return root === "" ? name : `${root}/${name}`;
}

/**
 * Copies files in order of their names; so many at a time are in memory.
 * @throws WindrowError `damaged` for one that is gone.
 */
export async function copyFiles(from: ReadStore, to: Pick<Store, "put">, spec: CopySpec): Promise<void> {
  const { root, names, atOnce, signal, copied } = spec;
  const left = names.values();
  const copy = async (): Promise<void> => {
    for (const name of left) {
      signal?.throwIfAborted();
      const bytes = await from.get(below(root, name));
      if (bytes === undefined)
        throw new WindrowError("damaged", `Cannot copy ${from.name}/${below(root, name)}: it is gone`);
      await to.put(name, bytes);
      copied(bytes.length);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, copy));
}
