/** Opens an MCAP recording as sensors. */

import { type Key, type OpenOptions, WindrowError } from "../../core/index.ts";
import type { Sensor, Sensors } from "../../sync/index.ts";
import { Chunks } from "./chunks.ts";
import type { Contents, McapLost } from "./contents.ts";
import { channelDecoder } from "./decoder.ts";
import { frameSensors } from "./frames.ts";
import type { Recording } from "./places.ts";
import { type Channel, MAGIC, type McapLibrary, mcapFault, type SourceFile, sourceFile } from "./records.ts";
import { scanFile } from "./scan.ts";
import { readSummary } from "./summary.ts";
import { type McapTime, type Topic, TopicMessages, topicSensor } from "./topic-sensor.ts";

/** Which recording, and how to read it. */
export interface McapOptions extends OpenOptions {
  readonly key: Key;
  /** The topics wanted; all where absent. */
  readonly topics?: readonly string[];
  /**
   * Which time is a sample's: when it was logged (where absent), when it was published, or what the message says (`header.stamp`,
   * `timestamp` or `stamp`; a topic without it goes by the time of logging, and `meta.about.time` says so).
   */
  readonly time?: McapTime;
  /** Unpacked bytes that are kept for the next read; 256 MiB where absent. */
  readonly cacheBytes?: number;
}

/** A recording as sensors. */
export interface McapRecording {
  /** By topic; transforms by topic and child frame. */
  readonly sensors: Sensors;
  /** What could not be read. */
  readonly lost: McapLost;
}

async function contentsOf(library: McapLibrary, file: SourceFile, chunks: Chunks): Promise<Contents> {
  const magic = await file.read(0, Math.min(file.bytes, MAGIC.length));
  if (magic.length < MAGIC.length || magic.some((byte, i) => byte !== MAGIC[i]))
    throw mcapFault(file.path, 0, "it is no MCAP file: it must begin with the format's magic bytes");
  const summary = await readSummary(library, file);
  return typeof summary === "string" ? scanFile(library, file, chunks, summary) : summary;
}

/** Channels by topic and, where one topic has several schemas, by those. */
async function topicsOf({ channels, schemas }: Contents, wanted: readonly string[] | undefined): Promise<Topic[]> {
  const groups = new Map<string, Channel[]>();
  for (const channel of channels.values()) {
    if (wanted !== undefined && !wanted.includes(channel.topic)) continue;
    const group = JSON.stringify([channel.topic, channel.schemaId, channel.messageEncoding]);
    groups.set(group, [...(groups.get(group) ?? []), channel]);
  }
  return Promise.all(
    [...groups.values()].map(async (group) => {
      const [first] = group as [Channel, ...Channel[]];
      const schema = schemas.get(first.schemaId);
      return { name: first.topic, channels: group, schema, ...(await channelDecoder(first, schema)) };
    }),
  );
}

/** A name that is not taken: the one wanted, or that with a number. */
function freeName(wanted: string, taken: ReadonlyMap<string, Sensor>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted}#${number}`;
  return name;
}

/**
 * Opens a recording. Its summary is read, and of topics of transforms the messages, since these alone tell which frames there are; all
 * else when it is asked for. A file without an index that holds, or cut short, is read once from its beginning, for as far as it is whole:
 * `lost` says why, and what is missing.
 * @throws WindrowError `missing` for a file or a topic that is not there, `damaged` for a file that is no MCAP, `unsupported` for chunks
 *   packed by a codec that is not at hand.
 *
 * @example
 * const { sensors, lost } = await openMcap({ store, key: "drive.mcap", codecs: nodeCodecs(), hashes: await nodeHashes(), time: "header" });
 * const { columns } = await sensors["/odom"].read({ from: 0, to: 100 });
 */
export async function openMcap(options: McapOptions): Promise<McapRecording> {
  const { topics: wanted, time = "log", cacheBytes = 2 ** 28 } = options;
  const library = await import("@mcap/core");
  const file = await sourceFile(options.store, options.key);
  const chunks = new Chunks({ file, codecs: options.codecs, hashes: options.hashes, cacheBytes });
  const contents = await contentsOf(library, file, chunks);
  const topics = await topicsOf(contents, wanted);
  const absent = wanted?.find((name) => !topics.some((topic) => topic.name === name));
  if (absent !== undefined) {
    const names = [...new Set([...contents.channels.values()].map(({ topic }) => topic))].sort().join(", ");
    throw new WindrowError(
      "missing",
      `Cannot read ${file.path}: it has no topic ${JSON.stringify(absent)}, got ${names}`,
    );
  }
  const recording: Recording = { file, contents, chunks };
  const sensors = new Map<string, Sensor>();
  for (const topic of topics) await addSensors(sensors, new TopicMessages(recording, topic), time);
  return { sensors: Object.fromEntries(sensors), lost: contents.lost };
}

async function addSensors(sensors: Map<string, Sensor>, messages: TopicMessages, time: McapTime): Promise<void> {
  const { name, columns, transforms } = messages.topic;
  if (transforms === undefined) {
    sensors.set(freeName(name, sensors), topicSensor(messages, columns, time));
    return;
  }
  for (const [child, sensor] of await frameSensors(messages, transforms, time))
    sensors.set(freeName(`${name}/${child.replace(/^\/+/, "")}`, sensors), sensor);
}
