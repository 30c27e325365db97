/** Trains a small model with TensorFlow.js: where is the ship at its next report? `node examples/train.ts DATA` */

import { argv } from "node:process";
import "@tensorflow/tfjs-backend-cpu";
import { dispose, tensor2d, tensor3d } from "@tensorflow/tfjs-core";
import { initializers, layers, sequential } from "@tensorflow/tfjs-layers";
import { load } from "windrow";
import { nextPosition, normalize, toLocal } from "windrow/ais";

const [, , path = "data", epochs = "4"] = argv;
const RECENT = 4; // of the 128 positions of the input
const dense = (units: number, seed: number) => ({ units, kernelInitializer: initializers.glorotUniform({ seed }) });
const model = sequential({
  layers: [
    layers.flatten({ inputShape: [RECENT, 6] }),
    layers.dense({ ...dense(32, 1), activation: "relu" }),
    layers.dense(dense(2, 2)),
  ],
});
model.compile({ optimizer: "adam", loss: "meanSquaredError" });

for (let epoch = 1; epoch <= Number(epochs); epoch++) {
  let [loss, batches] = [0, 0];
  for await (const batch of load(path, { batchSize: 32, seed: 42, epoch })) {
    const cut = nextPosition(batch);
    const recent = { ...cut.input, shape: [batch.length, RECENT, 5], offset: (128 - RECENT) * 5 };
    const x = tensor3d(normalize(recent).data, [batch.length, RECENT, 6]);
    const miles = toLocal(cut).map((metres) => metres / 1852);
    const y = tensor2d(miles, [batch.length, 2]);
    loss += Number(await model.trainOnBatch(x, y));
    batches += 1;
    dispose([x, y]);
  }
  console.log(`epoch ${epoch}: loss ${(loss / batches).toFixed(5)}`);
}
