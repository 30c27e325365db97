/** `windrow plan traces`. */

import { command } from "../command.ts";
import { TRACES_OPTIONS, tracesOptions } from "../traces-options.ts";

/** The work as data: what `materialize traces` would do, task by task. */
export const planTracesCommand = command({
  name: "plan traces",
  summary: "match and read recordings and order their windows, then print the tasks that are left as a JSON plan",
  args: [{ name: "input", summary: "as for materialize traces", isMany: true }],
  options: TRACES_OPTIONS,
  examples: ["windrow plan traces drives/* --reference camera --window 32 --out data > plan.json"],
  async run({ args, options, io }) {
    const { planTraces } = await import("../../verbs/index.ts");
    const plan = await planTraces(tracesOptions(args, options), io.progress);
    io.result(plan, () => [JSON.stringify(plan)]);
    return 0;
  },
});
