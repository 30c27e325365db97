/** Writers of Zarr: what they refuse, what they leave, and that two of them do not meet. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Batch, Store } from "../../core/index.ts";
import { nodeCodecs } from "../../node/index.ts";
import { memoryStore } from "../../stores/index.ts";
import { consolidateZarr, createZarrArray, createZarrGroup, editZarrArray, openZarr, zarrDescr } from "./index.ts";

const codecs = nodeCodecs();
const spec = { dtype: "<i4", chunkRows: 4 };
const ints = (...values: number[]): Batch => ({
  length: values.length,
  columns: { value: { data: Int32Array.from(values) } },
});

async function valuesOf(store: Store): Promise<number[]> {
  const array = await openZarr(store, "a", { codecs });
  assert.ok(array.kind === "rows");
  const { columns } = await array.read({ from: 0, to: array.length });
  return [...(columns["value"]!.data as Int32Array)];
}

const keysOf = (store: Store) => Array.fromAsync(store.list(""));

test("a writer that is disposed before it is closed leaves the length, and no chunk of its own", async () => {
  const store = memoryStore();
  {
    await using first = await createZarrArray(store, "a", spec, { codecs });
    await first.append(ints(1, 2, 3));
    await first.close();
    await using second = await editZarrArray(store, "a", { codecs });
    await second.append(ints(4, 5, 6, 7, 8, 9));
    assert.equal(second.length, 9);
  }
  assert.deepEqual(await keysOf(store), ["a/.zarray", "a/0"]);
  assert.deepEqual(await valuesOf(store), [1, 2, 3]);
  // What lies behind the length in the chunk does not come back.
  await using third = await editZarrArray(store, "a", { codecs });
  await third.resize(6);
  await third.close();
  assert.deepEqual(await valuesOf(store), [1, 2, 3, 0, 0, 0]);
});

test("rows of which one does not fit are written not at all", async () => {
  const store = memoryStore();
  const dtype = zarrDescr({ t: { kind: "str" }, y: { kind: "bytes" } }, { t: 2, y: 3 });
  await using writer = await createZarrArray(store, "a", { dtype, chunkRows: 2 }, { codecs });
  const rows = (t: string[], y: Uint8Array[]): Batch => ({
    length: t.length,
    columns: { t: { data: t }, y: { data: y } },
  });
  const none = new Uint8Array(0);
  await writer.append(rows(["é\u{1f6a2}"], [Uint8Array.of(0, 1)]));
  for (const bad of [
    rows(["ab", "abc"], [none, none]),
    rows(["a\0"], [none]),
    rows(["a"], [Uint8Array.of(1, 0)]),
    rows(["a"], [new Uint8Array(4).fill(1)]),
    rows(["a"], []),
    { length: 1, columns: { t: { data: ["a"] } } },
    { length: 1, columns: { t: { data: ["a"] }, y: { data: [none] }, z: { data: ["a"] } } },
    { length: 1, columns: { t: { data: ["a"], valid: Uint8Array.of(0) }, y: { data: [none] } } },
    { length: 1, columns: { t: { data: Int32Array.of(1) }, y: { data: [none] } } },
  ] as Batch[])
    await assert.rejects(writer.append(bad), { code: "usage", message: /^Cannot write / });
  await assert.rejects(writer.append(new Uint8Array(12)), { code: "usage" });
  await assert.rejects(writer.set(0, rows(["a", "b"], [none, none])), { code: "usage" });
  await assert.rejects(writer.resize(-1), { code: "usage" });
  await writer.close();
  await assert.rejects(writer.append(rows(["a"], [none])), { code: "internal" });
  const array = await openZarr(store, "a", { codecs });
  assert.ok(array.kind === "rows");
  assert.deepEqual(await array.rows({ from: 0, to: 1 }), [{ t: "é\u{1f6a2}", y: Uint8Array.of(0, 1) }]);
});

test("columns that no record holds are refused", () => {
  assert.throws(() => zarrDescr({ j: { kind: "json" } }), { code: "usage" });
  assert.throws(() => zarrDescr({ t: { kind: "str" } }), { code: "usage" });
  assert.throws(() => zarrDescr({ "": { kind: "i8" } }), { code: "usage" });
});

test("what is there already is not made again, and what is not there not edited", async () => {
  const store = memoryStore();
  await createZarrGroup(store, "", { a: "ø", b: [1, null] });
  assert.equal(
    new TextDecoder().decode(await store.get(".zattrs")),
    '{\n    "a": "\\u00f8",\n    "b": [\n        1,\n        null\n    ]\n}',
  );
  await (await createZarrArray(store, "a", spec, { codecs })).close();
  await assert.rejects(createZarrArray(store, "a", spec, { codecs }), { code: "exists" });
  await assert.rejects(createZarrGroup(store, ""), { code: "exists" });
  await assert.rejects(editZarrArray(store, "b", { codecs }), { code: "missing" });
  await assert.rejects(
    createZarrArray(
      store,
      "b",
      { ...spec, compressor: { id: "blosc", cname: "blosclz", clevel: 5, shuffle: 1, blocksize: 0 } },
      { codecs },
    ),
    { code: "unsupported" },
  );
});

test("of two writers that would write one chunk, or one length, one is told", async () => {
  const store = memoryStore();
  await using one = await createZarrArray(store, "a", spec, { codecs });
  await one.append(ints(1, 2));
  await using two = await editZarrArray(store, "a", { codecs });
  await assert.rejects(two.append(ints(9)), { code: "exists", message: /^Cannot append to a: / });
  await one.close();
  // The length is looked up when it is the writer's to change.
  await two.append(ints(3));
  await using three = await editZarrArray(store, "a", { codecs });
  await three.set(0, ints(7)).then(
    () => assert.fail("the chunk is being filled"),
    (error: { code: string; message: string }) => {
      assert.equal(error.code, "exists");
      assert.match(error.message, /^Cannot write chunk 0 of a: /);
    },
  );
  await two.append(ints(4, 5));
  await two.close();
  await three.set(0, ints(7));
  assert.deepEqual(await valuesOf(store), [7, 2, 3, 4, 5]);
});

test("writers of different chunks do not disturb each other", async () => {
  const store = memoryStore();
  await (await createZarrArray(store, "a", { ...spec, length: 40 }, { codecs })).close();
  const writers = await Promise.all(Array.from({ length: 10 }, () => editZarrArray(store, "a", { codecs })));
  await Promise.all(writers.map((writer, i) => writer.set(4 * i + (i % 2), ints(i, i, i))));
  const expected = Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? [i, i, i, 0] : [0, i, i, i])).flat();
  assert.deepEqual(await valuesOf(store), expected);
});

test("a store that fails is told by the call after, or by close, and the length stays", async () => {
  const store = memoryStore();
  await (await createZarrArray(store, "a", spec, { codecs })).close();
  let left = 2;
  const failing: Store = {
    ...store,
    put: (key, bytes) => (left-- > 0 ? store.put(key, bytes) : Promise.reject(new Error("no space"))),
  };
  {
    await using writer = await editZarrArray(failing, "a", { codecs });
    await assert.rejects(async () => {
      for (let i = 0; i < 9; i++) await writer.append(ints(i, i, i, i));
      await writer.close();
    }, /no space/);
  }
  assert.deepEqual(await valuesOf(store), []);
  assert.deepEqual(await keysOf(store), ["a/.zarray"]);
});

/** A store whose puts take a while, the earlier the longer. */
function slow(store: Store): Store {
  let turns = 20;
  return {
    ...store,
    async put(key, bytes) {
      const held = bytes.slice();
      turns = Math.max(1, turns - 3);
      for (let turn = turns; turn > 0; turn--) await Promise.resolve();
      await store.put(key, held);
    },
  };
}

