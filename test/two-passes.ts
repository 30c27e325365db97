/** Plans of small datasets that take two passes, as those of large ones do. */

import assert from "node:assert/strict";
import { writeOrder } from "../src/materialize/index.ts";
import { folderWorkspace } from "../src/node/workspace.ts";
import type { Plan } from "../src/run/index.ts";
import { openContext, planSpec, writePlan } from "../src/verbs/dataset/run.ts";

/** Makes the same plan take two passes: sorted runs of so few samples, and an order found in so little memory. */
export async function inTwoPasses(plan: Plan, runSamples: number): Promise<Plan> {
  const { table, facts } = await openContext(plan);
  const shared = planSpec(plan);
  const dataset = { ...shared.dataset, runSamples };
  for (const split of ["train", "validation", "test"] as const) {
    const parts = dataset.counts[split].length;
    const options = { ...dataset, parts, memoryBytes: 5_000 };
    assert.deepEqual(writeOrder(folderWorkspace(plan.temp), table, split, options), dataset.counts[split]);
  }
  const values: Record<string, Readonly<Record<string, string>>> = {};
  for (let mmsi = 0; mmsi < table.length; mmsi++) {
    const entity = new TextDecoder().decode(
      table.entities.subarray(table.entityOffsets[mmsi], table.entityOffsets[mmsi + 1]),
    );
    values[entity] = facts.of(entity) ?? {};
  }
  const { out, temp } = plan;
  return writePlan({ out, temp }, { ...shared, dataset }, { table, facts: { names: facts.names, values } });
}
