/** `windrow merge`. */

import { command } from "../command.ts";
import { count } from "../terminal.ts";

/** A root index for workers' folders. */
export const mergeCommand = command({
  name: "merge",
  summary: "write a root index.json over workers' MDS folders, so that they open as one dataset",
  args: [{ name: "dir", summary: "a folder whose folders each have an index.json" }],
  options: {},
  examples: ["windrow merge shards"],
  async run({ args, io }) {
    const { merge } = await import("../../verbs/index.ts");
    const report = await merge(args[0] ?? "");
    const what = `${count(report.workers)} folders, ${count(report.shards)} shards, ${count(report.samples)} samples`;
    io.result(report, () => [
      report.was_there
        ? `${report.path}/index.json is there already, for ${what}`
        : `wrote ${report.path}/index.json: ${what}`,
    ]);
    return 0;
  },
});
