/** Opens an `.npy` file as rows along its first axis, read by range. */

import {
  type Arrays,
  type ColumnType,
  kindBytes,
  NUMERIC_ARRAYS,
  type NumericKind,
  type RowChoice,
  WindrowError,
} from "../../core/index.ts";
import { checkRows, rowCount } from "../../sync/rows.ts";
import { fileName, type SourceFile } from "../recording.ts";
import { fortranPlaces, spread, swapBytes } from "./array.kernel.ts";
import { type NpyHeader, readNpyHeader } from "./header.ts";

type Numbers = Arrays[NumericKind];

/** Values are moved as bytes: a float that is moved as a number may lose which NaN it is. */
type Bytes = Uint8Array<ArrayBuffer>;

/** An array whose rows are read when they are asked for. */
export interface NpyArray {
  /** Of a row: the array's type, and its shape without the first axis. A last axis of one value is left out. */
  readonly type: ColumnType<NumericKind>;
  /** Rows: the size of the first axis. */
  readonly length: number;
  /**
   * Values of the chosen rows, row-major, in the order asked for.
   * @throws WindrowError `usage` for a row that is not there, `damaged` for a file that has changed.
   */
  read(rows: RowChoice): Promise<Numbers>;
}

/** Rows that are not asked for are read along where it costs less than to begin anew. */
const GAP_BYTES = 1 << 14;

/** How rows lie in the file. */
interface Layout extends NpyHeader {
  readonly file: SourceFile;
  readonly rows: number;
  /** Values of a row. */
  readonly width: number;
  readonly rowShape: readonly number[];
}

const IS_LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Bytes of values `from` to `to` of the file, as they are stored one behind the other, in the machine's order of bytes. */
async function stored({ file, kind, dataFrom, isLittle }: Layout, from: number, to: number): Promise<Bytes> {
  const size = kindBytes(kind);
  const range = { from: dataFrom + from * size, to: dataFrom + to * size };
  const found = await file.store.get(file.key, range);
  if (found === undefined)
    throw new WindrowError("damaged", `Cannot read ${fileName(file)}: it has gone since it was opened`);
  // In a buffer of its own: values must be aligned, and bytes of the store must not be turned around.
  const bytes = new Uint8Array(found);
  if (isLittle !== IS_LITTLE) swapBytes(bytes, size);
  if (kind === "bool") checkBooleans(bytes, range.from, file);
  return bytes;
}

function checkBooleans(bytes: Uint8Array, from: number, file: SourceFile): void {
  const at = bytes.findIndex((byte) => byte > 1);
  if (at < 0) return;
  const got = `got ${bytes[at]} (at byte ${from + at})`;
  throw new WindrowError("damaged", `Cannot read ${fileName(file)}: a boolean is 0 or 1, ${got}`);
}

/** Bytes of the rows of a range, row-major. */
async function range(layout: Layout, from: number, to: number): Promise<Bytes> {
  const { width, rows, isFortran, kind, rowShape } = layout;
  if (!isFortran || width === 1) return stored(layout, from * width, to * width);
  const into = new Uint8Array((to - from) * width * kindBytes(kind));
  for (const [at, place] of fortranPlaces(rowShape).entries())
    spread(await stored(layout, place * rows + from, place * rows + to), into, { size: kindBytes(kind), at, width });
  return into;
}

/** Bytes of rows in any order: neighbours are read together. */
async function picked(layout: Layout, rows: Uint32Array): Promise<Bytes> {
  const rowSize = layout.width * kindBytes(layout.kind);
  const into = new Uint8Array(rows.length * rowSize);
  const gap = Math.max(1, Math.floor(GAP_BYTES / rowSize));
  const order = rows
    .keys()
    .toArray()
    .sort((a, b) => rows[a]! - rows[b]!);
  for (let begin = 0; begin < order.length; ) {
    let end = begin + 1;
    while (end < order.length && rows[order[end]!]! - rows[order[end - 1]!]! <= gap) end += 1;
    const first = rows[order[begin]!]!;
    const values = await range(layout, first, rows[order[end - 1]!]! + 1);
    for (const place of order.slice(begin, end)) {
      const from = (rows[place]! - first) * rowSize;
      into.set(values.subarray(from, from + rowSize), place * rowSize);
    }
    begin = end;
  }
  return into;
}

/**
 * Opens an array of at least one axis. Its header is read; values are read when they are asked for.
 * @throws WindrowError `missing`; `damaged` for a header that is none, or promises other than the file holds; `unsupported` for values
 * that are no numbers, and for an array without rows or whose rows are empty.
 */
export async function openNpy(file: SourceFile): Promise<NpyArray> {
  const header = await readNpyHeader(file);
  const [rows, ...rowShape] = header.shape;
  const width = rowShape.reduce((product, size) => product * size, 1);
  if (rows === undefined || width === 0) {
    const why = `an array of rows is expected, got one of shape (${header.shape.join(", ")})`;
    throw new WindrowError("unsupported", `Cannot read ${fileName(file)}: ${why}`);
  }
  const layout = { ...header, file, rows, width, rowShape };
  return {
    type: width === 1 ? { kind: header.kind } : { kind: header.kind, shape: rowShape },
    length: rows,
    async read(choice) {
      checkRows(choice, rows, fileName(file));
      if (rowCount(choice) === 0) return new NUMERIC_ARRAYS[header.kind](0);
      const bytes = await (choice instanceof Uint32Array
        ? picked(layout, choice)
        : range(layout, choice.from, choice.to));
      return new NUMERIC_ARRAYS[header.kind](bytes.buffer);
    },
  };
}
