/** Judges a model of one's own beside the baselines: `node examples/judge.ts DATA` */

import { argv } from "node:process";
import { baselineAis } from "windrow";
import { type FeatureBatch, fromLocal, multiStep, toLocal } from "windrow/ais";

const [, , path = "data"] = argv;
const STEPS = 100;
const BACK = 10;

/** A model sees the input, and says where the ship will be at the next reports. This one: it goes on as over the last ten. */
function goOn(batch: FeatureBatch): Float64Array {
  const cut = multiStep(batch, STEPS);
  const [sample = 0, , feature = 0] = cut.target.strides;
  const tenAgo = { ...cut.target, shape: [batch.length, 2], strides: [sample, feature], offset: (127 - BACK) * 5 };
  const past = toLocal({ input: cut.input, target: tenAgo }); // metres north and east of the last position
  const metres = new Float64Array(batch.length * STEPS * 2);
  for (let i = 0; i < batch.length; i++) {
    for (let k = 0; k < STEPS; k++) {
      const share = -(k + 1) / BACK;
      metres[(i * STEPS + k) * 2] = share * (past[i * 2] ?? 0);
      metres[(i * STEPS + k) * 2 + 1] = share * (past[i * 2 + 1] ?? 0);
    }
  }
  return fromLocal(cut, metres); // latitudes and longitudes, [n, 100, 2]
}

const { split, samples, forecasts } = await baselineAis(path, { horizons: [1, 10, STEPS], models: { go_on: goOn } });
console.log(`${samples} samples of ${split}: mean error over ${STEPS} steps`);
for (const [name, { ade }] of Object.entries(forecasts)) {
  console.log(`${name.padEnd(18)} ${ade.nmi.mean.toFixed(3).padStart(7)} nmi`);
}
