/**
 * `npm run fuzz [-- NAME… --seed S --executions N --seconds N --own]`: searches each reader for a fixed number of inputs, the same ones for
 * a seed, and prints what came of it. What is found is written to a folder for temporary files, as a case to keep.
 */

import process, { argv, stdout } from "node:process";
import { parseArgs } from "node:util";
import { reportLines } from "./report.ts";
import { TARGETS, targetEntry } from "./targets.ts";
import { watched } from "./watch.ts";

const { values, positionals } = parseArgs({
  args: argv.slice(2),
  allowPositionals: true,
  options: {
    seed: { type: "string" },
    executions: { type: "string" },
    seconds: { type: "string" },
    own: { type: "boolean" },
  },
});

let found = 0;
for (const name of positionals.length > 0 ? positionals : Object.keys(TARGETS)) {
  const result = await watched(name, {
    seed: values.seed ?? "1",
    seeds: values.own === true ? "own" : "all",
    executions: Number(values.executions ?? targetEntry(name).executions),
    ...(values.seconds === undefined ? {} : { seconds: Number(values.seconds) }),
  });
  stdout.write(`${reportLines(name, result).join("\n")}\n`);
  found += result.findings.length;
}
process.exitCode = found === 0 ? 0 : 1;
