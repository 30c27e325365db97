/** One file of a store, for many reads: through the open file where the store has one, else range by range. */

import { type Key, type OpenFile, type ReadStore, WindrowError } from "../core/index.ts";

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

/** @throws WindrowError `missing` where there is no such key. */
export async function keyReader(store: ReadStore, key: Key): Promise<KeyReader> {
  const path = `${store.name}/${key}`;
  const file = store.open?.(key);
  const bytes = file?.bytes ?? (await store.size(key));
  if (bytes === undefined) throw gone(path, key);
  return {
    path,
    bytes,
    file,
    async read(from, to) {
      if (file === undefined) {
        const answer = await store.get(key, { from, to });
        if (answer === undefined) throw gone(path, key);
        return answer;
      }
      // Before the bytes are set aside: the range may be a lie of the file's own.
      if (to > bytes) {
        const message = `Cannot read ${path}: bytes up to ${to} are wanted, got a file of ${bytes} bytes`;
        throw new WindrowError("damaged", message, { details: { path, to, size: bytes } });
      }
      const into = new Uint8Array(to - from);
      file.readInto(from, into);
      return into;
    },
    [Symbol.dispose]: () => file?.[Symbol.dispose](),
  };
}

function gone(path: string, key: Key): WindrowError {
  return new WindrowError("missing", `Cannot read ${path}: there is no such file`, { details: { key } });
}
