/** What is taken for an AIS log, and what is not. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { isNmea } from "./is-nmea.ts";

const is = (text: string) => isNmea(new TextEncoder().encode(text));
const SENTENCE = "!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C";

test("logs are known with comments, times, tag blocks, other sentences, and a first line that was cut", () => {
  const logs = [
    SENTENCE,
    `\n\n${SENTENCE}\n`,
    `# station 7\r\n#\r\n${SENTENCE}\r\n`,
    `$GPGGA,213950.00,5250.53669,N*7B\n$GPRMC,1\n`,
    `\\c:1609459200,s:x*44\\${SENTENCE}\n`,
    `\\g:1-2-33*51\\\n\\g:2-2-33*52\\${SENTENCE}\n`,
    `1609459200 ${SENTENCE}\n1609459201.5,${SENTENCE}\n`,
    `[2021-01-01 00:00:00.123] ${SENTENCE}\n`,
    `2021-01-01T00:00:00Z;${SENTENCE}\n`,
    `7KQJ5000G?tO\`K>RA1wUbN0TKH,0*5C\n${SENTENCE}\n${SENTENCE}`,
    `{"class":"AIS"}\n{"class":"TPV"}\n${SENTENCE}`,
    `timestamp,sentence\n2021-01-01 00:00:00,${SENTENCE}`,
  ];
  for (const text of logs) assert.ok(is(text), text);
});

test("tables and other text are not", () => {
  const others = [
    "",
    "# nothing but comments\n",
    "mmsi,t,lat,lon\n219000123,1700000000,55,10\n",
    "MMSI,BaseDateTime,LAT,LON,Raw\n219000123,2021-01-01T00:00:00,55,10,!AIVDM\n",
    `mmsi,t,lat,lon,raw\n219000123,1700000000,55,10,${SENTENCE}\n219000123,1700000001,55,10,${SENTENCE}\n`,
    "1700000000,219000123,55,10\n",
    "Dear all,\nthe price is $GPS, and more!\n",
    `a\nb\nc\nd\n${SENTENCE}\n`,
    "\u0000\u0001\u0002",
  ];
  for (const text of others) assert.ok(!is(text), text);
});

test("a hostile line is no log, and is only looked at where it begins", () => {
  for (const letter of [")", "\\", "0", "\\a\\", "2021-01-01 00:00:00)", "!AIVD", " "])
    assert.ok(!is(letter.repeat(65_536).slice(0, 65_536)), letter);
  assert.ok(!is(`\\${"a".repeat(600)}\\${SENTENCE}`));
});
