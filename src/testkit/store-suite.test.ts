import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store } from "../core/index.ts";
import { memoryStore } from "../stores/index.ts";
import { storeSuite } from "./store-suite.ts";

async function failures(spoil: (store: Store) => Partial<Store>): Promise<readonly string[]> {
  const names: string[] = [];
  const fresh = async () => {
    const store = memoryStore();
    return { ...store, ...spoil(store) };
  };
  for (const { name, run } of storeSuite(fresh)) {
    await run().catch((error: unknown) => {
      assert.match(String(error), /^WindrowError: Cannot pass: .* (must be|must be refused as) /);
      names.push(name);
    });
  }
  return names;
}

test("a good store passes", async () => {
  assert.deepEqual(await failures(() => ({})), []);
});

test("a store that breaks one promise fails the check that names it", async () => {
  const unordered = await failures((store) => ({
    async *list(prefix) {
      yield* (await Array.fromAsync(store.list(prefix))).reverse();
    },
  }));
  assert.ok(unordered.includes("keys are listed by prefix, in code-unit order"));

  const open = await failures((store) => ({ size: async (key) => (key.startsWith("..") ? 1 : store.size(key)) }));
  assert.deepEqual(open, ["a name that leaves the store is not read"]);

  const cut = await failures((store) => ({
    get: async (key, range) =>
      range === undefined ? store.get(key) : (await store.get(key))?.slice(range.from, range.to),
  }));
  assert.deepEqual(cut, ["a range behind the end is damage, and one that is no range is refused"]);

  const shifted = await failures((store) => ({
    open(key) {
      const file = store.open?.(key);
      return file && { ...file, readInto: (at, into) => file.readInto(Math.max(0, at - 1), into) };
    },
  }));
  assert.deepEqual(shifted, [
    "a key that is open is read in any place",
    "an open key is not read behind its end, nor when it is closed, nor opened where there is none",
    "a key that is open stays what it was",
  ]);

  const early = await failures((store) => ({
    draft: async (key) => {
      const draft = await store.draft(key);
      const { bytes } = draft;
      const write = async (piece: Uint8Array) => {
        await store.put(key, piece);
        await draft.write(piece);
      };
      return {
        bytes,
        write,
        publish: () => draft.publish(),
        [Symbol.asyncDispose]: () => draft[Symbol.asyncDispose](),
      };
    },
  }));
  assert.ok(early.includes("a draft is nowhere to be seen until it is published"));
  assert.ok(early.includes("a draft that is disposed leaves nothing behind, and what was there as it was"));
});
