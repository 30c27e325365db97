/** The shards of a table, one open at a time; in stored order the next one too, so that it is at hand when its turn comes. */

import type { OpenShardRows, ShardedTable } from "../core/index.ts";

/** The shard that is read, and perhaps the next. */
export class ShardWalk implements AsyncDisposable {
  readonly #table: ShardedTable;
  readonly #columns: readonly string[];
  readonly #isForward: boolean;
  #now: { readonly number: number; readonly rows: OpenShardRows } | undefined;
  #next: { readonly number: number; readonly rows: Promise<OpenShardRows> } | undefined;

  constructor(table: ShardedTable, columns: readonly string[], order: "forward" | "any") {
    this.#table = table;
    this.#columns = columns;
    this.#isForward = order === "forward";
  }

  /** A shard, opened where it is not the one that was asked for last; that one is closed before, to hold one at a time. */
  async at(number: number): Promise<OpenShardRows> {
    if (this.#now?.number === number) return this.#now.rows;
    this.#close();
    const rows = await this.#taken(number);
    this.#now = { number, rows };
    if (this.#isForward) this.#openNext(number + 1);
    return rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    const next = this.#next;
    this.#next = undefined;
    // What did not open needs no closing.
    await next?.rows.then((rows) => rows[Symbol.dispose]()).catch(() => {});
  }

  #close(): void {
    this.#now?.rows[Symbol.dispose]();
    this.#now = undefined;
  }

  async #taken(number: number): Promise<OpenShardRows> {
    const next = this.#next;
    if (next === undefined) return this.#open(number);
    this.#next = undefined;
    if (next.number === number) return next.rows;
    await next.rows.then((rows) => rows[Symbol.dispose]()).catch(() => {});
    return this.#open(number);
  }

  #openNext(from: number): void {
    const { shardRows } = this.#table;
    let number = from;
    while (shardRows[number] === 0) number++;
    if (number >= shardRows.length) return;
    const rows = this.#open(number);
    // Said when its turn comes.
    rows.catch(() => {});
    this.#next = { number, rows };
  }

  #open(number: number): Promise<OpenShardRows> {
    const access = this.#isForward ? "forward" : "any";
    return this.#table.openShard(number, { columns: this.#columns, access });
  }
}
