/** A DuckDB of our own: opened for one piece of work, bounded in memory, gone afterwards. */

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { DuckDBConnection, DuckDBResult, DuckDBVector } from "@duckdb/node-api";
import { WindrowError } from "../core/index.ts";

/** Where DuckDB may spill, and how much memory and how many threads it may take. */
export interface DuckOptions {
  /** Folder for the database and its spill files; made if absent. */
  readonly folder: string;
  readonly memoryBytes: number;
  readonly threads: number;
  /** Stops what DuckDB is doing. */
  readonly signal?: AbortSignal | undefined;
}

/** DuckDB opens no smaller than this. */
const LEAST_MIB = 64;
/** What a thread of DuckDB takes to read CSV: a few buffers of 2 MB, and what waits to be fetched. */
const THREAD_MIB = 32;
/** So many chunks are fetched between two collections: some 50 MB. */
const COLLECT_CHUNKS = 128;

/**
 * Collects what was dropped lately. DuckDB's chunks have their memory outside of V8's heap and are freed by its collector alone, which sees
 * some kilobytes a chunk: without this 10 million rows peak at 540 MB instead of 250. It takes some 100 ms in all.
 */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  // The cast: `gc` is V8's own function, which a new context has from the flag on.
  const collect = runInNewContext("gc") as (options: { readonly type: "minor" }) => void;
  return () => collect({ type: "minor" });
}

/** DuckDB names the link that it reads through, which says nothing to the user; the message names the file itself. */
const LINK = / in file '[^']*'/g;

/** Turns DuckDB's complaints into ours. */
export function duckError(doing: string, error: unknown): WindrowError {
  if (error instanceof WindrowError) return error;
  const text = (error instanceof Error ? error.message : String(error)).split("\n")[0]?.replace(LINK, "") ?? "";
  if (/no space left|disk.*full|could not write/i.test(text)) {
    return new WindrowError(
      "io",
      `Cannot ${doing}: the disk is full; free space or choose another folder with --temp`,
      { cause: error },
    );
  }
  if (/out of memory/i.test(text)) {
    return new WindrowError("io", `Cannot ${doing}: the memory is too small; raise --memory (${text})`, {
      cause: error,
    });
  }
  return new WindrowError("damaged", `Cannot ${doing}: ${text}`, { cause: error });
}

/** The text at a row of a VARCHAR vector; empty where there is none. */
export function textAt(vector: DuckDBVector, row: number): string {
  const text: unknown = vector.getItem(row);
  return typeof text === "string" ? text : "";
}

/** Values of a DOUBLE or FLOAT vector, as DuckDB holds them. */
export function numbers(vector: DuckDBVector): Float64Array | Float32Array {
  if ("items" in vector && (vector.items instanceof Float64Array || vector.items instanceof Float32Array))
    return vector.items;
  throw new WindrowError("internal", "Cannot read a column: expected a DOUBLE or FLOAT vector from DuckDB");
}

/** An open database. */
export class Duck implements AsyncDisposable {
  readonly #connection: DuckDBConnection;
  readonly #close: () => void;

  private constructor(connection: DuckDBConnection, close: () => void) {
    this.#connection = connection;
    this.#close = close;
  }

  /** Opens an empty database in a folder. DuckDB itself is loaded here and not before. */
  static async open(options: DuckOptions): Promise<Duck> {
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const spill = join(options.folder, "duckdb");
    const removeAll = () => rmSync(spill, { force: true, recursive: true });
    removeAll();
    mkdirSync(spill, { recursive: true });
    const memory = Math.max(LEAST_MIB, Math.floor(options.memoryBytes / 2 ** 20));
    const instance = await DuckDBInstance.create(":memory:", {
      threads: String(Math.max(1, Math.min(options.threads, Math.floor(memory / THREAD_MIB)))),
      memory_limit: `${memory}MiB`,
      temp_directory: spill,
      // Rows keep the order of their file, so that rows out of time order can be counted and bad ones told by their line.
      preserve_insertion_order: "true",
    });
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    // What DuckDB reads ahead of us: with less its threads stop and start, which costs a tenth of the time.
    await connection.run("SET streaming_buffer_size = '16MB'");
    const stop = () => connection.interrupt();
    options.signal?.addEventListener("abort", stop);
    return new Duck(connection, () => {
      options.signal?.removeEventListener("abort", stop);
      connection.closeSync();
      instance.closeSync();
      removeAll();
    });
  }

  async run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  /** All rows of a small result, as objects of JSON values. */
  async rows(sql: string): Promise<Record<string, unknown>[]> {
    const reader = await this.#connection.runAndReadAll(sql);
    return reader.getRowObjectsJson() as Record<string, unknown>[];
  }

  /** A result chunk by chunk (some 2,000 rows each): the row count and a way to its columns. */
  async *chunks(sql: string): AsyncIterable<{ readonly length: number; column(index: number): DuckDBVector }> {
    const result: DuckDBResult = await this.#connection.stream(sql);
    const collect = collector();
    for (let fetched = 1; ; fetched++) {
      if (fetched % COLLECT_CHUNKS === 0) collect();
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      yield { length: chunk.rowCount, column: (index) => chunk.getColumnVector(index) };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
  }
}
