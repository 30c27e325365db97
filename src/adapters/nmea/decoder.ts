/** Decodes AIS logs: bytes in, in pieces of any size; columns of positions out, and a count of everything else. */

import {
  BAD_TAG_BLOCKS,
  CHECKSUM,
  CLOCK_TIMES,
  COMMENT_LINES,
  COUNTERS,
  DUPLICATE_PART,
  EMPTY_PAYLOAD,
  INCOMPLETE,
  LINE_BYTES,
  type Machine,
  NO_TIME,
  OTHER_LINES,
  OTHER_SENTENCES,
  PARSE_ERROR,
  readLine,
  readLines,
  SHORT_PAYLOAD,
} from "./machine.kernel.ts";
import { Parts } from "./parts.ts";
import { payloadWords } from "./payload.kernel.ts";
import { type PositionColumns, positionColumns } from "./position.kernel.ts";
import { sentence } from "./sentence.kernel.ts";
import type { Statics } from "./statics.ts";
import { tagBlock } from "./time.kernel.ts";

/** Positions, in the order of the log. Its columns are used again for the next one. */
export interface PositionChunk {
  readonly length: number;
  readonly columns: PositionColumns;
}

/** A sentence that could not be read: the line of the log, from 1, and why. */
export interface BadSentence {
  readonly line: number;
  readonly why: string;
}

/** What the decoder found. A row is an AIS message, or a sentence that did not become one: a position, or dropped for a reason. */
export interface NmeaCounts {
  /** Positions that were given. */
  readonly positions: number;
  /** Rows that are no position or no whole one, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** What is no row: other sentences, comments; and positions whose time came from the clock. */
  readonly noted: Readonly<Record<string, number>>;
  /** The first few sentences that could not be read. */
  readonly examples: readonly BadSentence[];
}

/** How a log is decoded. */
export interface NmeaOptions {
  /** Take positions of type 27, whose degrees are a sixth of a minute of arc; they count as `type_27` where absent. */
  readonly coarse?: boolean | undefined;
  /** Epoch seconds at which a log begins whose sentences have no receive time. */
  readonly startTime?: number | undefined;
  /** What vessels say of themselves goes there; several logs may share it. */
  readonly statics: Statics;
  /** Takes positions, some thousand at a time. */
  take(chunk: PositionChunk): void;
}

const CHUNK_ROWS = 8192;
const GROUPS = 64;
const SHOWN_BAD_SENTENCES = 5;

/** Message types that have a reason of their own (`ais-pipeline@1` §2). */
const TYPE_REASONS: Readonly<Record<number, string>> = {
  4: "base_station",
  9: "sar_aircraft",
  11: "base_station",
  21: "aton",
};

const REASONS: ReadonlyArray<readonly [counter: number, reason: string]> = [
  [CHECKSUM, "checksum"],
  [PARSE_ERROR, "parse_error"],
  [EMPTY_PAYLOAD, "empty_payload"],
  [SHORT_PAYLOAD, "short_payload"],
  [INCOMPLETE, "incomplete"],
  [DUPLICATE_PART, "duplicate_part"],
  [NO_TIME, "no_time"],
  ...Array.from({ length: CHECKSUM }, (_, type) => [type, TYPE_REASONS[type] ?? `type_${type}`] as const),
];

const NOTES: ReadonlyArray<readonly [counter: number, note: string]> = [
  [CLOCK_TIMES, "clock_times"],
  [OTHER_SENTENCES, "other_sentences"],
  [COMMENT_LINES, "comment_lines"],
  [OTHER_LINES, "other_lines"],
  [BAD_TAG_BLOCKS, "bad_tag_blocks"],
];

const WHY: Readonly<Record<number, string>> = {
  [CHECKSUM]: "the checksum is wrong or missing",
  [PARSE_ERROR]: "it begins like an AIS sentence and is none",
};

function named(counts: Float64Array, names: ReadonlyArray<readonly [number, string]>): Record<string, number> {
  const byName: Record<string, number> = {};
  for (const [counter, name] of names) {
    const count = counts[counter]!;
    if (count > 0) byName[name] = (byName[name] ?? 0) + count;
  }
  return byName;
}

/** A log that is being decoded. */
export interface NmeaDecoder {
  /** Takes the next bytes. */
  push(bytes: Uint8Array): void;
  /** Ends the log: its last line may have no end, and parts that still wait are incomplete. */
  finish(): NmeaCounts;
}

function machineOf(options: NmeaOptions, examples: BadSentence[]): Machine {
  const machine: Machine = {
    columns: positionColumns(CHUNK_ROWS),
    rows: 0,
    capacity: CHUNK_ROWS,
    flush() {
      if (machine.rows > 0) options.take({ length: machine.rows, columns: machine.columns });
      machine.rows = 0;
    },
    complain(line, counter) {
      if (examples.length < SHOWN_BAD_SENTENCES) examples.push({ line, why: WHY[counter] ?? "" });
    },
    counts: new Float64Array(COUNTERS),
    parts: new Parts(),
    statics: options.statics,
    words: payloadWords(),
    sentence: sentence(),
    tag: tagBlock(),
    groups: { ids: new Int32Array(GROUPS).fill(-1), times: new Float64Array(GROUPS), since: new Float64Array(GROUPS) },
    coarse: options.coarse ?? false,
    clock: options.startTime ?? Number.NaN,
    sentences: 0,
    lines: 0,
    afterReturn: false,
  };
  return machine;
}

/** How many bytes of the line that begins at 0 are there, its end included, `most` at most. */
function lineBytes(bytes: Uint8Array, most: number): number {
  const last = Math.min(bytes.length, most);
  for (let i = 0; i < last; i++) if (bytes[i] === 0x0a || bytes[i] === 0x0d) return i + 1;
  return last;
}

/** A decoder of one log. However the log is cut into pieces, it finds the same. */
export function nmeaDecoder(options: NmeaOptions): NmeaDecoder {
  const examples: BadSentence[] = [];
  const given = { positions: 0 };
  const machine = machineOf(
    {
      ...options,
      take(chunk) {
        given.positions += chunk.length;
        options.take(chunk);
      },
    },
    examples,
  );
  /** The beginning of a line whose end has not come. */
  const open = new Uint8Array(LINE_BYTES);
  let opened = 0;
  return {
    push(piece) {
      // A plain view: the loops are slower where Node's own class of bytes comes as well.
      const bytes = new Uint8Array(piece.buffer, piece.byteOffset, piece.length);
      let at = 0;
      if (opened > 0) {
        at = lineBytes(bytes, LINE_BYTES - opened);
        open.set(bytes.subarray(0, at), opened);
        opened += at;
        if (readLines(machine, open, 0, opened) === 0) return;
      }
      at = readLines(machine, bytes, at, bytes.length);
      open.set(bytes.subarray(at));
      opened = bytes.length - at;
    },
    finish() {
      if (opened > 0) readLine(machine, open, 0, opened);
      opened = 0;
      machine.flush();
      machine.parts.finish();
      const { counts, parts } = machine;
      counts[INCOMPLETE] = parts.incomplete;
      counts[DUPLICATE_PART] = parts.duplicates;
      return { positions: given.positions, dropped: named(counts, REASONS), noted: named(counts, NOTES), examples };
    },
  };
}
