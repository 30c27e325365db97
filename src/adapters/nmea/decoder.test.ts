/** The decoder as a whole: what is encoded comes back, whatever the log is cut into, and every sentence is accounted for. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AT, bytesOf, decoded, FIX, fixed, log, type NmeaRow, timed } from "../../../test/nmea-decoded.ts";
import {
  bitText,
  framed,
  positionBits,
  type RawPosition,
  sentences,
  tagged,
  timeBits,
  type5Bits,
} from "../../../test/nmea-encoder.ts";
import { LINE_BYTES } from "./machine.kernel.ts";

const whole = (min: number, max: number) => fc.integer({ min, max });
const common = {
  mmsi: whole(0, 2 ** 30 - 1),
  heading: whole(0, 511),
  second: whole(0, 63),
};
const fine = fc.record({
  ...common,
  type: fc.constantFrom(1 as const, 2 as const, 3 as const, 18 as const, 19 as const),
  lat: whole(-(2 ** 26), 2 ** 26 - 1),
  lon: whole(-(2 ** 27), 2 ** 27 - 1),
  sog: whole(0, 1023),
  cog: whole(0, 4095),
});
const coarse = fc.record({
  ...common,
  type: fc.constant(27 as const),
  lat: whole(-(2 ** 16), 2 ** 16 - 1),
  lon: whole(-(2 ** 17), 2 ** 17 - 1),
  sog: whole(0, 63),
  cog: whole(0, 511),
});
const position: fc.Arbitrary<RawPosition> = fc.oneof(fine, coarse);

/** What a position is in degrees, knots, degrees: the doubles nearest to the decimals. */
function meant(raw: RawPosition, t: number): NmeaRow {
  const { mmsi, type, lat, lon, sog, cog, heading } = raw;
  if (type === 27) {
    const values = { sog: sog === 63 ? 102.3 : sog, cog: cog === 511 ? 360 : cog, heading: 511 };
    return { mmsi, t, lat: lat / 600, lon: lon / 600, ...values, msg_type: type };
  }
  const tenth = (value: number) => Number(`${Math.floor(value / 10)}.${value % 10}`);
  return { mmsi, t, lat: lat / 6e5, lon: lon / 6e5, sog: tenth(sog), cog: tenth(cog), heading, msg_type: type };
}

test("what is encoded comes back, exactly, in one sentence or in several", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(position, whole(5, 60)), { maxLength: 20 }), (given) => {
      const text = given
        .map(([raw, most], i) => {
          const parts = sentences(positionBits(raw), {
            most: Math.max(most, raw.type === 19 ? 6 : 4),
            sequence: i % 10,
          });
          return parts.map((part) => `${tagged(`c:${AT + i}`)}${part}\r\n`).join("");
        })
        .join("");
      const { rows, positions, dropped } = log(text, { coarse: true });
      assert.deepEqual(
        rows,
        given.map(([raw], i) => meant(raw, AT + i)),
      );
      assert.deepEqual([positions, dropped], [given.length, {}]);
    }),
  );
});

test("codes of what is not available are the same for all types", () => {
  const none = { lat: 91, lon: 181, sog: 102.3, cog: 360, heading: 511 };
  const far = { type: 27 as const, lat: 54_600, lon: 108_600, sog: 63, cog: 511 };
  const near = { lat: 54_600_000, lon: 108_600_000, sog: 1023, cog: 3600, heading: 511 };
  const { rows } = log([timed(AT, near), timed(AT, { ...near, type: 18 }), timed(AT, far)].join("\n"), {
    coarse: true,
  });
  for (const { mmsi: _, t: __, msg_type: ___, ...row } of rows) assert.deepEqual(row, none);
  assert.equal(rows.length, 3);
});

