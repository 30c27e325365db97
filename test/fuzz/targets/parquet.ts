/** Parquet files: footers, page headers, levels and values, changed apart and together. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Rng, type Schema, WindrowError } from "../../../src/core/index.ts";
import { openParquet, type ParquetTable, parquetSink } from "../../../src/formats/parquet/index.ts";
import { nodeCodecs, nodeHashes } from "../../../src/node/index.ts";
import { memoryStore } from "../../../src/stores/index.ts";
import { shared } from "../../shared.ts";
import type { Target } from "../engine.ts";
import { changed, edgeNumber, type Mutator, type Parts, pick, type Tools } from "../mutate.ts";
import {
  countedCodecs,
  fault,
  judged,
  MOST_ROWS,
  mixed,
  type Outcome,
  openPartsStore,
  partsStore,
  rowHashes,
} from "../oracle.ts";
import { type ModelPage, type ParquetModel, parquetBytes, parquetModel } from "../parquet-model.ts";
import { checkTakes, tried } from "../takes.ts";
import { numberOf, setNumber, type ThriftField, type ThriftNode, treeOf } from "../thrift-tree.ts";
import { someRows } from "./mds.ts";

const plainCodecs = nodeCodecs();
const codecs = countedCodecs(plainCodecs);
const hashes = await nodeHashes();
const FILE = "x.parquet";

async function file(schema: Schema, rows: number, options: object = {}): Promise<Parts> {
  const store = memoryStore();
  await using draft = await store.draft(FILE);
  const sink = parquetSink(draft, schema, { codecs: plainCodecs, createdBy: "x", ...options });
  await sink.write(someRows(schema, rows));
  await sink.close();
  await draft.publish();
  return { [FILE]: (await store.get(FILE))! };
}

/** Small files of others, where the shared data is. */
function othersFiles(): Parts[] {
  return ["data", "bad_data"].flatMap((name) => {
    const folder = shared("data", "parquet-testing", name);
    if (folder === undefined || !existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((each) => each.endsWith(".parquet"))
      .sort()
      .map((each) => new Uint8Array(readFileSync(join(folder, each))))
      .filter(({ length }) => length < 20_000)
      .map((bytes) => ({ [FILE]: bytes }));
  });
}

function withModel(change: (model: ParquetModel, tools: Tools) => "fit" | "lie"): Mutator {
  return (parts, tools) => {
    const model = parquetModel(parts[FILE]!, plainCodecs);
    if (model === undefined) return undefined;
    const how = change(model, tools);
    return { [FILE]: parquetBytes(model, plainCodecs, how === "lie") };
  };
}

function somePage({ chunks }: ParquetModel, rng: Rng): ModelPage | undefined {
  const pages = chunks.flatMap((chunk) => chunk.pages);
  return pages.length === 0 ? undefined : pick(rng, pages);
}

/** Changes what a page holds, beneath its packing and its checksum. */
const pageBodies = withModel((model, tools) => {
  const page = somePage(model, tools.rng);
  if (page === undefined) return "fit";
  const other = somePage(model, tools.rng)!.body;
  page.body = changed(page.body, { ...tools, other });
  return tools.rng.int(8) === 0 ? "lie" : "fit";
});

/** Every number of a tree, with the field that has it. */
function numberFields(node: ThriftNode, found: ThriftField[]): void {
  if (typeof node !== "object" || node instanceof Uint8Array) return;
  if ("items" in node) {
    for (const item of node.items) numberFields(item, found);
    return;
  }
  for (const field of node.fields) {
    if (typeof field.value === "bigint") found.push(field);
    else numberFields(field.value, found);
  }
}

function lieIn(node: ThriftNode, rng: Rng): void {
  const fields: ThriftField[] = [];
  numberFields(node, fields);
  if (fields.length === 0) return;
  const field = pick(rng, fields);
  const near = BigInt(rng.int(5) - 2);
  field.value = rng.int(2) === 0 ? edgeNumber(rng, 64) : (field.value as bigint) + near; // only those with numbers are found
}

/** Lies about a number of the footer, which fits otherwise. */
const footerNumbers = withModel(({ footer }, { rng }) => {
  lieIn(footer, rng);
  return "fit";
});

/** Lies about a number of a page's header. */
const headerNumbers = withModel((model, { rng }) => {
  const page = somePage(model, rng);
  if (page !== undefined) lieIn(page.header, rng);
  return rng.int(2) === 0 ? "fit" : "lie";
});

/** Promises another raw size of a page than it has. */
const rawSizes = withModel((model, { rng }) => {
  const page = somePage(model, rng);
  if (page !== undefined) setNumber(page.header, 2, Number(edgeNumber(rng, page.body.length)));
  return "lie";
});

/** Leaves out, doubles or moves fields and items of the footer. */
const footerShape = withModel(({ footer }, { rng }) => {
  const lists: (ThriftField[] | ThriftNode[])[] = [];
  const collect = (node: ThriftNode): void => {
    if (typeof node !== "object" || node instanceof Uint8Array) return;
    if ("items" in node) {
      lists.push(node.items);
      node.items.forEach(collect);
      return;
    }
    lists.push(node.fields);
    for (const { value } of node.fields) collect(value);
  };
  collect(footer);
  const list = pick(rng, lists) as ThriftNode[]; // fields are moved as items are
  const at = rng.int(list.length + 1);
  if (rng.int(2) === 0) list.splice(at, 1);
  else if (list.length > 0) list.splice(at, 0, structuredClone(pick(rng, list)));
  return "fit";
});

/** Reads values by another encoding, or with other counts of values, in all places that say so. */
const encodings = withModel((model, { rng }) => {
  const chunk = model.chunks.length === 0 ? undefined : pick(rng, model.chunks);
  const page = chunk === undefined || chunk.pages.length === 0 ? undefined : pick(rng, chunk.pages);
  if (page === undefined) return "fit";
  for (const [header, field] of [
    [5, 2],
    [7, 2],
    [8, 4],
  ] as const)
    setNumber(treeOf(page.header, header), field, rng.int(10));
  if (rng.int(3) === 0) setNumber(treeOf(chunk?.entry, 3), 1, rng.int(8));
  return "fit";
});

/** Takes rows or values from all counts at once, so that they agree and the page does not. */
const counts = withModel((model, { rng }) => {
  const by = rng.int(9) - 4;
  for (const { entry, pages } of model.chunks) {
    const meta = treeOf(entry, 3);
    setNumber(meta, 5, (numberOf(meta, 5) ?? 0) + by);
    for (const { header } of pages.slice(-1)) {
      for (const id of [5, 8]) {
        const data = treeOf(header, id);
        setNumber(data, 1, (numberOf(data, 1) ?? 0) + by);
      }
    }
  }
  if (rng.int(2) === 0) setNumber(model.footer, 3, (numberOf(model.footer, 3) ?? 0) + by);
  return "fit";
});

async function read(parts: Parts): Promise<string> {
  const options = { store: partsStore(parts), codecs, hashes };
  await using table = await openParquet(FILE, options);
  const whole = await tried(() => rowHashes(table.batches()));
  const store = openPartsStore(parts);
  await checkTakes(store, () => openParquet(FILE, { ...options, store }), whole);
  if (whole instanceof WindrowError) throw whole;
  const length = Math.min(MOST_ROWS, table.length);
  if (Object.keys(table.schema).length > 0 && whole.length !== length)
    fault(`${table.length} rows, got ${whole.length}`);
  const some = await rowHashes(table.batches({ batchRows: 7 }));
  if (some.join() !== whole.join()) fault("rows by sevens are not those of the whole");
  const [from, to] = [Math.floor(length / 3), Math.ceil((2 * length) / 3)];
  const range = await rangeHashes(table, from, to);
  if (range !== undefined && range.join() !== whole.slice(from, to).join())
    fault("rows of a range are not those of the whole");
  return String(mixed(0, new TextEncoder().encode(JSON.stringify([table.schema, whole]))));
}

/** Rows of a range; `undefined` where they are refused: a range goes by the page index, which a read of the whole does not look at. */
async function rangeHashes(table: ParquetTable, from: number, to: number): Promise<number[] | undefined> {
  try {
    return await rowHashes(table.batches({ from, to }));
  } catch (error) {
    if (error instanceof WindrowError && error.code === "damaged") return undefined;
    throw error;
  }
}

async function judge(parts: Parts): Promise<Outcome> {
  return judged(() => read(parts), /x\.parquet/);
}

const WORDS = [
  "PAR1",
  "PARE",
  "ARROW:schema",
  "list",
  "element",
  "array",
  "schema",
  "UTF8",
  "[null]",
  '{"a":1}',
  "1e9",
  "é",
];

/** openParquet: its batches, its row groups as shards, and what the loader makes of them. */
export async function parquetTarget(seeds: "own" | "all"): Promise<Target> {
  const flat = {
    i: { kind: "i64" },
    d: { kind: "f64" },
    b: { kind: "bool" },
    n: { kind: "u16", nullable: true },
  } as const;
  const text = { s: { kind: "str", nullable: true }, j: { kind: "json" }, y: { kind: "bytes" } } as const;
  const list = { w: { kind: "f32", shape: [2, 3] }, h: { kind: "f16", shape: [4] } } as const;
  return {
    seeds: [
      await file(flat, 20),
      await file(text, 12, { compression: { codec: "zstd" } }),
      await file(list, 9, { compression: { codec: "snappy" }, byteStreamSplit: true }),
      await file({ ...flat, ...list }, 30, { pageBytes: 40, rowGroupBytes: 600 }),
      await file({ ...text, t: { kind: "i32" }, c: { kind: "u8" } }, 30, { pageBytes: 60, rowGroupBytes: 900 }),
      await file(list, 0),
      ...(seeds === "all" ? othersFiles() : []),
    ],
    dictionary: WORDS.map((word) => new TextEncoder().encode(word)),
    mutators: [pageBodies, pageBodies, footerNumbers, headerNumbers, rawSizes, footerShape, encodings, counts],
    judge,
  };
}
