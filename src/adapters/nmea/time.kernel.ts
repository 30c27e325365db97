/** Reads times as logs write them, among bytes: epoch seconds or milliseconds, ISO 8601, NMEA tag blocks. NaN stands for no time. */

import { HEX } from "./sentence.kernel.ts";

const BACKSLASH = 0x5c;
const STAR = 0x2a;
const COMMA = 0x2c;
const DASH = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;

/** Digits behind the point that count: all digits together stay below 2^53, so that one division is exact, until the year 2255. */
const FRACTION_DIGITS = 6;
/** A number of fewer digits elsewhere than in a tag block is no time: 9 digits are 1973. */
const LEAST_DIGITS = 9;
const MOST_DIGITS = 14;
/** Seconds up to the year 5138, then milliseconds. */
const LEAST_MILLISECONDS = 1e11;

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39;
}

/** A number of `count` digits; -1 where one is none. */
function whole(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = bytes[i]! - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = 10 * value + digit;
  }
  return value;
}

/** Epoch seconds of a number in seconds or milliseconds that has at least `least` digits before its point and ends at `to`. */
export function epochAt(bytes: Uint8Array, from: number, to: number, least: number): number {
  let i = from;
  let value = 0;
  for (; i < to && isDigit(bytes[i]!); i++) value = 10 * value + bytes[i]! - ZERO;
  const digits = i - from;
  if (digits < least || digits > MOST_DIGITS) return Number.NaN;
  let scale = value < LEAST_MILLISECONDS ? 1 : 1000;
  if (i < to) {
    if (bytes[i] !== DOT || i + 1 === to) return Number.NaN;
    for (i += 1; i < to; i++) {
      if (!isDigit(bytes[i]!)) return Number.NaN;
      if (scale >= 10 ** FRACTION_DIGITS) continue;
      value = 10 * value + bytes[i]! - ZERO;
      scale *= 10;
    }
  }
  return value / scale;
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Epoch seconds of a date and time of day, UTC; NaN for one that there is not. Second 60 is a leap second: the next one. */
export function utc(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
  if (month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59) return Number.NaN;
  if (second < 0 || second > 60 || year < 1970 || year > 9999) return Number.NaN;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > MONTH_DAYS[month - 1]! + (isLeap && month === 2 ? 1 : 0)) return Number.NaN;
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
}

/** Seconds east of UTC of `Z`, `+01:00`, `+0100`, `+01` at `at`; 0 where there is none of them: a time without zone is UTC. */
function zoneSeconds(bytes: Uint8Array, at: number, to: number): number {
  const sign = bytes[at];
  if (at + 3 > to || (sign !== 0x2b && sign !== DASH)) return 0;
  const hours = whole(bytes, at + 1, 2);
  const minutesAt = bytes[at + 3] === COLON ? at + 4 : at + 3;
  const minutes = minutesAt + 2 <= to ? whole(bytes, minutesAt, 2) : 0;
  if (hours < 0 || hours > 23 || minutes > 59) return Number.NaN;
  return (sign === DASH ? -1 : 1) * (3600 * hours + 60 * Math.max(0, minutes));
}

/** Epoch seconds of `2024-01-31T12:00:00.5Z`, also with `/` in the date, a space for the T, and a zone. */
function isoAt(bytes: Uint8Array, from: number, to: number): number {
  if (to - from < 19 || bytes[from + 13] !== COLON || bytes[from + 16] !== COLON) return Number.NaN;
  const mark = bytes[from + 4]!;
  if ((mark !== DASH && mark !== 0x2f) || bytes[from + 7] !== mark) return Number.NaN;
  const joint = bytes[from + 10]! | 0x20;
  if (joint !== 0x74 && joint !== 0x20) return Number.NaN;
  const seconds = utc(
    whole(bytes, from, 4),
    whole(bytes, from + 5, 2),
    whole(bytes, from + 8, 2),
    whole(bytes, from + 11, 2),
    whole(bytes, from + 14, 2),
    whole(bytes, from + 17, 2),
  );
  let i = from + 19;
  let value = seconds;
  let scale = 1;
  if (bytes[i] === DOT && i < to) {
    for (i += 1; i < to && isDigit(bytes[i]!); i++) {
      if (scale >= 10 ** FRACTION_DIGITS) continue;
      value = 10 * value + bytes[i]! - ZERO;
      scale *= 10;
    }
  }
  return (value - scale * zoneSeconds(bytes, i, to)) / scale;
}

