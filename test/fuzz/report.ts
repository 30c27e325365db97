/** What a search came to, in lines; what it found, as files to keep. */

import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fnv1a32 } from "../../src/core/index.ts";
import type { Finding } from "./engine.ts";
import { packParts } from "./parts.ts";
import type { Watched } from "./watch.ts";

/** Writes a finding below the folder for temporary files, as a case to keep; gives its path. */
function kept(name: string, { id, parts }: Finding): string {
  const folder = join(tmpdir(), "windrow-fuzz");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name.replace(":", "-")}-${fnv1a32(id).toString(16)}.json`);
  const files = JSON.parse(new TextDecoder().decode(packParts(parts))) as Readonly<Record<string, string>>;
  writeFileSync(path, `${JSON.stringify({ why: id, files }, null, 2)}\n`);
  return path;
}

const percent = (lit: number, all: number): string => `${((100 * lit) / Math.max(1, all)).toFixed(1)} %`;

/** How much was tried, what came of it, how much of each source ran, and what was found. */
export function reportLines(name: string, result: Watched): string[] {
  const { executions, seconds, corpus, read, refused, letters, findings } = result;
  const all = Object.values(letters);
  const sum = (of: "lit" | "all"): number => all.reduce((total, each) => total + each[of], 0);
  const codes = Object.entries(refused).map(([code, count]) => `${code} ${count}`);
  return [
    `${name}: ${executions} executions in ${seconds.toFixed(0)} s, ${Math.round(executions / seconds)} a second; ` +
      `read ${read}, ${codes.join(", ")}; ${corpus} kept; ${percent(sum("lit"), sum("all"))} of its functions' text ran`,
    ...Object.entries(letters)
      .sort()
      .map(([source, { lit, all: of }]) => `    ${source} ${percent(lit, of)}`),
    ...findings.flatMap((finding) => [
      `    FOUND ${kept(name, finding)}`,
      ...finding.why
        .split("\n")
        .slice(0, 8)
        .map((line) => `      ${line}`),
    ]),
  ];
}
