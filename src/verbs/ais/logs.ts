/** Reads NMEA logs among the inputs of an AIS run, next to tables. */

import { createReadStream, statSync } from "node:fs";
import { isNmea, nmeaDecoder, type PositionChunk, Statics, type VesselFacts } from "../../adapters/nmea/index.ts";
import { ioError } from "../../node/io-error.ts";
import type { BadRow, RowSink, TextReader } from "../../node/tabular.ts";
import type { PlainFile } from "../../node/unpack.ts";
import { addCounts } from "./counts.ts";

/** How logs are read. */
export interface AisLogsOptions {
  readonly coarse: boolean;
  /** Epoch seconds at which a log without receive times begins. */
  readonly startTime: number | undefined;
  readonly signal: AbortSignal | undefined;
}

const PIECE_BYTES = 1 << 18;

/** All logs of a run: their positions go to the sink as they are read, all else is counted. */
export class AisLogs implements TextReader {
  readonly #options: AisLogsOptions;
  readonly #statics = new Statics();
  #none = new Float32Array(0);
  #dropped: Readonly<Record<string, number>> = {};
  #noted: Readonly<Record<string, number>> = {};
  #positions = 0;
  readonly badRows: BadRow[] = [];

  constructor(options: AisLogsOptions) {
    this.#options = options;
  }

  /** Positions that went to the sink. */
  get positions(): number {
    return this.#positions;
  }

  /** Messages, and sentences that became none, by the reason why they are no position. */
  get dropped(): Readonly<Record<string, number>> {
    return this.#dropped;
  }

  /** What is worth knowing of the logs, and is no row. */
  get noted(): Readonly<Record<string, number>> {
    return this.#noted;
  }

  /** What the vessels of all logs said of themselves. */
  get facts(): VesselFacts[] {
    return [...this.#statics.all()];
  }

  takes(head: Uint8Array): boolean {
    return isNmea(head);
  }

  async read(file: PlainFile, number: number, sink: RowSink): Promise<void> {
    const { coarse, startTime, signal } = this.#options;
    const decoder = nmeaDecoder({
      coarse,
      startTime,
      statics: this.#statics,
      take: (chunk) => sink.take(this.#tabular(chunk, number)),
    });
    const size = statSync(file.path).size;
    let done = 0;
    try {
      for await (const piece of createReadStream(file.path, { highWaterMark: PIECE_BYTES })) {
        signal?.throwIfAborted();
        // The cast: a stream without an encoding gives bytes.
        const bytes = piece as Uint8Array;
        decoder.push(bytes);
        done += bytes.length;
        sink.part(Math.min(1, done / size));
      }
    } catch (cause) {
      throw ioError("read", file.name, cause);
    }
    const { positions, dropped, noted, examples } = decoder.finish();
    this.#positions += positions;
    this.#dropped = addCounts(this.#dropped, dropped);
    this.#noted = addCounts(this.#noted, noted);
    this.badRows.push(...examples.map((bad) => ({ file: file.name, ...bad })));
  }

  #tabular({ length, columns }: PositionChunk, file: number): Parameters<RowSink["take"]>[0] {
    if (this.#none.length < length) this.#none = new Float32Array(length);
    return { file, length, bad: this.#none, columns: { ...columns }, textHash: undefined, texts: () => [] };
  }
}
