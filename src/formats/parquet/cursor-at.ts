/** A cursor at any row of a row group, by the offset index where there is one. */

import { at, damaged } from "../fault.ts";
import { type ChunkRange, type Cursor, cursor } from "./cursor.ts";
import type { ChunkInfo, GroupInfo, SourceFile } from "./file.ts";
import type { PageContext } from "./pages.ts";
import type { SourceColumn } from "./source-column.ts";
import { need, readStruct, structList } from "./thrift-read.ts";

/** A cursor at row `from` of a group; by the offset index, where it spares pages. */
export async function cursorAt(
  context: PageContext,
  column: SourceColumn,
  { group, from, to }: { group: GroupInfo; from: number; to: number },
): Promise<Cursor> {
  const chunk = group.chunks[column.chunk]!;
  const isPart = from > 0 || to < group.rows;
  const part =
    isPart && chunk.offsetIndex !== undefined ? await indexed(context.file, chunk, { group, from, to }) : undefined;
  const result = cursor(context, column, chunk, part?.range ?? { data: chunk });
  const skipped = from - (part?.firstRow ?? 0);
  if (skipped > 0) await result.skip(skipped);
  return result;
}

/**
 * The pages that hold rows `from` to `to` of a chunk, as its offset index has them. Every writer that is known puts pages one behind the
 * other: an index that passes over bytes is not believed (`undefined`), or else a page might be taken for another.
 */
async function indexed(
  file: SourceFile,
  chunk: ChunkInfo,
  { group, from, to }: { group: GroupInfo; from: number; to: number },
): Promise<{ range: ChunkRange; firstRow: number } | undefined> {
  const index = chunk.offsetIndex!;
  const bytes = await file.read(index.from, index.to);
  return at({ key: file.key, offset: index.from }, () => {
    const pages = indexPages(bytes, chunk, group.rows);
    if (pages === undefined) return undefined;
    const firstPage = pages[0]!; // indexPages gives one at least
    const first = pages.findLastIndex((page) => page.firstRow <= from);
    const behind = pages.findIndex((page, i) => i > first && page.firstRow >= to);
    const last = behind === -1 ? pages.length : behind;
    const rowAt = (page: number): number => pages[page]?.firstRow ?? group.rows;
    return {
      firstRow: rowAt(first),
      range: {
        ...(firstPage.offset > chunk.from ? { dictionary: { from: chunk.from, to: firstPage.offset } } : {}),
        data: { from: pages[first]!.offset, to: pages[last - 1]!.end },
        pageRows: Array.from({ length: last - first }, (_, i) => rowAt(first + i + 1) - rowAt(first + i)),
      },
    };
  });
}

/** A page as an offset index has it. */
interface IndexPage {
  readonly offset: number;
  readonly end: number;
  readonly firstRow: number;
}

/** The pages of an offset index, checked; `undefined` where they do not lie one behind the other up to the end of the chunk. */
function indexPages(bytes: Uint8Array, chunk: ChunkInfo, rows: number): readonly IndexPage[] | undefined {
  const pages = structList(readStruct(bytes).value, 1).map((page) => ({
    offset: need(page, 1),
    end: need(page, 1) + need(page, 2),
    firstRow: need(page, 3),
  }));
  if (pages.length === 0) damaged("an offset index has no pages");
  for (const [i, page] of pages.entries()) {
    const before = pages[i - 1];
    const isInOrder =
      before === undefined ? page.firstRow === 0 : page.firstRow >= before.firstRow && page.offset >= before.end;
    if (!isInOrder || page.offset < chunk.from || page.end > chunk.to || page.firstRow > rows)
      damaged(`page ${i} of an offset index is at row ${page.firstRow}, bytes ${page.offset} to ${page.end}`);
  }
  return pages.every(({ end }, i) => end === (pages[i + 1]?.offset ?? chunk.to)) ? pages : undefined;
}
