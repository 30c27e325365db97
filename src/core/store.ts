/** Bytes by key: the interface of every place that files are read from and written to. */

import type { RandomReader } from "./workspace.ts";

/** A file's name inside a store: parts separated by `/`, none of them empty, `.` or `..`. */
export type Key = string;

/** Half-open range of bytes. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** A file that is open for many reads. */
export interface OpenFile extends RandomReader {
  readonly bytes: number;
}

/** A place to read from. */
export interface ReadStore {
  /** What users call this place, for messages: a folder's path, a URL. */
  readonly name: string;
  /**
   * The bytes of a key, or of a range of it; `undefined` when there is no such key.
   * @throws WindrowError `damaged` when the range ends behind the end of the file.
   */
  get(key: Key, range?: ByteRange): Promise<Uint8Array | undefined>;
  /** Bytes of a key, or `undefined` when there is none. */
  size(key: Key): Promise<number | undefined>;
  /** Every key that begins with `prefix`, in code-unit order. */
  list(prefix: string): AsyncIterable<Key>;
  /**
   * Opens a key for many small reads, in places that answer at once (a folder, memory); `undefined` when there is no such key. Its
   * caller closes it. What is read is what the key held when it was opened, also when it is replaced meanwhile.
   */
  open?(key: Key): OpenFile | undefined;
}

/** A file being written: under no final name until it is published. Disposing an unpublished draft removes it. */
export interface Draft extends AsyncDisposable {
  /** Appends. The caller may reuse `bytes` once the promise is settled. */
  write(bytes: Uint8Array): Promise<void>;
  /** Bytes written so far. */
  readonly bytes: number;
  /** Makes the file durable and gives it its final name, in one step; replaces what had that name. */
  publish(): Promise<void>;
}

/** A place to write to, whole files at a time. */
export interface Store extends ReadStore {
  /** Writes a whole file, or nothing. */
  put(key: Key, bytes: Uint8Array): Promise<void>;
  /** Begins a file that is written piece by piece. */
  draft(key: Key): Promise<Draft>;
  /** Removes a key; removing what is not there is no error. */
  delete(key: Key): Promise<void>;
  /**
   * Keeps other writers that ask from a key until it is disposed, in places where writers can be told apart (a folder, memory). It hinders
   * nobody who does not ask. `doing` reads "append to agents".
   * @throws WindrowError `exists` while another holds it.
   */
  lock?(key: Key, doing: string): Disposable;
}

/** Whether a name stays inside the store: no empty, `.` or `..` part, no drive, no backslash, no NUL, no leading slash. */
export function isSafeKey(key: string): boolean {
  return (
    key.length > 0 &&
    !/[\\\0:]/.test(key) &&
    key.split("/").every((part) => part !== "" && part !== "." && part !== "..")
  );
}
