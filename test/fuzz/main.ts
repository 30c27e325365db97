/**
 * `npm run fuzz [-- NAME… --seed S --executions N --seconds N --own]`: searches each reader for a fixed number of inputs, the same ones for
 * a seed, and prints what came of it. What is found is written to a folder for temporary files, as a case to keep.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process, { argv, stdout } from "node:process";
import { parseArgs } from "node:util";
import { fnv1a32 } from "../../src/core/index.ts";
import type { Finding } from "./engine.ts";
import { packParts } from "./parts.ts";
import { TARGETS, targetEntry } from "./targets.ts";
import { type Watched, watched } from "./watch.ts";

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

function keep(name: string, { id, why, parts }: Finding): string {
  const folder = join(tmpdir(), "windrow-fuzz");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}-${fnv1a32(id).toString(16)}.json`);
  const files = JSON.parse(new TextDecoder().decode(packParts(parts))) as Readonly<Record<string, string>>;
  writeFileSync(path, `${JSON.stringify({ target: name, why: id, files }, null, 2)}\n`);
  return `  ${path}\n  ${why.split("\n").slice(0, 8).join("\n  ")}\n`;
}

function lines(name: string, { executions, seconds, corpus, read, refused, letters }: Watched): string {
  const all = Object.values(letters);
  const [lit, of] = [all.reduce((sum, each) => sum + each.lit, 0), all.reduce((sum, each) => sum + each.all, 0)];
  const codes = Object.entries(refused).map(([code, count]) => `${code} ${count}`);
  return (
    `${name}: ${executions} executions in ${seconds.toFixed(0)} s, ${Math.round(executions / seconds)} a second; ` +
    `read ${read}, ${codes.join(", ")}; ${corpus} kept; ${((100 * lit) / Math.max(1, of)).toFixed(1)} % of its functions' text ran\n`
  );
}

let found = 0;
for (const name of positionals.length > 0 ? positionals : Object.keys(TARGETS)) {
  const result = await watched(name, {
    seed: values.seed ?? "1",
    seeds: values.own === true ? "own" : "all",
    executions: Number(values.executions ?? targetEntry(name).executions),
    ...(values.seconds === undefined ? {} : { seconds: Number(values.seconds) }),
  });
  stdout.write(lines(name, result));
  for (const [source, { lit, all }] of Object.entries(result.letters).sort())
    stdout.write(`    ${source} ${((100 * lit) / Math.max(1, all)).toFixed(0)} %\n`);
  for (const finding of result.findings) stdout.write(keep(name, finding));
  found += result.findings.length;
}
process.exitCode = found === 0 ? 0 : 1;
