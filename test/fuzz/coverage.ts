/** Which blocks of some sources ran, and about how often, since they were last asked for: V8's own block coverage. */

import { type Profiler, Session } from "node:inspector";

/** How often a block ran, as one bit: 0 not at all, then 1, 2, 3, 4-7, 8-15, 16-31, 32-127, 128 and more. */
function bucket(count: number): number {
  if (count <= 3) return count === 0 ? 0 : 1 << (count - 1);
  const doublings = 31 - Math.clz32(Math.min(count, 128));
  return 1 << Math.min(7, doublings === 6 ? 6 : doublings + 1);
}

/** What was ever seen of a source. Block coverage comes as nested ranges of its text, so that it is kept letter by letter. */
class Source {
  /** Bits of `bucket` that were seen at each place. */
  readonly #seen: Uint8Array;
  /**
   * Places that ran in an answer of any kind. Not those of `#seen`: which range the letters between two blocks belong to depends on the
   * counts, so that some run in every answer about many inputs and in none about one.
   */
  readonly #lit: Uint8Array;
  readonly #now: Uint8Array;
  /** Letters that belong to a function. */
  readonly #inFunctions: Uint8Array;

  constructor(length: number) {
    this.#seen = new Uint8Array(length);
    this.#lit = new Uint8Array(length);
    this.#now = new Uint8Array(length);
    this.#inFunctions = new Uint8Array(length);
  }

  /** Whether the functions of one answer have a place that ran in none before. */
  hasNewBlocks(functions: readonly Profiler.FunctionCoverage[]): boolean {
    this.#paint(functions);
    let isNew = false;
    for (let i = 0; i < this.#now.length; i++) {
      if (this.#now[i] === 0 || this.#lit[i] === 1) continue;
      this.#lit[i] = 1;
      isNew = true;
    }
    return isNew;
  }

  /** Takes the functions of one answer; gives whether a place ran about as often as it never did. */
  add(functions: readonly Profiler.FunctionCoverage[]): boolean {
    this.#paint(functions);
    let isNew = false;
    for (let i = 0; i < this.#now.length; i++) {
      const seen = this.#seen[i]!;
      if ((this.#now[i]! & ~seen) === 0) continue;
      this.#seen[i] = seen | this.#now[i]!;
      this.#lit[i] = 1;
      isNew = true;
    }
    return isNew;
  }

  #paint(functions: readonly Profiler.FunctionCoverage[]): void {
    this.#now.fill(0);
    for (const { functionName, ranges } of functions) {
      const whole = ranges[0];
      // The script itself is the function of no name that begins it.
      if (whole !== undefined && (functionName !== "" || whole.startOffset > 0))
        this.#inFunctions.fill(1, whole.startOffset, whole.endOffset);
      for (const { startOffset, endOffset, count } of ranges) this.#now.fill(bucket(count), startOffset, endOffset);
    }
  }

  get letters(): { readonly lit: number; readonly all: number } {
    let lit = 0;
    let all = 0;
    for (const [i, isIn] of this.#inFunctions.entries()) {
      all += isIn;
      if (isIn === 1 && this.#seen[i] !== 0) lit += 1;
    }
    return { lit, all };
  }
}

/** Coverage of the sources whose address matches, of everything that is loaded after this was made. */
export class Coverage implements Disposable {
  readonly #session = new Session();
  readonly #which: RegExp;
  readonly #sources = new Map<string, Source>();

  constructor(which: RegExp) {
    this.#which = which;
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Counts from 0 again. */
  reset(): void {
    this.#taken();
  }

  /** Whether a block ran that ran in no answer before; it is told once. */
  hasNewBlocks(): boolean {
    return this.#each((source, functions) => source.hasNewBlocks(functions));
  }

  /** Adds what ran; gives whether a block ran about as often as it never did. */
  add(): boolean {
    return this.#each((source, functions) => source.add(functions));
  }

  #each(look: (source: Source, functions: readonly Profiler.FunctionCoverage[]) => boolean): boolean {
    let isNew = false;
    for (const { url, functions } of this.#taken()) {
      if (!this.#which.test(url)) continue;
      let source = this.#sources.get(url);
      if (source === undefined) {
        // The first answer has the whole script as its first range; later ones may leave it out.
        source = new Source(Math.max(...functions.flatMap(({ ranges }) => ranges.map(({ endOffset }) => endOffset))));
        this.#sources.set(url, source);
      }
      if (look(source, functions)) isNew = true;
    }
    return isNew;
  }

  /** Letters of functions that ran, and of all functions, of each source. */
  letters(): Readonly<Record<string, { readonly lit: number; readonly all: number }>> {
    return Object.fromEntries(
      Array.from(this.#sources, ([url, source]) => [url.replace(/^.*\/src\//, "src/"), source.letters]),
    );
  }

  #taken(): readonly Profiler.ScriptCoverage[] {
    let result: readonly Profiler.ScriptCoverage[] = [];
    // The session answers before `post` is back.
    this.#session.post("Profiler.takePreciseCoverage", (_, answer) => {
      result = answer?.result ?? [];
    });
    return result;
  }

  [Symbol.dispose](): void {
    this.#session.disconnect();
  }
}