/** Lines of all sorts, and pieces of them. */
const line = fc.oneof(
  { weight: 4, arbitrary: position.map((raw) => sentences(positionBits(raw)).join("\n")) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(position, whole(0, 40))
      .map(([raw, s]) => tagged(`c:${AT + s}`) + sentences(positionBits(raw), { most: 12 }).join("\n")),
  },
  fc.tuple(position, whole(0, 40)).map(([raw, s]) => `${AT + s} ${sentences(positionBits(raw))[0]}`),
  fc.tuple(position, whole(0, 40)).map(([raw, s]) => `${sentences(positionBits(raw))[0]},r0036,${AT + s}`),
  whole(0, 100).map((s) => sentences(timeBits(2190001, AT + s))[0]!),
  fc
    .tuple(whole(1, 2), whole(0, 3), whole(0, 40))
    .map(([i, g, s]) => tagged(i === 1 ? `g:1-2-${g},c:${AT + s}` : `g:2-2-${g}`) + fixed()),
  fc.tuple(whole(0, 27), whole(0, 400)).map(
    ([type, length]) =>
      sentences(
        bitText([
          [type, 6],
          [0, length],
        ]),
      )[0]!,
  ),
  fc.constantFrom(
    "",
    "#",
    "$GPRMC,1*00",
    "\\",
    "!",
    "!AIVDM",
    "!AIVDM,",
    "\\c:1*00\\",
    "*",
    "\u0000",
    "!AIVDM,1,1,,B,,0*25",
  ),
  fc.string({ maxLength: 20 }),
  fc.constantFrom(LINE_BYTES - 1, LINE_BYTES, LINE_BYTES + 1, 3 * LINE_BYTES).map((length) => "x".repeat(length)),
);
/** A line that was damaged: cut, or with another letter. */
const damaged = fc.tuple(line, fc.nat(), fc.string({ maxLength: 2 })).map(([text, at, letters]) => {
  const place = at % (text.length + 1);
  return text.slice(0, place) + letters + text.slice(place + letters.length);
});
const ending = fc.constantFrom("\n", "\n", "\r\n", "\r", "", "\n\n");
const text = fc
  .array(fc.tuple(fc.oneof({ weight: 3, arbitrary: line }, damaged), ending), { maxLength: 30 })
  .map((lines) => lines.flat().join(""));

test("however a log is cut into pieces, the same is found", () => {
  fc.assert(
    fc.property(text, fc.array(fc.oneof(whole(0, 12), whole(0, 5000)), { maxLength: 40 }), (content, sizes) => {
      const bytes = bytesOf(content);
      const pieces: Uint8Array[] = [];
      let at = 0;
      for (const size of sizes) {
        // A copy: what a decoder keeps of a piece must not lie in it.
        pieces.push(bytes.slice(at, at + size));
        at += size;
      }
      pieces.push(bytes.slice(at));
      assert.deepEqual(decoded(pieces, { startTime: AT }), decoded([bytes], { startTime: AT }));
      assert.deepEqual(decoded(Array.from(bytes, (byte) => Uint8Array.of(byte))), decoded([bytes]));
    }),
    { numRuns: 150 },
  );
});

test("any bytes are read to their end, and rows are positions and what was dropped", () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), text.map(bytesOf));
  fc.assert(
    fc.property(bytes, fc.boolean(), (content, keepsCoarse) => {
      const { rows, positions, dropped, ...rest } = decoded([content], { coarse: keepsCoarse });
      assert.equal(rows.length, positions);
      const starts = new TextDecoder("latin1").decode(content).match(/![0-9a-z]{2}vd[mo]/gi) ?? [];
      const lost = Object.values(dropped).reduce((sum, n) => sum + n, 0);
      assert.ok(positions + lost <= starts.length, "no row comes from nothing");
      assert.ok(rows.every(({ t }) => Number.isFinite(t)));
      assert.ok(Object.values(rest.noted).every((count) => count > 0));
    }),
    { numRuns: 400 },
  );
});

test("each sentence is a row of its own, or a part of one", () => {
  const part = fc.tuple(whole(2, 4), whole(1, 4), whole(0, 9), fc.constantFrom("A", "B", "", "C"), fc.boolean());
  const lone = fc.constantFrom(fixed(), `${fixed()}x`, "!AIVDM,1", "!AIVDM,1,1,,B,,0*25", framed("AIVDM,1,1,,A,1,0"));
  const parts = part.map(([total, number, id, channel, good]) => {
    const body = framed(`AIVDM,${total},${Math.min(number, total)},${id},${channel},>5?Per18=HB1U:1@E=B0m<L,0`);
    return { total, body: good ? body : body.replace(/..$/, "xx") };
  });
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          lone.map((body) => ({ total: 1, body })),
          parts,
        ),
        { maxLength: 80 },
      ),
      (given) => {
        const { dropped } = log(given.map(({ body }) => body).join("\n"));
        const { type_14: messages = 0, ...others } = dropped;
        const rest = Object.values(others).reduce((sum, n) => sum + n, 0);
        // A whole message is of 2 to 4 sentences.
        const left = given.length - rest;
        assert.ok(left >= 2 * messages && left <= 4 * messages, JSON.stringify(dropped));
      },
    ),
  );
});

