/** MCAP files as recordings: a sensor a topic. */

import type { Lost } from "../../adapters/bad-rows.ts";
import { type McapLost, type McapTime, openMcap } from "../../adapters/mcap/index.ts";
import type { SourceFile } from "../../adapters/recording.ts";
import { nodeCodecs } from "../../node/codecs.ts";
import { nodeHashes } from "../../node/hashes.ts";
import type { OpenedInput } from "./opened-input.ts";

/** How recordings of messages are read. */
export interface MessageOptions {
  /** Of MCAP: the topics wanted; all where absent. */
  readonly topics?: readonly string[];
  /** Of MCAP: whether a message's time is that of logging (where absent), of publishing, or what its header says. */
  readonly messageTime?: McapTime;
}

/** Opens a file, which messages call by its path. */
export async function openMcapFile(
  { store, key }: SourceFile,
  path: string,
  { topics, messageTime: time }: MessageOptions,
): Promise<OpenedInput> {
  const codecs = { codecs: nodeCodecs(), hashes: await nodeHashes() };
  const { sensors, lost } = await openMcap({ store, key, ...codecs, ...(topics && { topics }), ...(time && { time }) });
  return { traces: [{ sensors: () => sensors }], lost: () => lostOf(path, lost) };
}

function lostOf(path: string, { noIndex, bytes, chunks, messages, examples }: McapLost): Lost {
  const counted = [
    [bytes, "bytes at its end"],
    [chunks, "chunks"],
    [messages, "messages"],
  ] as const;
  const what = counted.filter(([count]) => count > 0).map(([count, of]) => `${count} ${of}`);
  const notes = [
    ...(noIndex === undefined ? [] : [`${path}: all of it was read to find its messages, ${noIndex}`]),
    ...(what.length === 0 ? [] : [`${path}: lost are ${what.join(", ")}`]),
    ...examples.map((why) => `${path}: ${why}`),
  ];
  return { rows: 0, examples: [], notes };
}
