/** The table of traces: sorted by name, written and read back, names unique. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { memoryWorkspace } from "../../test/memory-workspace.ts";
import { longestId, readTraces, SPLITS, type Trace, traceEntity, traceId, traceTable, writeTraces } from "./traces.ts";

const texts = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.constantFrom("\u{1F600}", "\uFFFD", "\uD7FF", "a\u{10000}", "a\uE000"),
);
const list = fc.uniqueArray(
  fc.record({
    id: texts,
    entity: texts,
    split: fc.constantFrom(...SPLITS),
    firstRow: fc.nat({ max: 2 ** 50 }),
    rows: fc.nat({ max: 2 ** 30 }),
    firstStart: fc.nat({ max: 2 ** 30 }),
    step: fc.constantFrom(1, 2),
  }),
  { selector: ({ id }) => id, maxLength: 20 },
);
const encoder = new TextEncoder();

function compareBytes(a: string, b: string): number {
  const [left, right] = [encoder.encode(a), encoder.encode(b)];
  const at = left.findIndex((byte, i) => byte !== right[i]);
  return at < 0 ? left.length - right.length : left[at]! - (right[at] ?? -1);
}

test("traces come back from their file, in the order of their names' bytes", () => {
  fc.assert(
    fc.property(list, (traces) => {
      const workspace = memoryWorkspace();
      writeTraces(workspace, traceTable(traces));
      const table = readTraces(workspace);
      const back: Trace[] = Array.from({ length: table.length }, (_, i) => ({
        id: traceId(table, i),
        entity: traceEntity(table, i),
        split: SPLITS[table.split[i]!]!,
        firstRow: table.firstRow[i]!,
        rows: table.rows[i]!,
        firstStart: table.firstStart[i]!,
        step: table.step[i]!,
      }));
      assert.deepEqual(
        back,
        traces.map((trace) => ({ ...trace })).sort((a, b) => compareBytes(a.id, b.id)),
      );
      assert.equal(longestId(table), Math.max(0, ...traces.map(({ id }) => encoder.encode(id).length)));
    }),
  );
});

test("two traces of one name are refused, with the name", () => {
  const trace: Trace = { id: "219001000-5", entity: "219001000", split: "train", firstRow: 0, rows: 1 };
  assert.throws(() => traceTable([trace, { ...trace, rows: 2 }]), { code: "damaged", message: /219001000-5/ });
});

test("stretches of one trace stand by their starts, and are refused where two share one", () => {
  const stretch = (firstStart: number, rows: number): Trace => ({
    ...{ id: "drive", entity: "car", split: "train", firstRow: 0 },
    firstStart,
    rows,
  });
  const table = traceTable([stretch(10, 5), stretch(0, 10), stretch(20, 1)]);
  assert.deepEqual([...table.firstStart], [0, 10, 20]);
  assert.throws(() => traceTable([stretch(9, 5), stretch(0, 10)]), { code: "damaged", message: /drive/ });
  assert.throws(() => traceTable([stretch(7, 0), stretch(7, 0)]), { code: "damaged" });
  assert.throws(() => traceTable([stretch(2 ** 32 - 1, 2)]), { code: "unsupported", message: /2³²/ });
  const everyFifth = { ...stretch(0, 3), step: 5 };
  assert.equal(traceTable([everyFifth, stretch(11, 1)]).length, 2);
  assert.throws(() => traceTable([everyFifth, stretch(10, 1)]), { code: "damaged", message: /drive/ });
  assert.throws(() => traceTable([{ ...everyFifth, step: 2 ** 31 }]), { code: "unsupported", message: /2³²/ });
});

test("a table that is not there says what to do", () => {
  assert.throws(() => readTraces(memoryWorkspace()), { code: "missing", message: /run the command again/ });
});
