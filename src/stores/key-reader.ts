/** One file of a store, for many reads: through the open file where the store has one, else range by range. */

import { type Key, type OpenFile, type ReadStore, WindrowError } from "../core/index.ts";
import { checkRange } from "./guards.ts";

/** A file of a store while it is read. */
export interface KeyReader extends Disposable {
  /** Store and key, for messages. */
  readonly path: string;
  readonly bytes: number;
  /** The open file, where the store answers at once. */
  readonly file: OpenFile | undefined;
  /**
   * The bytes `from` to `to`, in a buffer of their own.
   * @throws WindrowError `damaged` where the file ends before.
   */
  read(from: number, to: number): Promise<Uint8Array>;
}

/** The reader of an open file, which it closes. `path` is what messages call it. */
export function openReader(path: string, file: OpenFile): KeyReader {
  const { bytes } = file;
  return {
    path,
    bytes,
    file,
    async read(from, to) {
      // Before the bytes are set aside: the range may be a lie of the file's own.
      checkRange({ from, to }, bytes, path);
      const into = new Uint8Array(to - from);
      file.readInto(from, into);
      return into;
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** @throws WindrowError `missing` where there is no such key. */
export async function keyReader(store: ReadStore, key: Key): Promise<KeyReader> {
  const path = `${store.name}/${key}`;
  const file = store.open?.(key);
  if (file !== undefined) return openReader(path, file);
  const missing = () => new WindrowError("missing", `Cannot read ${path}: there is no such file`, { details: { key } });
  const bytes = await store.size(key);
  if (bytes === undefined) throw missing();
  return {
    path,
    bytes,
    file: undefined,
    async read(from, to) {
      checkRange({ from, to }, bytes, path);
      const answer = await store.get(key, { from, to });
      if (answer === undefined) throw missing();
      return answer;
    },
    [Symbol.dispose]() {},
  };
}
