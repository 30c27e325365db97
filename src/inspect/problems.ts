/** What a check found wrong, and where. */

import { WindrowError } from "../core/index.ts";

/** One thing that is not as it should be. */
export interface Problem {
  /** The file, below the place that was looked at. */
  readonly file: string;
  /** Where in it: `byte 9216`, `row 12`, `shards[3].samples`; `null` for the file as a whole. */
  readonly place: string | null;
  readonly what: string;
  /** Whether it is an index that cannot be read at all, so that what it tells of was not looked at. */
  readonly unreadable_index: boolean;
}

/** Damage may be all over: so many problems are kept, the others only counted. */
const KEPT = 100;

/** Problems as they are found. */
export class Problems {
  count = 0;
  unreadableIndexes = 0;
  readonly kept: Problem[] = [];

  /** `of` is `index` where an index cannot be read at all. */
  add(file: string, place: string | null, what: string, of: "data" | "index" = "data"): void {
    this.count++;
    if (of === "index") this.unreadableIndexes++;
    if (this.kept.length < KEPT) this.kept.push({ file, place, what, unreadable_index: of === "index" });
  }

  /** Takes an error that says of a file what is wrong with it; any other is thrown again. */
  take(error: unknown, file: string, of: "data" | "index" = "data"): void {
    if (!(error instanceof WindrowError) || !["damaged", "missing", "unsupported"].includes(error.code)) throw error;
    const { key, place, offset } = error.details;
    const where = typeof place === "string" ? place : typeof offset === "number" ? `byte ${offset}` : null;
    const name = typeof key === "string" ? key : file;
    this.add(name, where, plainWords(error.message, name), of);
  }
}

/** The message without what the problem says itself: the file, and the byte. */
function plainWords(message: string, file: string): string {
  const end = message.indexOf(`${file}: `);
  return (end < 0 ? message : message.slice(end + file.length + 2)).replace(/ \(at byte \d+\)$/, "");
}
