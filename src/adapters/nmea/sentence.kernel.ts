/** Reads one AIS sentence (`!AIVDM,…*hh`, `!AIVDO,…*hh`) where it stands among bytes: its fields, its checksum, where its payload lies. */

/** What became of a sentence: it can be used, or the reason why not. */
export const GOOD = 0;
/** It has seven fields, and no checksum or another one. */
export const BAD_CHECKSUM = 1;
/** It begins like an AIS sentence and is none. */
export const MALFORMED = 2;

/** Place of a missing sequential message id, after 0 to 9. */
export const NO_SEQUENCE = 10;
/** Letters of a sentence's payload at most, as pyais has it; NMEA 0183 allows 82 letters for the whole sentence. */
export const MOST_LETTERS = 200;
/** NMEA 0183: the count of sentences of a message is one digit. */
export const MOST_PARTS = 9;

/** A sentence as it was read; used again for the next one. */
export interface Sentence {
  /** `GOOD`, `BAD_CHECKSUM` or `MALFORMED`; unless good, only `next` has a meaning. */
  verdict: number;
  /** How many sentences the message has, and which of them this is, from 1. */
  total: number;
  number: number;
  /** Sequential message id 0 to 9, or `NO_SEQUENCE`. */
  sequence: number;
  /** 0 for A (or 1), 1 for B (or 2), 2 for none, 3 for any other. */
  channel: number;
  /** 1 for an own ship's sentence (VDO). */
  own: number;
  /** Bits of the last payload letter that do not count, 0 to 5. */
  fill: number;
  /** Where the payload lies. */
  from: number;
  to: number;
  /** The first byte that is no part of the sentence. */
  next: number;
}

export function sentence(): Sentence {
  return {
    verdict: MALFORMED,
    total: 0,
    number: 0,
    sequence: 0,
    channel: 0,
    own: 0,
    fill: 0,
    from: 0,
    to: 0,
    next: 0,
  };
}

const BANG = 0x21;
const STAR = 0x2a;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const ZERO = 0x30;

/** The value of a hexadecimal digit; 255 for any other byte. */
export const HEX: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = "0123456789abcdef".indexOf(String.fromCharCode(byte).toLowerCase());
  return value < 0 ? 255 : value;
});

/** Digits and Latin letters. */
const WORD = Uint8Array.from({ length: 256 }, (_, byte) => (/[0-9a-zA-Z]/.test(String.fromCharCode(byte)) ? 1 : 0));

/** Whether `!`, any talker, and VDM or VDO stand there, in whatever case. */
export function isAisStart(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < 6 || bytes[at] !== BANG) return false;
  // The bit 0x20 is all that tells a small letter from a capital.
  if ((bytes[at + 3]! | 0x20) !== 0x76 || (bytes[at + 4]! | 0x20) !== 0x64) return false;
  const last = bytes[at + 5]! | 0x20;
  return (last === 0x6d || last === 0x6f) && WORD[bytes[at + 1]!] === 1 && WORD[bytes[at + 2]!] === 1;
}

function channelOf(byte: number): number {
  if (byte === 0x41 || byte === 0x31) return 0;
  return byte === 0x42 || byte === 0x32 ? 1 : 3;
}

/**
 * Reads the sentence that begins at `at` (see `isAisStart`) and lies before `end`, the end of its line. It ends behind its checksum; where
 * that is missing, at the line's end or where another sentence or a tag block begins.
 */
export function readSentence(bytes: Uint8Array, at: number, end: number, into: Sentence): void {
  let xor = 0;
  let commas = 0;
  let c1 = 0;
  let c2 = 0;
  let c3 = 0;
  let c4 = 0;
  let c5 = 0;
  let c6 = 0;
  let i = at + 1;
  let byte = 0;
  for (;;) {
    // Most bytes are above the comma: a loop that does nothing else.
    for (byte = bytes[i]!; byte > COMMA && i < end; byte = bytes[i]!) {
      xor ^= byte;
      i++;
    }
    if (i >= end || byte === STAR || (byte === BANG && isAisStart(bytes, i, end))) break;
    if (byte === COMMA) {
      commas += 1;
      if (commas === 5) c5 = i;
      else if (commas === 6) c6 = i;
      else if (commas === 4) c4 = i;
      else if (commas === 3) c3 = i;
      else if (commas === 2) c2 = i;
      else if (commas === 1) c1 = i;
      else c6 = i;
    }
    xor ^= byte;
    i++;
  }
  const hasSum = i + 2 < end && byte === STAR && bytes[i] === STAR && (HEX[bytes[i + 1]!]! | HEX[bytes[i + 2]!]!) < 16;
  into.next = hasSum ? i + 3 : i;
  if (!hasSum || ((HEX[bytes[i + 1]!]! << 4) | HEX[bytes[i + 2]!]!) !== xor) {
    // A sentence that was cut may have run into the tag block of the next one.
    const tag = bytes.subarray(at, i).indexOf(BACKSLASH);
    if (tag >= 0) into.next = at + tag;
    into.verdict = (hasSum && tag < 0) || commas >= 6 ? BAD_CHECKSUM : MALFORMED;
    return;
  }
  into.verdict = MALFORMED;
  // Seven fields: address, total, number, sequence, channel, payload, fill.
  if (commas !== 6 || c1 !== at + 6 || c2 !== c1 + 2 || c3 !== c2 + 2) return;
  const total = bytes[c1 + 1]! - ZERO;
  const number = bytes[c2 + 1]! - ZERO;
  if (total < 1 || total > MOST_PARTS || number < 1 || number > total) return;
  const fill = i === c6 + 1 ? 0 : bytes[c6 + 1]! - ZERO;
  if (i > c6 + 2 || fill < 0 || fill > 5) return;
  const hasSequence = c4 > c3 + 1;
  const sequence = hasSequence ? bytes[c3 + 1]! - ZERO : NO_SEQUENCE;
  // A message of one sentence needs no id: what stands there does not matter.
  if (total > 1 && hasSequence && (c4 > c3 + 2 || sequence < 0 || sequence > 9)) return;
  if (c6 - c5 - 1 > MOST_LETTERS) return;
  into.verdict = GOOD;
  into.total = total;
  into.number = number;
  into.sequence = sequence;
  into.channel = c5 === c4 + 1 ? 2 : c5 === c4 + 2 ? channelOf(bytes[c4 + 1]!) : 3;
  into.own = (bytes[at + 5]! | 0x20) === 0x6f ? 1 : 0;
  into.fill = fill;
  into.from = c5 + 1;
  into.to = c6;
}
