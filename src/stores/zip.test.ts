import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Key, type ReadStore, WindrowError } from "../core/index.ts";
import { nodeCodecs, nodeHashes } from "../node/index.ts";
import { readStoreSuite } from "../testkit/index.ts";
import { memoryStore } from "./memory.ts";
import { type ZipStore, type ZipStoreOptions, zipStore } from "./zip.ts";
import { zipWriter } from "./zip-writer.ts";

const TOOLS = { codecs: nodeCodecs(), hashes: await nodeHashes() };
const DEFLATED = { compression: { codec: "gz", level: 6 } } as const;
const TEXT = new TextEncoder();

type Files = readonly (readonly [Key, Uint8Array])[];

async function zipBytes(files: Files, options: object = {}): Promise<Uint8Array> {
  const store = memoryStore();
  await using zip = await zipWriter({ store, key: "x.zip", ...TOOLS, ...options });
  for (const [key, bytes] of files) await zip.put(key, bytes);
  await zip.publish();
  return (await store.get("x.zip"))!;
}

async function opened(bytes: Uint8Array, options: Partial<ZipStoreOptions> = {}): Promise<ZipStore> {
  const store = memoryStore();
  await store.put("x.zip", bytes);
  return zipStore({ store, key: "x.zip", ...TOOLS, ...options });
}

/** The store without open files: what is read goes range by range. */
const byRange = ({ name, get, size, list }: ReadStore): ReadStore => ({ name, get, size, list });

for (const [kind, options] of Object.entries({ stored: {}, deflated: DEFLATED })) {
  for (const { name, run } of readStoreSuite(async (files) => opened(await zipBytes(Object.entries(files), options))))
    test(`${kind}: ${name}`, run);
  for (const { name, run } of readStoreSuite(async (files) => {
    const store = memoryStore();
    await store.put("x.zip", await zipBytes(Object.entries(files), options));
    return zipStore({ store: byRange(store), key: "x.zip", ...TOOLS });
  }))
    test(`${kind}, range by range: ${name}`, run);
}

const anyName = fc
  .string({ unit: "binary", minLength: 1, maxLength: 8 })
  .filter((name) => !/[\\\0:/.]|[\ud800-\udfff]/u.test(name));
const anyFiles = fc.uniqueArray(fc.tuple(anyName, fc.uint8Array({ maxLength: 300 })), { selector: ([name]) => name });

test("what goes in comes out, and the same entries are the same bytes", async () => {
  await fc.assert(
    fc.asyncProperty(anyFiles, fc.boolean(), async (files, packs) => {
      const options = packs ? DEFLATED : {};
      const bytes = await zipBytes(files, options);
      assert.deepEqual(await zipBytes(files, options), bytes);
      using zip = await opened(bytes);
      assert.deepEqual(await Array.fromAsync(zip.list("")), files.map(([name]) => name).sort());
      for (const [name, value] of files) assert.deepEqual(await zip.get(name), value);
    }),
  );
});

/** A zip of two entries: `LEFT` of 40 letters and `RIGHT` of 300, so that both ways to pack occur. */
const SMALL = [
  ["LEFT", Uint8Array.from({ length: 40 }, (_, i) => (i * 97) % 256)],
  ["RIGHT", new Uint8Array(300).fill(7)],
] as const satisfies Files;
const PACKED = await zipBytes(SMALL, DEFLATED);

test("a zip that is cut anywhere, or goes on behind its end, is none", async () => {
  for (let length = 0; length < PACKED.length; length++)
    await assert.rejects(opened(PACKED.slice(0, length)), { code: "damaged" }, `cut at ${length}`);
  await assert.rejects(opened(Uint8Array.from([...PACKED, 0])), { code: "damaged" });
  await assert.rejects(opened(Uint8Array.from([0, ...PACKED])), { code: "damaged" });
});

async function allOf(zip: ZipStore): Promise<Map<Key, Uint8Array | undefined>> {
  const found = new Map<Key, Uint8Array | undefined>();
  for await (const key of zip.list("")) found.set(key, await zip.get(key));
  return found;
}