test("rows are set behind those that were just appended, not beneath them", async () => {
  const store = slow(memoryStore());
  await using writer = await createZarrArray(store, "a", spec, { codecs });
  await writer.append(ints(1, 2, 3, 4));
  await writer.set(1, ints(9));
  await writer.append(ints(5, 6, 7, 8));
  await writer.set(4, ints(50, 60, 70, 80));
  await writer.close();
  assert.deepEqual(await valuesOf(store), [1, 9, 3, 4, 50, 60, 70, 80]);
});

test("a writer that is given up lets others append when its chunks are gone, not before", async () => {
  const inner = memoryStore();
  const store: Store = {
    ...inner,
    async delete(key) {
      await assert.rejects(
        async () => {
          await using other = await editZarrArray(inner, "a", { codecs });
          await other.append(ints(5, 6, 7, 8));
          await other.close();
        },
        { code: "exists" },
      );
      await inner.delete(key);
    },
  };
  await (await createZarrArray(store, "a", spec, { codecs })).close();
  {
    await using writer = await editZarrArray(store, "a", { codecs });
    await writer.append(ints(1, 2, 3, 4));
  }
  assert.deepEqual(await keysOf(inner), ["a/.zarray"]);
});

test("of two that would make one array, one is told", async () => {
  const store = slow(memoryStore());
  const made = await Promise.allSettled([
    createZarrArray(store, "a", spec, { codecs }),
    createZarrArray(store, "a", spec, { codecs }),
  ]);
  assert.deepEqual(made.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

test("metadata that was gathered names what is there in a store that cannot list", async () => {
  const store = memoryStore();
  await createZarrGroup(store, "");
  await createZarrGroup(store, "g", { of: "masks" });
  await (await createZarrArray(store, "a", spec, { codecs })).close();
  await (await createZarrArray(store, "g/0.5", { ...spec, rowShape: [2] }, { codecs })).close();
  await consolidateZarr(store, "");
  const { WindrowError } = await import("../../core/index.ts");
  const far = {
    ...store,
    // biome-ignore lint/correctness/useYield: a place that cannot list
    async *list(): AsyncGenerator<string> {
      throw new WindrowError("unsupported", "Cannot list");
    },
  };
  for (const place of [store, far]) {
    const group = await openZarr(place, "", { codecs });
    assert.ok(group.kind === "group");
    assert.deepEqual(await group.arrays(), ["a"]);
    assert.deepEqual(await group.groups(), ["g"]);
    const inner = await group.open("g");
    assert.ok(inner.kind === "group");
    assert.deepEqual(inner.attributes, { of: "masks" });
    const mask = await inner.open("0.5");
    assert.ok(mask.kind === "rows");
    assert.deepEqual(mask.schema, { value: { kind: "i32", shape: [2] } });
  }
});

test("concurrent reads of one chunk unpack it once", async () => {
  const store = memoryStore();
  await using writer = await createZarrArray(store, "a", { ...spec, compressor: { id: "zstd", level: 1 } }, { codecs });
  await writer.append(ints(1, 2, 3, 4));
  await writer.close();
  let unpacked = 0;
  const zstd = codecs.get("zstd")!;
  const counted = new Map(codecs).set("zstd", {
    ...zstd,
    unpack(bytes, rawLength) {
      unpacked++;
      return zstd.unpack(bytes, rawLength);
    },
  });
  const array = await openZarr(store, "a", { codecs: counted });
  assert.ok(array.kind === "rows");
  await Promise.all(Array.from({ length: 9 }, (_, i) => array.records({ from: i % 4, to: (i % 4) + 1 })));
  assert.equal(unpacked, 1);
});
