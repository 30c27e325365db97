/** Opens the text files of the TUM RGB-D benchmark; their first row says what they are (its "file formats" page). */

import { type ReadStore, WindrowError } from "../../core/index.ts";
import type { Sensor } from "../../sync/index.ts";
import { once } from "../../sync/once.ts";
import { BadRows } from "../bad-rows.ts";
import { type ImagePlace, imagePlace, imageSensor } from "../image-files.ts";
import { fileName, type Recording, recording, type SensorMaker, type SourceFile } from "../recording.ts";
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
import { wholeSensor } from "../whole-sensor.ts";

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
function numberSensor(source: Source, fields: readonly NumberField[]): Sensor {
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

/** A pair of a stamp and a name in the rows of a list. */
interface ListPair {
  readonly sensor: string;
  readonly images: ImagePlace | undefined;
}

/** The pairs of a list. Two are called as the folders of their files are, numbered where that is one; the only one as its list is. */
async function listPairs({ store, key }: SourceFile, firstRow: readonly string[]): Promise<ListPair[]> {
  const names = firstRow.filter((_, i) => i % 2 === 1);
  const folders = names.map((name) => name.split("/").at(-2) ?? "list");
  const pairs: ListPair[] = [];
  for (const [i, name] of names.entries()) {
    const numbered = folders[0] === folders[1] ? `${folders[i]}${i + 1}` : folders[i]!;
    const images = await imagePlace(name, { store, folder: folderOf(key) });
    pairs.push({ sensor: names.length === 1 ? stem(key) : numbered, images });
  }
  return pairs;
}

/** Sensors of a list of files, one a pair. */
async function listSensors({ file, bad }: Source, firstRow: readonly string[]): Promise<SensorMaker> {
  const pairs = await listPairs(file, firstRow);
  const cells = pairs.flatMap((): CellKind[] => ["stamp", "text"]);
  return () => {
    const rows = once(() => readTextRows(file, { ...ROWS, cells }, bad));
    const sensors = pairs.map(({ sensor, images }, i) => {
      const list = async () => ({ times: (await rows()).stamps[i]!, files: (await rows()).texts[i]! });
      return [sensor, imageSensor({ list, images })];
    });
    return Object.fromEntries(sensors);
  };
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

async function fileSensors(source: Source): Promise<SensorMaker> {
  const cells = await firstRow(source.file);
  const name = stem(source.file.key);
  switch (rowKind(cells)) {
    case "pose":
      return () => ({ [name]: numberSensor(source, POSE) });
    case "acceleration":
      return () => ({ [name]: numberSensor(source, ACCELERATION) });
    case "list":
      return listSensors(source, cells);
    case undefined:
      throw noRow(source.file, cells.length);
  }
}

function noRow(file: SourceFile, cells: number): WindrowError {
  const got = cells === 0 ? "none" : `a first row of ${cells} cells`;
  const wanted = '"t tx ty tz qx qy qz qw", "t ax ay az", "t file" or "t file t file"';
  return new WindrowError("unsupported", `Cannot read ${fileName(file)}: rows of ${wanted} are expected, got ${got}`);
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
  return recording([await fileSensors({ file, bad })], bad);
}

const LISTS = ["rgb", "depth"];
const SERIES = ["accelerometer", "groundtruth"];
const ASSOCIATIONS = ["associations", "associate", "association"];

/** The key of a text file in a folder, plain or packed. */
async function textKey(store: ReadStore, name: string): Promise<string | undefined> {
  for (const key of [`${name}.txt`, `${name}.txt.gz`]) if ((await store.size(key)) !== undefined) return key;
  return undefined;
}

/** Whether a folder holds the files of a TUM sequence. */
export async function isTumFolder(store: ReadStore): Promise<boolean> {
  for (const name of [...LISTS, ...ASSOCIATIONS, ...SERIES])
    if ((await textKey(store, name)) !== undefined) return true;
  return false;
}

/**
 * Opens a sequence's folder: `rgb.txt`, `depth.txt`, `accelerometer.txt`, `groundtruth.txt`, each where it is there. Where there are no
 * lists of images, an association list gives them.
 * @throws WindrowError as `openTum` does; `missing` for a folder without any of them.
 */
export async function openTumFolder(store: ReadStore): Promise<Recording> {
  const bad = new BadRows();
  const makers: SensorMaker[] = [];
  const open = async (names: readonly string[]): Promise<boolean> => {
    let isFound = false;
    for (const name of names) {
      const key = await textKey(store, name);
      if (key === undefined) continue;
      makers.push(await fileSensors({ file: { store, key }, bad }));
      isFound = true;
    }
    return isFound;
  };
  const hasLists = await open(LISTS);
  if (!hasLists) await open(ASSOCIATIONS);
  await open(SERIES);
  if (makers.length > 0) return recording(makers, bad);
  const wanted = "rgb.txt, depth.txt, accelerometer.txt, groundtruth.txt or associations.txt";
  throw new WindrowError("missing", `Cannot read ${store.name}: ${wanted} is expected`);
}
