/** A process of its own that searches one reader: its memory is bounded, and what hangs or crashes it is told by its parent. */

import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import process, { argv } from "node:process";
import { Coverage } from "./coverage.ts";
import type { Parts } from "./mutate.ts";
import { countAllocations } from "./oracle.ts";
import { packParts } from "./parts.ts";

const {
  target: name,
  seed,
  seeds,
  findings: mostFindings,
  executions,
  state,
} = JSON.parse(argv[2] ?? "{}") as {
  readonly target: string;
  readonly seed: string;
  readonly seeds: "own" | "all";
  readonly findings: number | undefined;
  readonly executions: number;
  readonly state: string;
};

// Before the readers are loaded: they keep the constructors that they find.
countAllocations();
const { targetEntry } = await import("./targets.ts");
const { search } = await import("./engine.ts");

const entry = targetEntry(name);
using coverage = new Coverage(entry.sources);
const target = await entry.open(seeds);
process.send?.({ kind: "alive", executions: 0 });

const fd = openSync(state, "w+");
let ended = false;
process.on("message", () => {
  ended = true;
});

/** Leaves the input where the parent finds it when this process is no more. */
function before(parts: Parts): void {
  const bytes = packParts(parts);
  writeSync(fd, bytes, 0, bytes.length, 0);
  ftruncateSync(fd, bytes.length);
}

let told = 0;
const report = await search(target, coverage, {
  seed,
  executions,
  ...(mostFindings !== undefined && { findings: mostFindings }),
  before,
  isOver: ({ executions: done }) => {
    if (done - told < 2000) return ended;
    told = done;
    process.send?.({ kind: "alive", executions: done });
    return ended;
  },
});
closeSync(fd);
const findings = report.findings.map(({ parts, ...rest }) => ({ ...rest, parts: packParts(parts).toBase64() }));
process.send?.({ kind: "report", report: { ...report, findings }, letters: coverage.letters() });
process.disconnect?.();
