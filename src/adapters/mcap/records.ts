/** Records of MCAP (mcap.dev, "MCAP format specification", v0): an opcode, a length of 64 bits, and so many bytes. */

import { type ErrorCode, type Key, type ReadStore, WindrowError } from "../../core/index.ts";

/** Opcodes of the specification, "Records": those that are looked into here. */
export const OPCODES = {
  header: 0x01,
  footer: 0x02,
  schema: 0x03,
  channel: 0x04,
  message: 0x05,
  chunk: 0x06,
  messageIndex: 0x07,
  dataEnd: 0x0f,
} as const;

/** Opcode and length. */
export const RECORD_HEAD = 9;
/** Channel, sequence, time of logging, time of publishing. */
export const MESSAGE_HEAD = 22;
export const MAGIC = Uint8Array.of(0x89, 0x4d, 0x43, 0x41, 0x50, 0x30, 0x0d, 0x0a);

/** A channel, as it is recorded. */
export interface Channel {
  readonly id: number;
  readonly schemaId: number;
  readonly topic: string;
  readonly messageEncoding: string;
}

/** What the messages of a channel are made of. */
export interface ChannelSchema {
  readonly id: number;
  readonly name: string;
  readonly encoding: string;
  readonly data: Uint8Array;
}

/** A record is read whole. */
const MOST_AT_ONCE = 2 ** 31 - 1;

/** A file that is read range by range. */
export interface SourceFile {
  /** Store and key, for messages. */
  readonly path: string;
  readonly bytes: number;
  /** @throws WindrowError `damaged` where the file ends before `to`. */
  read(from: number, to: number): Promise<Uint8Array>;
}

/** @throws WindrowError `missing` where there is no such key. */
export async function sourceFile(store: ReadStore, key: Key): Promise<SourceFile> {
  const path = `${store.name}/${key}`;
  const gone = () => new WindrowError("missing", `Cannot read ${path}: there is no such file`, { details: { path } });
  const bytes = await store.size(key);
  if (bytes === undefined) throw gone();
  return {
    path,
    bytes,
    async read(from, to) {
      if (!(from <= to && to <= bytes))
        throw mcapFault(path, from, `the bytes ${from} to ${to} are wanted, got a file of ${bytes}`);
      if (to - from > MOST_AT_ONCE)
        throw new WindrowError(
          "unsupported",
          `Cannot read ${path}: a record of at most ${MOST_AT_ONCE} bytes is read, got ${to - from}`,
        );
      const answer = await store.get(key, { from, to });
      if (answer === undefined) throw gone();
      return answer;
    },
  };
}

/** The error of a place in the file. `what` reads "was wrong, got what". */
export function mcapFault(path: string, at: number, what: string, cause?: unknown): WindrowError {
  const code: ErrorCode = cause instanceof WindrowError ? cause.code : "damaged";
  return new WindrowError(code, `Cannot read ${path}: ${what} (at byte ${at})`, {
    details: { path, offset: at },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A view of all the bytes of an array. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A number of 64 bits; NaN where it is beyond 2⁵³, so that no check of a place lets it pass. */
export function u64(fields: DataView, at: number): number {
  const value = Number(fields.getBigUint64(at, true));
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

/** A record within bytes. */
export interface RecordPlace {
  readonly opcode: number;
  /** Where its content begins, and ends. */
  readonly from: number;
  readonly to: number;
}

/** The record that begins at `at`; `undefined` where no whole one does. */
export function recordAt(fields: DataView, at: number): RecordPlace | undefined {
  const from = at + RECORD_HEAD;
  if (!(from <= fields.byteLength)) return undefined;
  const to = from + u64(fields, at + 1);
  return to <= fields.byteLength ? { opcode: fields.getUint8(at), from, to } : undefined;
}

/** The library that reads channels, schemas and the summary; loaded when a recording is first opened. */
export type McapLibrary = typeof import("@mcap/core");

/** What `@mcap/core` makes of one whole record of a channel or a schema. */
export function parsedRecord(
  { McapStreamReader }: McapLibrary,
  record: Uint8Array,
): { readonly channel?: Channel; readonly schema?: ChannelSchema } {
  const reader = new McapStreamReader({ noMagicPrefix: true });
  reader.append(record);
  const parsed = reader.nextRecord();
  if (parsed?.type === "Channel") return { channel: parsed };
  return parsed?.type === "Schema" ? { schema: parsed } : {};
}
