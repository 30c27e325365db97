/** How fast are keys and their order, next to xxhash-wasm and the platform's own sorts? */

import { performance } from "node:perf_hooks";
import xxhash from "xxhash-wasm";
import { orderByKey, seedOf, writeSampleKey, xxh64 } from "../src/order/index.ts";

// Best of several, so that a neighbour on the machine does not count.
function bestMs(work: () => void, times = 7): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    work();
    best = Math.min(best, performance.now() - began);
  }
  return best;
}

const n = 1_000_000;
const peer = await xxhash();
const seed = seedOf(42);
const keys = new BigUint64Array(n);
const words = new Uint32Array(keys.buffer);

for (const idBytes of [9, 20, 40]) {
  const blob = new TextEncoder()
    .encode("367531670-1609460232/0123456789abcdefghijklmnopqrstuvwxyz")
    .subarray(0, idBytes);
  const ours = bestMs(() => {
    for (let i = 0; i < n; i++) writeSampleKey(blob, 0, idBytes, 32 * i, seed, words, i);
  });
  const sum = keys[n - 1];
  const name = new Uint8Array(idBytes + 8);
  name.set(blob);
  const view = new DataView(name.buffer);
  const theirs = bestMs(() => {
    for (let i = 0; i < n; i++) {
      view.setUint32(idBytes, 32 * i, true);
      keys[i] = peer.h64Raw(name, 42n);
    }
  });
  const same = sum === keys[n - 1] ? "same keys" : "DIFFERENT KEYS";
  console.log(
    `key, id of ${idBytes} bytes: ours ${((1e6 * ours) / n).toFixed(0)} ns, xxhash-wasm ${((1e6 * theirs) / n).toFixed(0)} ns, ${same}`,
  );
}

const long = new Uint8Array(16_000_000).map((_, i) => i);
const oursLong = bestMs(() => xxh64(long, 42), 3);
const theirsLong = bestMs(() => peer.h64Raw(long, 42n), 3);
console.log(
  `16 MB: ours ${(long.length / oursLong / 1e6).toFixed(2)} GB/s, xxhash-wasm ${(long.length / theirsLong / 1e6).toFixed(2)} GB/s`,
);

const blob = new TextEncoder().encode("367531670-1609460232");
for (let i = 0; i < n; i++) writeSampleKey(blob, 0, 20, i, seed, words, i);
const narrow = keys.map((key) => key >> 12n);
for (const [what, column] of [
  ["uniform keys", keys],
  ["keys of one pile of 4096", narrow],
] as const) {
  const ours = bestMs(() => orderByKey(column));
  const native = bestMs(() => column.slice().sort(), 3);
  console.log(
    `sort of 1e6, ${what}: order ${ours.toFixed(0)} ms; BigUint64Array.sort (values only) ${native.toFixed(0)} ms`,
  );
}
const rows = Array.from({ length: n }, (_, i) => i);
const compared = bestMs(() => rows.slice().sort((a, b) => (keys[a]! < keys[b]! ? -1 : 1)), 1);
console.log(`sort of 1e6, uniform keys: Array.sort with a comparator ${compared.toFixed(0)} ms`);
