/** The loop over the lines of a log: finds the sentences, gives each its time, and deals messages to columns and counters. */

import type { Parts } from "./parts.ts";
import { bits, dearmor } from "./payload.kernel.ts";
import { NO_SECOND, POSITION_BITS, type PositionColumns, readPosition } from "./position.kernel.ts";
import { GOOD, isAisStart, MALFORMED, readSentence, type Sentence } from "./sentence.kernel.ts";
import type { Statics } from "./statics.ts";
import { leadingTime, readTagBlock, type TagBlock, tagBlockEnd, trailingTime, utc } from "./time.kernel.ts";

/** A longer line is cut there: what goes on is read as the next line. It bounds what is held of a log without line ends. */
export const LINE_BYTES = 4096;

/** Places of counters: a message's type, 0 to 63, is the place of messages that are no position; then what could not become a message. */
export const CHECKSUM = 64;
export const PARSE_ERROR = 65;
export const EMPTY_PAYLOAD = 66;
export const SHORT_PAYLOAD = 67;
export const NO_TIME = 68;
export const INCOMPLETE = 69;
export const DUPLICATE_PART = 70;
/** What is no row. */
export const OTHER_SENTENCES = 71;
export const COMMENT_LINES = 72;
export const OTHER_LINES = 73;
export const BAD_TAG_BLOCKS = 74;
/** Positions whose time is the clock's. */
export const CLOCK_TIMES = 75;
export const COUNTERS = 76;

/** Times of groups of sentences (tag block `g`), by the group's number modulo the length of the columns. */
export interface Groups {
  readonly ids: Int32Array;
  readonly times: Float64Array;
  readonly since: Float64Array;
}

/** Years in which a base station can have reported: AIS is of the nineties. */
const FIRST_YEAR = 1990;
const LAST_YEAR = 2099;

/** A group's time holds for so many AIS sentences: the numbers come round. */
const GROUP_SENTENCES = 100;

/** All that is known while a log is read. */
export interface Machine {
  readonly columns: PositionColumns;
  /** Rows in `columns`. */
  rows: number;
  readonly capacity: number;
  /** Empties the columns. */
  flush(): void;
  /** Hears of a sentence that could not be read: its line, and why. */
  complain(line: number, counter: number): void;
  readonly counts: Float64Array;
  readonly parts: Parts;
  readonly statics: Statics;
  readonly words: Int32Array;
  readonly sentence: Sentence;
  readonly tag: TagBlock;
  readonly groups: Groups;
  /** Whether positions of type 27 are taken. */
  readonly coarse: boolean;
  /** Epoch seconds of what was heard last, where a base station or the user told the time; NaN where none did. */
  clock: number;
  /** AIS sentences so far. */
  sentences: number;
  /** Line ends so far. */
  lines: number;
  /** Whether the last line ended with a carriage return: a newline right behind it ends no other line. */
  afterReturn: boolean;
}

const BANG = 0x21;
const HASH = 0x23;
const DOLLAR = 0x24;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * Reads whole lines from `from` on, and gives the place behind the last of them: what follows has no end yet, and is shorter than
 * `LINE_BYTES`.
 */
export function readLines(machine: Machine, bytes: Uint8Array, from: number, to: number): number {
  let start = from;
  for (;;) {
    const most = Math.min(start + LINE_BYTES, to);
    let end = start;
    for (; end < most; end++) {
      const byte = bytes[end]!;
      if (byte <= RETURN && (byte === NEWLINE || byte === RETURN)) break;
    }
    if (end === to && end - start < LINE_BYTES) return start;
    if (end > start) readLine(machine, bytes, start, end);
    if (end - start === LINE_BYTES) {
      machine.afterReturn = false;
      start = end;
      continue;
    }
    const isReturn = bytes[end] === RETURN;
    if (isReturn || end > start || !machine.afterReturn) machine.lines += 1;
    machine.afterReturn = isReturn;
    start = end + 1;
  }
}

/** Reads one line, without its end. */
export function readLine(machine: Machine, bytes: Uint8Array, from: number, end: number): void {
  let at = from;
  while (at < end && bytes[at]! <= 0x20) at++;
  if (at === end) return;
  const first = bytes[at]!;
  if (first === BANG && isAisStart(bytes, at, end)) {
    readSentences(machine, bytes, at, end, Number.NaN);
    return;
  }
  if (first === HASH) {
    machine.counts[COMMENT_LINES]! += 1;
    return;
  }
  machine.tag.time = Number.NaN;
  machine.tag.group = -1;
  const start = skipToSentence(machine, bytes, at, end);
  if (start < end) {
    readSentences(machine, bytes, start, end, prefixTime(machine, bytes, at, start));
    return;
  }
  let mark = at;
  while (mark < end && bytes[mark] !== DOLLAR && bytes[mark] !== BANG) mark++;
  machine.counts[mark < end ? OTHER_SENTENCES : OTHER_LINES]! += 1;
}

/** The place of the first AIS sentence outside of tag blocks, which are read on the way; `end` where there is none. */
function skipToSentence(machine: Machine, bytes: Uint8Array, from: number, end: number): number {
  const { tag } = machine;
  let at = from;
  while (at < end) {
    const byte = bytes[at]!;
    if (byte === BANG && isAisStart(bytes, at, end)) return at;
    if (byte === BACKSLASH) {
      const close = tagBlockEnd(bytes, at, end);
      if (close > 0) {
        const { time, group } = tag;
        readTagBlock(bytes, at, close, tag);
        if (tag.isGood) {
          noteGroup(machine);
          at = close;
        } else {
          machine.counts[BAD_TAG_BLOCKS]! += 1;
          tag.time = time;
          tag.group = group;
        }
      }
    }
    at += 1;
  }
  return end;
}

