/** What every store owes, as checks for any test runner. */

import { type Key, type ReadStore, type Store, WindrowError } from "../core/index.ts";
import { type Check, expectRefusal, expectSame } from "./check.ts";

const ABC = Uint8Array.of(97, 98, 99);
const UNSAFE = ["", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/.", "a\\b", "C:a", "a\0b"];

/** What a store holds in the beginning. */
type Files = Readonly<Record<Key, Uint8Array>>;

/** A fact about a store that holds `files`. */
interface ReadFact {
  readonly files: Files;
  readonly lists?: true;
  check(store: ReadStore): Promise<void>;
}

const LONG = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31) % 251);
const NAMES = ["a-b", "a.b", "a/b", "a/c/d", "a0", "ab", "é/ü", "z", "\u{1f6a2}", "\uff21"];

const readFacts: Readonly<Record<string, ReadFact>> = {
  "a value comes back whole and by range": {
    files: { "a/b.bin": LONG },
    async check(store) {
      expectSame(await store.get("a/b.bin"), LONG, "the whole value");
      expectSame(await store.size("a/b.bin"), 100_000, "its size");
      for (const [from, to] of [
        [0, 1],
        [70_000, 70_010],
        [99_999, 100_000],
        [0, 100_000],
        [5, 5],
        [100_000, 100_000],
      ] as const) {
        expectSame(await store.get("a/b.bin", { from, to }), LONG.subarray(from, to), `the range ${from} to ${to}`);
      }
    },
  },
  "a range behind the end is damage, and one that is no range is refused": {
    files: { a: ABC },
    async check(store) {
      for (const [from, to] of [
        [0, 4],
        [3, 4],
        [4, 4],
        [0, 2 ** 53 - 1],
      ] as const) {
        await expectRefusal("damaged", () => store.get("a", { from, to }), `the range ${from} to ${to} of 3 bytes`);
      }
      for (const [from, to] of [
        [2, 1],
        [-1, 1],
        [0.5, 1],
        [0, Number.NaN],
        [0, Number.POSITIVE_INFINITY],
      ] as const) {
        await expectRefusal("usage", () => store.get("a", { from, to }), `the range ${from} to ${to}`);
      }
    },
  },
  "a key that is not there is undefined": {
    files: { "a/b": ABC },
    async check(store) {
      for (const key of ["c", "a", "a/c", "a/b/c", "c/d/e"]) {
        expectSame(await store.get(key), undefined, `the value of ${key}`);
        expectSame(await store.get(key, { from: 0, to: 9 }), undefined, `a range of ${key}`);
        expectSame(await store.size(key), undefined, `the size of ${key}`);
      }
    },
  },
  "a key that is open is read in any place": {
    files: { "a/b.bin": LONG },
    async check(store) {
      if (store.open === undefined) return;
      using file = need(store.open("a/b.bin"));
      expectSame(file.bytes, 100_000, "its size");
      for (const [from, to] of [
        [69_000, 70_000],
        [0, 70_000],
        [5, 6],
        [100_000, 100_000],
      ] as const) {
        // A view, so that a read beside it shows.
        const around = new Uint8Array(to - from + 2);
        file.readInto(from, around.subarray(1, -1));
        expectSame(around, [0, ...LONG.subarray(from, to), 0], `the bytes ${from} to ${to}`);
      }
    },
  },
  "an open key is not read behind its end, nor when it is closed, nor opened where there is none": {
    files: { a: ABC },
    async check(store) {
      if (store.open === undefined) return;
      const file = need(store.open("a"));
      const read = async (at: number, bytes: number) => file.readInto(at, new Uint8Array(bytes));
      for (const [at, bytes] of [
        [0, 4],
        [3, 1],
        [4, 0],
        [2 ** 40, 1],
      ] as const) {
        await expectRefusal("damaged", () => read(at, bytes), `the bytes ${at} to ${at + bytes} of 3`);
      }
      for (const at of [-1, 0.5, Number.NaN]) await expectRefusal("usage", () => read(at, 1), `the place ${at}`);
      file[Symbol.dispose]();
      file[Symbol.dispose]();
      await expectRefusal("internal", () => read(0, 1), "a read of what is closed");
      for (const key of ["b", "a/b"]) expectSame(store.open(key), undefined, `what is opened of ${key}`);
      for (const key of UNSAFE)
        await expectRefusal("usage", async () => store.open?.(key), `open of ${JSON.stringify(key)}`);
    },
  },
  "an empty value is a value": {
    files: { empty: new Uint8Array() },
    async check(store) {
      expectSame(await store.get("empty"), [], "the value");
      expectSame(await store.get("empty", { from: 0, to: 0 }), [], "the range of nothing");
      expectSame(await store.size("empty"), 0, "its size");
    },
  },
  "what is given is the caller's own": {
    files: { a: ABC },
    async check(store) {
      for (const range of [undefined, { from: 0, to: 3 }]) {
        const answer = range === undefined ? await store.get("a") : await store.get("a", range);
        answer?.fill(0);
      }
      expectSame(await store.get("a"), ABC, "the value after the caller wrote over what it got");
      expectSame(await store.get("a", { from: 1, to: 3 }), [98, 99], "a range of it");
    },
  },
  "keys are listed by prefix, in code-unit order": {
    files: Object.fromEntries(NAMES.map((name) => [name, ABC])),
    lists: true,
    async check(store) {
      for (const prefix of ["", "a", "a/", "a/c", "a/c/d", "a.", "é", "nothing", "nothing/at/all", "/", "../"]) {
        const expected = NAMES.filter((name) => name.startsWith(prefix)).sort();
        expectSame(await keys(store, prefix), expected, `the list of "${prefix}"`);
      }
      for (const name of NAMES) expectSame(await store.get(name), ABC, `the value of ${name}`);
    },
  },
  "an empty store lists nothing": {
    files: {},
    lists: true,
    async check(store) {
      expectSame(await keys(store, ""), [], "the list");
    },
  },
  "a name that leaves the store is not read": {
    files: {},
    async check(store) {
      for (const key of UNSAFE) {
        const what = JSON.stringify(key);
        await expectRefusal("usage", () => store.get(key), `get of ${what}`);
        await expectRefusal("usage", () => store.size(key), `size of ${what}`);
      }
    },
  },
};

