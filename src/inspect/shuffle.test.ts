/** What the certificate says of orders that are known: chance's own, and many that are not. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryPlace, putMds, putParquet } from "../../test/inspect-places.ts";
import { type Rng, rng, type Schema } from "../core/index.ts";
import { judged, shuffleReport } from "./shuffle.ts";
import { measureOrder, type OrderedSamples } from "./shuffle-tests.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Samples as they are cut: vessel after vessel, each in order of time, every one overlapping those next to it. */
interface Fleet {
  readonly vessels: Uint32Array;
  readonly times: Float64Array;
  readonly ends: Float64Array;
  readonly sources: Uint32Array;
  readonly groups: number;
  readonly shards: number;
}

/** `few` makes some vessels have most of the samples. */
function fleet(length: number, groups: number, of: { readonly few?: number; readonly shards?: number } = {}): Fleet {
  const { few = 2, shards = 10 } = of;
  const chance = rng("fleet", length, groups);
  const vessels = Uint32Array.from({ length }, () => Math.floor(groups * chance.uniform() ** few)).sort();
  const begins = Array.from({ length: groups }, () => Math.floor(5 * chance.uniform()) * DAY);
  const times = new Float64Array(length);
  for (let i = 0, at = 0; i < length; i++) {
    at = vessels[i] === vessels[i - 1] ? at + 1 : 0;
    times[i] = begins[vessels[i]!]! + at * HOUR;
  }
  return {
    vessels,
    times,
    ends: times.map((time) => time + 5 * HOUR),
    sources: vessels.map((vessel) => vessel % 3),
    groups,
    shards,
  };
}

/** The samples of a fleet in an order. */
function ordered(of: Fleet, order: readonly number[] | Uint32Array): OrderedSamples {
  const { groups, shards } = of;
  const length = order.length;
  const taken = <A extends Uint32Array | Float64Array>(values: A, into: A): A => {
    for (let i = 0; i < length; i++) into[i] = values[order[i]!]!;
    return into;
  };
  const vessels = { of: taken(of.vessels, new Uint32Array(length)), groups };
  return {
    length,
    times: taken(of.times, new Float64Array(length)),
    ends: taken(of.ends, new Float64Array(length)),
    traces: vessels,
    entities: vessels,
    sources: { of: taken(of.sources, new Uint32Array(length)), groups: 3 },
    shards: Uint32Array.from({ length: shards }, (_, i) => Math.floor(((i + 1) * length) / shards)),
  };
}

