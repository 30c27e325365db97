/** Transforms as sensors: each child frame of a tree of frames is one. */

import { type Sensor, seconds } from "../../sync/index.ts";
import { once } from "../../sync/once.ts";
import { checkRows, rowNumbers } from "../../sync/rows.ts";
import { filling, type Leaf, schemaOf } from "./columns.ts";
import { type McapTime, stampOf, stampPath, type TopicMessages, topicMeta } from "./topic-sensor.ts";
import { childFrame, transformsIn } from "./transforms.ts";

/** Where the transforms of one child are: number of the message, and place in its list. */
interface FrameRows {
  readonly message: number[];
  readonly place: number[];
}

async function framesOf(messages: TopicMessages): Promise<ReadonlyMap<string, FrameRows>> {
  const { length } = await messages.places();
  const frames = new Map<string, FrameRows>();
  await messages.each(rowNumbers({ from: 0, to: length }), ({ value }, row) => {
    for (const [place, transform] of transformsIn(value).entries()) {
      const child = childFrame(transform);
      let rows = frames.get(child);
      if (rows === undefined) {
        rows = { message: [], place: [] };
        frames.set(child, rows);
      }
      rows.message.push(row);
      rows.place.push(place);
    }
  });
  return frames;
}

function frameSensor(messages: TopicMessages, columns: readonly Leaf[], rows: FrameRows, wanted: McapTime): Sensor {
  const { topic } = messages;
  const path = wanted === "header" ? stampPath(columns) : undefined;
  const time = wanted === "header" && path === undefined ? "log" : wanted;
  const length = rows.message.length;
  return {
    schema: schemaOf(columns),
    meta: topicMeta(topic, columns, time),
    length: async () => length,
    times: once(async () => {
      const times = new BigInt64Array(length);
      if (time === "log") {
        const { logTime } = await messages.places();
        for (const [i, message] of rows.message.entries()) times[i] = logTime[message]!;
        return seconds(times, "ns");
      }
      await messages.each(rows.message, ({ value, publishTime }, i) => {
        times[i] = path === undefined ? publishTime : stampOf(transformsIn(value)[rows.place[i]!], path);
      });
      return seconds(times, "ns");
    }),
    async read(choice) {
      checkRows(choice, length, topic.name);
      const numbers = rowNumbers(choice);
      const { batch, put } = filling(columns, numbers.length);
      const wantedMessages = Uint32Array.from(numbers, (row) => rows.message[row]!);
      await messages.each(wantedMessages, ({ value }, i) => put(i, transformsIn(value)[rows.place[numbers[i]!]!]));
      return batch;
    },
  };
}

/**
 * The sensors of a topic of transforms, by child frame, in the order in which frames first occur. All its messages are read for that:
 * which frames there are stands nowhere else.
 */
export async function frameSensors(
  messages: TopicMessages,
  columns: readonly Leaf[],
  time: McapTime,
): Promise<ReadonlyMap<string, Sensor>> {
  const sensors = new Map<string, Sensor>();
  for (const [child, rows] of await framesOf(messages)) sensors.set(child, frameSensor(messages, columns, rows, time));
  return sensors;
}
