/** The summary at the end of a recording: channels, schemas and where the chunks lie, without reading them. */

import { WindrowError } from "../../core/index.ts";
import type { Chunk, Contents } from "./contents.ts";
import type { McapLibrary, SourceFile } from "./records.ts";

/** The summary is held in memory: some million chunks. */
const MOST_SUMMARY = 1 << 28;

type Reader = Awaited<ReturnType<McapLibrary["McapIndexedReader"]["Initialize"]>>;
type ChunkIndex = Reader["chunkIndexes"][number];

/** Where each channel's index of a chunk lies: they stand behind the chunk, one after another. */
function chunkOf(index: ChunkIndex): Chunk {
  const at = Number(index.chunkStartOffset);
  const bytes = Number(index.chunkLength);
  if (index.messageIndexLength === 0n) return { at, bytes, kind: "chunk" };
  const end = at + bytes + Number(index.messageIndexLength);
  const starts = [...index.messageIndexOffsets].map(([channel, offset]) => ({ channel, from: Number(offset) }));
  starts.sort((a, b) => a.from - b.from);
  const places = starts.map(({ channel, from }, i) => [channel, { from, to: starts[i + 1]?.from ?? end }] as const);
  return { at, bytes, kind: "chunk", index: new Map(places) };
}

/** What is wrong with the chunks that the summary tells of; `undefined` for nothing. */
function wrongChunks(chunks: readonly Chunk[], bytes: number): string | undefined {
  let end = 0;
  for (const chunk of chunks.toSorted((a, b) => a.at - b.at)) {
    if (!(chunk.at >= end && chunk.at + chunk.bytes <= bytes))
      return "its index has chunks that overlap or lie outside";
    end = chunk.at + chunk.bytes;
    for (const { from, to } of chunk.index?.values() ?? [])
      if (!(from >= end && from < to && to <= bytes)) return "its index of a chunk lies elsewhere than behind it";
  }
  return undefined;
}

/** What is wrong with a summary to find messages by; `undefined` for nothing. */
function wrongSummary(reader: Reader, chunks: readonly Chunk[], bytes: number): string | undefined {
  const { statistics, channelsById, schemasById } = reader;
  if (statistics === undefined && chunks.length === 0) return "its summary does not tell of any chunk";
  if (statistics !== undefined && statistics.chunkCount !== chunks.length)
    return `its index has ${chunks.length} chunks of ${statistics.chunkCount}`;
  if (statistics !== undefined && statistics.messageCount > 0n && chunks.length === 0)
    return "its messages are in no chunk";
  const isKnown = (id: number) => {
    const channel = channelsById.get(id);
    return channel !== undefined && (channel.schemaId === 0 || schemasById.has(channel.schemaId));
  };
  const ids = [
    ...channelsById.keys(),
    ...(statistics?.channelMessageCounts.keys() ?? []),
    ...chunks.flatMap(({ index }) => [...(index?.keys() ?? [])]),
  ];
  // A chunk without an index may hold channels that the summary does not repeat.
  if (channelsById.size === 0 && chunks.length > 0) return "its summary does not repeat the channels";
  return ids.every(isKnown) ? wrongChunks(chunks, bytes) : "its summary does not repeat all channels and schemas";
}

/** What the summary tells, or in words why it cannot be gone by. */
export async function readSummary(library: McapLibrary, file: SourceFile): Promise<Contents | string> {
  const readable = {
    size: async () => BigInt(file.bytes),
    async read(offset: bigint, size: bigint) {
      if (offset + size > BigInt(file.bytes) || size > MOST_SUMMARY)
        throw new WindrowError("damaged", "its summary lies behind its end, or is too large");
      return file.read(Number(offset), Number(offset + size));
    },
  };
  let reader: Reader;
  try {
    reader = await library.McapIndexedReader.Initialize({ readable });
  } catch (error) {
    // A place that fails is no damage of the file.
    if (error instanceof WindrowError && error.code !== "damaged") throw error;
    return error instanceof Error ? error.message : String(error);
  }
  const chunks = reader.chunkIndexes.map(chunkOf).sort((a, b) => a.at - b.at);
  const wrong = wrongSummary(reader, chunks, file.bytes);
  if (wrong !== undefined) return wrong;
  const counts =
    reader.statistics && new Map([...reader.statistics.channelMessageCounts].map(([id, n]) => [id, Number(n)]));
  return {
    channels: reader.channelsById,
    schemas: reader.schemasById,
    chunks,
    ...(counts === undefined ? {} : { counts }),
    lost: { bytes: 0, chunks: 0, messages: 0, examples: [] },
  };
}
