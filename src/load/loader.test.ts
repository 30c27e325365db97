import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Batch, RowChoice, ShardedTable } from "../core/index.ts";
import { joinedTable, type LoadCursor, type LoaderOptions, loader } from "./index.ts";

// A table in memory whose row i holds the number i, and that tells what is open.
interface Watch {
  open: number;
  most: number;
  opened: number;
}

function numbered(shardRows: readonly number[], watch: Watch = { open: 0, most: 0, opened: 0 }): ShardedTable {
  const starts = shardRows.map((_, shard) => shardRows.slice(0, shard).reduce((sum, rows) => sum + rows, 0));
  return {
    schema: { n: { kind: "i32" }, pair: { kind: "f32", shape: [2] }, text: { kind: "str", nullable: true } },
    length: shardRows.reduce((sum, rows) => sum + rows, 0),
    shardRows,
    async *batches() {},
    async [Symbol.asyncDispose]() {},
    async openShard(number, { access } = {}) {
      watch.open++;
      watch.opened++;
      watch.most = Math.max(watch.most, watch.open);
      let before = -1;
      let isOpen = true;
      const put = (row: number, { columns }: Batch, at: number) => {
        assert.ok(row >= 0 && row < shardRows[number]!, `row ${row} of a shard of ${shardRows[number]}`);
        if (access === "forward") assert.ok(row > before, "forward means rising");
        before = row;
        const n = starts[number]! + row;
        (columns["n"]!.data as Int32Array)[at] = n; // as the schema says
        (columns["pair"]!.data as Float32Array).set([n, -n], 2 * at); // likewise
        (columns["text"]!.data as string[])[at] = String(n); // likewise
        columns["text"]!.valid![at] = n % 3 === 0 ? 0 : 1;
      };
      return {
        length: shardRows[number]!,
        take(rows: RowChoice, into: Batch, at: number) {
          assert.ok(isOpen, "a closed shard is not read");
          const chosen = rows instanceof Uint32Array ? [...rows] : range(rows.from, rows.to);
          for (const [i, row] of chosen.entries()) put(row, into, at + i);
          // Half of the shards answer later.
          return number % 2 === 0 ? undefined : Promise.resolve();
        },
        [Symbol.dispose]() {
          assert.ok(isOpen, "a shard is closed once");
          isOpen = false;
          watch.open--;
        },
      };
    },
  };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

const SHARDS = fc.array(fc.nat(9), { maxLength: 8 });

function loading(table: ShardedTable, options: LoaderOptions, identity = "it") {
  return loader(async () => ({ table, identity }), "all", options);
}

async function read(table: ShardedTable, options: LoaderOptions): Promise<number[][]> {
  const found: number[][] = [];
  for await (const { length, columns } of loading(table, options)) {
    const { n, pair, text } = columns;
    const numbers = [...(n!.data as Int32Array)];
    assert.equal(numbers.length, length);
    assert.deepEqual(n!.shape, [length]);
    assert.deepEqual(pair!.shape, [length, 2]);
    assert.deepEqual(
      [...(pair!.data as Float32Array)],
      numbers.flatMap((i) => [i, -i]),
    );
    assert.deepEqual(text!.data, numbers.map(String));
    assert.deepEqual(
      [...text!.valid!],
      numbers.map((i) => (i % 3 === 0 ? 0 : 1)),
    );
    found.push(numbers);
  }
  return found;
}

const CASE = fc.record({
  shardRows: SHARDS,
  perRank: fc.integer({ min: 1, max: 5 }),
  worldSize: fc.integer({ min: 1, max: 4 }),
  epoch: fc.nat(3),
  seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  prefetch: fc.nat(4),
});

test("every sample comes once in an epoch, in batches of the size asked for but the last", async () => {
  await fc.assert(
    fc.asyncProperty(CASE, async ({ shardRows, perRank, epoch, seed, prefetch }) => {
      const table = numbered(shardRows);
      const batches = await read(table, { batchSize: perRank, epoch, seed, prefetch });
      const all = batches.flat();
      assert.deepEqual(
        all.toSorted((a, b) => a - b),
        range(0, table.length),
      );
      if (epoch === 0) assert.deepEqual(all, range(0, table.length));
      for (const batch of batches.slice(0, -1)) assert.equal(batch.length, perRank);
      assert.equal(batches.length, Math.ceil(table.length / perRank));
      assert.deepEqual(await read(table, { batchSize: perRank, epoch, seed }), batches, "the same each time");
    }),
  );
});

test("a global batch is the same samples in the same order for any world, and every rank has as many batches", async () => {
  await fc.assert(
    fc.asyncProperty(CASE, async ({ shardRows, perRank, worldSize, epoch, seed }) => {
      const table = numbered(shardRows);
      const options = { batchSize: perRank * worldSize, epoch, seed };
      const whole = await read(table, options);
      const ranks = await Promise.all(range(0, worldSize).map((rank) => read(table, { ...options, rank, worldSize })));
      for (const rank of ranks) assert.equal(rank.length, whole.length);
      for (const [k, batch] of whole.entries()) {
        assert.deepEqual(
          ranks.flatMap((rank) => rank[k]!),
          batch,
        );
        const shares = ranks.map((rank) => rank[k]!.length);
        assert.ok(Math.max(...shares) - Math.min(...shares) <= 1, `shares of ${shares}`);
      }
    }),
  );
});

test("resuming from the cursor of any place gives the tail, with any world and batch size, as JSON and back", async () => {
  const others = fc.record({ perRank: fc.integer({ min: 1, max: 5 }), worldSize: fc.integer({ min: 1, max: 3 }) });
  await fc.assert(
    fc.asyncProperty(CASE, others, async ({ shardRows, perRank, epoch, seed, prefetch }, other) => {
      const table = numbered(shardRows);
      const options = { batchSize: perRank, epoch, seed, prefetch };
      const all = (await read(table, options)).flat();
      const data = loading(table, options);
      const { batches, samples } = await data.info();
      assert.equal(samples, all.length);
      const cursors = [data.cursor()];
      for await (const _ of data) cursors.push(data.cursor());
      assert.equal(cursors.length, batches + 1);
      for (const [k, cursor] of cursors.entries()) {
        assert.equal(cursor.position, Math.min(k * perRank, all.length));
        const saved = JSON.parse(JSON.stringify(cursor)) as LoadCursor; // what was written
        const { worldSize } = other;
        const resumed = { batchSize: other.perRank * worldSize, cursor: saved, worldSize };
        const ranks = await Promise.all(range(0, worldSize).map((rank) => read(table, { ...resumed, rank })));
        const tail = range(0, ranks[0]!.length).flatMap((batch) => ranks.flatMap((rank) => rank[batch]!));
        assert.deepEqual(tail, all.slice(cursor.position));
        const { batches: left } = await loading(table, resumed).info();
        assert.equal(left, ranks[0]!.length);
      }
    }),
    { numRuns: 60 },
  );
});

test("another epoch and another seed are another order, of shards and within them", async () => {
  const table = numbered([40, 40, 40, 40, 40, 40, 40, 40]);
  const order = async (seed: number, epoch: number) => (await read(table, { batchSize: 320, seed, epoch }))[0]!;
  const orders = await Promise.all([order(1, 0), order(1, 1), order(1, 2), order(2, 1)]);
  assert.equal(new Set(orders.map(String)).size, 4);
  assert.deepEqual(await order(1, 0), await order(2, 0), "the stored order has no seed");
  const shards = orders.map((rows) => rows.filter((_, i) => i % 40 === 0).map((row) => Math.floor(row / 40)));
  assert.equal(new Set(shards.map(String)).size, 4);
  for (const rows of orders)
    for (let i = 0; i < 320; i += 40)
      assert.equal(new Set(rows.slice(i, i + 40).map((row) => Math.floor(row / 40))).size, 1);
  // The order within a shard is its own: no two shards are shuffled alike.
  const within = range(0, 8).map((i) => String(orders[1]!.slice(40 * i, 40 * i + 40).map((row) => row % 40)));
  assert.equal(new Set(within).size, 8);
});

test("an order that is written down stays: cursors outlive versions", async () => {
  assert.deepEqual(await read(numbered([3, 0, 4, 2]), { batchSize: 9, seed: 42, epoch: 1 }), [GOLDEN]);
});
const GOLDEN = [2, 0, 1, 8, 7, 3, 4, 6, 5];

test("whatever ends a loop closes what was open, and no more than two shards are open at once", async () => {
  await fc.assert(
    fc.asyncProperty(CASE, fc.nat(20), async ({ shardRows, perRank, epoch, seed, prefetch }, leaveAt) => {
      const watch = { open: 0, most: 0, opened: 0 };
      let left = leaveAt;
      for await (const _ of loading(numbered(shardRows, watch), { batchSize: perRank, epoch, seed, prefetch })) {
        if (left-- === 0) break;
      }
      assert.equal(watch.open, 0);
      assert.ok(watch.most <= (epoch === 0 ? 2 : 1), `${watch.most} open`);
      assert.ok(watch.opened <= shardRows.filter((rows) => rows > 0).length, "none twice, and none in vain");
    }),
  );
});

test("the table is closed with the last loop over it, and opened anew by the next", async () => {
  let opened = 0;
  let closed = 0;
  const source = async () => {
    opened++;
    const close = { [Symbol.asyncDispose]: async () => void closed++ };
    return { table: { ...numbered([3, 2]), ...close }, identity: "it" };
  };
  const data = loader(source, "all", { batchSize: 2 });
  await data.info();
  const first = data[Symbol.asyncIterator]();
  await first.next();
  for await (const _ of data) break;
  assert.deepEqual([opened, closed], [1, 0], "a loop is still at work");
  assert.equal((await first.next()).value.length, 2);
  await first.return?.();
  assert.deepEqual([opened, closed], [1, 1]);
  assert.equal(data.cursor().position, 4);
  for await (const _ of data);
  assert.deepEqual([opened, closed], [2, 2]);
});

test("no more batches are made ahead than asked for, and the cursor tells of those given", async () => {
  for (const prefetch of [0, 1, 3]) {
    let made = 0;
    const table = numbered([100]);
    const counted: ShardedTable = {
      ...table,
      async openShard(number, options) {
        const shard = await table.openShard(number, options);
        const take: typeof shard.take = (...args) => {
          made++;
          return shard.take(...args);
        };
        return { ...shard, take, [Symbol.dispose]: () => shard[Symbol.dispose]() };
      },
    };
    const data = loading(counted, { batchSize: 10, prefetch });
    let given = 0;
    for await (const _ of data) {
      given++;
      await new Promise(setImmediate);
      assert.ok(made <= given + prefetch, `${made} made, ${given} given, ${prefetch} ahead`);
      assert.equal(data.cursor().position, 10 * given);
    }
    assert.equal(given, 10);
  }
});

test("an error comes where its batch would have come, once, and closes what was open", async () => {
  const watch = { open: 0, most: 0, opened: 0 };
  const table = numbered([4, 4, 4], watch);
  const broken: ShardedTable = {
    ...table,
    openShard: (number, options) =>
      number === 2 ? Promise.reject(new RangeError("the disk is gone")) : table.openShard(number, options),
  };
  const data = loading(broken, { batchSize: 4, prefetch: 3 });
  const found: number[] = [];
  const loop = async () => {
    for await (const { columns } of data) found.push(...(columns["n"]!.data as Int32Array));
  };
  await assert.rejects(loop(), /the disk is gone/);
  assert.deepEqual(found, range(0, 8));
  assert.equal(data.cursor().position, 8);
  assert.equal(watch.open, 0);
});

test("a signal ends the loop with its reason, before it and within it", async () => {
  const stop = new AbortController();
  const watch = { open: 0, most: 0, opened: 0 };
  let given = 0;
  const loop = async () => {
    for await (const _ of loading(numbered([50], watch), { batchSize: 1, signal: stop.signal })) {
      if (++given === 3) stop.abort(new RangeError("enough"));
    }
  };
  await assert.rejects(loop(), /enough/);
  assert.equal(given, 3);
  assert.equal(watch.open, 0);
  await assert.rejects(loop(), /enough/);
  assert.equal(given, 3);
});

test("batches have arrays of their own, and reuse those of the batch before where asked", async () => {
  const table = numbered([20]);
  const arrays = new Set<unknown>();
  const kept: number[][] = [];
  for await (const { columns } of loading(table, { batchSize: 4 })) arrays.add(columns["n"]!.data);
  assert.equal(arrays.size, 5);
  arrays.clear();
  for await (const { columns } of loading(table, { batchSize: 4, prefetch: 1, arrays: "reused" })) {
    arrays.add(columns["n"]!.data);
    kept.push([...(columns["n"]!.data as Int32Array)]);
  }
  assert.ok(arrays.size < 5, `${arrays.size} arrays for 5 batches`);
  assert.deepEqual(kept.flat(), range(0, 20));
});

test("each loop begins where the load began", async () => {
  const data = loading(numbered([7]), { batchSize: 3 });
  for (let i = 0; i < 2; i++) {
    let samples = 0;
    for await (const { length } of data) samples += length;
    assert.equal(samples, 7);
    assert.equal(data.cursor().position, 7);
  }
});

test("a cursor of something else is refused, and one that is none", async () => {
  const table = numbered([7]);
  const data = loading(table, { batchSize: 2, seed: 5 });
  await data.info();
  const cursor = data.cursor();
  const refused = { code: "usage", message: /^Cannot resume from this cursor: / };
  const rest = { batchSize: 2, cursor };
  await assert.rejects(loading(numbered([8]), rest).info(), refused, "other samples");
  await assert.rejects(loading(numbered([3, 4]), rest).info(), refused, "other shards");
  await assert.rejects(loading(table, rest, "validation").info(), refused, "another split");
  assert.throws(() => loading(table, { ...rest, seed: 6 }), refused, "another seed");
  assert.throws(() => loading(table, { ...rest, epoch: 1 }), refused, "another epoch");
  assert.equal((await loading(table, { ...rest, seed: 5, epoch: 0 }).info()).batches, 4);
  for (const [name, value] of Object.entries({
    version: 2,
    seed: "x",
    epoch: -1,
    position: 8,
    samples: 1.5,
    dataset: 1,
  })) {
    assert.throws(() => loading(table, { batchSize: 2, cursor: { ...cursor, [name]: value } as never }), refused, name);
  }
  for (const value of [null, 1, "{}"])
    assert.throws(() => loading(table, { batchSize: 2, cursor: value as never }), refused);
});

test("options that do not fit are refused at once", () => {
  const table = numbered([7]);
  const refused = (options: Partial<LoaderOptions>) =>
    assert.throws(() => loading(table, { batchSize: 4, ...options }), { code: "usage", message: /^Cannot / });
  for (const batchSize of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) refused({ batchSize });
  refused({ worldSize: 3 });
  refused({ arrays: "other" as never });
  refused({ worldSize: 0 });
  refused({ worldSize: 2, rank: 2 });
  refused({ rank: 1 });
  refused({ rank: -1 });
  refused({ epoch: 0.5 });
  refused({ seed: -1 });
  refused({ seed: 2n ** 64n });
  refused({ prefetch: -1 });
  assert.throws(() => loading(table, { batchSize: 4 }).cursor(), { code: "usage" });
});

test("columns are what the files hold, or the load is refused before the first batch", async () => {
  const open = async () => ({ table: numbered([2]), identity: "" });
  const { schema } = await loader(open, { pair: { kind: "f32", shape: [2] }, n: "i32" }, { batchSize: 1 }).info();
  assert.deepEqual(Object.keys(schema), ["pair", "n"]);
  const refused = (columns: Parameters<typeof loader>[1], code: string) =>
    assert.rejects(loader(open, columns, { batchSize: 1 }).info(), { code, message: /^Cannot load/ });
  await refused({ nothing: "f32" }, "missing");
  await refused(JSON.parse('{ "toString": "f32" }'), "missing");
  await refused({ n: "f32" }, "usage");
  await refused({ pair: { kind: "f32", shape: [1, 2] } }, "usage");
  await refused({ n: { kind: "i32", shape: [1] } }, "usage");
  await refused({}, "usage");
});

test("joined tables are one, in order", async () => {
  const parts = [numbered([2, 0]), numbered([]), numbered([3])];
  const table = joinedTable(parts, ["a", "b", "c"]);
  assert.deepEqual(table.shardRows, [2, 0, 3]);
  assert.deepEqual(await read(table, { batchSize: 9 }), [[0, 1, 0, 1, 2]]);
  assert.throws(() => joinedTable([], []), { code: "usage" });
  const other: ShardedTable = { ...numbered([1]), schema: { n: { kind: "i64" } } };
  assert.throws(() => joinedTable([numbered([1]), other], ["a", "b"]), {
    code: "usage",
    message: /Cannot load b with a/,
  });
  const gaps = { ...numbered([2]), schema: { ...parts[0]!.schema, n: { kind: "i32", nullable: true } } } as const;
  assert.equal(joinedTable([numbered([1]), gaps], ["a", "b"]).schema["n"]?.nullable, true, "as soon as one is");
});
