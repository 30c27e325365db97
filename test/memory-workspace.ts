/** A workspace in memory, for tests without a disk. */

import { type RandomReader, type SequentialWriter, WindrowError, type Workspace } from "../src/core/index.ts";

function randomReader(file: Uint8Array): RandomReader {
  return {
    readInto(at, into) {
      if (at + into.length > file.length) throw new WindrowError("damaged", "Cannot read: the file ends before");
      into.set(file.subarray(at, at + into.length));
    },
    [Symbol.dispose]() {},
  };
}

function sequentialWriter(files: Map<string, Uint8Array<ArrayBuffer>>, name: string): SequentialWriter {
  const pieces: Uint8Array[] = [];
  return {
    write: (bytes) => pieces.push(bytes.slice()),
    close() {
      const file = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const piece of pieces) {
        file.set(piece, at);
        at += piece.length;
      }
      files.set(name, file);
    },
    [Symbol.dispose]() {},
  };
}

/** An empty one. */
export function memoryWorkspace(): Workspace & { readonly files: ReadonlyMap<string, Uint8Array> } {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    files,
    reader(name) {
      const file = files.get(name);
      if (file === undefined) throw new WindrowError("missing", `Cannot read ${name}: there is no such file`);
      return randomReader(file);
    },
    writer: (name) => sequentialWriter(files, name),
    read: (name) => files.get(name)?.slice(),
    remove: (name) => files.delete(name),
  };
}
