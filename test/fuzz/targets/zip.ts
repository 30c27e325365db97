/** Zips: stored and deflated, with comments and with zip64, read whole, by range, and as open files. */

import { bytesOf, isSafeKey } from "../../../src/core/index.ts";
import { nodeCodecs, nodeHashes } from "../../../src/node/index.ts";
import { memoryStore, zipStore, zipWriter } from "../../../src/stores/index.ts";
import type { Target } from "../engine.ts";
import { edgeNumber, type Mutator, type Parts, pick } from "../mutate.ts";
import { countedCodecs, fault, judged, mixed, openPartsStore, partsStore, sameBytes } from "../oracle.ts";

const FILE = "x.zip";
const plainCodecs = nodeCodecs();
const codecs = countedCodecs(plainCodecs);
const hashes = await nodeHashes();

const text = new TextEncoder();
const MARKS = [0x04034b50, 0x02014b50, 0x06054b50, 0x06064b50, 0x07064b50];
const u32 = (value: number) => bytesOf(Uint32Array.of(value));

async function seed(names: readonly string[], options: object = {}, comment = ""): Promise<Parts> {
  const store = memoryStore();
  await using zip = await zipWriter({ store, key: FILE, codecs: plainCodecs, hashes, ...options });
  for (const [i, name] of names.entries()) await zip.put(name, new Uint8Array(i * 40).fill(i));
  await zip.publish();
  const bytes = Uint8Array.from([...(await store.get(FILE))!, ...text.encode(comment)]);
  new DataView(bytes.buffer).setUint16(bytes.length - comment.length - 2, comment.length, true);
  return { [FILE]: bytes };
}

/** Puts records of 64 bits between the directory and its end, whose fields then point there. */
function widened(parts: Parts): Parts {
  const bytes = parts[FILE]!;
  const end = new DataView(bytes.buffer, bytes.length - 22);
  const wide = new DataView(new ArrayBuffer(76));
  wide.setUint32(0, 0x06064b50, true);
  wide.setBigUint64(4, 44n, true);
  for (const at of [24, 32]) wide.setBigUint64(at, BigInt(end.getUint16(8, true)), true);
  wide.setBigUint64(40, BigInt(end.getUint32(12, true)), true);
  wide.setBigUint64(48, BigInt(end.getUint32(16, true)), true);
  wide.setUint32(56, 0x07064b50, true);
  wide.setBigUint64(64, BigInt(bytes.length - 22), true);
  wide.setUint32(72, 1, true);
  const last = bytes.slice(-22).fill(0xff, 8, 20);
  return { [FILE]: Uint8Array.from([...bytes.subarray(0, -22), ...new Uint8Array(wide.buffer), ...last]) };
}

/** Lies in a field of a record: these begin where their mark stands. */
const fields: Mutator = (parts, { rng }) => {
  const bytes = parts[FILE]!.slice();
  const view = new DataView(bytes.buffer);
  const places: number[] = [];
  for (let at = 0; at + 4 <= bytes.length; at++) if (MARKS.includes(view.getUint32(at, true))) places.push(at);
  if (places.length === 0) return undefined;
  const at = pick(rng, places) + 4 + rng.int(44);
  const value = edgeNumber(rng, bytes.length);
  for (let i = 0; i < pick(rng, [1, 2, 4, 8]) && at + i < bytes.length; i++)
    bytes[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  return { [FILE]: bytes };
};

async function read(parts: Parts): Promise<string> {
  const open = openPartsStore(parts);
  let digest = 0;
  {
    using zip = await zipStore({ store: open, key: FILE, codecs, hashes });
    using ranged = await zipStore({ store: partsStore(parts), key: FILE, codecs, hashes });
    const keys = await Array.fromAsync(zip.list(""));
    if (keys.join("\n") !== (await Array.fromAsync(ranged.list(""))).join("\n")) fault("two lists of one zip differ");
    for (const key of keys) {
      if (!isSafeKey(key)) fault(`a key that leaves the store: ${JSON.stringify(key)}`);
      const bytes = (await zip.get(key))!;
      if (bytes.length !== (await zip.size(key))) fault("a value has another size than its key");
      if (!sameBytes(bytes, await ranged.get(key))) fault("a value read by range is another");
      const [from, to] = [bytes.length >> 2, bytes.length >> 1];
      if (!sameBytes(bytes.subarray(from, to), await ranged.get(key, { from, to })))
        fault("a range is not of the whole");
      using file = zip.open!(key)!;
      const into = new Uint8Array(to - from);
      file.readInto(from, into);
      if (!sameBytes(bytes.subarray(from, to), into)) fault("an open file has other bytes");
      digest = mixed(mixed(digest, text.encode(key)), bytes);
    }
  }
  if (open.left !== 0) fault(`${open.left} files stay open`);
  return `${digest}`;
}

/** The reader of zips. */
export async function zipTarget(): Promise<Target> {
  const stored = await seed(["a", "b/c", "ü"]);
  return {
    seeds: [
      stored,
      await seed(["a", "b/c", "long"], { compression: { codec: "gz" } }),
      await seed([], {}, "nothing in it"),
      await seed(["a"], {}, "PK\x05\x06 and more"),
      widened(stored),
    ],
    dictionary: [...MARKS.map(u32), text.encode("../"), text.encode("/"), u32(0xffffffff), Uint8Array.of(1, 0, 24, 0)],
    mutators: [fields, fields, fields],
    judge: (parts) => judged(() => read(parts), /x\.zip/),
  };
}
