/** L5Kit scenes become training shards, and batches of them: `node examples/l5kit.ts SCENES.zarr OUT` */

import { argv } from "node:process";
import { load, materializeL5kit } from "windrow";

const [, , scenes = "scenes.zarr", out = "motion"] = argv;
const { manifest } = await materializeL5kit({ inputs: [scenes], out, history: 10, future: 50, neighbours: 8 });
console.log(`${manifest.ledger.windows.train} samples`);

for await (const { columns } of load(out, { columns: ["history_positions", "target_positions"], batchSize: 64 })) {
  const { history_positions: past, target_positions: future } = columns;
  console.log(`${past.shape.join(" × ")} to ${future.shape.join(" × ")}`); // 64 × 11 × 2 to 64 × 50 × 2
  break;
}