test("a byte that is changed is refused, or changes no value", async () => {
  for (let at = 0; at < PACKED.length; at++) {
    for (const change of [1, 0x80, 0xff]) {
      const bytes = PACKED.slice();
      bytes[at]! ^= change;
      try {
        using zip = await opened(bytes);
        assert.deepEqual(await allOf(zip), new Map(SMALL), `byte ${at}`);
      } catch (error) {
        assert.ok(error instanceof WindrowError, `byte ${at}: ${error}`);
        assert.match(error.code, /damaged|unsupported/);
      }
    }
  }
});

/** Finds a word of 32 bits, from the end. */
function placeOf(bytes: Uint8Array, mark: number): number {
  const fields = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = bytes.length - 4; at >= 0; at--) if (fields.getUint32(at, true) === mark) return at;
  return assert.fail(`no ${mark.toString(16)}`);
}

const CENTRAL = 0x02014b50;
const END = 0x06054b50;

function changed(bytes: Uint8Array, change: (fields: DataView, last: number) => void): Uint8Array {
  const copy = bytes.slice();
  change(new DataView(copy.buffer), placeOf(copy, CENTRAL));
  return copy;
}

test("what unpacks to more than it says, or says what cannot be, is refused before it is held", async () => {
  const zeros = await zipBytes([["z", new Uint8Array(1 << 20)]], DEFLATED);
  await assert.rejects(
    opened(zeros.slice(), { mostUnpackedBytes: 1 << 19 }).then((zip) => zip.get("z")),
    {
      code: "unsupported",
      message: "Cannot read memory/x.zip/z: at most 524288 bytes are unpacked, got an entry of 1048576",
    },
  );
  const says = (bytes: number) => changed(zeros, (fields, at) => fields.setUint32(at + 24, bytes, true));
  await assert.rejects(opened(says(0xfffffff0)), {
    code: "damaged",
    message: /bytes cannot be unpacked to 4294967280/,
  });
  for (const bytes of [0, 1000, (1 << 20) - 1, (1 << 20) + 1]) {
    using zip = await opened(says(bytes));
    await assert.rejects(zip.get("z"), { code: "damaged" }, `${bytes}`);
    assert.throws(() => zip.open!("z"), { code: "damaged" }, `${bytes}`);
  }
});

test("a stream that ends early, and goes on as another, is not taken for the whole", async () => {
  const [one, two] = [new Uint8Array(100).fill(1), new Uint8Array(200).fill(2)];
  const gz = TOOLS.codecs.get("gz")!;
  // Two members of gzip, whose outer header and trailer are left off: the length fits, the checksum does not.
  const inner = Uint8Array.from([...gz.pack(one), ...gz.pack(two)]).slice(10, -8);
  const stored = await zipBytes([["a", inner]]);
  const lying = changed(stored, (fields, at) => {
    fields.setUint16(8, 8, true);
    fields.setUint16(at + 10, 8, true);
    fields.setUint32(at + 24, 300, true);
    fields.setUint32(at + 16, Number.parseInt(TOOLS.hashes.get("crc32")!.digest(two), 16), true);
  });
  using zip = await opened(lying);
  await assert.rejects(zip.get("a"), { code: "damaged" });
});

test("entries that share bytes are refused", async () => {
  const bytes = changed(PACKED, (fields, at) => fields.setUint32(at + 42, 0, true));
  await assert.rejects(opened(bytes), {
    code: "damaged",
    message: /"LEFT" and "RIGHT" overlap|"RIGHT" and "LEFT" overlap/,
  });
  const longer = changed(await zipBytes(SMALL), (fields, at) => {
    const first = at - 46 - 4;
    for (const field of [20, 24]) fields.setUint32(first + field, 90, true);
  });
  await assert.rejects(opened(longer), { code: "damaged", message: /overlap/ });
});

/** The small zip with another name of four letters, everywhere. */
function renamed(name: string, flags = 0): Uint8Array {
  const bytes = PACKED.slice();
  const letters = Uint8Array.from(name, (letter) => letter.charCodeAt(0));
  const fields = new DataView(bytes.buffer);
  const central = placeOf(bytes, CENTRAL) - 46 - 4;
  for (const at of [30, central + 46]) bytes.set(letters, at);
  for (const at of [6, central + 8]) fields.setUint16(at, flags, true);
  return bytes;
}

