/** Reads a recording without an index from its beginning, for as far as it is whole. */

import { WindrowError } from "../../core/index.ts";
import { type Chunks, chunkHead } from "./chunks.ts";
import { type Chunk, type Contents, GrowingPlaces } from "./contents.ts";
import {
  type Channel,
  type ChannelSchema,
  MAGIC,
  type McapLibrary,
  MESSAGE_HEAD,
  mcapFault,
  OPCODES,
  parsedRecord,
  RECORD_HEAD,
  recordAt,
  type SourceFile,
  viewOf,
} from "./records.ts";

/** Small records are read together, and messages in no chunk kept together, in pieces of this size. */
const PIECE = 1 << 22;
/** So much of a chunk that is cut short is looked through. */
const MOST_CUT = 1 << 30;
const MOST_EXAMPLES = 5;

/** Where the file is read, some megabytes at a time. */
class Window {
  readonly #file: SourceFile;
  #from = 0;
  #bytes = new Uint8Array();

  constructor(file: SourceFile) {
    this.#file = file;
  }

  /** Bytes of the file, which has them. */
  async read(from: number, to: number): Promise<Uint8Array> {
    if (from < this.#from || to > this.#from + this.#bytes.length) {
      this.#bytes = new Uint8Array(await this.#file.read(from, Math.min(this.#file.bytes, Math.max(to, from + PIECE))));
      this.#from = from;
    }
    return this.#bytes.subarray(from - this.#from, to - this.#from);
  }
}

class Scan {
  readonly #library: McapLibrary;
  readonly #file: SourceFile;
  readonly #chunks: Chunks;
  readonly #window: Window;
  readonly #channels = new Map<number, Channel>();
  readonly #schemas = new Map<number, ChannelSchema>();
  readonly #places = new Map<number, GrowingPlaces>();
  readonly #found: Chunk[] = [];
  readonly #examples: string[] = [];
  #lostChunks = 0;
  #lostMessages = 0;
  /** Where the run of records in no chunk begins; `undefined` where none is going on. */
  #run: number | undefined;

  constructor(library: McapLibrary, file: SourceFile, chunks: Chunks) {
    this.#library = library;
    this.#file = file;
    this.#chunks = chunks;
    this.#window = new Window(file);
  }

