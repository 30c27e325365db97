/** A seeded fleet as a MarineCadastre CSV, with known faults and the truth about each row (spec §13). */

import { type Rng, rng, WindrowError } from "../../core/index.ts";
import { haversine } from "./geodesy.ts";
import type { BoundingBox } from "./schema.ts";
import { FAULT_RATES, type FaultRates, NO_FAULTS } from "./simulate-faults.ts";
import { FLEET_HEADER, type FleetRow, type FleetVessel, RowMaker } from "./simulate-rows.ts";
import { SHIP_CLASSES, type ShipClass, voyage } from "./simulate-voyage.ts";

/** What fleet to simulate. */
export interface FleetOptions {
  /** Same seed, same bytes; 42 where absent. */
  readonly seed?: number | string;
  /** Ships; 40 where absent. */
  readonly vessels?: number;
  /** Days of traffic; 2 where absent and no `rows` are given. */
  readonly days?: number;
  /** Ends after so many rows. */
  readonly rows?: number;
  /** Epoch second of the beginning; 2024-01-01T00:00:00Z where absent. */
  readonly start?: number;
  /** Where home ports and waypoints lie; the North Sea where absent. */
  readonly region?: BoundingBox;
  /** Least seconds between a ship's reports; 60 where absent. */
  readonly thinSeconds?: number;
  /** Rates that differ from the usual ones, or none at all. The ships sail the same way with any rates. */
  readonly faults?: Partial<FaultRates> | "none";
}

/** A stretch of the two files: CSV rows, and for each the line `row,line,mmsi,label` of the truth. The first one begins with the headers. */
export interface FleetChunk {
  readonly csv: string;
  readonly truth: string;
}

const NORTH_SEA: BoundingBox = { south: 53.5, west: 1, north: 58, east: 7.5 };
/** Seconds of traffic made and put in order at a time; divides an hour. */
const BLOCK = 60;
/** Characters of CSV in a chunk, at least. */
const CHUNK = 1 << 17;
const HOUR = 3600;
const DAY = 86_400;
/** A ship takes another's number only from farther away than this, in metres, so that the clash shows. */
const CLASH_METRES = 50_000;
/** Country codes of the fleet (ITU maritime identification digits). */
const MIDS = [
  211, 219, 220, 230, 232, 235, 244, 246, 257, 265, 305, 311, 338, 367, 372, 412, 431, 440, 477, 503, 538, 563, 636,
];

/** The options, complete. */
interface FleetSpec {
  readonly seed: number | string;
  readonly vessels: number;
  readonly rows: number;
  readonly start: number;
  readonly end: number;
  readonly region: BoundingBox;
  readonly thinSeconds: number;
  readonly rates: FaultRates;
}

function check(ok: boolean, what: string, got: unknown): void {
  if (!ok) throw new WindrowError("usage", `Cannot simulate a fleet: ${what}, got ${String(got)}`);
}

function complete(options: FleetOptions): FleetSpec {
  const { seed = 42, vessels = 40, start = 1_704_067_200, region = NORTH_SEA, thinSeconds = 60, faults = {} } = options;
  const rows = options.rows ?? Number.POSITIVE_INFINITY;
  const days = options.days ?? (options.rows === undefined ? 2 : Number.POSITIVE_INFINITY);
  check(
    Number.isInteger(vessels) && vessels >= 1 && vessels <= 100_000,
    "vessels must be a whole number from 1 to 100000",
    vessels,
  );
  check(days > 0, "days must be above 0", days);
  check(
    options.rows === undefined || (Number.isInteger(rows) && rows >= 1),
    "rows must be a whole number from 1 up",
    rows,
  );
  check(Number.isInteger(start) && start >= 0, "start must be a whole epoch second", start);
  check(Number.isInteger(thinSeconds) && thinSeconds >= 0, "thinSeconds must be a whole number from 0 up", thinSeconds);
  const { south, west, north, east } = region;
  check(
    south >= -80 && south <= north && north <= 80,
    "the region must lie between 80° S and 80° N",
    `${south} to ${north}`,
  );
  check(
    Math.abs(west) <= 180 && Math.abs(east) <= 180,
    "the region's longitudes must lie within ±180°",
    `${west} to ${east}`,
  );
  const rates = faults === "none" ? NO_FAULTS : { ...FAULT_RATES, ...faults };
  for (const [name, rate] of Object.entries(rates))
    check(rate >= 0 && rate <= 1, `the rate of ${name} must lie in [0, 1]`, rate);
  return { seed, vessels, rows, start, end: start + days * DAY, region, thinSeconds, rates };
}

function shipClass(random: Rng): ShipClass {
  let u = random.uniform();
  for (const one of SHIP_CLASSES) {
    if (u < one.share) return one;
    u -= one.share;
  }
  return SHIP_CLASSES[0]!;
}

