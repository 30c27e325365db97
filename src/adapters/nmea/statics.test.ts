/** What vessels say of themselves: of each fact the latest, whatever the order of messages. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { armored, bitText, type RawStatic, sixBit, type5Bits, type24Bits } from "../../../test/nmea-encoder.ts";
import { dearmor, payloadWords } from "./payload.kernel.ts";
import { Statics } from "./statics.ts";

const SHIP: RawStatic = {
  mmsi: 219000123,
  name: "MARY-ANN 7",
  shipType: 70,
  bow: 100,
  stern: 20,
  port: 10,
  starboard: 12,
  draught: 85,
};
const NONE: RawStatic = { ...SHIP, name: "", shipType: 0, bow: 0, stern: 0, port: 0, starboard: 0, draught: 0 };

type Message = readonly [bits: string, t: number];

function told(...messages: readonly Message[]) {
  const statics = new Statics();
  const words = payloadWords();
  for (const [bits, t] of messages) {
    const { letters } = armored(bits);
    dearmor(new TextEncoder().encode(letters), 0, letters.length, words);
    statics.take(words, bits.length, t);
  }
  return [...statics.all()];
}

const TEXTS = { vessel_type: "70", vessel_name: "MARY-ANN 7", length: "120", width: "22", draft: "8.5" };

test("type 5 tells all, type 24 in two parts all but the draught", () => {
  assert.deepEqual(told([type5Bits(SHIP), 7]), [{ mmsi: SHIP.mmsi, t: 7, texts: TEXTS }]);
  assert.deepEqual(told([type24Bits("A", SHIP), 7], [type24Bits("B", SHIP), 5]), [
    { mmsi: SHIP.mmsi, t: 7, texts: { ...TEXTS, draft: "" } },
  ]);
});

test("type 19 tells name, type and size", () => {
  const size = [
    [100, 9],
    [20, 9],
    [10, 6],
    [12, 6],
  ] as const;
  const bits = bitText([
    [19, 6],
    [0, 2],
    [SHIP.mmsi, 30],
    [0, 105],
    ...sixBit(SHIP.name, 20),
    [70, 8],
    ...size,
    [0, 11],
  ]);
  assert.deepEqual(told([bits, 7])[0]?.texts, { ...TEXTS, draft: "" });
});

test("what a message leaves open undoes nothing, and a vessel that tells nothing is not there", () => {
  assert.deepEqual(told([type5Bits(SHIP), 1], [type5Bits(NONE), 2])[0]?.texts, TEXTS);
  assert.deepEqual(told([type5Bits({ ...NONE, name: "    " }), 1]), []);
});

test("messages in any order tell the same", () => {
  const ship = fc.record({
    mmsi: fc.constantFrom(219000123, 219000456),
    name: fc.constantFrom("", "A", "B", "ALPHA 1", "ALPHA 2"),
    shipType: fc.constantFrom(0, 70, 80),
    bow: fc.constantFrom(0, 100),
    stern: fc.constant(3),
    port: fc.constantFrom(0, 5),
    starboard: fc.constant(0),
    draught: fc.constantFrom(0, 85),
  });
  const message = fc.tuple(
    fc.oneof(
      ship.map(type5Bits),
      ship.map((raw) => type24Bits("A", raw)),
      ship.map((raw) => type24Bits("B", raw)),
    ),
    fc.constantFrom(1, 2, 3, Number.NaN),
  );
  const byMmsi = (facts: ReturnType<typeof told>) => facts.sort((a, b) => a.mmsi - b.mmsi);
  fc.assert(
    fc.property(fc.array(message, { maxLength: 12 }), fc.nat(), (messages, turn) => {
      const turned = messages.map((_, i) => messages[(i + turn) % messages.length]!).reverse();
      assert.deepEqual(byMmsi(told(...turned)), byMmsi(told(...messages)));
    }),
  );
});

test("a message that is too short tells what is whole, and an auxiliary craft no size", () => {
  assert.deepEqual(told([type5Bits(SHIP).slice(0, 240), 1])[0]?.texts, { ...TEXTS, length: "", width: "", draft: "" });
  for (const length of [0, 6, 37, 39, 159]) assert.deepEqual(told([type24Bits("A", SHIP).slice(0, length), 1]), []);
  const craft = told([type24Bits("B", { ...SHIP, mmsi: 982_190_001 }), 1])[0]?.texts;
  assert.deepEqual([craft?.vessel_type, craft?.length, craft?.width], ["70", "", ""]);
});

test("a number that is no MMSI is no vessel", () => {
  for (const mmsi of [0, 1_000_000_000, 2 ** 30 - 1]) assert.deepEqual(told([type5Bits({ ...SHIP, mmsi }), 1]), []);
});

test("ten thousand vessels keep their facts apart", () => {
  const messages = Array.from({ length: 10_000 }, (_, i): Message => {
    return [type24Bits("A", { ...SHIP, mmsi: 200_000_001 + i, name: `SHIP ${i}` }), i];
  });
  assert.ok(told(...messages).every(({ texts, t }, i) => texts.vessel_name === `SHIP ${i}` && t === i));
});
