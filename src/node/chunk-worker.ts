/** What a thread of `chunkThreads` runs: it packs and unpacks chunks of Zarr that lie in memory it shares with who asks. */

import { parentPort } from "node:worker_threads";
import { WindrowError } from "../core/index.ts";
import { chunkPacker, unpackChunk } from "../formats/zarr/compressor.ts";
import type { ChunkAnswer, ChunkRequest } from "./chunk-threads.ts";
import { nodeCodecs } from "./codecs.ts";

const codecs = nodeCodecs();

/** Bytes of the packed chunk; none where it was unpacked. */
function done(request: ChunkRequest): Uint8Array {
  if (request.kind === "pack") return chunkPacker(request.compressor, request.typeBytes, codecs)(request.raw);
  const { compressor, packed, into } = request;
  unpackChunk(compressor, packed, { rawBytes: into.length, codecs, into });
  return new Uint8Array(0);
}

function answer(request: ChunkRequest): ChunkAnswer {
  const { id } = request;
  try {
    return { id, bytes: done(request) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { id, error: { code: error instanceof WindrowError ? error.code : "internal", message } };
  }
}

parentPort?.on("message", (request: ChunkRequest) => {
  const message = answer(request);
  // The bytes are the caller's from here on; those that a codec made may lie in memory that cannot be given away.
  const bytes = "bytes" in message ? message.bytes : undefined;
  const isOwn = bytes?.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength;
  parentPort?.postMessage(message, isOwn ? [bytes.buffer] : []);
});
