/** Files of a web server as a store to read from, range by range. */

import { type ByteRange, type Key, type ReadStore, WindrowError } from "../core/index.ts";
import { checkRange, safeKey } from "./guards.ts";

/** How to reach the server. */
export interface HttpStoreOptions {
  /** What fetches; the platform's where absent. */
  readonly fetch?: typeof fetch;
  /** Headers of every request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** So often a request that failed on the way is tried again: 3 where absent. What the server refuses (4xx) is not. */
  readonly retries?: number;
  /** Seconds without a byte until a request counts as failed: 30 where absent. */
  readonly timeoutSeconds?: number;
  /** Seconds before the first repetition, doubled before each further one: 0.2 where absent. */
  readonly pauseSeconds?: number;
  /** A whole file larger than this is not read at once: 2 GiB less a byte where absent. */
  readonly mostBytes?: number;
  /** Ends all requests. */
  readonly signal?: AbortSignal;
}

/** What is known of a file on the server. */
interface Known {
  readonly bytes: number;
  /** Its strong ETag, else its time; `undefined` where the server tells neither. */
  readonly version: string | undefined;
}

/**
 * The files beneath an address. A file's size and version are asked for once, by HEAD or, where that is refused, by a range of one byte; from then on
 * a file that is another one is an error, so that no answer is made of two versions. A server that ignores ranges sends the whole file, of
 * which only the wanted part is kept. There is no listing over HTTP: `list` is refused.
 * @param url the address that keys are appended to; its query goes with every request
 * @throws WindrowError `usage` for an address that is none. From its functions: `io` for a server that does not answer, or with an error;
 *   `damaged` for an answer that is cut, or of another version; `unsupported` for `list`, and for a file larger than `mostBytes` read whole.
 *
 * @example
 * using zip = await zipStore({ store: httpStore("https://example.org/data/"), key: "scenes.zarr.zip", codecs, hashes });
 */
export function httpStore(url: string | URL, options: HttpStoreOptions = {}): ReadStore {
  const base = baseOf(url);
  const client = new Client(base, options);
  const known = new Map<Key, Promise<Known | undefined>>();
  const name = client.name;
  const most = options.mostBytes ?? 2 ** 31 - 1;
  const look = (key: Key): Promise<Known | undefined> => {
    const looking = known.get(safeKey(key, name)) ?? client.look(key);
    known.set(key, looking);
    // A failure, and a file that is not there yet, are asked for again.
    looking.then((found) => found === undefined && known.delete(key)).catch(() => known.delete(key));
    return looking;
  };
  return {
    name,
    async get(key, range) {
      const found = await look(key);
      if (found === undefined) return undefined;
      const path = `${name}/${key}`;
      const { from, to } = range ?? { from: 0, to: found.bytes };
      checkRange({ from, to }, found.bytes, path);
      if (to - from > most)
        throw new WindrowError(
          "unsupported",
          `Cannot read ${path}: at most ${most} bytes are read at once, got ${to - from}`,
        );
      return from === to ? new Uint8Array() : client.read(key, { from, to }, found);
    },
    size: async (key) => (await look(key))?.bytes,
    // biome-ignore lint/correctness/useYield: it refuses
    async *list() {
      throw new WindrowError(
        "unsupported",
        `Cannot list ${name}: a web server does not tell its files; name them, or read from a zip`,
      );
    },
  };
}

function baseOf(url: string | URL): URL {
  const base = URL.parse(url);
  if (base !== null && (base.protocol === "http:" || base.protocol === "https:")) return base;
  throw new WindrowError("usage", `Cannot read from an address: it must begin with http:// or https://, got ${url}`);
}

/** A failure that another try may mend. */
class Passing {
  readonly why: string;
  readonly cause: unknown;

  constructor(why: string, cause?: unknown) {
    this.why = why;
    this.cause = cause;
  }
}

