/** A digest of each column of some rows, so that tables are compared without holding them. */

import { type Batch, bytesOf, type Hashes, type RunningHash, type Schema, WindrowError } from "../core/index.ts";

/** Digests of columns by group of rows, and then by column. */
export type GroupDigests = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Digests the rows of several groups. A group may go over several tables; one of which rows could not be read is left out. */
export class DigestGroups {
  readonly #hashes: Hashes;
  readonly #groups = new Map<string, ColumnDigests>();
  readonly #broken = new Set<string>();

  constructor(hashes: Hashes) {
    this.#hashes = hashes;
  }

  add(group: string, schema: Schema, batch: Batch): void {
    let digests = this.#groups.get(group);
    if (digests === undefined) {
      digests = new ColumnDigests(this.#hashes, schema);
      this.#groups.set(group, digests);
    }
    digests.add(batch);
  }

  /** Says that rows of a group could not be read. */
  leaveOut(group: string): void {
    this.#broken.add(group);
  }

  /** Ends the digests. */
  end(): GroupDigests {
    return new Map(
      [...this.#groups].filter(([group]) => !this.#broken.has(group)).map(([group, digests]) => [group, digests.end()]),
    );
  }
}

/** Digests by column. Rows must come in order; how they are cut into batches does not matter. */
class ColumnDigests {
  readonly #running: ReadonlyMap<string, RunningHash>;

  constructor(hashes: Hashes, schema: Schema) {
    const hash = hashes.get("xxh64");
    if (hash?.begin === undefined)
      throw new WindrowError("unsupported", "Cannot compare columns: the hash xxh64 is not at hand");
    this.#running = new Map(Object.keys(schema).map((name) => [name, hash.begin!()]));
  }

  add(batch: Batch): void {
    for (const [name, running] of this.#running) {
      // A table whose columns are others than the first one's is found by its schema.
      const data = batch.columns[name]?.data ?? [];
      running.update(ArrayBuffer.isView(data) ? bytesOf(data) : textBytes(data));
    }
  }

  /** Ends the digests. */
  end(): ReadonlyMap<string, string> {
    return new Map([...this.#running].map(([name, running]) => [name, running.digest()]));
  }
}

const encoder = new TextEncoder();

/** Values of any length, each with its length before it, so that none runs into the next. */
function textBytes(values: readonly unknown[]): Uint8Array {
  const texts = values.map((value) => {
    const text =
      value instanceof Uint8Array ? value.toHex() : typeof value === "string" ? value : JSON.stringify(value);
    return `${text.length}:${text}`;
  });
  return encoder.encode(texts.join(""));
}
