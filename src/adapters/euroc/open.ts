/** Opens the `mav0` folder of the EuRoC MAV dataset: for each sensor `data.csv`, `sensor.yaml`, and the images of a camera. */

import { type Json, type ReadStore, WindrowError } from "../../core/index.ts";
import type { Sensor, SensorMeta } from "../../sync/index.ts";
import { BadRows } from "../bad-rows.ts";
import { imagePlace, imageSensor } from "../image-files.ts";
import { fileName, type Recording, recording, type SensorMaker, type SourceFile } from "../recording.ts";
import { firstLine, headLines } from "../text-lines.ts";
import { cellsOf, numberColumns, numberSchema, readTextRows } from "../text-rows.ts";
import { wholeSensor } from "../whole-sensor.ts";
import { headerFields } from "./header.ts";

const DATA = /^(?:mav0\/)?([^/]+)\/data\.csv(?:\.gz)?$/;

/** The sensors' tables in a folder, by the sensor's name; the folder is `mav0` or holds it. */
async function tables(store: ReadStore): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for await (const key of store.list("")) {
    const name = DATA.exec(key)?.[1];
    // Beside data.csv.gz lies what it was packed from, or nothing.
    if (name !== undefined && !found.has(name)) found.set(name, key);
  }
  return found;
}

async function sensorYaml(store: ReadStore, folder: string): Promise<SensorMeta> {
  const file = { store, key: `${folder}/sensor.yaml` };
  const bytes = await store.get(file.key);
  if (bytes === undefined) return {};
  const about = await parsedYaml(file, bytes);
  const rate = about["rate_hz"];
  return { about, ...(typeof rate === "number" && rate > 0 && Number.isFinite(rate) && { rateHz: rate }) };
}

/** A description longer than this is none. */
const LONGEST_YAML = 1 << 16;

async function parsedYaml(file: SourceFile, bytes: Uint8Array): Promise<Readonly<Record<string, Json>>> {
  const fault = (why: string, cause?: unknown) =>
    new WindrowError("damaged", `Cannot read ${fileName(file)}: ${why}`, cause === undefined ? {} : { cause });
  if (bytes.length > LONGEST_YAML) throw fault(`up to ${LONGEST_YAML} bytes of YAML are expected, got ${bytes.length}`);
  const { parse } = await import("yaml");
  // OpenCV, which wrote some of these, begins them with a directive of its own.
  const text = new TextDecoder().decode(bytes).replace(/^%YAML:1\.0\s*/, "");
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw fault(`it is no YAML (${cause instanceof Error ? cause.message.split("\n")[0] : String(cause)})`, cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw fault("names and values are expected");
  // Through JSON, so that dates and the like become text.
  return JSON.parse(JSON.stringify(value)) as Readonly<Record<string, Json>>;
}

async function openSensor(file: SourceFile, bad: BadRows): Promise<() => Sensor> {
  const folder = file.key.slice(0, file.key.lastIndexOf("/"));
  const header = await firstLine(file);
  const cells = header === undefined ? [] : cellsOf(header, "comma");
  if (!/^#?\s*time/i.test(cells[0] ?? ""))
    throw new WindrowError(
      "damaged",
      `Cannot read ${fileName(file)}: a header that begins with #timestamp [ns] is expected, got ${JSON.stringify(header ?? "nothing")}`,
    );
  const meta = await sensorYaml(file.store, folder);
  if (cells[1] === "filename") return cameraSensor(file, folder, { meta, bad });
  return () => numberSensor(file, cells, { meta, bad });
}

const ROWS = { delimiter: "comma", unit: "ns", headLines: 1 } as const;

interface SensorParts {
  readonly meta: SensorMeta;
  readonly bad: BadRows;
}

async function cameraSensor(file: SourceFile, folder: string, { meta, bad }: SensorParts): Promise<() => Sensor> {
  const [first = ""] = await headLines(file, 1);
  const images = await imagePlace(cellsOf(first, "comma")[1], { store: file.store, folder: `${folder}/data` });
  const list = async () => {
    const rows = await readTextRows(file, { ...ROWS, cells: ["stamp", "text"] }, bad);
    return { times: rows.stamps[0]!, files: rows.texts[0]! };
  };
  return () => imageSensor({ meta, list, images });
}

function numberSensor(file: SourceFile, cells: readonly string[], { meta, bad }: SensorParts): Sensor {
  const { fields, interpolation } = headerFields(cells.slice(1));
  const kinds = ["stamp" as const, ...cells.slice(1).map(() => "number" as const)];
  return wholeSensor({
    schema: numberSchema(fields),
    meta: { ...meta, interpolation },
    async load() {
      const rows = await readTextRows(file, { ...ROWS, cells: kinds }, bad);
      return { times: rows.stamps[0]!, batch: { length: rows.length, columns: numberColumns(rows, fields) } };
    },
  });
}

/** Whether a folder is `mav0`, or holds it: tables of sensors whose headers begin with a time. */
export async function isEuroc(store: ReadStore): Promise<boolean> {
  for (const key of (await tables(store)).values()) {
    if (/^#\s*time/i.test((await firstLine({ store, key })) ?? "")) return true;
  }
  return false;
}

/**
 * Opens a recording: a sensor for each folder with a `data.csv`, called as the folder is. Cells `…_x …_y …_z` become one field of three values, and
 * `…_w …_x …_y …_z` a quaternion. `sensor.yaml` gives the rate, and stands whole in `meta.about`. A camera's images are read as its samples are.
 * Times in nanoseconds become the float64 seconds next to them. Headers are read; samples when they are asked for.
 * @throws WindrowError `missing` for a folder without sensors, `damaged` for a header or a description that is none.
 */
export async function openEuroc(store: ReadStore): Promise<Recording> {
  const bad = new BadRows();
  const makers: SensorMaker[] = [];
  for (const [name, key] of await tables(store)) {
    const make = await openSensor({ store, key }, bad);
    makers.push(() => ({ [name]: make() }));
  }
  if (makers.length > 0) return recording(makers, bad);
  throw new WindrowError("missing", `Cannot read ${store.name}: a folder with data.csv for each sensor is expected`);
}