/** Codes of RFC 9110, 15, and RFC 6585 that speak of the moment, not of the request. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
const GONE = new Set([404, 410]);

/** What is made of an answer; `alive` is told of each piece that comes. */
type Take<T> = (response: Response, alive: () => void) => T | Passing | Promise<T | Passing>;

class Client {
  readonly name: string;
  readonly #base: URL;
  readonly #options: HttpStoreOptions;

  constructor(base: URL, options: HttpStoreOptions) {
    this.#base = base;
    this.#options = options;
    // Neither a password nor a signature in the query belongs in a message.
    this.name = `${base.origin}${base.pathname}`.replace(/\/+$/, "");
  }

  /** Size and version of a file; `undefined` where there is none. */
  async look(key: Key): Promise<Known | undefined> {
    const byHead = await this.#ask(key, { method: "HEAD" }, ({ status, ok, headers }) => {
      if (GONE.has(status)) return "gone";
      const bytes = headers.get("content-length");
      // A packed answer has another length than the file.
      const isPlain = (headers.get("content-encoding") ?? "identity") === "identity";
      return ok && isPlain && isCount(bytes) ? { bytes: Number(bytes), version: versionOf(headers) } : "refused";
    });
    if (byHead === "gone") return undefined;
    return byHead === "refused" ? this.#lookByRange(key) : byHead;
  }

  #lookByRange(key: Key): Promise<Known | undefined> {
    return this.#ask(key, { headers: { range: "bytes=0-0" } }, async (response, alive) => {
      const { status, headers } = response;
      if (GONE.has(status)) return undefined;
      if (status === 206 || status === 416) {
        const total = /^bytes (?:\d+-\d+|\*)\/(\d+)$/.exec(headers.get("content-range") ?? "")?.[1];
        if (isCount(total)) return { bytes: Number(total), version: versionOf(headers) };
      }
      // An answer without a length, of a server that ignores ranges, has to be counted.
      if (status === 200) return { bytes: await countBytes(response, alive), version: versionOf(headers) };
      throw this.#refused(key, `the server must tell its size, got ${status} ${response.statusText}`);
    });
  }

  async read(key: Key, range: ByteRange, known: Known): Promise<Uint8Array> {
    const wanted = `bytes=${range.from}-${range.to - 1}`;
    return this.#ask(key, { headers: { range: wanted } }, async (response, alive) => {
      const { status, headers } = response;
      if (GONE.has(status)) throw this.#changed(key, "it is gone");
      if (status === 416) throw this.#changed(key, `bytes up to ${range.to} are no longer there`);
      if (status !== 200 && status !== 206) throw this.#refused(key, `got ${status} ${response.statusText}`);
      const version = versionOf(headers);
      if (version !== known.version)
        throw this.#changed(key, `it was ${known.version ?? "without a version"}, got ${version}`);
      const { from, to } = status === 200 ? { from: 0, to: known.bytes } : this.#sentRange(key, headers, range, known);
      const bytes = await part(piecesOf(response, alive), { from, to }, range);
      // An answer may be cut on the way: fetch does not always tell.
      return bytes ?? new Passing(`the answer has fewer or more than its ${to - from} bytes`);
    });
  }

  /** What a partial answer says that it is. */
  #sentRange(key: Key, headers: Headers, { from, to }: ByteRange, known: Known): ByteRange {
    const sent = headers.get("content-range") ?? "";
    const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(sent) ?? [];
    if (total !== undefined && total !== "*" && Number(total) !== known.bytes)
      throw this.#changed(key, `it had ${known.bytes} bytes, got ${total}`);
    if (Number(first) !== from || Number(last) !== to - 1)
      throw this.#refused(key, `the bytes ${from} to ${to - 1} are wanted, got ${JSON.stringify(sent)}`);
    return { from, to };
  }

  /** One request and its answer, tried again where it failed on the way. */
  async #ask<T>(key: Key, init: RequestInit, take: Take<T>): Promise<T> {
    const { retries = 3, pauseSeconds = 0.2, signal } = this.#options;
    for (let left = retries, pause = pauseSeconds; ; left--, pause *= 2) {
      signal?.throwIfAborted();
      const answer = await this.#once(key, init, take);
      if (!(answer instanceof Passing)) return answer;
      if (left <= 0) {
        const tries = retries === 0 ? "" : ` after ${retries + 1} tries`;
        throw new WindrowError("io", `Cannot read ${this.name}/${key}: ${answer.why}${tries}`, { cause: answer.cause });
      }
      await sleep(pause);
    }
  }

  async #once<T>(key: Key, init: RequestInit, take: Take<T>): Promise<T | Passing> {
    const { signal, headers, timeoutSeconds = 30 } = this.#options;
    const stalled = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => stalled.abort(), 1000 * timeoutSeconds);
    };
    const request: RequestInit = {
      ...init,
      headers: { ...headers, "accept-encoding": "identity", ...init.headers },
      signal: signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal]),
    };
    let response: Response | undefined;
    try {
      alive();
      response = await (this.#options.fetch ?? fetch)(this.#address(key), request);
      if (PASSING.has(response.status))
        return new Passing(`the server answers ${response.status} ${response.statusText}`);
      return await take(response, alive);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof WindrowError) throw error;
      if (stalled.signal.aborted) return new Passing(`no answer within ${timeoutSeconds} s`, error);
      return new Passing(`the connection failed (${reasonOf(error)})`, error);
    } finally {
      clearTimeout(timer);
      // What is not read of an answer would keep its connection.
      await response?.body?.cancel().catch(() => {});
    }
  }

  #address(key: Key): URL {
    const url = new URL(this.#base);
    const folder = url.pathname.replace(/\/+$/, "");
    url.pathname = `${folder}/${key.split("/").map(encodeURIComponent).join("/")}`;
    return url;
  }

  #refused(key: Key, why: string): WindrowError {
    return new WindrowError("io", `Cannot read ${this.name}/${key}: ${why}`);
  }

  #changed(key: Key, why: string): WindrowError {
    return new WindrowError("damaged", `Cannot read ${this.name}/${key}: the file changed while it was read: ${why}`);
  }
}

