/** The search: inputs that make new blocks run are kept, and changed again. */

import { setImmediate } from "node:timers/promises";
import { type Rng, rng } from "../../src/core/index.ts";
import type { Coverage } from "./coverage.ts";
import { changeBytes, type Mutator, type Parts, pick, type Tools } from "./mutate.ts";
import { budget, isSame, type Outcome } from "./oracle.ts";

/** A reader under fire. */
export interface Target {
  /** Inputs to begin with. */
  readonly seeds: readonly Parts[];
  /** Words of the format. */
  readonly dictionary: readonly Uint8Array[];
  /** Changes that know the format; plain changes of bytes come beside them. */
  readonly mutators: readonly Mutator[];
  /** Bytes that the reader may set aside whatever the size of its input; 32 MiB where absent. */
  readonly allowance?: number;
  /** Gives an input to the reader, and judges what it does. */
  judge(parts: Parts): Promise<Outcome>;
}

/** A law that was broken, and a small input that breaks it. */
export interface Finding {
  readonly id: string;
  readonly why: string;
  readonly parts: Parts;
}

/** How a search went. */
export interface Report {
  /** Inputs given to the reader, with those that were repeated to see which of several made a block run. */
  readonly executions: number;
  readonly corpus: number;
  readonly read: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

/** How to search. */
export interface SearchOptions {
  readonly seed: string;
  /** Inputs to try. */
  readonly executions: number;
  /** The search ends with so many findings; 50 where absent. */
  readonly findings?: number;
  /** Told each input before it is run, so that what hangs or crashes the process is known. */
  readonly before?: (parts: Parts) => void;
  /** Asked now and then; true ends the search. */
  readonly isOver?: (report: Report) => boolean;
}

// Asking V8 takes as long as some 25 runs: one answer for so many inputs, and again one by one only where it is something new.
const GROUP = 24;
/** How often an input is run twice, to see that it comes to the same. */
const AGAIN = 32;
const MOST_FINDINGS = 50;

function bytesIn(parts: Parts): number {
  return Object.values(parts).reduce((sum, { length }) => sum + length, 0);
}

interface Tried {
  readonly parts: Parts;
  readonly outcome: Outcome;
}

class Search {
  readonly #target: Target;
  readonly #coverage: Coverage;
  readonly #options: SearchOptions;
  readonly #rng: Rng;
  readonly #corpus: Parts[] = [];
  /** Those of the corpus that were read: what is changed a little in them gets further than what was refused already. */
  readonly #whole: Parts[] = [];
  readonly #findings = new Map<string, Finding>();
  readonly #refused: Record<string, number> = {};
  #executions = 0;
  #read = 0;

  constructor(target: Target, coverage: Coverage, options: SearchOptions) {
    this.#target = target;
    this.#coverage = coverage;
    this.#options = options;
    this.#rng = rng(options.seed);
  }

  get report(): Report {
    return {
      executions: this.#executions,
      corpus: this.#corpus.length,
      read: this.#read,
      refused: this.#refused,
      findings: [...this.#findings.values()],
    };
  }

  async run(): Promise<Report> {
    for (const parts of this.#target.seeds) await this.#alone({ parts, outcome: await this.#judged(parts) }, "keep");
    const { executions, findings = MOST_FINDINGS } = this.#options;
    while (this.#executions < executions && this.#findings.size < findings) {
      await this.#group();
      // Readers of memory never wait for anything: without this no message would come in.
      await setImmediate();
      if (this.#options.isOver?.(this.report)) break;
    }
    return this.report;
  }

  async #judged(parts: Parts): Promise<Outcome> {
    this.#executions += 1;
    this.#options.before?.(parts);
    budget.begin(bytesIn(parts), this.#target.allowance);
    const outcome = await this.#target.judge(parts);
    budget.end();
    return outcome;
  }

  /** Runs a group of new inputs, and keeps those that made blocks run that never did. */
  async #group(): Promise<void> {
    this.#coverage.reset();
    const tried: Tried[] = [];
    for (let i = 0; i < GROUP; i++) {
      const parts = this.#offspring();
      const outcome = await this.#judged(parts);
      tried.push({ parts, outcome });
      await this.#note({ parts, outcome });
    }
    const isNew = this.#coverage.hasNewBlocks();
    // One of each group is looked at by itself, for how often its blocks run; all where a block ran for the first time.
    for (const [i, each] of tried.entries()) if (isNew || i === 0) await this.#alone(each, "if new");
  }

  /** Runs an input once more by itself: it must come to the same, and is kept where it shows something new. */
  async #alone(tried: Tried, keep: "keep" | "if new"): Promise<void> {
    this.#coverage.reset();
    const outcome = await this.#judged(tried.parts);
    const isNew = this.#coverage.add();
    if (!isSame(outcome, tried.outcome)) this.#differs(tried, outcome);
    if (keep === "keep") await this.#note(tried);
    if (!(isNew || keep === "keep") || outcome.kind === "fault") return;
    this.#corpus.push(tried.parts);
    if (outcome.kind === "read") this.#whole.push(tried.parts);
  }

  #differs({ parts, outcome }: Tried, second: Outcome): void {
    const why = `one input, two outcomes: ${JSON.stringify(outcome)} and ${JSON.stringify(second)}`;
    this.#findings.set("two outcomes", { id: "two outcomes", why, parts });
  }

