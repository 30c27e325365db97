/** Opens an exported session of the Empatica E4 (its `info.txt`): a start time, a rate, and samples one behind the other. */

import { type ReadStore, WindrowError } from "../../core/index.ts";
import type { Sensor } from "../../sync/index.ts";
import { BadRows } from "../bad-rows.ts";
import { fileName, type Recording, recording, type SensorMaker, type SourceFile } from "../recording.ts";
import { cellNumber } from "../stamp.ts";
import { headLines } from "../text-lines.ts";
import { cellsOf, type NumberField, numberColumns, numberSchema, readTextRows } from "../text-rows.ts";
import { wholeSensor } from "../whole-sensor.ts";

/** A signal of even rate. */
interface Signal {
  readonly field: NumberField;
  /** What a stored unit is worth in the field's. */
  readonly scale?: number;
}

const value = (unit: string): Signal => ({ field: { name: "value", type: { kind: "f64", unit }, cells: [0] } });

const SIGNALS: Readonly<Record<string, Signal>> = {
  // info.txt: "ranges [-2g, 2g] … the unit in this file is 1/64g".
  ACC: {
    field: { name: "acceleration", type: { kind: "f64", shape: [3], unit: "g" }, cells: [0, 1, 2] },
    scale: 1 / 64,
  },
  BVP: value("nW"),
  EDA: value("uS"),
  HR: value("bpm"),
  TEMP: value("degC"),
};

const BEAT: readonly NumberField[] = [{ name: "interval", type: { kind: "f64", unit: "s" }, cells: [0] }];

function headFault(file: SourceFile, what: string, got: string | undefined): WindrowError {
  return new WindrowError(
    "damaged",
    `Cannot read ${fileName(file)}: ${what} is expected, got ${JSON.stringify(got ?? "nothing")}`,
  );
}

/** The number of a head line, which is repeated for each of a signal's cells. */
function headNumber(
  file: SourceFile,
  line: string | undefined,
  { cells, what }: { readonly cells: number; readonly what: string },
): number {
  const numbers = cellsOf(line ?? "", "comma").map(cellNumber);
  const [first] = numbers;
  const isRepeated = numbers.length === cells && numbers.every((each) => each === first);
  if (first === undefined || !isRepeated || !Number.isFinite(first)) throw headFault(file, what, line);
  return first;
}

async function signalSensor(file: SourceFile, { field, scale }: Signal, bad: BadRows): Promise<() => Sensor> {
  const [startLine, rateLine] = await headLines(file, 2);
  const cells = field.cells.length;
  const start = headNumber(file, startLine, { cells, what: "a start time in line 1" });
  const rateHz = headNumber(file, rateLine, { cells, what: "a rate in Hz in line 2" });
  if (rateHz <= 0) throw headFault(file, "a rate above 0 in line 2", rateLine);
  return () =>
    wholeSensor({
      schema: numberSchema([field]),
      meta: { rateHz, interpolation: { [field.name]: "linear" } },
      async load() {
        const spec = {
          cells: field.cells.map(() => "number" as const),
          delimiter: "comma",
          unit: "s",
          headLines: 2,
        } as const;
        const rows = await readTextRows(file, spec, bad);
        const scaled =
          scale === undefined
            ? rows
            : { ...rows, numbers: rows.numbers.map((column) => column.map((each) => each * scale)) };
        // The line says which sample it is, so that one that is spoilt does not shift those behind it.
        const times = rows.lines.map((line) => start + (line - 3) / rateHz);
        return { times, batch: { length: rows.length, columns: numberColumns(scaled, [field]) } };
      },
    });
}

/** Heart beats: seconds since the start, and seconds since the beat before. */
async function beatSensor(file: SourceFile, bad: BadRows): Promise<() => Sensor> {
  const [line] = await headLines(file, 1);
  const start = headNumber(file, line?.replace(/,\s*IBI\s*$/, ""), {
    cells: 1,
    what: "a start time and the word IBI in line 1",
  });
  return () =>
    wholeSensor({
      schema: numberSchema(BEAT),
      async load() {
        const spec = { cells: ["stamp", "number"], delimiter: "comma", unit: "s", headLines: 1 } as const;
        const rows = await readTextRows(file, spec, bad);
        return {
          times: rows.stamps[0]!.map((offset) => start + offset),
          batch: { length: rows.length, columns: numberColumns(rows, BEAT) },
        };
      },
    });
}

/** Presses of the button, numbered from 0. */
function tagSensor(file: SourceFile, bad: BadRows): Sensor {
  return wholeSensor({
    schema: { number: { kind: "u32" } },
    async load() {
      const { length, stamps } = await readTextRows(file, { cells: ["stamp"], delimiter: "comma", unit: "s" }, bad);
      return {
        times: stamps[0]!,
        batch: { length, columns: { number: { data: Uint32Array.from({ length }, (_, i) => i) } } },
      };
    },
  });
}

/** The key of a file of the session, plain or packed, that is there and has a byte. */
async function csvKey(store: ReadStore, name: string): Promise<string | undefined> {
  for (const key of [`${name}.csv`, `${name}.csv.gz`]) if (((await store.size(key)) ?? 0) > 0) return key;
  return undefined;
}

/** Whether a folder holds files of a session: two at least, since one may be called so by chance. */
export async function isE4(store: ReadStore): Promise<boolean> {
  let found = 0;
  for (const name of [...Object.keys(SIGNALS), "IBI"]) if ((await csvKey(store, name)) !== undefined) found += 1;
  return found >= 2;
}

/**
 * Opens a session's folder: `ACC` in g (the file has 64ths), `BVP`, `EDA`, `HR`, `TEMP` at the rates that their files tell, `IBI` at its beats, `tags`
 * where the button was pressed. First lines are read; samples when they are asked for.
 * @throws WindrowError `missing` for a folder without any of them, `damaged` for a file whose first lines are not as they should be.
 */
export async function openE4(store: ReadStore): Promise<Recording> {
  const bad = new BadRows();
  const makers: SensorMaker[] = [];
  const open = async (name: string, make: (file: SourceFile) => Promise<() => Sensor>) => {
    const key = await csvKey(store, name);
    if (key === undefined) return;
    const sensor = await make({ store, key });
    makers.push(() => ({ [name]: sensor() }));
  };
  for (const [name, signal] of Object.entries(SIGNALS)) await open(name, (file) => signalSensor(file, signal, bad));
  await open("IBI", (file) => beatSensor(file, bad));
  await open("tags", async (file) => () => tagSensor(file, bad));
  if (makers.length > 0) return recording(makers, bad);
  const wanted = "ACC.csv, BVP.csv, EDA.csv, HR.csv, TEMP.csv or IBI.csv";
  throw new WindrowError("missing", `Cannot read ${store.name}: ${wanted} is expected`);
}
