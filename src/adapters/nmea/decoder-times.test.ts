/** The time of each position that a log tells: the sentence's own, its group's, or the clock's. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AT, FIX, fixed, log, timed } from "../../../test/nmea-decoded.ts";
import { positionBits, sentences, tagged, timeBits } from "../../../test/nmea-encoder.ts";

test("times stand before, in tag blocks, and behind; a damaged tag block has none", () => {
  const time = (content: string) => log(content).rows.map(({ t }) => t);
  assert.deepEqual(time(`${AT}.25 ${fixed()}`), [AT + 0.25]);
  assert.deepEqual(time(`2023-11-14 22:13:20 ${fixed()}`), [AT]);
  assert.deepEqual(time(`${fixed()},r003669945,${AT}\r`), [AT]);
  assert.deepEqual(time(`${AT + 9} ${timed(AT)},r1,${AT + 5}`), [AT], "a tag block's before all");
  assert.deepEqual(time(tagged("s:r") + timed(AT)), [AT]);
  assert.deepEqual(log(timed(AT).replace("c:1", "c:2")).dropped, { no_time: 1 });
  assert.deepEqual(log(timed(AT).replace("c:1", "c:2")).noted, { bad_tag_blocks: 1 });
});

test("a group has the time of its first sentence, for a while", () => {
  const first = tagged(`g:1-2-33,c:${AT}`) + fixed({ mmsi: 1 });
  const second = tagged("g:2-2-33") + fixed({ mmsi: 2 });
  const times = (...lines: readonly string[]) => log(lines.join("\n")).rows.map(({ mmsi, t }) => [mmsi, t]);
  assert.deepEqual(times(first, second), [
    [1, AT],
    [2, AT],
  ]);
  assert.deepEqual(times(tagged(`g:1-2-33,c:${AT}`), second), [[2, AT]], "also of a tag block alone on its line");
  assert.deepEqual(times(first, tagged("g:2-2-34") + fixed()), [[1, AT]]);
  assert.deepEqual(times(first, ...Array.from({ length: 101 }, () => "!AIVDM"), second), [[1, AT]]);
  const [one, two] = sentences(positionBits({ ...FIX, type: 19 }), { most: 40 });
  assert.deepEqual(times(`${tagged(`g:1-2-7,c:${AT}`)}${one}`, `${tagged("g:2-2-7")}${two}`), [[FIX.mmsi, AT]]);
});

test("without times, a base station or the user tells the time, and each position's second refines it", () => {
  const seconds = (...lines: readonly string[]) => log(lines.join("\n")).rows.map(({ t }) => t - AT);
  // AT is 20 seconds past the minute.
  const base = sentences(timeBits(2190001, AT))[0]!;
  const at = (second: number) => fixed({ second });
  assert.deepEqual(seconds(at(20), base, at(20), at(25), at(23), at(50), at(5), at(58)), [0, 5, 3, 30, 45, 38]);
  assert.deepEqual(seconds(base, at(50)), [30], "half a minute ahead");
  assert.deepEqual(seconds(base, at(51)), [-29], "or a little less behind");
  assert.deepEqual(seconds(base, at(60), at(61), at(63)), [0, 0, 0], "no second");
  assert.deepEqual(seconds(base, timed(AT + 500), at(21)), [500, 1], "a receive time is its own sentence's");
  assert.deepEqual(seconds(base, sentences(timeBits(2190001, AT + 3600))[0]!, at(20)), [3600]);
  const { rows, noted } = log([at(30), at(31)].join("\n"), { startTime: AT });
  assert.deepEqual(
    rows.map(({ t }) => t - AT),
    [10, 11],
  );
  assert.deepEqual(noted, { clock_times: 2 });
});

test("a base station without a time tells none", () => {
  const none = "!AIVDM,1,1,,A,402B4L0000Htt1Lg@6FV5vG01d7N,0*06";
  assert.deepEqual(log(`${none}\n${fixed()}`).dropped, { base_station: 1, no_time: 1 });
  for (const year of ["1989", "2100", "9252"]) {
    const odd = sentences(timeBits(2190001, Date.parse(`${year}-01-01`) / 1000))[0]!;
    assert.deepEqual(log(`${odd}\n${fixed()}`).dropped, { base_station: 1, no_time: 1 });
  }
  const short = sentences(timeBits(2190001, AT).slice(0, 77))[0]!;
  assert.deepEqual(log(`${short}\n${fixed()}`).dropped, { base_station: 1, no_time: 1 });
});