type Fact = (store: Store) => Promise<void>;

const facts: Readonly<Record<string, Fact>> = {
  "a key that is open stays what it was": async (store) => {
    if (store.open === undefined) return;
    const bytes = LONG.subarray(0, 70_000);
    await store.put("a/b.bin", bytes);
    using file = need(store.open("a/b.bin"));
    await store.put("a/b.bin", ABC);
    const last = new Uint8Array(1);
    file.readInto(69_999, last);
    expectSame(last, bytes.subarray(69_999), "the last byte of a file that is replaced meanwhile");
    await store.delete("a/b.bin");
    file.readInto(69_998, last);
    expectSame(last, bytes.subarray(69_998, 69_999), "a byte of a file that is deleted meanwhile");
    expectSame(file.bytes, 70_000, "its size");
    expectSame(store.open("a/b.bin"), undefined, "what is opened of a key that is gone");
  },
  "a value is a copy of what was given": async (store) => {
    const bytes = ABC.slice();
    await store.put("a", bytes);
    bytes.fill(0);
    expectSame(await store.get("a"), ABC, "the value after the caller wrote over what it gave");
  },
  "put replaces the whole value": async (store) => {
    await store.put("a", new Uint8Array(1000));
    await store.put("a", ABC);
    expectSame(await store.get("a"), ABC, "the value");
    expectSame(await keys(store, ""), ["a"], "the list");
  },
  "a draft is nowhere to be seen until it is published": async (store) => {
    await using draft = await store.draft("deep/in/a.bin");
    const piece = ABC.slice();
    await draft.write(piece);
    piece.fill(120);
    await draft.write(piece);
    await draft.write(new Uint8Array());
    expectSame(draft.bytes, 6, "the bytes written");
    expectSame(await store.get("deep/in/a.bin"), undefined, "the value before");
    expectSame(await keys(store, ""), [], "the list before");
    await draft.publish();
    expectSame(await store.get("deep/in/a.bin"), [97, 98, 99, 120, 120, 120], "the value");
    expectSame(await keys(store, ""), ["deep/in/a.bin"], "the list");
  },
  "a draft that is disposed leaves nothing behind, and what was there as it was": async (store) => {
    await store.put("a", ABC);
    for (const key of ["a", "b"]) {
      await using draft = await store.draft(key);
      await draft.write(new Uint8Array(10));
    }
    expectSame(await store.get("a"), ABC, "the value");
    expectSame(await keys(store, ""), ["a"], "the list");
  },
  "a draft without a write is an empty value": async (store) => {
    await using draft = await store.draft("a");
    await draft.publish();
    expectSame(await store.get("a"), [], "the value");
  },
  "of two drafts of one key the last published counts, whole": async (store) => {
    await using first = await store.draft("a");
    await using second = await store.draft("a");
    await first.write(ABC);
    await second.write(new Uint8Array(2));
    await second.publish();
    await first.publish();
    expectSame(await store.get("a"), ABC, "the value");
    expectSame(await keys(store, ""), ["a"], "the list");
  },
  "a draft is done once it is published or disposed": async (store) => {
    const draft = await store.draft("a");
    await draft.publish();
    await expectRefusal("internal", () => draft.write(ABC), "a write to a published draft");
    await expectRefusal("internal", () => draft.publish(), "a second publish");
    await draft[Symbol.asyncDispose]();
    expectSame(await store.get("a"), [], "the value after the draft is disposed");
    const gone = await store.draft("b");
    await gone[Symbol.asyncDispose]();
    await gone[Symbol.asyncDispose]();
    await expectRefusal("internal", () => gone.write(ABC), "a write to a disposed draft");
    await expectRefusal("internal", () => gone.publish(), "the publishing of a disposed draft");
    expectSame(await keys(store, ""), ["a"], "the list");
  },
  "a deleted key is gone, alone, and deleting what is not there is no error": async (store) => {
    for (const key of ["a/b", "a/c", "d"]) await store.put(key, ABC);
    for (const key of ["a/b", "a/b", "a", "nothing", "d/e"]) await store.delete(key);
    expectSame(await keys(store, ""), ["a/c", "d"], "the list");
    expectSame(await store.get("a/b"), undefined, "the deleted value");
  },
  "a name that leaves the store is not written": async (store) => {
    for (const key of UNSAFE) {
      const what = JSON.stringify(key);
      await expectRefusal("usage", () => store.put(key, ABC), `put of ${what}`);
      await expectRefusal("usage", () => store.draft(key), `draft of ${what}`);
      await expectRefusal("usage", () => store.delete(key), `delete of ${what}`);
    }
    expectSame(await keys(store, ""), [], "the list");
  },
};

