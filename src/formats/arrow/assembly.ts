/** Puts encoded record batches together to an Arrow IPC file, wherever they were encoded. */

import { type Draft, type Schema, WindrowError } from "../../core/index.ts";
import { CONTINUATION, keyValues, messageHead, schemaNode, VERSION_5 } from "../arrow-fields.ts";
import { ByteWriter } from "../byte-writer.ts";
import { type FlatNode, flatbuffer } from "../flatbuffer.ts";
import { ALIGNMENT, checkArrowSchema, type RecordBatchMeta } from "./record-batch.ts";

/** What a file says of itself besides its rows. */
export interface ArrowAssemblyOptions {
  /** Key-value metadata of the schema. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** An Arrow file being put together. */
export interface ArrowAssembly {
  /** Appends a record batch. Calls must not overlap. */
  add(bytes: Uint8Array, meta: RecordBatchMeta): Promise<void>;
  /** Writes the end of the stream and the footer. The draft is the caller's to publish. */
  close(): Promise<{ readonly rows: number; readonly bytes: number }>;
}

// Columnar.rst, "IPC File Format": the magic, padded to 8 bytes.
const MAGIC = new TextEncoder().encode("ARROW1");

/**
 * Begins an Arrow file in a draft.
 * @throws WindrowError `usage` for a schema that it cannot hold
 */
export function arrowAssembly(draft: Draft, schema: Schema, options: ArrowAssemblyOptions = {}): ArrowAssembly {
  checkArrowSchema(schema);
  const entries = Object.entries(options.metadata ?? {});
  const { table: slots } = schemaNode(schema, "arrow");
  const node: FlatNode = entries.length === 0 ? { table: slots } : { table: [...slots, keyValues(entries)] };
  const blocks: (RecordBatchMeta & { readonly offset: number })[] = [];
  let offset = 0;
  const write = async (bytes: Uint8Array): Promise<void> => {
    offset += bytes.length;
    await draft.write(bytes);
  };
  const begin = async (): Promise<void> => {
    if (offset > 0) return;
    // All bodies are aligned when what comes before the first is.
    const head = messageHead("schema", node, { body: 0, alignment: ALIGNMENT, before: 8 });
    const out = new ByteWriter(head.length + ALIGNMENT);
    out.bytes(MAGIC);
    while (out.length < 8) out.byte(0);
    out.bytes(head);
    await write(out.done());
  };
  return {
    async add(bytes, meta) {
      if (bytes.length !== meta.headBytes + meta.bodyBytes)
        throw new WindrowError(
          "usage",
          `Cannot add a record batch: ${meta.headBytes + meta.bodyBytes} bytes expected, got ${bytes.length}`,
        );
      await begin();
      blocks.push({ ...meta, offset });
      await write(bytes);
    },
    async close() {
      await begin();
      const footer = flatbuffer({
        table: [{ width: 2, value: VERSION_5 }, node, { structs: new Uint8Array(0), count: 0 }, blockStructs(blocks)],
      });
      const out = new ByteWriter(footer.length + 32);
      out.u32(CONTINUATION);
      out.u32(0);
      out.bytes(footer);
      out.u32(footer.length);
      out.bytes(MAGIC);
      await write(out.done());
      return { rows: blocks.reduce((sum, { rows }) => sum + rows, 0), bytes: offset };
    },
  };
}

/** File.fbs, `Block`: offset, length of the head, four bytes of nothing, length of the body. */
function blockStructs(blocks: readonly (RecordBatchMeta & { readonly offset: number })[]): FlatNode {
  const view = new DataView(new ArrayBuffer(24 * blocks.length));
  for (const [i, { offset, headBytes, bodyBytes }] of blocks.entries()) {
    view.setBigInt64(24 * i, BigInt(offset), true);
    view.setInt32(24 * i + 8, headBytes, true);
    view.setBigInt64(24 * i + 16, BigInt(bodyBytes), true);
  }
  return { structs: new Uint8Array(view.buffer), count: blocks.length };
}
