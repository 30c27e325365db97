/** What the order of samples is judged by, gathered into columns: 28 bytes a sample, and each name once. */

import { type Column, WindrowError } from "../core/index.ts";
import type { Membership, OrderedSamples } from "./shuffle-tests.ts";

/** Names that samples have, numbered as they come. */
class Names {
  readonly #numbers = new Map<string, number>();
  readonly #of: Uint32Array;
  // Rows of one batch often share their text: comparing it costs less than looking it up.
  #last: unknown;
  #lastNumber = 0;

  constructor(length: number) {
    this.#of = new Uint32Array(length);
  }

  set(row: number, name: unknown): void {
    if (name !== this.#last || row === 0) {
      const text = String(name);
      let number = this.#numbers.get(text);
      if (number === undefined) {
        number = this.#numbers.size;
        this.#numbers.set(text, number);
      }
      this.#last = name;
      this.#lastNumber = number;
    }
    this.#of[row] = this.#lastNumber;
  }

  /** Numbers them by their text instead: the stored order must have no say in it. */
  membership(): Membership {
    const inOrder = [...this.#numbers.keys()].sort((a, b) => (a < b ? -1 : 1));
    const renamed = new Uint32Array(inOrder.length);
    for (const [number, name] of inOrder.entries()) renamed[this.#numbers.get(name)!] = number;
    const of = this.#of;
    for (let i = 0; i < of.length; i++) of[i] = renamed[of[i]!]!;
    return { of, groups: inOrder.length };
  }
}

/** Columns of a batch, as far as they are there. */
export interface RowColumns {
  readonly trace: Column;
  readonly time: Column;
  readonly end?: Column | undefined;
  readonly entity?: Column | undefined;
  readonly source?: Column | undefined;
}

/** A value, of which none is a name too. */
function textAt({ data, valid }: Column, i: number): unknown {
  return valid?.[i] === 0 ? "" : data[i];
}

/** Fills the columns of samples. */
export class Rows {
  readonly #name: string;
  readonly #times: Float64Array;
  readonly #ends: Float64Array | undefined;
  readonly #traces: Names;
  readonly #entities: Names | undefined;
  readonly #sources: Names | undefined;
  readonly #shards: number[] = [];
  length = 0;

  constructor(name: string, length: number, has: { readonly [N in "end" | "entity" | "source"]: boolean }) {
    this.#name = name;
    this.#times = new Float64Array(length);
    this.#ends = has.end ? new Float64Array(length) : undefined;
    this.#traces = new Names(length);
    this.#entities = has.entity ? new Names(length) : undefined;
    this.#sources = has.source ? new Names(length) : undefined;
  }

  /** Adds the rows of a batch from `from` up to `to`. */
  add(columns: RowColumns, from: number, to: number): void {
    const { trace, entity, source } = columns;
    for (let i = from; i < to; i++) {
      this.#setTimes(columns, i);
      this.#traces.set(this.length, trace.data[i]);
      if (entity !== undefined) this.#entities?.set(this.length, textAt(entity, i));
      if (source !== undefined) this.#sources?.set(this.length, textAt(source, i));
      this.length++;
    }
  }

  #setTimes({ trace, time, end }: RowColumns, i: number): void {
    const begins = Number(time.data[i]);
    const ends = end === undefined ? begins : Number(end.data[i]);
    if ([trace, time, end].some((column) => column?.valid?.[i] === 0)) throw this.#noTime("nothing");
    if (!Number.isFinite(begins) || !(ends >= begins && ends < Number.POSITIVE_INFINITY))
      throw this.#noTime(`${begins} to ${ends}`);
    this.#times[this.length] = begins;
    if (this.#ends !== undefined) this.#ends[this.length] = ends;
  }

  #noTime(got: string): WindrowError {
    const { length: row } = this;
    return new WindrowError(
      "damaged",
      `Cannot judge the order of ${this.#name}: sample ${row} must have a trace and finite times that ascend, got ${got}`,
      { details: { row } },
    );
  }

  /** Ends a shard. */
  endShard(): void {
    if (this.length > (this.#shards.at(-1) ?? 0)) this.#shards.push(this.length);
  }

  samples(): OrderedSamples {
    this.endShard();
    return {
      length: this.length,
      times: this.#times,
      ...(this.#ends === undefined ? {} : { ends: this.#ends }),
      traces: this.#traces.membership(),
      ...(this.#entities === undefined ? {} : { entities: this.#entities.membership() }),
      ...(this.#sources === undefined ? {} : { sources: this.#sources.membership() }),
      shards: Uint32Array.from(this.#shards),
    };
  }
}