  async #note({ parts, outcome }: Tried): Promise<void> {
    if (outcome.kind === "read") this.#read += 1;
    else if (outcome.kind === "refused") this.#refused[outcome.code] = (this.#refused[outcome.code] ?? 0) + 1;
    else if (!this.#findings.has(outcome.id)) {
      const { id, why } = outcome;
      this.#findings.set(id, { id, why, parts });
      this.#findings.set(id, await this.#smaller({ id, why, parts }));
    }
    if (outcome.kind !== "fault" && this.#executions % AGAIN === 0) {
      const second = await this.#judged(parts);
      if (!isSame(outcome, second)) this.#differs({ parts, outcome }, second);
    }
  }

  /** An input of the corpus: newer ones more often, and small ones. */
  #parent(): Parts {
    const among = this.#whole.length > 0 && this.#rng.int(2) === 0 ? this.#whole : this.#corpus;
    const newest = among.slice(-Math.ceil(among.length / 8));
    const [one, two] = [pick(this.#rng, newest), pick(this.#rng, among)];
    const [small, large] = bytesIn(one) < bytesIn(two) ? [one, two] : [two, one];
    return this.#rng.int(4) === 0 ? large : small;
  }

  /** An input of the corpus, changed. */
  #offspring(): Parts {
    const { mutators } = this.#target;
    let parts = this.#parent();
    for (let left = pick(this.#rng, [1, 1, 2]); left > 0; left--) {
      const tools = this.#tools(parts);
      const mutator = mutators.length > 0 && this.#rng.int(2) === 0 ? pick(this.#rng, mutators) : changeBytes;
      parts = mutator(parts, tools) ?? changeBytes(parts, tools) ?? parts;
    }
    return parts;
  }

  #tools(parts: Parts): Tools {
    const other = pick(this.#rng, this.#corpus);
    const name = pick(this.#rng, Object.keys(parts));
    return { rng: this.#rng, dictionary: this.#target.dictionary, other: other[name] ?? parts[name]! };
  }

  /** Leaves out stretches for as long as the fault stays. */
  async #smaller(finding: Finding): Promise<Finding> {
    let best = finding;
    let tries = 600;
    for (const name of Object.keys(finding.parts)) {
      for (let size = best.parts[name]!.length >> 1; size >= 1 && tries > 0; size >>= 1) {
        for (let from = 0; from < best.parts[name]!.length && tries > 0; tries--) {
          const bytes = best.parts[name]!;
          const shorter = Uint8Array.from([...bytes.subarray(0, from), ...bytes.subarray(from + size)]);
          const parts = { ...best.parts, [name]: shorter };
          const outcome = await this.#judged(parts);
          if (outcome.kind === "fault" && outcome.id === finding.id) best = { ...best, why: outcome.why, parts };
          else from += size;
        }
      }
    }
    return best;
  }
}

/** Searches for inputs that make a reader break a law. */
export function search(target: Target, coverage: Coverage, options: SearchOptions): Promise<Report> {
  return new Search(target, coverage, options).run();
}