/** Keeps the time of a group's first sentence. */
function noteGroup(machine: Machine): void {
  const { tag, groups } = machine;
  if (tag.group < 0 || tag.number !== 1) return;
  const place = tag.group % groups.ids.length;
  groups.ids[place] = tag.group;
  groups.times[place] = tag.time;
  groups.since[place] = machine.sentences;
}

/** The time that stands before a sentence: of its tag block, of the line, of its group; NaN for none. */
function prefixTime(machine: Machine, bytes: Uint8Array, from: number, start: number): number {
  const { tag, groups } = machine;
  if (!Number.isNaN(tag.time)) return tag.time;
  const leading = leadingTime(bytes, from, start);
  if (!Number.isNaN(leading) || tag.group < 0) return leading;
  const place = tag.group % groups.ids.length;
  const isPresent = groups.ids[place] === tag.group && machine.sentences - groups.since[place]! <= GROUP_SENTENCES;
  return isPresent ? groups.times[place]! : Number.NaN;
}

/** Reads the sentence at `from`, and those that follow it on its line where a line end was lost. */
function readSentences(machine: Machine, bytes: Uint8Array, from: number, end: number, before: number): void {
  const { sentence, tag } = machine;
  let at = from;
  let time = before;
  for (;;) {
    machine.sentences += 1;
    readSentence(bytes, at, end, sentence);
    const behind = sentence.next;
    if (behind === end) {
      takeSentence(machine, bytes, time);
      return;
    }
    tag.time = Number.NaN;
    tag.group = -1;
    const next = skipToSentence(machine, bytes, behind, end);
    const hasFields = bytes[behind] === COMMA;
    if (hasFields && Number.isNaN(time)) time = trailingTime(bytes, behind, next);
    takeSentence(machine, bytes, time);
    if (next === end) return;
    // What stands between is the one's or the other's.
    time = hasFields ? tag.time : prefixTime(machine, bytes, behind, next);
    at = next;
  }
}

function takeSentence(machine: Machine, bytes: Uint8Array, time: number): void {
  const { sentence, parts } = machine;
  if (sentence.verdict !== GOOD) {
    const counter = sentence.verdict === MALFORMED ? PARSE_ERROR : CHECKSUM;
    machine.counts[counter]! += 1;
    machine.complain(machine.lines + 1, counter);
  } else if (sentence.total === 1) {
    takeMessage(machine, bytes, sentence.from, sentence.to, sentence.fill, time);
  } else if (parts.take(bytes, sentence, time, machine.sentences)) {
    const { letters, length, fill, time: first } = parts.whole;
    takeMessage(machine, letters, 0, length, fill, first);
  }
}

/** Takes a whole message, whose payload lies between `from` and `to`. */
function takeMessage(
  machine: Machine,
  letters: Uint8Array,
  from: number,
  to: number,
  fill: number,
  time: number,
): void {
  const { words, counts, columns } = machine;
  if (from === to) {
    counts[EMPTY_PAYLOAD]! += 1;
    return;
  }
  if (!dearmor(letters, from, to, words)) {
    counts[PARSE_ERROR]! += 1;
    machine.complain(machine.lines + 1, PARSE_ERROR);
    return;
  }
  const length = 6 * (to - from) - fill;
  const type = words[0]! >> 24;
  const needed = length < 6 ? 6 : POSITION_BITS[type]!;
  if (length < needed) {
    counts[SHORT_PAYLOAD]! += 1;
    return;
  }
  if (needed === 0 || (type === 27 && !machine.coarse)) {
    counts[type]! += 1;
    if (type === 5 || type === 24) machine.statics.take(words, length, Number.isNaN(time) ? machine.clock : time);
    else if (type === 4 || type === 11) setClock(machine, length);
    return;
  }
  const row = machine.rows;
  const second = readPosition(words, type, columns, row);
  const isTimed = !Number.isNaN(time);
  const t = isTimed ? time : clockTime(machine, second);
  if (type === 19) machine.statics.take(words, length, t);
  if (Number.isNaN(t)) {
    counts[NO_TIME]! += 1;
    return;
  }
  if (!isTimed) counts[CLOCK_TIMES]! += 1;
  columns.t[row] = t;
  machine.rows = row + 1;
  if (machine.rows === machine.capacity) machine.flush();
}

/**
 * A base station's report, or a UTC response, tells the time (M.1371-5, table 46) unless it has none: year 0, hour 24, minute or second 60.
 * One that is wrong by a bit must not move the clock by centuries.
 */
function setClock(machine: Machine, length: number): void {
  const { words } = machine;
  const year = bits(words, 38, 14);
  const second = bits(words, 72, 6);
  if (length < 78 || second > 59 || year < FIRST_YEAR || year > LAST_YEAR) return;
  const time = utc(year, bits(words, 52, 4), bits(words, 56, 5), bits(words, 61, 5), bits(words, 66, 6), second);
  if (!Number.isNaN(time)) machine.clock = time;
}

/** The time nearest to the clock's that has this UTC second, which then is the clock's; the clock's own where the second is not known. */
function clockTime(machine: Machine, second: number): number {
  const { clock } = machine;
  if (Number.isNaN(clock) || second >= NO_SECOND) return clock;
  let time = Math.floor(clock / 60) * 60 + second;
  if (time - clock > 30) time -= 60;
  else if (time - clock <= -30) time += 60;
  machine.clock = time;
  return time;
}
