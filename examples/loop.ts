/** Loads a dataset and loops over it: `node examples/loop.ts DATA` */

import { argv } from "node:process";
import { load } from "windrow";

const [, , path = "data"] = argv;
const FEATURES = 5; // lat, lon, sog, cog, dt_seconds
const SOG = 2;

// Epoch 0 is the stored order, which is shuffled already; each later one is another permutation.
for (let epoch = 0; epoch < 2; epoch++) {
  let samples = 0;
  let knots = 0;
  for await (const { length, columns } of load(path, { batchSize: 64, seed: 42, epoch })) {
    const { data, shape } = columns.features; // Float32Array, [64, 928, 5]
    let sum = 0;
    for (let at = SOG; at < data.length; at += FEATURES) sum += data[at] ?? 0;
    knots += (sum / (data.length / FEATURES)) * length;
    samples += length;
    if (samples === length) console.log(`epoch ${epoch}: batches of ${shape.join(" × ")}`);
  }
  console.log(`epoch ${epoch}: ${samples} samples at ${(knots / samples).toFixed(2)} knots on average`);
}
