/** A topic as a sensor: its messages' places are found when first wanted, and its messages decoded when they are read. */

import type { Batch, Json } from "../../core/index.ts";
import { type Sensor, type SensorMeta, seconds } from "../../sync/index.ts";
import { once } from "../../sync/once.ts";
import { checkRows, rowNumbers } from "../../sync/rows.ts";
import { elementsOf, filling, interpolationOf, type Leaf, nanoseconds, schemaOf } from "./columns.ts";
import type { Chunk } from "./contents.ts";
import type { ChannelDecoder } from "./decoder.ts";
import { channelPlaces, messageAt, type Recording } from "./places.ts";
import { type Channel, type ChannelSchema, mcapFault } from "./records.ts";

/** Which of a message's times is its own: when it was logged, when it was published, or what its header says. */
export type McapTime = "log" | "publish" | "header";

/** Channels of one topic and one schema. */
export interface Topic extends ChannelDecoder {
  readonly name: string;
  readonly channels: readonly Channel[];
  readonly schema: ChannelSchema | undefined;
}

/** The messages of a topic, in the order of the file. */
export interface TopicPlaces {
  readonly length: number;
  readonly channel: Uint16Array;
  readonly chunk: Uint32Array;
  readonly at: Uint32Array;
  readonly logTime: BigInt64Array;
}

/** A message that is decoded. */
export interface Decoded {
  readonly value: unknown;
  readonly logTime: bigint;
  readonly publishTime: bigint;
}

async function topicPlaces(recording: Recording, { channels }: Topic): Promise<TopicPlaces> {
  const all = await Promise.all(channels.map(({ id }) => channelPlaces(recording, id)));
  if (all.length === 1) {
    const [one] = all as [(typeof all)[number]];
    return { ...one, channel: new Uint16Array(one.length).fill(channels[0]!.id) };
  }
  const length = all.reduce((sum, places) => sum + places.length, 0);
  const order = all.flatMap((places, which) =>
    Array.from({ length: places.length }, (_, i) => ({ which, i, chunk: places.chunk[i]!, at: places.at[i]! })),
  );
  order.sort((a, b) => a.chunk - b.chunk || a.at - b.at);
  return {
    length,
    channel: Uint16Array.from(order, ({ which }) => channels[which]!.id),
    chunk: Uint32Array.from(order, ({ chunk }) => chunk),
    at: Uint32Array.from(order, ({ at }) => at),
    logTime: BigInt64Array.from(order, ({ which, i }) => all[which]!.logTime[i]!),
  };
}

/** The messages of a topic: found once, decoded by number. */
export class TopicMessages {
  readonly topic: Topic;
  readonly recording: Recording;
  readonly places: () => Promise<TopicPlaces>;

  constructor(recording: Recording, topic: Topic) {
    this.topic = topic;
    this.recording = recording;
    this.places = once(() => topicPlaces(recording, topic));
  }

  /**
   * Decodes messages, each chunk unpacked once, and gives each to `take` with its place among those asked for.
   * @throws WindrowError `damaged` for a message that is not what its schema says.
   */
  async each(rows: ArrayLike<number>, take: (message: Decoded, place: number) => void): Promise<void> {
    const places = await this.places();
    const order = Uint32Array.from({ length: rows.length }, (_, i) => i);
    order.sort((a, b) => rows[a]! - rows[b]!);
    let records: Uint8Array | undefined;
    let chunk = -1;
    for (const place of order) {
      const row = rows[place]!;
      if (places.chunk[row] !== chunk || records === undefined) {
        chunk = places.chunk[row]!;
        records = await this.recording.chunks.records(this.#chunk(chunk));
      }
      this.#one({ places, row, records }, (message) => take(message, place));
    }
  }

  #chunk(number: number): Chunk {
    return this.recording.contents.chunks[number]!;
  }

  #one(
    { places, row, records }: { readonly places: TopicPlaces; readonly row: number; readonly records: Uint8Array },
    take: (message: Decoded) => void,
  ): void {
    const { path } = this.recording.file;
    const chunk = this.#chunk(places.chunk[row]!);
    const place = { at: places.at[row]!, channel: places.channel[row]!, logTime: places.logTime[row]! };
    const message = messageAt(path, chunk, records, place);
    try {
      take({
        value: this.topic.decoder.decode(message.data),
        logTime: place.logTime,
        publishTime: message.publishTime,
      });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw mcapFault(
        path,
        chunk.at,
        `message ${row} of ${this.topic.name} is not what its schema says: ${why}`,
        cause,
      );
    }
  }
}

/** Where a message of this topic says when it was measured; `undefined` where it does not. */
export function stampPath(columns: readonly Leaf[]): readonly string[] | undefined {
  for (const name of ["header.stamp", "timestamp", "stamp"]) {
    const leaf = columns.find((each) => each.name === name && each.shape.kind === "time");
    if (leaf !== undefined) return leaf.path;
  }
  return undefined;
}

/** The time in a message, by the path of its field. */
export function stampOf(value: unknown, path: readonly string[]): bigint {
  let at = value;
  for (const name of path) at = (at as Record<string, unknown> | undefined)?.[name]; // what lacks is no object
  return nanoseconds(at, path.join("."));
}

/** What is known of a topic besides its messages. */
export function topicMeta(topic: Topic, columns: readonly Leaf[], time: McapTime): SensorMeta {
  const elements = elementsOf(columns);
  const about: Record<string, Json> = {
    topic: topic.name,
    encoding: topic.channels[0]!.messageEncoding,
    schema: topic.schema?.name ?? "",
    time,
    ...(Object.keys(elements).length > 0 ? { elements } : {}),
    ...(topic.undecoded === undefined ? {} : { undecoded: topic.undecoded }),
  };
  return { interpolation: interpolationOf(columns), about };
}

/** The sensor of a topic. A topic whose messages have no time of their own goes by the time of logging. */
export function topicSensor(messages: TopicMessages, columns: readonly Leaf[], wanted: McapTime): Sensor {
  const { topic } = messages;
  const path = wanted === "header" ? stampPath(columns) : undefined;
  const time = wanted === "header" && path === undefined ? "log" : wanted;
  return {
    schema: schemaOf(columns),
    meta: topicMeta(topic, columns, time),
    length: async () => (await messages.places()).length,
    times: once(async () => {
      const { length, logTime } = await messages.places();
      if (time === "log") return seconds(logTime, "ns");
      const times = new BigInt64Array(length);
      await messages.each(rowNumbers({ from: 0, to: length }), ({ value, publishTime }, row) => {
        times[row] = path === undefined ? publishTime : stampOf(value, path);
      });
      return seconds(times, "ns");
    }),
    async read(rows): Promise<Batch> {
      checkRows(rows, (await messages.places()).length, topic.name);
      const numbers = rowNumbers(rows);
      const { batch, put } = filling(columns, numbers.length);
      await messages.each(numbers, ({ value }, place) => put(place, value));
      return batch;
    },
  };
}