/** What a store for reading can do. */
export interface ReadStoreAbilities {
  /** Whether it knows its keys; yes where absent. */
  readonly list?: boolean;
}

/**
 * The checks that a store must pass that is only read. `holding` answers with one that holds these files; each check asks for its own.
 * @example
 *     for (const { name, run } of readStoreSuite(async (files) => zipHolding(files))) test(name, run);
 */
export function readStoreSuite(
  holding: (files: Readonly<Record<Key, Uint8Array>>) => Promise<ReadStore>,
  can: ReadStoreAbilities = {},
): readonly Check[] {
  return Object.entries(readFacts)
    .filter(([, { lists }]) => lists === undefined || can.list !== false)
    .map(([name, { files, check }]) => ({ name, run: async () => check(await holding(files)) }));
}

/**
 * The checks that a store must pass, those of reading among them. `fresh` answers with an empty store; each check asks for its own.
 * @example
 *     for (const { name, run } of storeSuite(async () => memoryStore())) test(name, run);
 */
export function storeSuite(fresh: () => Promise<Store>): readonly Check[] {
  const holding = async (files: Files) => {
    const store = await fresh();
    for (const [key, bytes] of Object.entries(files)) await store.put(key, bytes);
    return store;
  };
  return [
    ...readStoreSuite(holding),
    ...Object.entries(facts).map(([name, fact]) => ({ name, run: async () => fact(await fresh()) })),
  ];
}

function need<T>(value: T | undefined): T {
  if (value === undefined)
    throw new WindrowError("internal", "Cannot pass: a key that is there must open, got nothing");
  return value;
}

async function keys(store: ReadStore, prefix: string): Promise<readonly Key[]> {
  return await Array.fromAsync(store.list(prefix));
}
