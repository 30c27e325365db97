/** AIS trips as a dataset: what `materialize ais` cuts windows from, for any other use. */

import { availableParallelism, tmpdir } from "node:os";
import type { Lost } from "../../adapters/bad-rows.ts";
import { isNmea } from "../../adapters/nmea/index.ts";
import { bytesOf, type RandomReader, type RowChoice } from "../../core/index.ts";
import { FEATURES } from "../../domains/ais/index.ts";
import { ROWS_FILE, TIMES_FILE, type TraceTable } from "../../materialize/index.ts";
import { traceEntity, traceId } from "../../materialize/traces.ts";
import { fileSha256 } from "../../node/hashes.ts";
import { findInputs } from "../../node/inputs.ts";
import { folderWorkspace } from "../../node/workspace.ts";
import { type Dataset, dataset, nearest, type Sensor, type Synchronization, sensor, trace } from "../../sync/index.ts";
import { rowCount, rowNumbers } from "../../sync/rows.ts";
import { SILENT } from "../progress.ts";
import { TempFolders } from "../temp-folders.ts";
import { ingestAis, type RankedInput } from "./ingest.ts";
import { type MaterializeAisOptions, resolveAis } from "./options.ts";

/** How trips are made of reports, as in `materializeAis`; and how their rows are. */
export interface AisTripsOptions
  extends Pick<
    MaterializeAisOptions,
    | "maxGap"
    | "sogMax"
    | "jumpMax"
    | "keepAuxiliary"
    | "columns"
    | "coarse"
    | "startTime"
    | "bbox"
    | "from"
    | "to"
    | "vesselType"
    | "memory"
    | "workers"
    | "temp"
  > {
  /** A row for each position where absent. */
  readonly synchronization?: Synchronization;
  readonly signal?: AbortSignal;
}

/** Trips, the only sensor of each being `position`. Disposed, it removes its temporary files. */
export interface AisTrips extends Dataset, AsyncDisposable {
  /** Reports that could not be read. */
  lost(): Lost;
  /** Reports that are in no trip, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

const SCHEMA = {
  lat: { kind: "f32", unit: "deg" },
  lon: { kind: "f32", unit: "deg" },
  sog: { kind: "f32", unit: "kn" },
  cog: { kind: "f32", unit: "deg" },
  dt_seconds: { kind: "f32", unit: "s" },
} as const satisfies Record<(typeof FEATURES)[number], unknown>;

const INTERPOLATION = { lat: "linear", lon: "angle", sog: "linear", cog: "angle" } as const;

/** The files of the ingest, open. */
interface TripFiles {
  readonly rows: RandomReader;
  readonly times: RandomReader;
}

/** Positions by their numbers: neighbours are read together. */
function readRows(rows: RandomReader, first: number, choice: RowChoice): Float32Array {
  const values = new Float32Array(rowCount(choice) * FEATURES.length);
  const numbers = rowNumbers(choice);
  for (let at = 0; at < numbers.length; ) {
    let end = at + 1;
    while (end < numbers.length && numbers[end] === numbers[end - 1]! + 1) end += 1;
    const run = values.subarray(at * FEATURES.length, end * FEATURES.length);
    rows.readInto((first + numbers[at]!) * FEATURES.length * 4, bytesOf(run));
    at = end;
  }
  return values;
}

function positions({ rows, times }: TripFiles, first: number, length: number): Sensor<typeof SCHEMA> {
  return sensor({
    schema: SCHEMA,
    meta: { interpolation: INTERPOLATION },
    length: async () => length,
    async times() {
      const seconds = new Float64Array(length);
      times.readInto(first * 8, bytesOf(seconds));
      return seconds;
    },
    async read(choice) {
      const values = readRows(rows, first, choice);
      const count = rowCount(choice);
      const columns = FEATURES.map((name, feature) => {
        const data = Float32Array.from({ length: count }, (_, row) => values[row * FEATURES.length + feature]!);
        return [name, { data }];
      });
      return { length: count, columns: Object.fromEntries(columns) };
    },
  });
}

/** Inputs in the order of their content, so that the order in which they are named cannot matter. */
async function rankedInputs(patterns: readonly string[]): Promise<RankedInput[]> {
  const ranked: RankedInput[] = [];
  for (const file of findInputs(patterns, isNmea)) ranked.push({ ...file, sha256: await fileSha256(file.path) });
  return ranked.sort((a, b) => (a.sha256 < b.sha256 ? -1 : a.sha256 > b.sha256 ? 1 : a.name < b.name ? -1 : 1));
}

async function ingested(inputs: readonly string[], options: AisTripsOptions, temp: string) {
  const { synchronization: _, signal, ...own } = options;
  // Nothing is split or cut into windows: every trip is kept, however short.
  const resolved = {
    ...resolveAis({ ...own, inputs, out: temp, val: 0, test: 0 }, availableParallelism()),
    window: { size: 1, stride: 1 },
  };
  const task = { temp, lastTime: new Map<number, number>(), progress: SILENT, signal };
  return ingestAis(await rankedInputs(inputs), resolved, task);
}

function tripDataset(table: TraceTable, files: TripFiles, synchronization: Synchronization | undefined) {
  return dataset({
    traces: table.length,
    ...(synchronization === undefined && { lengths: table.rows }),
    trace: (number) =>
      trace({
        name: traceId(table, number),
        entity: traceEntity(table, number),
        sensors: { position: positions(files, table.firstRow[number]!, table.rows[number]!) },
        synchronization: synchronization ?? nearest({ reference: "position" }),
      }),
  });
}

/**
 * Reads AIS reports, cleans them and cuts them into trips, each of which becomes a trace of the vessel's MMSI as entity. The reports are read at
 * once, into temporary files that are removed when the dataset is disposed; positions are read from them when they are asked for.
 * @throws WindrowError `usage`, `missing`, `damaged`, `unsupported` for inputs; `io` for the disk.
 *
 * @example
 * await using trips = await aisTrips(["AIS_2023_01_11.csv"]);
 * const { position } = await trips.sample(0); // lat, lon, sog, cog, dt_seconds
 */
export async function aisTrips(inputs: readonly string[], options: AisTripsOptions = {}): Promise<AisTrips> {
  using scope = new DisposableStack();
  const folders = scope.use(new TempFolders(options.temp ?? tmpdir()));
  const temp = folders.next();
  const { table, ledger, badRows } = await ingested(inputs, options, temp);
  const workspace = folderWorkspace(temp);
  const files = { rows: scope.use(workspace.reader(ROWS_FILE)), times: scope.use(workspace.reader(TIMES_FILE)) };
  const kept = scope.move();
  const { dropped } = ledger;
  return {
    ...tripDataset(table, files, options.synchronization),
    dropped,
    lost: () => ({ rows: dropped["parse_error"] ?? 0, examples: badRows }),
    [Symbol.asyncDispose]: async () => kept.dispose(),
  };
}
