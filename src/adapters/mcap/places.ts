/** Finds the messages of a channel: by the chunks' indexes, or in the chunks themselves. */

import type { Chunks } from "./chunks.ts";
import { type Chunk, type Contents, GrowingPlaces, type Places } from "./contents.ts";
import {
  MESSAGE_HEAD,
  mcapFault,
  OPCODES,
  type RecordPlace,
  recordAt,
  type SourceFile,
  u64,
  viewOf,
} from "./records.ts";

/** An opened recording, and what reads it. */
export interface Recording {
  readonly file: SourceFile;
  readonly contents: Contents;
  readonly chunks: Chunks;
}

/** One message, where it lies. */
export interface Message {
  readonly data: Uint8Array;
  readonly publishTime: bigint;
}

/**
 * Where the messages of a channel are, in the order of the file.
 * @throws WindrowError `damaged` for an index that is not what the summary says.
 */
export async function channelPlaces({ file, contents, chunks }: Recording, channel: number): Promise<Places> {
  if (contents.places !== undefined) return contents.places.get(channel) ?? new GrowingPlaces().done();
  const places = new GrowingPlaces();
  for (const [number, chunk] of contents.chunks.entries()) {
    if (chunk.index === undefined) {
      const records = await chunks.records(chunk);
      for (const { at, logTime } of messagesIn(records, channel)) places.push(number, at, logTime);
      continue;
    }
    const range = chunk.index.get(channel);
    if (range === undefined) continue;
    for (const { at, logTime } of indexed(file.path, range.from, await file.read(range.from, range.to), channel))
      places.push(number, at, logTime);
  }
  const found = places.done();
  const told = contents.counts === undefined ? found.length : (contents.counts.get(channel) ?? 0);
  if (told === found.length) return found;
  const topic = JSON.stringify(contents.channels.get(channel)?.topic);
  throw mcapFault(file.path, file.bytes, `the statistics tell of ${told} messages of ${topic}, got ${found.length}`);
}

interface IndexEntry {
  readonly at: number;
  readonly logTime: bigint;
}

/** A chunk's index of one channel: pairs of a time and a place, here by place. */
function indexed(path: string, at: number, bytes: Uint8Array, channel: number): readonly IndexEntry[] {
  const fields = viewOf(bytes);
  const record = recordAt(fields, 0);
  const isIndex =
    record !== undefined &&
    record.opcode === OPCODES.messageIndex &&
    record.to - record.from >= 6 &&
    fields.getUint16(record.from, true) === channel;
  const length = isIndex ? fields.getUint32(record.from + 2, true) : 1;
  if (!isIndex || length % 16 !== 0 || record.from + 6 + length > record.to)
    throw mcapFault(path, at, `the index of channel ${channel} must lie here, got another record`);
  const entries = Array.from({ length: length / 16 }, (_, i) => {
    const entry = record.from + 6 + 16 * i;
    return { logTime: fields.getBigInt64(entry, true), at: u64(fields, entry + 8) };
  });
  if (isRising(entries)) return entries;
  entries.sort((a, b) => a.at - b.at);
  if (isRising(entries)) return entries;
  throw mcapFault(path, at, `the index of channel ${channel} has two messages in one place, or beyond any chunk`);
}

function isRising(entries: readonly IndexEntry[]): boolean {
  return entries.every(({ at }, i) => at < 2 ** 32 && (i === 0 || at > entries[i - 1]!.at));
}

function* messagesIn(records: Uint8Array, channel: number): Generator<IndexEntry> {
  const fields = viewOf(records);
  let at = 0;
  for (let record = recordAt(fields, 0); record !== undefined; record = recordAt(fields, at)) {
    if (isMessageOf(fields, record, channel)) yield { at, logTime: fields.getBigInt64(record.from + 6, true) };
    at = record.to;
  }
}

function isMessageOf(fields: DataView, { opcode, from, to }: RecordPlace, channel: number): boolean {
  return opcode === OPCODES.message && to - from >= MESSAGE_HEAD && fields.getUint16(from, true) === channel;
}

/**
 * The message that begins at `at` of a chunk's records.
 * @throws WindrowError `damaged` where none does that is of the channel and was logged then.
 */
export function messageAt(
  path: string,
  chunk: Chunk,
  records: Uint8Array,
  place: { readonly at: number; readonly channel: number; readonly logTime: bigint },
): Message {
  const fields = viewOf(records);
  const record = recordAt(fields, place.at);
  if (
    record === undefined ||
    !isMessageOf(fields, record, place.channel) ||
    fields.getBigInt64(record.from + 6, true) !== place.logTime
  ) {
    const what = `a message of channel ${place.channel} must begin at ${place.at} of the chunk, got something else`;
    throw mcapFault(path, chunk.at, what);
  }
  return {
    publishTime: fields.getBigInt64(record.from + 14, true),
    data: records.subarray(record.from + MESSAGE_HEAD, record.to),
  };
}
