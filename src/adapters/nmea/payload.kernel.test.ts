/** Payloads: the armour comes off letter by letter, and any field is what its bits say. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { armored } from "../../../test/nmea-encoder.ts";
import { bits, dearmor, payloadWords, signedBits } from "./payload.kernel.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const bitText = fc.string({ unit: fc.constantFrom("0", "1"), minLength: 1, maxLength: 500 });

test("a field is the number that its bits spell, wherever it lies", () => {
  const words = payloadWords();
  fc.assert(
    fc.property(bitText, fc.nat(), fc.integer({ min: 1, max: 30 }), (text, place, wanted) => {
      const at = place % text.length;
      const width = Math.min(wanted, text.length - at);
      const { letters } = armored(text);
      assert.ok(dearmor(bytesOf(letters), 0, letters.length, words));
      const field = text.slice(at, at + width);
      assert.equal(bits(words, at, width), Number.parseInt(field, 2));
      const signed = BigInt.asIntN(width, BigInt(`0b${field}`));
      assert.equal(signedBits(words, at, width), Number(signed));
    }),
    { numRuns: 500 },
  );
});

test("behind a payload there are zeros, whatever was there before", () => {
  const words = payloadWords().fill(-1);
  dearmor(bytesOf("wwwwwwww"), 1, 6, words);
  assert.equal(bits(words, 0, 30), 2 ** 30 - 1);
  assert.equal(bits(words, 30, 30), 0);
});

test("64 letters stand for bits, every other byte is refused at every place", () => {
  const words = payloadWords();
  const good = new Set([...Array(64).keys()].map((value) => (value < 40 ? value + 48 : value + 56)));
  for (let byte = 0; byte < 256; byte++) {
    for (const place of [0, 4, 5, 6]) {
      const letters = bytesOf("0000000");
      letters[place] = byte;
      assert.equal(dearmor(letters, 0, 7, words), good.has(byte), `byte ${byte} at ${place}`);
    }
  }
});
