/** Messages of several sentences: whole in any order, and what is lost is counted. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { framed } from "../../../test/nmea-encoder.ts";
import { Parts } from "./parts.ts";
import { readSentence, sentence } from "./sentence.kernel.ts";

/** A part: its number, its letters, when it was received. */
type Part = readonly [number: number, letters: string, time?: number];

/** Takes parts of messages of `total` sentences; gives the whole ones and what was left. */
function joined(total: number, given: readonly Part[], address = (_: number) => `AIVDM,${total}`) {
  const parts = new Parts();
  const whole: string[] = [];
  const into = sentence();
  for (const [i, [number, letters, time = Number.NaN]] of given.entries()) {
    const bytes = new TextEncoder().encode(framed(`${address(i)},${number},1,A,${letters},0`));
    readSentence(bytes, 0, bytes.length, into);
    if (parts.take(bytes, into, time, i)) {
      whole.push(
        `${new TextDecoder().decode(parts.whole.letters.subarray(0, parts.whole.length))} ${parts.whole.time}`,
      );
    }
  }
  parts.finish();
  return { whole, incomplete: parts.incomplete, duplicates: parts.duplicates };
}

test("parts in any order make the message, at the time of the first one", () => {
  const letters = fc.stringMatching(/^[0-W`-w]{0,60}$/);
  const message = fc.array(letters, { minLength: 2, maxLength: 9 });
  fc.assert(
    fc.property(message, fc.infiniteStream(fc.nat()), (texts, chance) => {
      const ranks = texts.map(() => chance.next().value as number);
      const order = [...texts.keys()].sort((a, b) => ranks[a]! - ranks[b]!);
      const given = order.map((i): Part => [i + 1, texts[i]!, 1000 + i]);
      assert.deepEqual(joined(texts.length, given), {
        whole: [`${texts.join("")} 1000`],
        incomplete: 0,
        duplicates: 0,
      });
    }),
  );
});

test("every part is in a whole message, a duplicate, or incomplete", () => {
  const part = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom("0", "1"), fc.integer({ min: 0, max: 40 }));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 60 }), (given) => {
      const { whole, incomplete, duplicates } = joined(3, given);
      assert.equal(3 * whole.length + incomplete + duplicates, given.length);
    }),
  );
});

test("a part that comes twice counts as a duplicate, another one in its place begins another message", () => {
  assert.deepEqual(
    joined(2, [
      [1, "a"],
      [1, "a"],
      [2, "b"],
    ]),
    { whole: ["ab NaN"], incomplete: 0, duplicates: 1 },
  );
  assert.deepEqual(
    joined(2, [
      [1, "a"],
      [1, "c"],
      [2, "b"],
    ]),
    { whole: ["cb NaN"], incomplete: 1, duplicates: 0 },
  );
});

test("parts received ten seconds apart are of one message, later ones are not", () => {
  assert.equal(
    joined(2, [
      [1, "a", 100],
      [2, "b", 110],
    ]).whole.length,
    1,
  );
  assert.equal(
    joined(2, [
      [1, "a", 110],
      [2, "b", 100],
    ]).whole.length,
    1,
  );
  assert.deepEqual(
    joined(2, [
      [1, "a", 100],
      [2, "b", 110.1],
    ]),
    { whole: [], incomplete: 2, duplicates: 0 },
  );
});

test("without times, up to a hundred sentences apart are", () => {
  const between = (count: number) => Array.from({ length: count }, (): Part => [1, "x"]);
  const other = (i: number, last: number) => (i === 0 || i === last ? "AIVDM,2" : "AIVDM,3");
  for (const [count, whole] of [
    [99, 1],
    [100, 0],
  ] as const) {
    const given: Part[] = [[1, "a"], ...between(count), [2, "b"]];
    assert.equal(joined(2, given, (i) => other(i, count + 1)).whole.length, whole, String(count));
  }
});

test("own and other ships' parts, and messages of another length, are kept apart", () => {
  assert.equal(
    joined(
      2,
      [
        [1, "a"],
        [2, "b"],
      ],
      (i) => (i === 0 ? "AIVDM,2" : "AIVDO,2"),
    ).whole.length,
    0,
  );
  assert.equal(
    joined(
      2,
      [
        [1, "a"],
        [2, "b"],
      ],
      (i) => `AIVDM,${i + 2}`,
    ).whole.length,
    0,
  );
});
