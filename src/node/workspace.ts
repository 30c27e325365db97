/** A folder of temporary files, read and written synchronously. */

import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { bytesOf, type RandomReader, type SequentialWriter, WindrowError, type Workspace } from "../core/index.ts";
import { ioError, systemCode } from "./io-error.ts";

function readAt(fd: number, path: string, at: number, into: Uint8Array): void {
  let done = 0;
  while (done < into.length) {
    const read = readSync(fd, into, done, into.length - done, at + done);
    if (read === 0) {
      throw new WindrowError(
        "damaged",
        `Cannot read ${path}: bytes ${at} to ${at + into.length} are wanted, got a file of ${fstatSync(fd).size}`,
      );
    }
    done += read;
  }
}

function writeAll(fd: number, path: string, bytes: Uint8Array, at: number | null): void {
  try {
    let done = 0;
    while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done, at === null ? null : at + done);
  } catch (cause) {
    throw ioError("write", path, cause);
  }
}

function openOr(path: string, flags: string): number {
  try {
    return openSync(path, flags);
  } catch (cause) {
    throw ioError(flags === "r" ? "read" : "write", path, cause);
  }
}

function randomReader(path: string): RandomReader {
  const fd = openOr(path, "r");
  return {
    readInto: (at, into) => readAt(fd, path, at, into),
    [Symbol.dispose]: () => closeSync(fd),
  };
}

/** Small writes are gathered until there are this many bytes. */
const BUFFER_BYTES = 1 << 20;

function sequentialWriter(path: string): SequentialWriter {
  const draft = `${path}.${process.pid}.draft`;
  const fd = openOr(draft, "w");
  const buffer = new Uint8Array(BUFFER_BYTES);
  let used = 0;
  let open = true;
  const flush = () => {
    writeAll(fd, path, buffer.subarray(0, used), null);
    used = 0;
  };
  return {
    write(bytes) {
      if (used + bytes.length > BUFFER_BYTES) flush();
      if (bytes.length > BUFFER_BYTES) {
        writeAll(fd, path, bytes, null);
      } else {
        buffer.set(bytes, used);
        used += bytes.length;
      }
    },
    close() {
      flush();
      closeSync(fd);
      open = false;
      renameSync(draft, path);
    },
    [Symbol.dispose]() {
      if (!open) return;
      closeSync(fd);
      rmSync(draft, { force: true });
    },
  };
}

/** The temporary files of a run, below `folder`, which is made if absent. Nothing here is made durable: a crash costs a task. */
export function folderWorkspace(folder: string): Workspace {
  mkdirSync(folder, { recursive: true });
  return {
    reader: (name) => randomReader(join(folder, name)),
    writer: (name) => sequentialWriter(join(folder, name)),
    read(name) {
      try {
        // A copy in memory of its own: small Buffers share theirs, and columns must be aligned.
        return new Uint8Array(readFileSync(join(folder, name)));
      } catch (cause) {
        if (systemCode(cause) === "ENOENT") return undefined;
        throw ioError("read", join(folder, name), cause);
      }
    },
    remove: (name) => rmSync(join(folder, name), { force: true }),
  };
}

/** A file that is appended to and changed in places, column by column of a table. */
export interface ColumnFile extends Disposable {
  append(values: ArrayBufferView): void;
  writeAt(at: number, values: ArrayBufferView): void;
}

/** Begins a column's file, empty. */
export function columnFile(path: string): ColumnFile {
  const fd = openOr(path, "w");
  return {
    append: (values) => writeAll(fd, path, bytesOf(values), null),
    // Positional writes do not move the place that appends go to.
    writeAt: (at, values) => writeAll(fd, path, bytesOf(values), at),
    [Symbol.dispose]: () => closeSync(fd),
  };
}

/** The values of a column of float64, a block at a time. */
export function* float64Blocks(path: string, blockValues = 65_536): Iterable<Float64Array> {
  const fd = openOr(path, "r");
  try {
    const length = fstatSync(fd).size / 8;
    for (let from = 0; from < length; from += blockValues) {
      const block = new Float64Array(Math.min(blockValues, length - from));
      readAt(fd, path, from * 8, bytesOf(block));
      yield block;
    }
  } finally {
    closeSync(fd);
  }
}
