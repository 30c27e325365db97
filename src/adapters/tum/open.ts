/** Opens the text files of the TUM RGB-D benchmark; their first row says what they are (its "file formats" page). */

import { type ReadStore, WindrowError } from "../../core/index.ts";
import type { Sensors } from "../../sync/index.ts";
import { BadRows } from "../bad-rows.ts";
import { imagePlace, imageSensor } from "../image-files.ts";
import { fileName, type Recording, type SourceFile } from "../recording.ts";
import { cellNumber } from "../stamp.ts";
import { headLines } from "../text-lines.ts";
import {
  type CellKind,
  cellsOf,
  type NumberField,
  numberColumns,
  numberSchema,
  readTextRows,
  type TextRowsSpec,
} from "../text-rows.ts";
import { once, wholeSensor } from "../whole-sensor.ts";

const POSE: readonly NumberField[] = [
  { name: "position", type: { kind: "f64", shape: [3], unit: "m" }, cells: [0, 1, 2] },
  // qx qy qz qw, as they stand in the file.
  { name: "orientation", type: { kind: "f64", shape: [4] }, cells: [3, 4, 5, 6] },
];

const ACCELERATION: readonly NumberField[] = [
  { name: "acceleration", type: { kind: "f64", shape: [3], unit: "m/s^2" }, cells: [0, 1, 2] },
];

const ROWS: Pick<TextRowsSpec, "delimiter" | "unit"> = { delimiter: "space", unit: "s" };

/** A file and what is found wrong in it. */
interface Source {
  readonly file: SourceFile;
  readonly bad: BadRows;
}

/** A trajectory, or a list of accelerations. */
function numberSensor(source: Source, fields: readonly NumberField[]): Sensors[string] {
  const cells: CellKind[] = ["stamp", ...fields.flatMap((field) => field.cells.map((): CellKind => "number"))];
  return wholeSensor({
    schema: numberSchema(fields),
    meta: {
      interpolation: Object.fromEntries(
        fields.map(({ name }) => [name, name === "orientation" ? "quaternion" : "linear"]),
      ),
      ...(fields === POSE && { about: { orientation: "x y z w" } }),
    },
    async load() {
      const rows = await readTextRows(source.file, { ...ROWS, cells }, source.bad);
      return { times: rows.stamps[0]!, batch: { length: rows.length, columns: numberColumns(rows, fields) } };
    },
  });
}

/** The folder that a file lies in. */
function folderOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf("/")));
}

/** The file's name without folder and ending. */
function stem(key: string): string {
  return key
    .slice(key.lastIndexOf("/") + 1)
    .replace(/\.gz$/, "")
    .replace(/\.txt$/, "");
}

/** Sensors of a list of files: one for each pair of a stamp and a name in its rows. */
async function listSensors({ file, bad }: Source, firstRow: readonly string[]): Promise<Sensors> {
  const pairs = firstRow.length / 2;
  const cells = Array.from({ length: pairs }, (): CellKind[] => ["stamp", "text"]).flat();
  const rows = once(() => readTextRows(file, { ...ROWS, cells }, bad));
  const sensors: [string, Sensors[string]][] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const name = firstRow[2 * pair + 1]!;
    const list = async () => ({ times: (await rows()).stamps[pair]!, files: (await rows()).texts[pair]! });
    const images = await imagePlace(name, { store: file.store, folder: folderOf(file.key) });
    sensors.push([
      pairs === 1 ? stem(file.key) : (name.split("/").at(-2) ?? `list${pair + 1}`),
      imageSensor({ list, images }),
    ]);
  }
  const [first, second] = sensors;
  // Both lists of one folder: numbers tell them apart.
  if (first?.[0] === second?.[0])
    return Object.fromEntries(sensors.map(([name, sensor], i) => [`${name}${i + 1}`, sensor]));
  return Object.fromEntries(sensors);
}