test("a name that leaves the zip spoils it, and one that is no key is passed over by name", async () => {
  for (const name of ["../a", "a/..", "/abc", "a\\bc", "a\0bc", "C:/a", "/../"]) {
    await assert.rejects(
      opened(renamed(name)),
      { code: "damaged", message: /a name must not leave the zip, got / },
      name,
    );
  }
  for (const name of ["ab:c", "a//b", "./ab", "ab/."]) {
    using zip = await opened(renamed(name));
    assert.deepEqual([await Array.fromAsync(zip.list("")), zip.unreachable], [["RIGHT"], [name]]);
  }
});

test("a name without UTF-8's mark is of code page 437", async () => {
  using old = await opened(renamed("gr\x81n"));
  assert.deepEqual(await old.get("grün"), SMALL[0][1]);
  using marked = await opened(renamed("\xc3\xbcab", 1 << 11));
  assert.deepEqual(await marked.get("üab"), SMALL[0][1]);
  await assert.rejects(opened(renamed("gr\x81n", 1 << 11)), { code: "damaged", message: /is not UTF-8/ });
});

test("two entries of one name are refused, and folders are no entries", async () => {
  const files: Files = [
    ["LEFT", SMALL[0][1]],
    ["TFEL", SMALL[1][1]],
  ];
  const bytes = await zipBytes(files);
  const text = TEXT.encode("LEFT");
  for (let at = 0; at < bytes.length; at++)
    if (bytes.slice(at, at + 4).every((byte, i) => byte === TEXT.encode("TFEL")[i])) bytes.set(text, at);
  await assert.rejects(opened(bytes), { code: "damaged", message: /names must differ, got two entries "LEFT"/ });
  const folder = await zipBytes([["dirs", new Uint8Array()]]);
  for (const at of [33, placeOf(folder, CENTRAL) + 49]) folder[at] = "/".charCodeAt(0);
  using zip = await opened(folder);
  assert.deepEqual(await Array.fromAsync(zip.list("")), []);
});

test("a name of another header, a password, another method, another disk are told", async () => {
  const other = PACKED.slice();
  other[30] = "X".charCodeAt(0);
  await assert.rejects((await opened(other)).get("LEFT"), { code: "damaged", message: /"LEFT" must begin here/ });
  const locked = changed(PACKED, (fields, at) => fields.setUint16(at + 8, 1, true));
  await assert.rejects((await opened(locked)).get("RIGHT"), { code: "unsupported", message: /password/ });
  const odd = changed(PACKED, (fields, at) => fields.setUint16(at + 10, 12, true));
  await assert.rejects((await opened(odd)).get("RIGHT"), { code: "unsupported", message: /got method 12/ });
  const disk = PACKED.slice();
  disk[placeOf(disk, END) + 4] = 1;
  await assert.rejects(opened(disk), { code: "damaged" });
});

function withComment(bytes: Uint8Array, comment: Uint8Array): Uint8Array {
  const whole = Uint8Array.from([...bytes, ...comment]);
  new DataView(whole.buffer).setUint16(bytes.length - 2, comment.length, true);
  return whole;
}

test("a comment may hold anything but a second directory", async () => {
  const end = PACKED.slice(-22);
  for (const comment of [TEXT.encode("hello"), end, Uint8Array.from([...end, ...end]), new Uint8Array(65_535)]) {
    using zip = await opened(withComment(PACKED, comment));
    assert.deepEqual(await allOf(zip), new Map(SMALL));
  }
  const another = await zipBytes([["evil", new Uint8Array(3)]]);
  // The places in it count from the file's begin, so that it is a whole zip of another content.
  const fields = new DataView(another.buffer);
  const shift = PACKED.length;
  const central = placeOf(another, CENTRAL);
  fields.setUint32(central + 42, shift, true);
  fields.setUint32(placeOf(another, END) + 16, shift + central, true);
  await assert.rejects(opened(withComment(PACKED, another)), { code: "damaged", message: /two directories/ });
});

test("more than 65,535 entries are kept", async () => {
  const files = Array.from({ length: 65_540 }, (_, i) => [`${i}`, Uint8Array.of(i % 251)] as const);
  using zip = await opened(await zipBytes(files));
  assert.equal((await Array.fromAsync(zip.list(""))).length, 65_540);
  for (const i of [0, 65_535, 65_539]) assert.deepEqual(await zip.get(`${i}`), files[i]![1]);
});

test("an empty zip is a zip", async () => {
  using zip = await opened(await zipBytes([]));
  assert.deepEqual(await Array.fromAsync(zip.list("")), []);
});