function isCount(text: string | null | undefined): text is string {
  return typeof text === "string" && /^\d+$/.test(text) && Number.isSafeInteger(Number(text));
}

/** A weak ETag is the same for files that differ in their bytes (RFC 9110, 8.8.1). */
function versionOf(headers: Headers): string | undefined {
  const etag = headers.get("etag");
  if (etag !== null && !etag.startsWith("W/")) return etag;
  return headers.get("last-modified") ?? undefined;
}

function reasonOf(error: unknown): string {
  // fetch says only that it failed; its cause says why.
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return inner instanceof Error ? inner.message : String(inner);
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
}

async function* piecesOf(response: Response, alive: () => void): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      alive();
      yield next.value;
    }
  } finally {
    reader.releaseLock();
  }
}

async function countBytes(response: Response, alive: () => void): Promise<number> {
  let bytes = 0;
  for await (const { length } of piecesOf(response, alive)) bytes += length;
  return bytes;
}

/** The wanted part of an answer that holds the bytes `sent` of a file, and no more; `undefined` where it does not. */
async function part(
  pieces: AsyncIterable<Uint8Array>,
  sent: ByteRange,
  wanted: ByteRange,
): Promise<Uint8Array | undefined> {
  const into = new Uint8Array(wanted.to - wanted.from);
  let at = sent.from;
  for await (const piece of pieces) {
    const from = Math.max(at, wanted.from);
    const to = Math.min(at + piece.length, wanted.to);
    if (from < to) into.set(piece.subarray(from - at, to - at), from - wanted.from);
    at += piece.length;
    // The rest of a whole file is not waited for.
    if (at >= wanted.to && sent.to > wanted.to) return into;
    if (at > sent.to) return undefined;
  }
  return at === sent.to ? into : undefined;
}
