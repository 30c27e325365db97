/** Matches as tables: what is stored comes back, and what is not of these times does not. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { anySensors } from "../../test/sync-plain.ts";
import type { Hash, Schema } from "../core/index.ts";
import { MATCH_KEY, restoredMatch, type StoredMatch, storedMatch } from "./stored-match.ts";
import type { SyncSpec } from "./sync-spec.ts";
import { empty, interpolate, nearest, synchronization } from "./synchronize.ts";

const hash: Hash = { name: "sha256", digest: (bytes) => createHash("sha256").update(bytes).digest("hex") };

function stored(sync: ReturnType<typeof nearest>, timestamps: Readonly<Record<string, Float64Array>>) {
  const { metadata, ...table } = storedMatch(sync.match(timestamps), { timestamps, spec: sync.spec, hash }, "1.2.3");
  return { ...table, metadata: new Map(Object.entries(metadata)) };
}

const anySpec: fc.Arbitrary<SyncSpec> = fc.record({
  rule: fc.constantFrom("nearest", "previous", "next", "interpolate" as const),
  reference: fc.constant("a"),
  missing: fc.constantFrom("drop", "keep" as const),
  optional: fc.constantFrom([], ["c"]),
  clocks: fc.constantFrom({}, { b: { offsetSeconds: 0.01, scale: 1.0001 } }),
});

test("what is stored comes back", () => {
  fc.assert(
    fc.property(anySensors, anySpec, (timestamps, spec) => {
      const sync = synchronization(spec);
      const match = sync.match(timestamps);
      assert.deepEqual(restoredMatch(stored(sync, timestamps), timestamps, { hash, spec: sync.spec }), match);
    }),
    { numRuns: 300, seed: 1 },
  );
  const timestamps = { a: Float64Array.of(0, 1) };
  assert.deepEqual(restoredMatch(stored(empty(), timestamps), timestamps, { hash }), empty().match(timestamps));
});

test("the table has the columns that are promised", () => {
  const timestamps = { a: Float64Array.of(0, 1), b: Float64Array.of(0.5) };
  const kinds = ({ schema }: { schema: Schema }) =>
    Object.entries(schema).map(([name, { kind, nullable }]) => `${name} ${kind}${nullable ? "?" : ""}`);
  const common = ["row u32", "ref_row u32", "time f64", "segment u32"];
  const near = stored(nearest({ reference: "a" }), timestamps);
  assert.deepEqual(kinds(near), [...common, "a u32", "a_dt f32", "b u32", "b_dt f32"]);
  const between = stored(interpolate({ reference: "a", optional: ["b"] }), timestamps);
  const optional = ["b u32?", "b_dt f32", "b_before u32?", "b_after u32?", "b_w f64"];
  assert.deepEqual(kinds(between), [
    ...common,
    "a u32",
    "a_dt f32",
    "a_before u32",
    "a_after u32",
    "a_w f64",
    ...optional,
  ]);
  const said = JSON.parse(near.metadata.get(MATCH_KEY)!);
  assert.deepEqual([said.library, said.spec.rule, said.spec.reference], ["1.2.3", "nearest", "a"]);
  assert.deepEqual(said.timestamps.b, { samples: 1, sha256: hash.digest(new Uint8Array(timestamps.b.buffer)) });
});

const TIMES = { a: Float64Array.of(0, 1, 2), b: Float64Array.of(0, 1.01) };

test("another time, another sensor, or another rule, and it is stale", () => {
  const sync = nearest({ reference: "a" });
  const table = stored(sync, TIMES);
  const load =
    (timestamps: Readonly<Record<string, Float64Array>>, spec = sync.spec) =>
    () =>
      restoredMatch(table, timestamps, { hash, spec });
  const refused = (message: RegExp) => ({ name: "WindrowError", code: "stale", message });
  load(TIMES)();
  assert.throws(load({ ...TIMES, b: Float64Array.of(0, 1.02) }), refused(/other times of b, 2 samples, got 2/));
  assert.throws(load({ ...TIMES, b: Float64Array.of(0) }), refused(/other times of b, 2 samples, got 1/));
  assert.throws(load({ a: TIMES.a }), refused(/also of sensor b/));
  assert.throws(load({ ...TIMES, c: TIMES.a }), refused(/not of sensor c/));
  assert.throws(load(TIMES, nearest({ reference: "a", toleranceSeconds: 1 }).spec), refused(/it was made by/));
});

test("a table that holds no match is damaged, and says where", () => {
  type Table = StoredMatch | ReturnType<typeof stored>;
  const table = stored(nearest({ reference: "a" }), TIMES);
  const said = JSON.parse(table.metadata.get(MATCH_KEY)!);
  const meta = (value: unknown) => new Map([[MATCH_KEY, typeof value === "string" ? value : JSON.stringify(value)]]);
  const column = (name: string, kind: "u32" | "f64", data: Uint32Array | Float64Array): Partial<Table> => ({
    schema: { ...table.schema, [name]: { kind } },
    batch: { ...table.batch, columns: { ...table.batch.columns, [name]: { data } } },
  });
  const cases: readonly [object, RegExp][] = [
    [{ metadata: new Map() }, /must have windrow:match/],
    [{ metadata: meta("{") }, /must be JSON/],
    [{ metadata: meta({ ...said, version: 2 }) }, /must be of version 1/],
    [{ metadata: meta({ ...said, timestamps: { a: null } }) }, /must be of version 1/],
    [{ metadata: meta("[]") }, /must be of version 1/],
    [column("b", "u32", Uint32Array.of(0, 2)), /row 1 of b must be a sample below 2, got 2/],
    [column("b", "f64", Float64Array.of(0, 1)), /column b must be of kind u32, got f64/],
    [column("time", "f64", Float64Array.of(0, Number.NaN)), /row 1 of time must be finite/],
    [{ schema: { ...table.schema, ref_row: undefined } }, /column ref_row must be of kind u32, got none/],
  ];
  for (const [change, message] of cases)
    assert.throws(() => restoredMatch({ ...table, ...change }, TIMES, { hash }), { code: "damaged", message });
});

test("sensors whose columns would have one name are refused", () => {
  const timestamps = { a: TIMES.a, a_dt: TIMES.a };
  assert.throws(() => stored(nearest({ reference: "a" }), timestamps), { code: "usage", message: /got a_dt twice/ });
  assert.throws(() => stored(nearest({ reference: "row" }), { row: TIMES.a }), {
    code: "usage",
    message: /got row twice/,
  });
});
