/** Conversions in memory, task by task: what goes there and back is the same, whatever the parts, tasks and groups. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type ConvertFormat,
  type ConvertSpec,
  convertSpec,
  convertTasks,
  joinedTables,
  Memory,
  runConvertTask,
  targetSchema,
} from "../src/convert/index.ts";
import { type Batch, type Json, rng, type Schema, type Store, type Table } from "../src/core/index.ts";
import { mdsLayout, samplesPerShard } from "../src/formats/mds/index.ts";
import { diff } from "../src/inspect/index.ts";
import { memoryStore } from "../src/stores/index.ts";
import { anySchema, comparable, cutRows, rowsFrom } from "./any-rows.ts";
import { type Format, openRows, putRows, tools } from "./convert-places.ts";
import { memoryWorkspace } from "./memory-workspace.ts";

/** How small everything is cut. */
interface Cut {
  readonly parts: number;
  readonly shardBytes: number;
  readonly groupBytes: number;
  readonly tasks: number;
  readonly directRows: number;
  readonly batchRows: number;
  readonly seed: number;
}

const anyCut: fc.Arbitrary<Cut> = fc.record({
  parts: fc.integer({ min: 1, max: 5 }),
  shardBytes: fc.integer({ min: 300, max: 4000 }),
  groupBytes: fc.integer({ min: 1, max: 4000 }),
  tasks: fc.integer({ min: 1, max: 3 }),
  directRows: fc.constantFrom(0, 10, 1000),
  batchRows: fc.integer({ min: 1, max: 50 }),
  seed: fc.nat(),
});

function specOf(table: Table, format: ConvertFormat, cut: Cut): ConvertSpec {
  const { schema } = targetSchema(table.schema, format);
  const mds =
    format === "mds" ? mdsLayout(schema, { shardBytes: cut.shardBytes, compression: { codec: "zstd" } }) : undefined;
  const spec = convertSpec({
    format,
    schema: table.schema,
    rows: table.length,
    rowBytes: 10,
    parts: cut.parts,
    file: undefined,
    mds,
    compression: { codec: "zstd", level: 1 },
    taskBytes: 1000,
    createdBy: "test",
  });
  const shard = mds === undefined ? 7 : (samplesPerShard(mds) ?? table.length);
  const { groupBytes, batchRows, directRows } = cut;
  return { ...spec, groupBytes, batchRows, directRows, taskRows: Math.max(1, shard * cut.tasks) };
}

/** Carries out all tasks, those that need not wait in any order. */
async function converted(source: Table, spec: ConvertSpec, seed: number): Promise<Store> {
  const store = memoryStore();
  const done = new Map<string, Json>();
  const tasks = convertTasks(spec, "request");
  const context = {
    places: { store, workspace: memoryWorkspace(), ...tools },
    spec,
    source,
    memory: new Memory(),
    journal: { result: async (id: string) => done.get(id), finish: async () => {} },
    tasks,
    unchanged: async () => {},
  };
  const waiting = [...tasks];
  const random = rng(seed);
  while (waiting.length > 0) {
    const ready = waiting.filter(({ after }) => after.every((id) => done.has(id)));
    const task = ready[random.int(ready.length)]!;
    waiting.splice(waiting.indexOf(task), 1);
    // Plain data: what the journal of a real run would give back.
    done.set(task.id, JSON.parse(JSON.stringify(await runConvertTask(task, context))) as Json);
  }
  return store;
}

async function targetTable(store: Store, spec: ConvertSpec): Promise<Table> {
  const names = spec.format === "mds" ? [""] : await Array.fromAsync(store.list("samples_"));
  const tables = await Promise.all(names.map((name) => openRows(store, { format: spec.format, name })));
  const parts = tables.map((table, i) => ({
    name: names[i]!,
    length: table.length,
    isSharded: spec.format !== "arrow",
    open: async () => table,
  }));
  return joinedTables(parts, tables[0]!.schema);
}

async function all(table: Table): Promise<Batch[]> {
  return Array.fromAsync(table.batches());
}

/** What formats do not tell apart: bools of MDS, and which columns might have had gaps. */
function plain(schema: Schema, hasGaps: boolean): Schema {
  const columns = Object.entries(schema).map(([name, { unit: _, nullable, ...type }]) => [
    name,
    { ...type, kind: type.kind === "bool" ? "u8" : type.kind, ...(hasGaps && nullable && { nullable }) },
  ]);
  return Object.fromEntries(columns) as Schema;
}

/** Without gaps where the formats on the way hold none. */
function fitting(schema: Schema, formats: readonly Format[]): Schema {
  const columns = Object.entries(schema).map(([name, type]) => {
    const { nullable: _, ...rest } = type;
    const holds = !formats.includes("mds") && !(formats.includes("parquet") && type.shape !== undefined);
    return [name, holds ? type : rest];
  });
  return Object.fromEntries(columns) as Schema;
}

const anyFormat = fc.constantFrom<Format>("mds", "parquet", "arrow");