/** What a row of a file is, by its cells; `undefined` where it is no row of these formats. */
function rowKind(cells: readonly string[]): "pose" | "acceleration" | "list" | undefined {
  const isNumber = cells.map((cell) => cellNumber(cell) !== undefined);
  if (isNumber[0] !== true) return undefined;
  if (cells.length === 8 && isNumber.every(Boolean)) return "pose";
  if (cells.length === 4 && isNumber.every(Boolean)) return "acceleration";
  const isList = isNumber.every((is, i) => is === (i % 2 === 0));
  return isList && (cells.length === 2 || cells.length === 4) ? "list" : undefined;
}

async function firstRow(file: SourceFile): Promise<readonly string[]> {
  const [line] = await headLines(file, 1);
  return line === undefined ? [] : cellsOf(line, "space");
}

async function fileSensors(source: Source): Promise<Sensors> {
  const cells = await firstRow(source.file);
  const kind = rowKind(cells);
  switch (kind) {
    case "pose":
      return { [stem(source.file.key)]: numberSensor(source, POSE) };
    case "acceleration":
      return { [stem(source.file.key)]: numberSensor(source, ACCELERATION) };
    case "list":
      return listSensors(source, cells);
    default:
      throw new WindrowError(
        "unsupported",
        `Cannot read ${fileName(source.file)}: rows of "t tx ty tz qx qy qz qw", "t ax ay az", "t file" or "t file t file" are expected, got ${cells.length === 0 ? "none" : `a first row of ${cells.length} cells`}`,
      );
  }
}

/** Whether a file's first row is one of these formats. */
export async function isTumFile(file: SourceFile): Promise<boolean> {
  return rowKind(await firstRow(file)) !== undefined;
}

/**
 * Opens a file: a trajectory (`t tx ty tz qx qy qz qw`), accelerations (`t ax ay az`), a list of images (`t file`), or an association of
 * two (`t file t file`). Its first row is read; the rest when samples are asked for.
 * @throws WindrowError `missing`, `unsupported` for another layout, `damaged` for what is no text.
 */
export async function openTum(file: SourceFile): Promise<Recording> {
  const bad = new BadRows();
  return { sensors: await fileSensors({ file, bad }), lost: () => bad.lost };
}

const SINGLE = ["rgb", "depth", "accelerometer", "groundtruth"];
const ASSOCIATIONS = ["associations", "associate", "association"];

/** The key of a text file in a folder, plain or packed. */
async function textKey(store: ReadStore, name: string): Promise<string | undefined> {
  for (const key of [`${name}.txt`, `${name}.txt.gz`]) if ((await store.size(key)) !== undefined) return key;
  return undefined;
}

/** Whether a folder holds the files of a TUM sequence. */
export async function isTumFolder(store: ReadStore): Promise<boolean> {
  for (const name of [...SINGLE, ...ASSOCIATIONS]) if ((await textKey(store, name)) !== undefined) return true;
  return false;
}

/**
 * Opens a sequence's folder: `rgb.txt`, `depth.txt`, `accelerometer.txt`, `groundtruth.txt`, each where it is there. Where there are no
 * lists of images, an association list gives them.
 * @throws WindrowError as `openTum` does; `missing` for a folder without any of them.
 */
export async function openTumFolder(store: ReadStore): Promise<Recording> {
  const bad = new BadRows();
  const open = async (name: string): Promise<Sensors> => {
    const key = await textKey(store, name);
    return key === undefined ? {} : fileSensors({ file: { store, key }, bad });
  };
  let sensors: Sensors = {};
  for (const name of SINGLE) sensors = { ...sensors, ...(await open(name)) };
  for (const name of ASSOCIATIONS) {
    if ("rgb" in sensors || "depth" in sensors) break;
    sensors = { ...sensors, ...(await open(name)) };
  }
  if (Object.keys(sensors).length > 0) return { sensors, lost: () => bad.lost };
  throw new WindrowError(
    "missing",
    `Cannot read ${store.name}: rgb.txt, depth.txt, accelerometer.txt, groundtruth.txt or associations.txt is expected`,
  );
}
