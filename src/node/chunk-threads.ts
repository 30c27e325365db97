/** Packs and unpacks chunks of Zarr on worker threads. */

import { Worker } from "node:worker_threads";
import { type ErrorCode, WindrowError } from "../core/index.ts";
import type { ChunkThreads, ZarrCompressor } from "../formats/zarr/index.ts";
import { workerEntry } from "./worker-entry.ts";

/** What a thread is asked to do. */
export type ChunkRequest =
  | {
      readonly id: number;
      readonly kind: "unpack";
      readonly compressor: ZarrCompressor;
      readonly packed: Uint8Array;
      readonly into: Uint8Array;
    }
  | {
      readonly id: number;
      readonly kind: "pack";
      readonly compressor: ZarrCompressor;
      readonly raw: Uint8Array;
      readonly typeBytes: number;
    };

/** What it answers. */
export type ChunkAnswer =
  | { readonly id: number; readonly bytes: Uint8Array }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly message: string } };

/** A request without its number. */
type Work = ChunkRequest extends infer R ? (R extends ChunkRequest ? Omit<R, "id"> : never) : never;

interface Waiting {
  readonly worker: Worker;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: WindrowError) => void;
}

class Threads implements ChunkThreads, AsyncDisposable {
  readonly size: number;
  readonly #workers: Worker[] = [];
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;

  constructor(size: number) {
    this.size = size;
  }

  memory(bytes: number): Uint8Array {
    return new Uint8Array(new SharedArrayBuffer(bytes));
  }

  async unpack(compressor: ZarrCompressor, packed: Uint8Array, into: Uint8Array): Promise<void> {
    await this.#ask({ kind: "unpack", compressor, packed, into });
  }

  pack(compressor: ZarrCompressor, raw: Uint8Array, typeBytes: number): Promise<Uint8Array> {
    return this.#ask({ kind: "pack", compressor, raw, typeBytes });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
  }

  #ask(work: Work): Promise<Uint8Array> {
    const id = this.#next++;
    const worker = this.#leastBusy();
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    this.#waiting.set(id, { worker, resolve, reject });
    // A process may end while threads wait for work, not while work waits for them.
    worker.ref();
    const given = work.kind === "unpack" && isWhole(work.packed) ? [work.packed.buffer] : [];
    worker.postMessage({ ...work, id } satisfies ChunkRequest, given);
    return promise;
  }

  #busy(worker: Worker): number {
    return this.#waiting.values().reduce((count, waiting) => count + Number(waiting.worker === worker), 0);
  }

  /** The thread with the least to do; a new one while there may be more and none is idle. */
  #leastBusy(): Worker {
    const [least] = this.#workers.toSorted((a, b) => this.#busy(a) - this.#busy(b));
    if (least === undefined || (this.#busy(least) > 0 && this.#workers.length < this.size)) return this.#started();
    return least;
  }

  #started(): Worker {
    const worker = new Worker(workerEntry(import.meta.url, "chunk-worker"));
    worker.on("message", (answer: ChunkAnswer) => this.#settle(worker, answer));
    const end = (why: string) => {
      this.#workers.splice(this.#workers.indexOf(worker) >>> 0, 1);
      const error = { code: "internal", message: `Cannot go on: a thread for chunks ended, ${why}` } as const;
      for (const [id, waiting] of this.#waiting) if (waiting.worker === worker) this.#settle(worker, { id, error });
    };
    worker.on("error", ({ message }: Error) => end(message));
    worker.on("exit", (code) => end(`with code ${code}`));
    this.#workers.push(worker);
    return worker;
  }

  #settle(worker: Worker, answer: ChunkAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#busy(worker) === 0) worker.unref();
    if ("bytes" in answer) waiting?.resolve(answer.bytes);
    else waiting?.reject(new WindrowError(answer.error.code, answer.error.message));
  }
}

/** Whether bytes are all of their memory, which can then be given away instead of copied. */
function isWhole(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && bytes.length === bytes.buffer.byteLength;
}

/**
 * Threads that pack and unpack chunks, for `openZarr` and writers: started when there is work, ended when disposed. Two read as fast as two
 * cores unpack; for single rows they are not asked.
 */
export function chunkThreads(size: number): ChunkThreads & AsyncDisposable {
  if (Number.isSafeInteger(size) && size >= 1) return new Threads(size);
  throw new WindrowError("usage", `Cannot start threads: their number must be from 1 up, got ${size}`);
}
