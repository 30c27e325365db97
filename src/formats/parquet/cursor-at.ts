/** A cursor at any row of a row group, by the offset index where there is one. */

import { type ChunkRange, type Cursor, cursor } from "./cursor.ts";
import { at, damaged } from "./fault.ts";
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

/** The pages that hold rows `from` to `to` of a chunk, as its offset index has them. */
async function indexed(
  file: SourceFile,
  chunk: ChunkInfo,
  { group, from, to }: { group: GroupInfo; from: number; to: number },
): Promise<{ range: ChunkRange; firstRow: number }> {
  const index = chunk.offsetIndex!;
  const bytes = await file.read(index.from, index.to);
  return at({ key: file.key, offset: index.from }, () => {
    const pages = structList(readStruct(bytes).value, 1).map((page) => ({
      offset: need(page, 1),
      end: need(page, 1) + need(page, 2),
      firstRow: need(page, 3),
    }));
    for (const [i, page] of pages.entries()) {
      const before = pages[i - 1];
      const isInOrder =
        before === undefined ? page.firstRow === 0 : page.firstRow >= before.firstRow && page.offset >= before.end;
      if (!isInOrder || page.offset < chunk.from || page.end > chunk.to || page.firstRow > group.rows)
        damaged(`page ${i} of an offset index is at row ${page.firstRow}, bytes ${page.offset} to ${page.end}`);
    }
    const firstPage = pages[0] ?? damaged("an offset index has no pages");
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
