/** Writes MCAP recordings with `@mcap/core`: for tests that read them. */

import { McapWriter, type McapWriterOptions } from "@mcap/core";

/** A topic and its messages. */
export interface TopicToWrite {
  readonly topic: string;
  readonly encoding: string;
  readonly schema?: { readonly name: string; readonly encoding: string; readonly data: Uint8Array };
}

/** A message of the topic with this number. */
export interface MessageToWrite {
  readonly topic: number;
  readonly logTime: bigint;
  readonly publishTime?: bigint;
  readonly data: Uint8Array;
}

/** What of the writer's options varies. */
export type WriteOptions = Partial<Omit<McapWriterOptions, "writable">>;

/** A whole recording, in the order of the messages. */
export async function mcapBytes(
  topics: readonly TopicToWrite[],
  messages: readonly MessageToWrite[],
  options: WriteOptions = {},
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const writable = {
    position: () => BigInt(length),
    async write(bytes: Uint8Array) {
      pieces.push(bytes.slice());
      length += bytes.length;
    },
  };
  const writer = new McapWriter({ writable, ...options });
  await writer.start({ profile: "", library: "test" });
  const ids: number[] = [];
  for (const { topic, encoding, schema } of topics) {
    const schemaId = schema === undefined ? 0 : await writer.registerSchema(schema);
    ids.push(await writer.registerChannel({ topic, messageEncoding: encoding, schemaId, metadata: new Map() }));
  }
  for (const [sequence, { topic, logTime, publishTime = logTime, data }] of messages.entries())
    await writer.addMessage({ channelId: ids[topic]!, sequence, logTime, publishTime, data });
  await writer.end();
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** The records that a file consists of, in order: opcode, and where each begins and ends. */
export function recordsOf(
  bytes: Uint8Array,
): { readonly opcode: number; readonly from: number; readonly to: number }[] {
  const fields = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = [];
  for (let at = 8; at + 9 <= bytes.length - 8; ) {
    const to = at + 9 + Number(fields.getBigUint64(at + 1, true));
    found.push({ opcode: fields.getUint8(at), from: at, to });
    at = to;
  }
  return found;
}

/** A text as bytes. */
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
