/** Times as logs write them: exact, or none. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { tagged } from "../../../test/nmea-encoder.ts";
import { epochAt, leadingTime, readTagBlock, tagBlock, trailingTime, utc } from "./time.kernel.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const leading = (text: string) => leadingTime(bytesOf(text), 0, text.length);
const trailing = (text: string) => trailingTime(bytesOf(text), 0, text.length);

test("an epoch is the double nearest to its decimal, in seconds or milliseconds", () => {
  const decimal = fc.tuple(fc.integer({ min: 0, max: 9_007_199_253 }), fc.stringMatching(/^\d{1,6}$/));
  fc.assert(
    fc.property(decimal, ([whole, fraction]) => {
      for (const text of [String(whole), `${whole}.${fraction}`])
        assert.equal(epochAt(bytesOf(text), 0, text.length, 1), Number(text));
    }),
  );
  assert.equal(leading("1609459200123 "), 1_609_459_200.123);
  assert.equal(leading("1609459200123.5 "), 1_609_459_200.1235);
  for (const text of ["", "12345678", "123456789012345", "1609459200.", "1609459200x", "-1609459200", "1e10"])
    assert.ok(Number.isNaN(leading(text)), text);
});

test("a date and time of day is what Date says of it", () => {
  const instant = fc.integer({ min: 0, max: 4_102_444_800 });
  fc.assert(
    fc.property(instant, fc.constantFrom("T", " "), fc.constantFrom("Z", "", "+00:00"), (seconds, joint, zone) => {
      const iso = new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", joint);
      assert.equal(leading(`[${iso}${zone}] `), seconds);
      assert.equal(leading(`${iso.replaceAll("-", "/")}.25${zone},`), seconds + 0.25);
    }),
  );
  assert.equal(leading("2021-01-01T01:30:00+01:30"), 1_609_459_200);
  assert.equal(leading("2020-12-31T19:00:00-0500"), 1_609_459_200);
  assert.equal(leading("2016-12-31T23:59:60Z"), 1_483_228_800, "a leap second is the next one");
});

test("a date that there is not is no time", () => {
  const wrong: readonly (readonly [number, number, number, number, number, number])[] = [
    [2021, 2, 29, 0, 0, 0],
    [2021, 13, 1, 0, 0, 0],
    [2021, 0, 1, 0, 0, 0],
    [2021, 1, 0, 0, 0, 0],
    [2021, 1, 1, 24, 0, 0],
    [2021, 1, 1, 0, 60, 0],
    [2021, 1, 1, 0, 0, 61],
    [0, 1, 1, 0, 0, 0],
  ];
  for (const date of wrong) assert.ok(Number.isNaN(utc(...date)), String(date));
  assert.ok(!Number.isNaN(utc(2024, 2, 29, 23, 59, 60)));
  for (const text of ["2021-01-01", "2021-01/01 00:00:00", "2021-01-01 00.00.00", "2021-01-01T00:00:00+99:00"])
    assert.ok(Number.isNaN(leading(text)), text);
});

test("behind a sentence, the first field that is an epoch is the time", () => {
  assert.equal(trailing(",r003669945,1241544035"), 1_241_544_035);
  assert.equal(trailing(",1241544035\r"), 1_241_544_035);
  assert.equal(trailing(",d-109,S2105,t050056.00,T56.13,r003669946,1325394060,1325394001"), 1_325_394_060);
  for (const text of ["", ",", ",r003669945", ",12345"]) assert.ok(Number.isNaN(trailing(text)), text);
});

test("a tag block gives its time and its group when its checksum is right", () => {
  const read = (text: string) => {
    const into = tagBlock();
    readTagBlock(bytesOf(text), 0, text.length - 1, into);
    return [into.isGood, into.time, into.group, into.number];
  };
  assert.deepEqual(read(tagged("g:1-2-33,s:r1,c:1609459200")), [true, 1_609_459_200, 33, 1]);
  assert.deepEqual(read(tagged("c:1609459200500")), [true, 1_609_459_200.5, -1, 0]);
  assert.deepEqual(read(tagged("s:r1")), [true, Number.NaN, -1, 0]);
  assert.deepEqual(read(tagged("c:x,g:1-2").toLowerCase()), [true, Number.NaN, -1, 0]);
  assert.equal(read(tagged("c:1609459200").replace("9", "8"))[0], false);
  assert.equal(read("\\c:1609459200\\")[0], false);
  assert.equal(read("\\\\")[0], false);
});