  async all(noIndex: string): Promise<Contents> {
    const end = await this.#walk();
    this.#endRun(Math.min(end, this.#file.bytes));
    const bytes = Math.max(0, this.#file.bytes - end);
    if (bytes > 0) this.#note(`the last ${bytes} bytes are no whole record (at byte ${end})`);
    return {
      channels: this.#channels,
      schemas: this.#schemas,
      chunks: this.#found,
      places: new Map([...this.#places].map(([id, places]) => [id, places.done()])),
      lost: { noIndex, bytes, chunks: this.#lostChunks, messages: this.#lostMessages, examples: this.#examples },
    };
  }

  /** Goes from record to record. @returns where whole records end; the end of the file where nothing is lost. */
  async #walk(): Promise<number> {
    let at = MAGIC.length;
    while (at + RECORD_HEAD <= this.#file.bytes) {
      const fields = viewOf(await this.#window.read(at, at + RECORD_HEAD));
      const opcode = fields.getUint8(0);
      const to = at + RECORD_HEAD + Number(fields.getBigUint64(1, true));
      if (opcode === OPCODES.dataEnd || opcode === OPCODES.footer) return this.#file.bytes;
      // The specification, "Opcodes", has none of 0: what follows is not of this format.
      if (opcode === 0) return at;
      if (to > this.#file.bytes) return opcode === OPCODES.chunk ? this.#cutChunk(at) : at;
      await this.#take(opcode, at, to);
      at = to;
    }
    return at;
  }

  async #take(opcode: number, at: number, to: number): Promise<void> {
    switch (opcode) {
      case OPCODES.schema:
      case OPCODES.channel:
        this.#define(await this.#window.read(at, to), at);
        return;
      case OPCODES.message:
        if (this.#run !== undefined && to - this.#run > PIECE) this.#endRun(at);
        this.#run ??= at;
        this.#message(await this.#window.read(at, Math.min(to, at + RECORD_HEAD + MESSAGE_HEAD)), {
          at: at - this.#run,
          in: at,
        });
        return;
      case OPCODES.chunk:
        this.#endRun(at);
        await this.#chunk({ at, bytes: to - at, kind: "chunk" });
        return;
      default:
        return;
    }
  }

  /** Of a chunk that is cut short, the records that are whole. @returns where what is whole ends */
  async #cutChunk(at: number): Promise<number> {
    this.#endRun(at);
    const head = chunkHead(await this.#file.read(at, Math.min(this.#file.bytes, at + 256)));
    const from = head?.compression === "" ? at + head.from : at;
    if (head === undefined || this.#file.bytes - from > MOST_CUT) return at;
    const bytes = this.#file.bytes - from;
    const records = await this.#chunks.records({ at: from, bytes, kind: from === at ? "cut" : "run" });
    const end = this.#records(records, from);
    if (end === 0) return at;
    this.#found.push({ at: from, bytes: from === at ? bytes : end, kind: from === at ? "cut" : "run" });
    if (from > at) return from + end;
    this.#note(
      `of a packed chunk that is cut short, the first ${end} of ${head.rawBytes} bytes are read (at byte ${at})`,
    );
    return at;
  }

  async #chunk(chunk: Chunk): Promise<void> {
    let records: Uint8Array;
    try {
      records = await this.#chunks.records(chunk);
    } catch (error) {
      // What is not at hand would be lost from every chunk: that is for the caller to mend, not to count.
      if (!(error instanceof WindrowError) || error.code !== "damaged") throw error;
      this.#lostChunks += 1;
      this.#note(error.message);
      return;
    }
    if (this.#records(records, chunk.at) < records.length) {
      this.#lostMessages += 1;
      this.#note(`the last record of a chunk is cut short (at byte ${chunk.at})`);
    }
    this.#found.push(chunk);
  }

  /** Takes the records of a chunk. @returns where whole ones end. */
  #records(records: Uint8Array, at: number): number {
    const fields = viewOf(records);
    let from = 0;
    for (let record = recordAt(fields, 0); record !== undefined; record = recordAt(fields, from)) {
      const bytes = records.subarray(from, record.to);
      if (record.opcode === OPCODES.message) this.#message(bytes, { at: from, in: at });
      else if (record.opcode === OPCODES.schema || record.opcode === OPCODES.channel) this.#define(bytes, at);
      from = record.to;
    }
    return from;
  }

  #define(record: Uint8Array, at: number): void {
    try {
      const { channel, schema } = parsedRecord(this.#library, record);
      if (channel !== undefined)
        this.#channels.set(channel.id, this.#asBefore(this.#channels.get(channel.id), channel));
      if (schema !== undefined) this.#schemas.set(schema.id, schema);
    } catch (cause) {
      throw mcapFault(this.#file.path, at, `a channel or schema is damaged (${String(cause)})`);
    }
  }

  #asBefore(before: Channel | undefined, channel: Channel): Channel {
    if (before === undefined || (before.topic === channel.topic && before.schemaId === channel.schemaId))
      return channel;
    throw new WindrowError("damaged", `channel ${channel.id} is of ${before.topic}, and again of ${channel.topic}`);
  }

  /** Notes the message whose record, or its beginning, this is. It lies at `at` of the chunk that is being read. */
  #message(record: Uint8Array, place: { readonly at: number; readonly in: number }): void {
    const id = record.length < RECORD_HEAD + MESSAGE_HEAD ? -1 : viewOf(record).getUint16(RECORD_HEAD, true);
    if (!this.#channels.has(id)) {
      this.#lostMessages += 1;
      this.#note(`a message is of channel ${id}, of which nothing tells (at byte ${place.in})`);
      return;
    }
    let places = this.#places.get(id);
    if (places === undefined) {
      places = new GrowingPlaces();
      this.#places.set(id, places);
    }
    // The chunk that is being read gets the next number when it is done.
    places.push(this.#found.length, place.at, viewOf(record).getBigInt64(RECORD_HEAD + 6, true));
  }

  #endRun(at: number): void {
    if (this.#run !== undefined) this.#found.push({ at: this.#run, bytes: at - this.#run, kind: "run" });
    this.#run = undefined;
  }

  #note(example: string): void {
    if (this.#examples.length < MOST_EXAMPLES) this.#examples.push(example);
  }
}

/**
 * What a recording holds, found by reading all of it. What is cut short or damaged is left out and counted.
 * @param noIndex why it has to be done
 */
export function scanFile(library: McapLibrary, file: SourceFile, chunks: Chunks, noIndex: string): Promise<Contents> {
  return new Scan(library, file, chunks).all(noIndex);
}