/** Space, tab, comma, semicolon, brackets, quotes: what stands around a time. */
function isAround(byte: number): boolean {
  if (byte <= 0x22 || byte === COMMA || byte === 0x3b) return true;
  return byte === 0x28 || byte === 0x29 || byte === 0x5b || byte === 0x5d;
}

/** The time that stands first between `from` and `to`: before a sentence, an epoch or an ISO time with nothing before it. */
export function leadingTime(bytes: Uint8Array, from: number, to: number): number {
  let i = from;
  while (i < to && isAround(bytes[i]!)) i++;
  let end = i;
  while (end < to && !isAround(bytes[end]!)) end++;
  const epoch = epochAt(bytes, i, end, LEAST_DIGITS);
  return Number.isNaN(epoch) ? isoAt(bytes, i, to) : epoch;
}

/** The time in the fields behind a checksum, as in `,r003669945,1241544035`: the first field that is an epoch. A comma stands at `from`. */
export function trailingTime(bytes: Uint8Array, from: number, to: number): number {
  let i = from;
  while (i < to) {
    // Each field begins behind a comma.
    const start = i + 1;
    i = start;
    while (i < to && bytes[i] !== COMMA) i++;
    let end = i;
    while (end > start && bytes[end - 1]! <= 0x20) end--;
    const epoch = epochAt(bytes, start, end, LEAST_DIGITS);
    if (!Number.isNaN(epoch)) return epoch;
  }
  return Number.NaN;
}

/** What a tag block says (NMEA 0183 4.10, section 7); used again for the next one. */
export interface TagBlock {
  /** Whether its checksum is right; else it says nothing. */
  isGood: boolean;
  /** Field `c`: epoch seconds. */
  time: number;
  /** Field `g`: which sentence of a group this is, from 1, and the group's number; group -1 where there is none. */
  number: number;
  group: number;
}

export function tagBlock(): TagBlock {
  return { isGood: false, time: Number.NaN, number: 0, group: -1 };
}

/** `1-2-33`: sentence, total, group. */
function readGroup(bytes: Uint8Array, from: number, to: number, into: TagBlock): void {
  let part = 0;
  let value = 0;
  let number = 0;
  for (let i = from; i < to; i++) {
    const byte = bytes[i]!;
    if (byte === DASH) {
      if (part === 0) number = value;
      part += 1;
      value = 0;
    } else if (isDigit(byte) && value < 1e8) value = 10 * value + byte - ZERO;
    else return;
  }
  if (part !== 2) return;
  into.number = number;
  into.group = value;
}

/** The place of the backslash that ends the tag block which begins at `at`; -1 where none comes before `end`. */
export function tagBlockEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at + 1; i < end; i++) if (bytes[i] === BACKSLASH) return i;
  return -1;
}

/** Reads the tag block between the backslashes at `from` and `to`. */
export function readTagBlock(bytes: Uint8Array, from: number, to: number, into: TagBlock): void {
  into.time = Number.NaN;
  into.group = -1;
  into.isGood = false;
  const star = to - 3;
  if (star <= from || bytes[star] !== STAR || (HEX[bytes[to - 2]!]! | HEX[bytes[to - 1]!]!) > 15) return;
  let xor = 0;
  for (let i = from + 1; i < star; i++) xor ^= bytes[i]!;
  if (xor !== ((HEX[bytes[to - 2]!]! << 4) | HEX[bytes[to - 1]!]!)) return;
  into.isGood = true;
  for (let start = from + 1; start < star; ) {
    let end = start;
    while (end < star && bytes[end] !== COMMA) end++;
    if (bytes[start + 1] === COLON) {
      if (bytes[start] === 0x63) into.time = epochAt(bytes, start + 2, end, 1);
      else if (bytes[start] === 0x67) readGroup(bytes, start + 2, end, into);
    }
    start = end + 1;
  }
}
