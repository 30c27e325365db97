/** Sentences: which are read, and what is said of the others. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { framed } from "../../../test/nmea-encoder.ts";
import { BAD_CHECKSUM, GOOD, isAisStart, MALFORMED, readSentence, sentence } from "./sentence.kernel.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

function read(text: string) {
  const into = sentence();
  const bytes = bytesOf(text);
  readSentence(bytes, 0, bytes.length, into);
  return { ...into, payload: text.slice(into.from, into.to), rest: text.slice(into.next) };
}

test("a sentence's fields are read, and what follows is left", () => {
  const { verdict, total, number, sequence, channel, own, fill, payload, rest } = read(
    `${framed("AIVDM,2,1,7,B,55?MbV02,0")},r003669945,1241544035`,
  );
  assert.equal(verdict, GOOD);
  assert.deepEqual([total, number, sequence, channel, own, fill], [2, 1, 7, 1, 0, 0]);
  assert.deepEqual([payload, rest], ["55?MbV02", ",r003669945,1241544035"]);
});

test("a missing id and channel, an own ship, a small letter and fill bits are understood", () => {
  assert.deepEqual([read(framed("AIVDO,1,1,,,B,2")).sequence, read(framed("AIVDO,1,1,,,B,2")).channel], [10, 2]);
  assert.deepEqual([read(framed("BSVDO,1,1,,1,B,2")).own, read(framed("aivdm,1,1,,2,B,2")).fill], [1, 2]);
  assert.equal(read(framed("aivdm,1,1,,2,B,")).fill, 0, "an empty count of fill bits is 0");
  assert.equal(read("!AIVDM,1,1,,B,,0*25").verdict, GOOD, "an empty payload is a sentence");
  assert.equal(read("!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5c").verdict, GOOD, "a small hexadecimal digit");
});

test("a wrong or missing checksum is told from what is no sentence", () => {
  const verdicts: readonly (readonly [string, number])[] = [
    ["!AIVDM,1,1,,B,,0*26", BAD_CHECKSUM],
    ["!AIVDM,1,1,,B,,0*2", BAD_CHECKSUM],
    ["!AIVDM,1,1,,B,,0*", BAD_CHECKSUM],
    ["!AIVDM,1,1,,B,,0*GG", BAD_CHECKSUM],
    ["!AIVDM,1,1,,B,,0", BAD_CHECKSUM],
    ["!AIVDM,1,1,,B,", MALFORMED],
    ["!AIVDM", MALFORMED],
    ["!AIVDMxyz", MALFORMED],
    [framed("AIVDM,1,1,,B,0"), MALFORMED],
    [framed("AIVDM,1,1,,B,w,0,1"), MALFORMED],
    [framed("AIVDM,0,1,,B,w,0"), MALFORMED],
    [framed("AIVDM,1,0,,B,w,0"), MALFORMED],
    [framed("AIVDM,2,3,1,B,w,0"), MALFORMED],
    [framed("AIVDM,12,1,1,B,w,0"), MALFORMED],
    [framed("AIVDM,2,1,x,B,w,0"), MALFORMED],
    [framed("AIVDM,2,1,12,B,w,0"), MALFORMED],
    [framed("AIVDM,2,1,:,B,w,0"), MALFORMED],
    [framed("AIVDM,1,1,,B,w,6"), MALFORMED],
    [framed("AIVDM,1,1,,B,w,00"), MALFORMED],
    [framed(`AIVDM,1,1,,B,${"w".repeat(201)},0`), MALFORMED],
    [framed(`AIVDM,1,1,,B,${"w".repeat(200)},0`), GOOD],
    [framed("AIVDM,1,1,12,B,w,0"), GOOD],
  ];
  for (const [text, verdict] of verdicts) assert.equal(read(text).verdict, verdict, text);
});

test("a sentence that was cut ends where the next one begins", () => {
  const whole = framed("AIVDM,1,1,,B,w,0");
  assert.deepEqual(
    [read(`!AIVDM,1,1,,A,15M${whole}`).verdict, read(`!AIVDM,1,1,,A,15M${whole}`).rest],
    [MALFORMED, whole],
  );
});

test("any talker begins an AIS sentence, and nothing else does", () => {
  for (const start of ["!AIVDM,", "!BSVDO,", "!ABvdm,", "!A1VDM*"]) assert.ok(isAisStart(bytesOf(start), 0, 7), start);
  for (const start of ["$AIVDM,", "!AIVDX,", "!AIABM,", "!A,VDM,", "!AIVD"])
    assert.ok(!isAisStart(bytesOf(start), 0, start.length), start);
});
