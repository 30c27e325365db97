/** `windrow plan ais`. */

import { AIS_OPTIONS, aisOptions } from "../ais-options.ts";
import { command } from "../command.ts";

/** The work as data: what `materialize ais` would do, task by task. */
export const planAisCommand = command({
  name: "plan ais",
  summary: "read, clean and order AIS reports, then print the tasks that are left as a JSON plan",
  args: [{ name: "input", summary: "as for materialize ais", isMany: true }],
  options: AIS_OPTIONS,
  examples: ["windrow plan ais reports.csv --out data > plan.json", "windrow task plan.json gather-train-000-00000"],
  async run({ args, options, io }) {
    const { planAis } = await import("../../verbs/index.ts");
    const plan = await planAis(aisOptions(args, options), io.progress);
    io.result(plan, () => [JSON.stringify(plan)]);
    return 0;
  },
});