function shuffled(order: Uint32Array, chance: Rng): Uint32Array {
  for (let i = order.length - 1; i > 0; i--) {
    const other = chance.int(i + 1);
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}

const ERROR_RATE = 1e-4;

/** Names of the questions that fail. */
function failures(samples: OrderedSamples, batch: number): string[] {
  const { measures } = measureOrder(samples, batch);
  return judged(measures, ERROR_RATE / measures.length).flatMap(({ name, verdict }) =>
    verdict === "fail" ? [name] : [],
  );
}

/** Answers to a question about many random orders. */
interface Answered {
  readonly p: number[];
  readonly z: number[];
  readonly deviation: number;
}

/** Asks every question of many random orders; none may fail. */
function askedOfChance(made: Fleet, batch: number, runs: number): ReadonlyMap<string, Answered> {
  const chance = rng("orders", made.vessels.length);
  const order = Uint32Array.from(made.vessels.keys());
  const byName = new Map<string, Answered>();
  for (let run = 0; run < runs; run++) {
    const { measures } = measureOrder(ordered(made, shuffled(order, chance)), batch);
    for (const { name, p, z, deviation } of measures) {
      assert.ok(p > ERROR_RATE / measures.length, `order ${run}: ${name} has p ${p}`);
      const of = byName.get(name) ?? { p: [], z: [], deviation: deviation ?? 0 };
      byName.set(name, of);
      of.p.push(p);
      if (z !== null) of.z.push(z);
    }
  }
  return byName;
}

/** Mean and standard deviation. */
function spreadOf(z: readonly number[]): readonly [mean: number, spread: number] {
  const mean = z.reduce((sum, each) => sum + each, 0) / z.length;
  return [mean, Math.sqrt(z.reduce((sum, each) => sum + (each - mean) ** 2, 0) / z.length)];
}

for (const { length, groups, batch, runs, shards } of [
  { length: 12, groups: 3, batch: 2, runs: 3000, shards: 2 },
  { length: 40, groups: 2, batch: 8, runs: 3000, shards: 3 },
  { length: 130, groups: 70, batch: 64, runs: 2000, shards: 5 },
  { length: 1000, groups: 60, batch: 64, runs: 700, shards: 4 },
]) {
  test(`${runs} random orders of ${length} samples do not fail, and p and z are no more than chance gives`, () => {
    const byName = askedOfChance(fleet(length, groups, { shards }), batch, runs);
    assert.ok(byName.size >= 14);
    for (const [name, { p, z, deviation }] of byName) {
      for (const level of [0.1, 0.01, 0.001]) {
        const found = p.filter((each) => each <= level).length;
        // Five standard deviations above what the level allows.
        const most = level * runs + 5 * Math.sqrt(level * runs) + 1;
        assert.ok(found <= most, `${name}: ${found} of ${runs} have p ≤ ${level}`);
      }
      // The oddest of many has no mean of 0; nor has, in so few orders, what hardly ever happens.
      if (/quarters|fewest|longest/.test(name) || deviation < 0.01) continue;
      const [mean, spread] = spreadOf(z);
      assert.ok(Math.abs(mean) < 6 / Math.sqrt(runs), `${name}: mean of z ${mean}`);
      // Exact but for blocks, where it is an upper bound, to the little that few blocks add.
      const least = name.includes("_per_") ? 0.5 : 0.88;
      assert.ok(spread > least && spread < 1.12, `${name}: spread of z ${spread}`);
    }
  });
}

/** Shuffles within blocks of the order, as a buffer of that size does that is filled and emptied. */
function inBlocks(order: Uint32Array, block: number, chance: Rng): Uint32Array {
  for (let from = 0; from < order.length; from += block) shuffled(order.subarray(from, from + block), chance);
  return order;
}

/** A streaming shuffle buffer: the next sample takes the place of one drawn at random. */
function buffered(order: Uint32Array, size: number, chance: Rng): Uint32Array {
  const buffer = [...order.subarray(0, size)];
  const out: number[] = [];
  for (const next of order.subarray(size)) {
    const drawn = chance.int(buffer.length);
    out.push(buffer[drawn]!);
    buffer[drawn] = next;
  }
  return Uint32Array.from([...out, ...shuffled(Uint32Array.from(buffer), chance)]);
}

/** Deals whole blocks of the order at random. */
function dealt(order: Uint32Array, block: number, chance: Rng): Uint32Array {
  const blocks = Array.from({ length: Math.ceil(order.length / block) }, (_, i) =>
    order.subarray(i * block, (i + 1) * block),
  );
  const places = shuffled(Uint32Array.from(blocks.keys()), chance);
  return Uint32Array.from([...places].flatMap((place) => [...blocks[place]!]));
}

for (const length of [1000, 10_000]) {
  const made = fleet(length, length / 20);
  const rows = () => Uint32Array.from({ length }, (_, i) => i);
  const byTime = () => rows().sort((a, b) => made.times[a]! - made.times[b]! || a - b);
  // Vessels in an order that no name tells: only how they are mixed can show it.
  const byVessel = (chance: Rng) => {
    const places = shuffled(
      Uint32Array.from({ length: made.groups }, (_, i) => i),
      chance,
    );
    return rows().sort((a, b) => places[made.vessels[a]!]! - places[made.vessels[b]!]! || a - b);
  };
  const orders: Readonly<Record<string, (chance: Rng) => Uint32Array>> = {
    "by time": byTime,
    "by time, backwards": () => byTime().reverse(),
    "by vessel": rows,
    "by vessel, vessels at random": byVessel,
    "by time, shuffled in blocks of 1 %": (chance) => inBlocks(byTime(), length / 100, chance),
    "by time, shuffled in blocks of 10 %": (chance) => inBlocks(byTime(), length / 10, chance),
    "by vessel at random, shuffled in blocks of 1 %": (chance) => inBlocks(byVessel(chance), length / 100, chance),
    "by vessel at random, shuffled in blocks of 10 %": (chance) => inBlocks(byVessel(chance), length / 10, chance),
    "by time, through a buffer of 1 %": (chance) => buffered(byTime(), length / 100, chance),
    "by time, through a buffer of 10 %": (chance) => buffered(byTime(), length / 10, chance),
    "by vessel at random, through a buffer of 10 %": (chance) => buffered(byVessel(chance), length / 10, chance),
    "by time, shards shuffled and not their rows": (chance) => dealt(byTime(), length / 20, chance),
    "by vessel, shards shuffled and not their rows": (chance) => dealt(rows(), length / 20, chance),
    "by time, shards and the rows in each shuffled": (chance) =>
      inBlocks(dealt(byTime(), length / 20, chance), length / 20, chance),
    "vessels in turn": () => rows().sort((a, b) => (made.times[a]! % DAY) - (made.times[b]! % DAY) || a - b),
  };
  for (const [name, order] of Object.entries(orders)) {
    test(`${length} samples ${name} fail, ten times of ten`, () => {
      for (let seed = 0; seed < 10; seed++) {
        const failed = failures(ordered(made, order(rng(name, seed))), 64);
        assert.notEqual(failed.length, 0, `seed ${seed}`);
      }
    });
  }
}

test("an order that is too regular is not chance's either", () => {
  const groups = 64;
  const made = fleet(64 * groups, groups, { few: 1 });
  const turn = Uint32Array.from({ length: 64 * groups }, (_, i) => i);
  // Every batch gets one sample of each vessel, at random.
  const members = Array.from({ length: groups }, (_, i) =>
    shuffled(
      turn.filter((row) => made.vessels[row] === i),
      rng(i),
    ),
  );
  const batches = Array.from({ length: 40 }, (_, batch) =>
    shuffled(Uint32Array.from(members.map((rows) => rows[batch % rows.length]!)), rng("batch", batch)),
  );
  const order = batches.flatMap((rows) => [...rows]);
  assert.ok(failures(ordered(made, order), 64).includes("entities_per_batch"));
});

const SCHEMA = {
  trace_id: { kind: "str" },
  t_start: { kind: "f64" },
  mmsi: { kind: "u32" },
} as const satisfies Schema;

interface Sample {
  readonly trace: string;
  readonly time: number;
  readonly vessel: number;
}

function batchOf(samples: readonly Sample[]) {
  return {
    length: samples.length,
    columns: {
      trace_id: { data: samples.map(({ trace }) => trace) },
      t_start: { data: Float64Array.from(samples, ({ time }) => time) },
      mmsi: { data: Uint32Array.from(samples, ({ vessel }) => vessel) },
    },
  };
}

async function reportOf(samples: readonly Sample[], batch = 4) {
  const { store, ...tools } = memoryPlace();
  await putParquet(store, "a.parquet", SCHEMA, batchOf(samples));
  return shuffleReport({ store, ...tools }, { batch });
}

test("0, 1, 2 and a few samples are too few to tell, never a pass", async () => {
  const sample = (i: number): Sample => ({ trace: `t${i % 3}`, time: i, vessel: i % 2 });
  for (const length of [0, 1, 2, 3, 7, 8, 20]) {
    const report = await reportOf(Array.from({ length }, (_, i) => sample(i)));
    assert.equal(report.verdict, "too_few", `${length} samples`);
    assert.equal(report.samples, length);
    assert.ok(JSON.stringify(report).includes("NaN") === false);
  }
});

const RANDOM = shuffled(
  Uint32Array.from({ length: 600 }, (_, i) => i),
  rng("some"),
);

test("a batch larger than half of the data is too few to tell", async () => {
  const samples = [...RANDOM].map((i): Sample => ({ trace: `t${i % 30}`, time: i, vessel: i % 20 }));
  assert.equal((await reportOf(samples, 300)).verdict, "pass");
  const { verdict, generations } = await reportOf(samples, 301);
  assert.equal(verdict, "too_few");
  assert.equal(generations[0]?.reason, "600 samples are fewer than two batches of 301");
  assert.equal((await reportOf(samples, 5000)).verdict, "too_few");
});

test("one vessel in one trace is judged by time; equal times by vessel; neither is too few to tell", async () => {
  const all = [...RANDOM];
  const oneVessel = await reportOf(all.map((i) => ({ trace: "t", time: i, vessel: 1 })));
  assert.equal(oneVessel.verdict, "pass");
  assert.equal(oneVessel.generations[0]?.unasked.entity_rank, "all samples have the same");
  const inOrder = await reportOf(all.map((_, i) => ({ trace: "t", time: i, vessel: 1 })));
  assert.equal(inOrder.verdict, "fail");
  const oneTime = await reportOf(all.map((i) => ({ trace: `t${i % 40}`, time: 5, vessel: i % 40 })));
  assert.equal(oneTime.verdict, "pass");
  assert.equal(oneTime.generations[0]?.unasked.time_rank, "all samples have the same");
  const nothing = await reportOf(all.map(() => ({ trace: "t", time: 5, vessel: 1 })));
  assert.equal(nothing.verdict, "too_few");
  const twice = await reportOf(all.map((i) => ({ trace: `t${i % 2}`, time: Math.floor(i / 2), vessel: i % 2 })));
  assert.equal(twice.verdict, "pass");
});

test("a time that is none is refused, with its place", async () => {
  for (const time of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    await assert.rejects(
      reportOf([
        { trace: "a", time: 1, vessel: 1 },
        { trace: "a", time, vessel: 1 },
      ]),
      { code: "damaged", message: /sample 1 must have a trace and finite times that ascend/ },
    );
  }
});

test("samples without the columns are refused, and so is a batch of one", async () => {
  const place = memoryPlace();
  const { mmsi, ...columns } = batchOf([{ trace: "a", time: 1, vessel: 1 }]).columns;
  await putParquet(place.store, "a.parquet", { mmsi: SCHEMA.mmsi }, { length: 1, columns: { mmsi } });
  await assert.rejects(shuffleReport(place), {
    code: "unsupported",
    message: /must have the columns trace_id and t_start \(float64\), got mmsi;/,
  });
  const { mmsi: _, ...schema } = SCHEMA;
  await putParquet(place.store, "a.parquet", schema, { length: 1, columns });
  assert.equal((await shuffleReport(place)).verdict, "too_few");
  await assert.rejects(shuffleReport(place, { batch: 1 }), { code: "usage" });
  await assert.rejects(shuffleReport(place, { batch: 2.5 }), { code: "usage" });
  await assert.rejects(shuffleReport(place, { split: "train" }), { code: "usage" });
});

test("MDS shards are blocks of their own, and the answer is that of the same rows in Parquet", async () => {
  const samples = [...RANDOM].map((i): Sample => ({ trace: `t${i % 30}`, time: i, vessel: i % 20 }));
  const place = memoryPlace();
  await putMds(place.store, "", { schema: SCHEMA, batch: batchOf(samples) });
  const [mds] = (await shuffleReport(place, { batch: 4 })).generations;
  const [parquet] = (await reportOf(samples)).generations;
  const perShard = mds!.tests.find(({ name }) => name === "traces_per_shard");
  assert.ok(perShard !== undefined && parquet!.unasked.traces_per_shard === "fewer than two shards");
  const others = mds!.tests.filter(({ name }) => !name.endsWith("_per_shard"));
  const found = (tests: typeof others) => tests.map(({ name, found, p }) => ({ name, found, p }));
  assert.deepEqual(found(others), found([...parquet!.tests]));
});
