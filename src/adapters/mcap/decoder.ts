/** Which decoder a channel needs. */

import { type Leaf, leaves } from "./columns.ts";
import type { Decoder } from "./fields.ts";
import { jsonDecoder } from "./json.ts";
import { protobufDecoder } from "./protobuf.ts";
import type { Channel, ChannelSchema } from "./records.ts";
import { rosDecoder } from "./ros.ts";
import { transformFields } from "./transforms.ts";

/** The messages of a channel that nothing here decodes: one field of bytes. */
function rawDecoder(): Decoder {
  return { fields: new Map([["message", { shape: { kind: "bytes" } }]]), decode: (data) => ({ message: data }) };
}

/** A decoder, what its messages come to, and why it is that of raw bytes where it is. */
export interface ChannelDecoder {
  readonly decoder: Decoder;
  readonly columns: readonly Leaf[];
  /** What the elements come to, of messages that are lists of transforms. */
  readonly transforms?: readonly Leaf[];
  readonly undecoded?: string;
}

/** Transforms that hold for all of the recording are told once, many in a message: there is no series of each. */
const STATIC = /(^|\/)tf_static$/;

function withColumns(decoder: Decoder, topic: string): ChannelDecoder {
  const element = STATIC.test(topic) ? undefined : transformFields(decoder.fields);
  const columns = leaves(decoder.fields);
  return element === undefined ? { decoder, columns } : { decoder, columns, transforms: leaves(element) };
}

function known(channel: Channel, schema: ChannelSchema | undefined): Decoder | Promise<Decoder> | undefined {
  // By the names of the specification's registry: the encoding of messages, and that of their schema.
  switch (`${channel.messageEncoding} ${schema?.encoding ?? ""}`) {
    case "ros1 ros1msg":
      return rosDecoder(schema!.data, "ros1");
    case "cdr ros2msg":
      return rosDecoder(schema!.data, "ros2");
    case "protobuf protobuf":
      return protobufDecoder(schema!.name, schema!.data);
    case "json jsonschema":
    case "json ":
      return jsonDecoder(schema?.data);
    default:
      return undefined;
  }
}

/** The decoder of a channel. What cannot be decoded is not lost: its messages come as bytes. */
export async function channelDecoder(channel: Channel, schema: ChannelSchema | undefined): Promise<ChannelDecoder> {
  const raw = (undecoded: string) => ({ ...withColumns(rawDecoder(), channel.topic), undecoded });
  try {
    const decoder = await known(channel, schema);
    if (decoder !== undefined) return withColumns(decoder, channel.topic);
    const by = JSON.stringify(schema?.encoding ?? "");
    return raw(`messages of ${JSON.stringify(channel.messageEncoding)} by ${by} are not decoded here`);
  } catch (error) {
    // Whatever a library throws at a definition that it does not take.
    return raw(error instanceof Error ? error.message : String(error));
  }
}