/** A number of seven digits whose last one is the check digit of the IMO. */
function imo(random: Rng): string {
  const digits = String(900_000 + random.int(99_999));
  let sum = 0;
  for (let i = 0; i < 6; i++) sum += Number(digits[i]) * (7 - i);
  return `IMO${digits}${sum % 10}`;
}

/** The vessel of an index; its number is put among the taken ones. */
function vesselAt(index: number, taken: Set<string>, options: FleetSpec): FleetVessel {
  const random = rng(options.seed, "ais", index);
  const kind = shipClass(random);
  let mmsi: string;
  do {
    mmsi = `${MIDS[random.int(MIDS.length)]}${String(1 + random.int(999_998)).padStart(6, "0")}`;
  } while (taken.has(mmsi) || new Set(mmsi).size === 1);
  taken.add(mmsi);
  const large = kind.transceiver === "A";
  const metres = Math.round(kind.length[0] + random.uniform() * (kind.length[1] - kind.length[0]));
  // Every tenth name holds a comma, as real ones do.
  const name = index % 10 === 9 ? `"${kind.name.toUpperCase()}, ${index}"` : `${kind.name.toUpperCase()} ${index}`;
  const spec = { shipClass: kind, region: options.region, start: options.start, thinSeconds: options.thinSeconds };
  const reports = voyage(spec, random.fork("voyage"));
  return {
    mmsi,
    identity: `${name},${large ? imo(random) : ""},WR${String(index).padStart(4, "0")},${kind.type}`,
    hull: `${metres},${Math.round(metres / 6) + 2},${large ? (metres / 25).toFixed(1) : ""},${large ? kind.type : ""},${kind.transceiver}`,
    reports,
    chance: random.fork("faults"),
    next: reports.next().value,
    lastFair: Number.NEGATIVE_INFINITY,
    sendsAs: mmsi,
    clashes: false,
  };
}

/** Decides for an hour whose number is used by two. */
function rollClashes(fleet: readonly FleetVessel[], rate: number, random: Rng): void {
  for (const vessel of fleet) {
    vessel.sendsAs = vessel.mmsi;
    vessel.clashes = false;
  }
  for (const victim of fleet) {
    if (random.uniform() >= rate) continue;
    const other = fleet[random.int(fleet.length)]!;
    if (victim.clashes || other.clashes) continue;
    if (haversine(victim.next.lat, victim.next.lon, other.next.lat, other.next.lon) < CLASH_METRES) continue;
    victim.clashes = true;
    other.clashes = true;
    other.sendsAs = victim.mmsi;
  }
}

/** The rows of a fleet in the order of the file, a block of time at a time. */
function* blocks(spec: FleetSpec): Generator<readonly FleetRow[]> {
  const taken = new Set<string>();
  const fleet = Array.from({ length: spec.vessels }, (_, index) => vesselAt(index, taken, spec));
  const maker = new RowMaker(spec.rates);
  const clashes = rng(spec.seed, "ais", "clashes");
  let late: FleetRow[] = [];
  for (let from = spec.start - (spec.start % BLOCK); from < spec.end; from += BLOCK) {
    if (from % HOUR === 0) rollClashes(fleet, spec.rates.clash, clashes);
    const to = Math.min(from + BLOCK, spec.end);
    const rows = late;
    for (const vessel of fleet) while (vessel.next.t < to) maker.rows(vessel, rows);
    rows.sort((a, b) => a.at - b.at);
    const ready = to === spec.end ? rows.length : rows.findIndex((row) => row.at >= to);
    late = ready < 0 ? [] : rows.slice(ready);
    yield ready < 0 ? rows : rows.slice(0, ready);
  }
}

/**
 * A fleet's traffic as a MarineCadastre CSV in time order, with the truth about each row, in chunks. Memory grows with the
 * number of vessels alone. Both texts are the same for the same options on one engine.
 * `row` counts the rows of data from 1, `line` the lines of the file; `label` is one of `FLEET_LABELS`; `mmsi` is the number that sent the row.
 * @throws WindrowError `usage` when an option is out of its range.
 * @example
 * for (const { csv } of simulateFleet({ vessels: 10, days: 1 })) process(csv);
 */
export function* simulateFleet(options: FleetOptions = {}): Generator<FleetChunk> {
  const spec = complete(options);
  let row = 0;
  let csv = FLEET_HEADER;
  let truth = "row,line,mmsi,label\n";
  for (const block of blocks(spec)) {
    const rows = block.length <= spec.rows - row ? block : block.slice(0, spec.rows - row);
    for (const { mmsi, label, line } of rows) {
      row += 1;
      csv += `${line}\n`;
      truth += `${row},${row + 1},${mmsi},${label}\n`;
    }
    if (row >= spec.rows) break;
    if (csv.length < CHUNK) continue;
    yield { csv, truth };
    csv = "";
    truth = "";
  }
  yield { csv, truth };
}