test("each reason has its sentences", () => {
  const reasons: readonly (readonly [string, string])[] = [
    ["checksum", fixed().replace(/..$/, "00")],
    ["checksum", fixed().replace(/\*..$/, "")],
    ["parse_error", "!AIVDM,1,1"],
    ["parse_error", framed("AIVDM,1,1,,A,15N~POOPP00o,0")],
    ["empty_payload", "!AIVDM,1,1,,B,,0*25"],
    ["short_payload", framed("AIVDM,1,1,,A,1,0")],
    ["short_payload", framed("AIVDM,1,1,,A,w,1")],
    ["short_payload", sentences(positionBits(FIX).slice(0, 142))[0]!],
    ["short_payload", sentences(positionBits({ ...FIX, type: 18 }).slice(0, 138))[0]!],
    ["incomplete", framed("AIVDM,2,1,3,A,55?MbV02,0")],
    ["no_time", fixed()],
    ["base_station", sentences(timeBits(2190001, AT))[0]!],
    ["base_station", sentences(timeBits(2190001, AT, 11))[0]!],
    [
      "sar_aircraft",
      sentences(
        bitText([
          [9, 6],
          [0, 162],
        ]),
      )[0]!,
    ],
    [
      "aton",
      sentences(
        bitText([
          [21, 6],
          [0, 266],
        ]),
      )[0]!,
    ],
    ["type_27", timed(AT, { type: 27 })],
    ["type_0", sentences(bitText([[0, 168]]))[0]!],
    [
      "type_63",
      sentences(
        bitText([
          [63, 6],
          [0, 50],
        ]),
      )[0]!,
    ],
  ];
  for (const [reason, sentence] of reasons) assert.deepEqual(log(sentence).dropped, { [reason]: 1 }, sentence);
  const type5 = type5Bits({ mmsi: 1, name: "", shipType: 0, bow: 0, stern: 0, port: 0, starboard: 0, draught: 0 });
  assert.deepEqual(log(sentences(type5).join("\n")).dropped, { type_5: 1 });
  assert.equal(log(tagged(`c:${AT}`) + sentences(positionBits(FIX).slice(0, 143))[0]).positions, 1);
  assert.equal(log(tagged(`c:${AT}`) + sentences(`${positionBits(FIX)}0101`)[0]).positions, 1, "longer is read too");
});

test("what is no AIS sentence is noted, and says nothing", () => {
  const lines = [
    "# a",
    " # b",
    "$GPRMC,1*00",
    "!AIABM,1",
    `${AT} $GPGGA,1`,
    `${tagged("s:x")}$GPGLL,1`,
    "noise",
    '{"a":1}',
    "",
    "  ",
  ];
  const { rows, noted } = log(lines.join("\n"));
  assert.deepEqual(rows, []);
  assert.deepEqual(noted, { other_sentences: 4, comment_lines: 2, other_lines: 2 });
});

test("a comment that quotes a sentence is a comment", () => {
  assert.deepEqual(log(`# ${timed(AT)}`).noted, { comment_lines: 1 });
});

test("a lost line end loses no sentence, and no time", () => {
  const one = timed(AT, { mmsi: 1 });
  const cut = "!AIVDM,1,1,,A,15M";
  const times = (content: string) => log(content).rows.map(({ mmsi, t }) => [mmsi, t]);
  assert.deepEqual(times(one + timed(AT + 5, { mmsi: 2 })), [
    [1, AT],
    [2, AT + 5],
  ]);
  assert.deepEqual(times(`${fixed({ mmsi: 1 })},r1,${AT}${fixed({ mmsi: 2 })},r1,${AT + 5}`), [
    [1, AT],
    [2, AT + 5],
  ]);
  assert.deepEqual(times(`${cut}${one}`), [[1, AT]]);
  assert.deepEqual(times(`$GPRMC,12${one}`), [[1, AT]]);
  assert.deepEqual(times(`\\c:12${one}`), [[1, AT]]);
  assert.deepEqual(log(`${cut}${one}`).dropped, { parse_error: 1 });
});

test("bad sentences are shown with their lines, whatever ends a line", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const lines = ["# one", "", "!AIVDM,1", fixed(), "x".repeat(2 * LINE_BYTES), "!AIVDM,2"];
    assert.deepEqual(
      log(lines.join(end)).examples.map((bad) => bad.line),
      [3, 6],
    );
  }
  assert.equal(log("!AIVDM\n".repeat(100)).examples.length, 5);
});

test("a line without an end is read in pieces of bounded length, and nothing of it is kept", () => {
  const sentence = timed(AT);
  const endless = Array.from({ length: 3000 }, () => bytesOf("x".repeat(997)));
  const { rows, noted } = decoded([...endless, bytesOf(`\n${sentence}`)]);
  assert.equal(rows.length, 1);
  assert.equal(noted["other_lines"], Math.ceil((3000 * 997) / LINE_BYTES));
});

test("many positions come in chunks, in the order of the log", () => {
  const count = 20_000;
  const lines = Array.from({ length: count }, (_, i) => timed(AT + i));
  assert.deepEqual(
    log(lines.join("\n")).rows.map(({ t }) => t),
    Array.from({ length: count }, (_, i) => AT + i),
  );
});
