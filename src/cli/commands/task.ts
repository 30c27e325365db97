/** `windrow task`. */

import { command } from "../command.ts";

/** One task of a plan. */
export const taskCommand = command({
  name: "task",
  summary: "run one task of a plan; one that is done is not done again",
  args: [
    { name: "plan", summary: "the plan's file, from windrow plan …" },
    { name: "id", summary: "the task's id" },
  ],
  options: {},
  async run({ args, io }) {
    const { planFile, runTask } = await import("../../verbs/index.ts");
    const [path = "", id = ""] = args;
    const { result, skipped } = await runTask(planFile(path), id);
    io.result({ id, skipped, result }, () => [`${id}: ${skipped ? "was done before" : "done"}`]);
    return 0;
  },
});