test("samples that go to another format and back are the same, in the same order", async () => {
  await fc.assert(
    fc.asyncProperty(
      anySchema,
      fc.integer({ min: 1, max: 60 }),
      fc.tuple(anyFormat, anyFormat),
      anyCut,
      async (any, rows, formats, cut) => {
        const schema = fitting(any, formats);
        const batch = rowsFrom(schema, rows, cut.seed);
        const first = memoryStore("first");
        const at = { format: formats[0], name: formats[0] === "mds" ? "" : `x.${formats[0]}` };
        await putRows(first, at, { schema, batches: [batch] });
        const source = await openRows(first, at);
        const there = specOf(source, formats[1], cut);
        const middle = await converted(source, there, cut.seed);
        const between = await targetTable(middle, there);
        assert.equal(there.parts.length, Math.min(cut.parts, rows));
        const back = specOf(between, formats[0], { ...cut, parts: 1 });
        const last = await converted(between, back, cut.seed);
        const end = await targetTable(last, back);
        const expected = comparable(schema, [batch]);
        assert.deepEqual(comparable(schema, await all(between)), expected);
        assert.deepEqual(comparable(schema, await all(end)), expected);
        const isPlain = formats.includes("mds");
        assert.deepEqual(
          plain(end.schema, !isPlain),
          Object.fromEntries(Object.entries(plain(schema, !isPlain)).sort(isPlain ? byName : () => 0)),
        );
        if (!isPlain) assert.deepEqual(end.schema, schema);
        const report = await diff({ store: first, ...tools }, { store: last, ...tools });
        assert.deepEqual([report.same_samples, report.same_order, report.same_values], [true, true, true]);
      },
    ),
    { numRuns: 80 },
  );
});

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);

test("files depend on the rows and the plan, not on how the source is cut, nor on the order of the tasks", async () => {
  await fc.assert(
    fc.asyncProperty(
      anySchema,
      fc.integer({ min: 1, max: 60 }),
      anyFormat,
      fc.tuple(anyCut, fc.array(fc.nat(), { maxLength: 4 })),
      async (any, rows, format, [cut, cuts]) => {
        const schema = fitting(any, ["mds", "parquet"]);
        const batch = rowsFrom(schema, rows, cut.seed);
        const files = async (from: "parquet" | "arrow", batches: readonly Batch[], seed: number, batchRows: number) => {
          const at = { format: from, name: `x.${from}` };
          const parts = batches.map((own, i) => ({
            name: String(i),
            length: own.length,
            isSharded: from === "parquet",
            async open(): Promise<Table> {
              const store = memoryStore();
              await putRows(store, at, { schema, batches: [own] });
              return openRows(store, at);
            },
          }));
          const source = joinedTables(parts, schema);
          const store = await converted(source, specOf(source, format, { ...cut, batchRows }), seed);
          return Array.fromAsync(store.list(""), async (key) => [key, (await store.get(key))?.toHex()]);
        };
        const expected = await files("arrow", [batch], 2, 40);
        assert.deepEqual(await files("arrow", cutRows(schema, batch, cuts), 1, 3), expected);
        assert.deepEqual(await files("parquet", cutRows(schema, batch, cuts), 3, 3), expected);
      },
    ),
    { numRuns: 60 },
  );
});

test("a column that is nullable in name only goes where no gaps are held; a gap is named, and its row", async () => {
  const schema = { a: { kind: "i32" }, v: { kind: "f32", shape: [2], nullable: true } } as const;
  const valid = (row: number) => Uint8Array.from({ length: 20 }, (_, i) => (i === row ? 0 : 1));
  const rows = (gap: number): Batch => ({
    length: 20,
    columns: { a: { data: new Int32Array(20) }, v: { data: new Float32Array(40), valid: valid(gap) } },
  });
  const cut = { parts: 2, shardBytes: 400, groupBytes: 40, tasks: 1, directRows: 0, batchRows: 3, seed: 1 };
  for (const format of ["mds", "parquet"] as const) {
    for (const gap of [-1, 13]) {
      const store = memoryStore();
      await putRows(store, { format: "arrow", name: "x.arrow" }, { schema, batches: [rows(gap)] });
      const source = await openRows(store, { format: "arrow", name: "x.arrow" });
      const spec = specOf(source, format, cut);
      assert.deepEqual(spec.mustHave, ["v"]);
      const result = converted(source, spec, 1);
      if (gap < 0) await result;
      else await assert.rejects(result, { code: "unsupported", message: /column v has no value in row 13/ });
    }
  }
});

test("parts are as equal as can be, and never more than rows", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.integer({ min: 1, max: 50 }), (rows, parts) => {
      const request = { format: "arrow", schema: {}, rows, rowBytes: 8, parts, file: undefined } as const;
      const spec = convertSpec({
        ...request,
        mds: undefined,
        compression: undefined,
        taskBytes: 1000,
        createdBy: "test",
      });
      const total = spec.parts.reduce((sum, each) => sum + each, 0);
      assert.equal(total, rows);
      assert.equal(spec.parts.length, Math.max(1, Math.min(rows, parts)));
      assert.ok(Math.max(...spec.parts) - Math.min(...spec.parts) <= 1);
    }),
  );
});
