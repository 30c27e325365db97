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
    rows: fc.nat({ max: 2 ** 32 - 1 }),
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

test("a table that is not there says what to do", () => {
  assert.throws(() => readTraces(memoryWorkspace()), { code: "missing", message: /run the command again/ });
});
