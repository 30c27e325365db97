/** Structured Zarr: `.zarray` as a tree, and chunks as their header, the places of their blocks, and bytes. */

import { createZarrArray, openZarr, type ZarrSpec } from "../../../src/formats/zarr/index.ts";
import { nodeCodecs } from "../../../src/node/index.ts";
import { memoryStore } from "../../../src/stores/index.ts";
import type { Target } from "../engine.ts";
import { changed, edgeNumber, type Mutator, type Parts, pick } from "../mutate.ts";
import { changeJson } from "../mutate-json.ts";
import { countedCodecs, fault, judged, mixed, openPartsStore, partsStore } from "../oracle.ts";

const plainCodecs = nodeCodecs();
const codecs = countedCodecs(plainCodecs);
/** Rows that are read: what is declared may have no end. */
const MOST = 200;

async function array(spec: ZarrSpec, rows: number): Promise<Parts> {
  const store = memoryStore();
  await using writer = await createZarrArray(store, "a", spec, { codecs: plainCodecs });
  const opened = await openZarr(store, "a", { codecs: plainCodecs });
  if (opened.kind !== "rows") return fault("a seed that is no table of rows");
  // Small bytes at places of which texts have their letters: valid in every type.
  await writer.append(Uint8Array.from({ length: rows * opened.rowBytes }, (_, i) => (i % 4 === 0 ? (i >> 5) & 1 : 0)));
  await writer.close();
  const parts: Record<string, Uint8Array> = {};
  for await (const key of store.list("")) parts[key] = (await store.get(key))!;
  return parts;
}

/** Lies about a number of a chunk's header, or about the place of a block. */
const numbers: Mutator = (parts, { rng }) => {
  const bytes = parts["a/0"]?.slice();
  if (bytes === undefined || bytes.length < 24) return undefined;
  const at = pick(
    rng,
    [4, 8, 12, 16, 20, 24, 28].filter((place) => place + 4 <= bytes.length),
  );
  new DataView(bytes.buffer).setUint32(at, Number(BigInt.asUintN(32, edgeNumber(rng, bytes.length))), true);
  return { ...parts, "a/0": bytes };
};

/** Changes a chunk, and lets its header say the size that it has. */
const chunks: Mutator = (parts, tools) => {
  const bytes = changed(parts["a/0"] ?? new Uint8Array(0), tools);
  if (bytes.length >= 16) new DataView(bytes.buffer, bytes.byteOffset).setUint32(12, bytes.length, true);
  return { ...parts, "a/0": bytes };
};

async function read(parts: Parts): Promise<string> {
  const digests: number[] = [];
  const opening = openPartsStore(parts);
  for (const store of [opening, partsStore(parts)]) {
    const found = await openZarr(store, "a", { codecs });
    if (found.kind === "group") return "group";
    // What zarrita reads is its own to judge.
    if (found.kind === "plain") return "plain";
    const to = Math.min(found.length, MOST);
    const whole = await found.records({ from: 0, to });
    const some = await found.records(Uint32Array.from({ length: to }, (_, i) => to - 1 - i));
    for (let row = 0; row < to; row++) {
      const one = whole.subarray(row * found.rowBytes, (row + 1) * found.rowBytes);
      const other = some.subarray((to - 1 - row) * found.rowBytes, (to - row) * found.rowBytes);
      if (one.some((byte, i) => byte !== other[i])) fault("rows one by one are not those of the whole");
    }
    await found.read({ from: 0, to, step: 3 });
    digests.push(mixed(0, whole.slice()));
  }
  if (opening.left > 0) fault("a file is left open");
  if (digests[0] !== digests[1]) fault("blocks have other bytes than the whole chunk");
  return String(digests[0]);
}

const WORDS = "<i4 >f8 |b1 <U2 |S3 |V4 <M8[ns] |O blosc lz4 zstd zlib gzip bitshuffle C F NaN Infinity AAAA".split(" ");

/** openZarr, its records and its columns. */
export async function zarrTarget(): Promise<Target> {
  const dtype = [
    ["a", "<i8"],
    ["b", ">f4", [2]],
    ["t", "<U2"],
    ["", "|V2"],
    [
      "n",
      [
        ["x", "|b1"],
        ["y", "<u2"],
      ],
      [2],
    ],
  ];
  const blosc = { id: "blosc", cname: "lz4", clevel: 5, shuffle: 1, blocksize: 400 } as const;
  return {
    seeds: [
      await array({ dtype, chunkRows: 50, compressor: blosc }, 60),
      await array({ dtype, chunkRows: 64, compressor: { ...blosc, cname: "zstd", shuffle: 2, blocksize: 0 } }, 64),
      await array({ dtype, chunkRows: 20, compressor: { ...blosc, cname: "zlib", shuffle: 0 } }, 20),
      await array({ dtype: "<f8", chunkRows: 100, compressor: { ...blosc, clevel: 0 } }, 30),
      await array({ dtype: "<i4", rowShape: [3], chunkRows: 40, compressor: { id: "zstd", level: 1 } }, 40),
      await array({ dtype: "|S5", chunkRows: 40, compressor: { id: "lz4", acceleration: 1 } }, 40),
      await array({ dtype: "<c8", chunkRows: 40, compressor: null }, 40),
    ],
    dictionary: WORDS.map((word) => new TextEncoder().encode(word)),
    mutators: [changeJson(/\.zarray$/, WORDS), changeJson(/\.zarray$/, WORDS), numbers, chunks, chunks],
    // A row may have 64 MiB, and is made of its fill value where its chunk is not there.
    allowance: 256 << 20,
    judge: (parts) => judged(() => read(parts), /^Cannot (read|open) a/),
  };
}
