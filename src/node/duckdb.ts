/** A DuckDB of our own: opened for one piece of work, bounded in memory, gone afterwards. */

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
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

/** What a thread of DuckDB takes to sort: 44 million reports in 128 MiB fail with two threads and pass with one. */
const THREAD_MIB = 256;
/** Below this DuckDB does nothing useful. */
const LEAST_MIB = 64;

/** Turns DuckDB's complaints into ours. */
export function duckError(doing: string, error: unknown): WindrowError {
  if (error instanceof WindrowError) return error;
  const text = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
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
    // A table in memory that spills: a database file would compress what is read once, at half the cost of the import.
    const memory = Math.max(LEAST_MIB, Math.floor(options.memoryBytes / 2 ** 20));
    const instance = await DuckDBInstance.create(":memory:", {
      threads: String(Math.max(1, Math.min(options.threads, Math.floor(memory / THREAD_MIB)))),
      memory_limit: `${memory}MiB`,
      temp_directory: spill,
      // Rows keep the order of their file, so that rows out of time order can be counted.
      preserve_insertion_order: "true",
    });
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
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
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      yield { length: chunk.rowCount, column: (index) => chunk.getColumnVector(index) };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
  }
}
