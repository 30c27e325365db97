/** Runs the search of a reader in a process of its own, and sees when that hangs or dies. */

import { fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { fileURLToPath } from "node:url";
import { stopwatch } from "../../src/node/clock.ts";
import type { Finding, Report } from "./engine.ts";
import { unpackParts } from "./parts.ts";

/** What a watched search came to. */
export interface Watched extends Report {
  readonly seconds: number;
  /** Letters of functions that ran, and of all, by source. */
  readonly letters: Readonly<Record<string, { readonly lit: number; readonly all: number }>>;
}

/** How long a search may go without a word. Only a hang takes so long: two thousand inputs take some seconds. */
const SILENCE_SECONDS = 300;

/** How to search. */
export interface WatchOptions {
  readonly seed: string;
  /** Inputs to begin with: made by our writers, or also files of others where they are; `all` where absent. */
  readonly seeds?: "own" | "all";
  readonly executions: number;
  /** The search ends with so many findings; 50 where absent. */
  readonly findings?: number;
  /** The search ends after so long, where given. */
  readonly seconds?: number;
  /** Seconds without a word after which the reader is taken for hung; 300 where absent. */
  readonly silence?: number;
}

interface Said {
  readonly kind: "alive" | "report";
  readonly executions: number;
  readonly report: Omit<Report, "findings"> & {
    readonly findings: readonly (Omit<Finding, "parts"> & { readonly parts: string })[];
  };
  readonly letters: Watched["letters"];
}

/** Searches a reader for so many inputs, and not longer than `seconds` where that is given. */
export async function watched(target: string, options: WatchOptions): Promise<Watched> {
  const { seeds = "all", seconds, silence = SILENCE_SECONDS } = options;
  const folder = mkdtempSync(join(tmpdir(), "windrow-fuzz-"));
  const state = join(folder, "input.json");
  const watch = stopwatch();
  const child = fork(
    fileURLToPath(new URL("child.ts", import.meta.url)),
    [JSON.stringify({ ...options, target, seeds, state })],
    {
      // One thread of V8's, and code that is not forgotten: or else the same seed finds other things each time.
      execArgv: ["--max-old-space-size=1024", "--predictable", "--no-flush-bytecode"],
      // V8 counts the blocks of code from a cache less exactly.
      env: { ...env, NODE_DISABLE_COMPILE_CACHE: "1" },
    },
  );
  let done = 0;
  let said: Said | undefined;
  const kill = () => child.kill("SIGKILL");
  let silent = setTimeout(kill, SILENCE_SECONDS * 1000);
  const over =
    seconds === undefined ? undefined : setTimeout(() => child.connected && child.send("over"), seconds * 1000);
  child.on("message", (message) => {
    const next = message as unknown as Said; // our own child's words
    clearTimeout(silent);
    silent = setTimeout(kill, silence * 1000);
    if (next.kind === "report") said = next;
    else done = next.executions;
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.once("exit", (...end) => resolve(end));
  });
  clearTimeout(silent);
  clearTimeout(over);
  try {
    if (said !== undefined && code === 0) {
      const findings = said.report.findings.map((each) => ({
        ...each,
        parts: unpackParts(Uint8Array.fromBase64(each.parts)),
      }));
      return { ...said.report, findings, letters: said.letters, seconds: watch.seconds() };
    }
    const id = signal === "SIGKILL" ? "hang" : "crash";
    const why = `the process ended with ${signal ?? code}; this is the input that it had`;
    const finding = { id, why, parts: unpackParts(readFileSync(state)) };
    return {
      executions: done,
      corpus: 0,
      read: 0,
      refused: {},
      findings: [finding],
      letters: {},
      seconds: watch.seconds(),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
