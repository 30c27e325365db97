/** `windrow plan l5kit`. */

import { command } from "../command.ts";
import { L5KIT_OPTIONS, l5kitOptions } from "../l5kit-options.ts";

/** The work as data: what `materialize l5kit` would do, task by task. */
export const planL5kitCommand = command({
  name: "plan l5kit",
  summary: "read L5Kit scenes and order their samples, then print the tasks that are left as a JSON plan",
  args: [{ name: "input", summary: "as for materialize l5kit", isMany: true }],
  options: L5KIT_OPTIONS,
  examples: ["windrow plan l5kit train.zarr --out data > plan.json"],
  async run({ args, options, io }) {
    const { planL5kit } = await import("../../verbs/index.ts");
    const plan = await planL5kit(l5kitOptions(args, options), io.progress);
    io.result(plan, () => [JSON.stringify(plan)]);
    return 0;
  },
});
