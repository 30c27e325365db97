/** Few bytes that hold very many numbers: read in pieces, they are what they are read at once. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteWriter } from "../byte-writer.ts";
import { PAGE } from "./codes.ts";
import { placedValues } from "./decode.ts";
import { heldRows } from "./held.ts";
import { isInPieces } from "./in-pieces.ts";
import { HybridReader, readHybrid, writeHybrid } from "./levels.kernel.ts";
import type { Page } from "./pages.ts";
import { rowFollower } from "./rows.ts";
import type { SourceColumn } from "./source-column.ts";

/** Runs of 0 and 1, long ones too, that come to more numbers than are set aside for their bytes. */
const anyRuns = fc
  .array(fc.tuple(fc.nat(1), fc.integer({ min: 1, max: 90_000 })), { minLength: 4, maxLength: 9 })
  .map((runs) => {
    const values = new Uint8Array(200_000 + runs.reduce((sum, [, count]) => sum + count, 0));
    let at = 0;
    for (const [value, count] of runs) {
      values.fill(value, at, at + count);
      at += count;
    }
    const out = new ByteWriter();
    writeHybrid(out, values, 1);
    return { values, bytes: out.done() };
  });

test("numbers read some at a time are those read at once", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 0, max: 9 }), sizes, (bytes, width, parts) => {
      const count = parts.reduce((sum, part) => sum + part, 0);
      const outcome = (read: (out: Uint32Array) => void): string => {
        const out = new Uint32Array(count);
        try {
          read(out);
          return out.join();
        } catch (error) {
          return String(error);
        }
      };
      const whole = outcome((out) => readHybrid(bytes, width, out, 300));
      const some = outcome((out) => {
        const reader = new HybridReader(bytes, { width, max: 300, count });
        let at = 0;
        for (const part of parts) {
          reader.read(out.subarray(at, at + part));
          at += part;
        }
      });
      assert.equal(some, whole);
    }),
  );
});

test("a page of runs has the values of its places, whichever of them are copied", () => {
  const steps = fc.array(fc.tuple(fc.nat(90_000), fc.nat(90_000)), { maxLength: 6 });
  fc.assert(
    fc.property(anyRuns, steps, ({ values, bytes }, ranges) => {
      assert.ok(isInPieces(bytes, values.length));
      const encoded = { bytes: Uint8Array.of(1, ...bytes), encoding: 8, count: values.length };
      const placed = placedValues(Float64Array.of(7, 9), encoded);
      assert.equal(placed.length, values.length);
      let at = 0;
      for (const [skip, length] of ranges) {
        const from = Math.min(values.length, at + skip);
        at = Math.min(values.length, from + length);
        const into = new Float64Array(at - from);
        placed.copy(from, at, into, 0);
        assert.ok(into.every((value, i) => value === 7 + 2 * values[from + i]!));
      }
    }),
    { numRuns: 20 },
  );
});

test("a page of runs has the gaps of its levels", () => {
  const column: SourceColumn = {
    ...{ name: "c", type: { kind: "i32", nullable: true }, chunk: 0, physical: 1, width: 4, isList: false, values: 1 },
    ...{ maxDefinition: 1, isOptional: true, isLengthKnown: true },
  };
  fc.assert(
    fc.property(anyRuns, ({ values, bytes }) => {
      const header = { type: PAGE.dataV2, rawBytes: 0, bytes: 0, encoding: 0, values: values.length };
      const repetition = new Uint8Array(0);
      const page: Page = { header, repetition, definition: bytes, body: repetition, offset: 0, giveBack() {} };
      const { rows, count, stretches } = rowFollower(column).next(page);
      assert.equal(rows, values.length);
      assert.equal(
        count,
        values.reduce((sum, value) => sum + value, 0),
      );
      const held = heldRows();
      held.push(stretches);
      for (let at = 0; at < rows; ) {
        const { rows: length, valid } = held.take(50_001);
        assert.deepEqual(valid ?? new Uint8Array(length).fill(1), values.subarray(at, at + length));
        at += length;
      }
      assert.ok(held.isEmpty);
    }),
    { numRuns: 20 },
  );
});
