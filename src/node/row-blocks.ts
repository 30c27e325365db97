/** One temporary file that holds several byte streams, block by block as they come: one open file for any number of them. */

import { basename, dirname } from "node:path";
import { columnFile, folderWorkspace } from "./workspace.ts";

/** Streams that are appended to, and read at any place. */
export interface BlockFile extends Disposable {
  append(stream: number, block: Uint8Array): void;
  /** How long a stream is. */
  bytes(stream: number): number;
  /** Fills `into` with the bytes of a stream from `from` on. */
  read(stream: number, place: { readonly from: number; readonly into: Uint8Array }): void;
}

/** Where a stream's blocks lie in the file, and where each begins in the stream. */
interface Blocks {
  readonly places: number[];
  readonly starts: number[];
  bytes: number;
}

/** The last block that begins at or before `from`. */
function blockAt(starts: readonly number[], from: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= from) low = middle;
    else high = middle;
  }
  return low;
}

/** Begins a file of empty streams. */
export function blockFile(path: string, streams: number): BlockFile {
  const writer = columnFile(path);
  const reader = folderWorkspace(dirname(path)).reader(basename(path));
  const all = Array.from({ length: streams }, (): Blocks => ({ places: [], starts: [], bytes: 0 }));
  let end = 0;
  return {
    append(stream, block) {
      const blocks = all[stream]!;
      writer.append(block);
      blocks.places.push(end);
      blocks.starts.push(blocks.bytes);
      blocks.bytes += block.length;
      end += block.length;
    },
    bytes: (stream) => all[stream]!.bytes,
    read(stream, { from, into }) {
      const { places, starts, bytes } = all[stream]!;
      let block = blockAt(starts, from);
      for (let done = 0; done < into.length; block++) {
        const skip = from + done - starts[block]!;
        const length = Math.min((starts[block + 1] ?? bytes) - starts[block]! - skip, into.length - done);
        reader.readInto(places[block]! + skip, into.subarray(done, done + length));
        done += length;
      }
    },
    [Symbol.dispose]() {
      writer[Symbol.dispose]();
      reader[Symbol.dispose]();
    },
  };
}
