/** Counts what becomes of traces' samples and rows. */

import type { Ledger, SensorCounts } from "../materialize/index.ts";
import type { Match, Trace } from "../sync/index.ts";
import type { SplitStretches } from "./split-stretches.ts";

/** How many samples of a sensor some row has, or lies between. */
function usedSamples(match: Match, sensor: string, samples: number): number {
  const isUsed = new Uint8Array(samples);
  const valid = match.valid[sensor]!;
  const between = match.between[sensor];
  const lists = between === undefined ? [match.index[sensor]!] : [between.before, between.after];
  for (const list of lists) for (let row = 0; row < list.length; row++) if (valid[row] !== 0) isUsed[list[row]!] = 1;
  return isUsed.reduce((sum, one) => sum + one, 0);
}

/** Adds up traces, one after the other. */
export class TraceLedger {
  #asked = 0;
  #kept = 0;
  readonly #sensors: Map<string, { samples: number; used: number; missing: number }>;

  /** @param sensors those that columns are of */
  constructor(sensors: readonly string[]) {
    this.#sensors = new Map(sensors.map((name) => [name, { samples: 0, used: 0, missing: 0 }]));
  }

  async add({ sensors }: Trace, match: Match): Promise<void> {
    this.#asked += match.asked;
    this.#kept += match.length;
    for (const [name, counts] of this.#sensors) {
      const samples = await sensors[name]!.length();
      counts.samples += samples;
      counts.used += usedSamples(match, name, samples);
      counts.missing += match.missing[name]!;
    }
  }

  /** The account, when all traces are there and it is known what their rows are for. */
  of(split: SplitStretches, noted: Ledger["noted"]): Ledger {
    const sensors = [...this.#sensors].map(([name, { samples, used, missing }]): [string, SensorCounts] => {
      return [name, { samples, used, unused: samples - used, matched: this.#asked - missing, missing }];
    });
    const dropped = this.#asked - this.#kept;
    return {
      input: this.#asked,
      kept: this.#kept,
      dropped: dropped === 0 ? {} : { unmatched: dropped },
      points: { used: split.used, unused: split.unused },
      windows: split.windows,
      traces: { all: split.all, short: split.short },
      noted,
      sensors: Object.fromEntries(sensors),
    };
  }
}
