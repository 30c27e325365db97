/** Counts what becomes of traces' samples and rows. */

import type { Ledger, SensorCounts } from "../../materialize/index.ts";
import type { Match, Trace } from "../../sync/index.ts";
import type { SplitStretches } from "../dataset/split-stretches.ts";

/** How many samples of a sensor some row has, or lies between. */
function usedSamples(match: Match, sensor: string, samples: number): number {
  const isUsed = new Uint8Array(samples);
  const valid = match.valid[sensor]!;
  const between = match.between[sensor];
  const lists = between === undefined ? [match.index[sensor]!] : [between.before, between.after];
  for (const list of lists) for (let row = 0; row < list.length; row++) if (valid[row] !== 0) isUsed[list[row]!] = 1;
  return isUsed.reduce((sum, one) => sum + one, 0);
}

/** Sensors that a message names. */
const MOST_NAMED = 5;

function listed(names: readonly string[]): string {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : "";
  return `${names.slice(0, MOST_NAMED).join(", ")}${more}`;
}

/** What is counted of one sensor. */
interface Counted {
  samples: number;
  used: number;
  missing: number;
  /** Traces that have it. */
  traces: number;
}

/** Adds up traces, one after the other. */
export class TraceLedger {
  #asked = 0;
  #kept = 0;
  #traces = 0;
  readonly #columns: readonly string[];
  readonly #sensors = new Map<string, Counted>();

  /** @param columns sensors that columns are of: those come first in the account */
  constructor(columns: readonly string[]) {
    this.#columns = columns;
  }

  async add({ sensors }: Trace, match: Match): Promise<void> {
    this.#asked += match.asked;
    this.#kept += match.length;
    this.#traces++;
    for (const [name, sensor] of Object.entries(sensors)) {
      const before = this.#sensors.get(name) ?? { samples: 0, used: 0, missing: 0, traces: 0 };
      const samples = await sensor.length();
      this.#sensors.set(name, {
        samples: before.samples + samples,
        used: before.used + usedSamples(match, name, samples),
        missing: before.missing + match.missing[name]!,
        traces: before.traces + 1,
      });
    }
  }

  /** Why there is no row, or none with a sample of each sensor, and what to do about it; `undefined` where there is a row. */
  whyNoRow(): string | undefined {
    if (this.#kept > 0) return undefined;
    const counts = [...this.#sensors].map(([name, { samples, missing }]) => ({ name, samples, missing }));
    if (this.#asked === 0) {
      const isAny = counts.some(({ samples }) => samples > 0);
      const empty = counts.filter(({ samples }) => samples === 0).map(({ name }) => name);
      if (!isAny) return "the traces have no row";
      return empty.length > 0
        ? `the traces have no row, as there is no sample of ${listed(empty)}; see --optional, or --only to leave sensors out`
        : "the traces have no row, as their sensors never run all at one time; see --overlap and --optional, or --only to leave sensors out";
    }
    return `none of ${this.#asked} rows has a sample of each sensor; there is none of ${this.#lacking()}`;
  }

  /** Which sensors cost how many rows, and what to do; empty where no row was dropped. */
  whatLacks(): string {
    const dropped = this.#asked - this.#kept;
    return dropped === 0 ? "" : `${dropped} of ${this.#asked} rows lack a sample: there is none of ${this.#lacking()}`;
  }

  #lacking(): string {
    const counts = [...this.#sensors].map(([name, { missing }]) => ({ name, missing }));
    const lacking = counts.filter(({ missing }) => missing > 0).sort((a, b) => b.missing - a.missing);
    const most = lacking.slice(0, MOST_NAMED).map(({ name, missing }) => `${name} for ${missing}`);
    const others = lacking.length > MOST_NAMED ? [`${lacking.length - MOST_NAMED} more sensors for fewer`] : [];
    return `${[...most, ...others].join(", ")}; see --tolerance (--max-gap of interpolate) and --optional, or --only to leave sensors out`;
  }

  /** The account, when all traces are there and it is known what their rows are for. */
  of(split: SplitStretches, noted: Ledger["noted"]): Ledger {
    const sensors = this.#everywhere().map((name): [string, SensorCounts] => {
      const { samples, used, missing } = this.#sensors.get(name)!;
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

  /** Sensors that all traces have, also those that only chose rows: in an order that does not depend on that of the traces. */
  #everywhere(): readonly string[] {
    const all = [...this.#sensors].filter(([, { traces }]) => traces === this.#traces).map(([name]) => name);
    return [...new Set([...this.#columns, ...all.sort()])];
  }
}
