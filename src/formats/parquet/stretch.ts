/** A stretch of a file, read from the front: by blocks, or, where the file is open, straight into memory that is used again. */

import type { OpenFile } from "../../core/index.ts";
import type { SourceFile } from "./file.ts";
import type { Lender, Lent } from "./lent-memory.ts";

/** A stretch of a file. */
export interface Stretch {
  /** Place of the next byte in the file. */
  readonly at: number;
  /** The next bytes, `count` and maybe more; fewer where fewer are left. Good until the next call. */
  peek(count: number): Promise<Uint8Array>;
  /** The bytes `from` to `to`, counted from the next one, all of which are in the stretch; it goes on behind them. */
  take(from: number, to: number): Promise<Lent>;
}

/** Bytes fetched at once. */
const BLOCK = 4 << 20;

/** A stretch of a file that is fetched. */
export function fetchedStretch(file: SourceFile, from: number, to: number): Stretch {
  let held: Uint8Array = new Uint8Array(0);
  let place = from;
  const peek = async (count: number): Promise<Uint8Array> => {
    const end = place + held.length;
    const needed = Math.min(to, place + count);
    if (needed <= end) return held;
    const more = await file.read(end, Math.min(to, Math.max(needed, end + BLOCK)));
    if (held.length === 0) held = more;
    else {
      const joined = new Uint8Array(held.length + more.length);
      joined.set(held);
      joined.set(more, held.length);
      held = joined;
    }
    return held;
  };
  return {
    get at() {
      return place;
    },
    peek,
    async take(first, end) {
      const bytes = (await peek(end)).subarray(first, end);
      held = held.subarray(end);
      place += end;
      return { bytes, giveBack() {} };
    },
  };
}

/** Bytes of an open file read at once for a header: those of small pages come along. */
const WINDOW = 1 << 13;

/** A stretch of a file that is open. */
export function openStretch(
  { open, memory }: { readonly open: OpenFile; readonly memory: Lender },
  from: number,
  to: number,
): Stretch {
  let place = from;
  let scratch = new Uint8Array(0);
  /** The bytes of the file that `scratch` holds. */
  let window = { from, to: from };
  return {
    get at() {
      return place;
    },
    async peek(count) {
      if (window.to < Math.min(to, place + count)) {
        const length = Math.min(Math.max(count, WINDOW), to - place);
        if (scratch.length < length) scratch = new Uint8Array(length);
        open.readInto(place, scratch.subarray(0, length));
        window = { from: place, to: place + length };
      }
      return scratch.subarray(place - window.from, window.to - window.from);
    },
    async take(first, end) {
      const lent = memory.lend(end - first);
      const start = place + first - window.from;
      if (place + end <= window.to) lent.bytes.set(scratch.subarray(start, start + end - first));
      else open.readInto(place + first, lent.bytes);
      place += end;
      return lent;
    },
  };
}
