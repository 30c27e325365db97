/** What goes wrong in a simulated fleet, and what cleaning should make of it (spec §13). */

import type { Rng } from "../../core/index.ts";
import { destination, KNOT, wrap360 } from "./geodesy.ts";
import type { Reason } from "./reasons.ts";
import type { FleetReport } from "./simulate-voyage.ts";

/** Each label of the truth, with the verdicts of a right cleaning; `kept` where the row must stay. */
export const FLEET_LABELS = {
  ok: ["kept"],
  out_of_order: ["kept"],
  leap_second: ["kept"],
  sog_unavailable: ["kept"],
  cog_unavailable: ["kept"],
  heading_unavailable: ["kept"],
  jump: ["speed_jump"],
  duplicate_exact: ["duplicate_exact"],
  duplicate_time: ["duplicate_time"],
  sog_over_limit: ["sog_over_limit"],
  position_unavailable: ["position_unavailable"],
  null_island: ["null_island"],
  base_station: ["base_station"],
  aton: ["aton"],
  sar_aircraft: ["sar_aircraft"],
  placeholder_mmsi: ["placeholder_mmsi"],
  invalid_mmsi: ["invalid_mmsi"],
  mmsi_clash: ["speed_jump", "mmsi_conflict", "duplicate_time"],
  malformed: ["parse_error"],
} as const satisfies Readonly<Record<string, readonly Reason[]>>;

/** What a row of the simulation is. */
export type FleetLabel = keyof typeof FLEET_LABELS;

/** How often each fault comes: a share of the reports, unless said. */
export interface FaultRates {
  /** A single position more than 5 km off, implying more than 100 kn. */
  readonly jump: number;
  readonly duplicateExact: number;
  /** A second row of the same second with other values. */
  readonly duplicateTime: number;
  /** SOG 102.3. */
  readonly sogUnavailable: number;
  /** SOG 102.2. */
  readonly sogOverLimit: number;
  /** COG 360. */
  readonly cogUnavailable: number;
  /** Heading 511. */
  readonly headingUnavailable: number;
  /** Latitude 91 and longitude 181, one of them, or `NaN`. */
  readonly positionUnavailable: number;
  readonly nullIsland: number;
  /** A further row under the number of a base station, a buoy, an aircraft or nothing. */
  readonly foreignMmsi: number;
  /** The row stands some minutes later in the file. */
  readonly outOfOrder: number;
  /** The row is garbage, cut off, or holds what is no number or date. */
  readonly malformed: number;
  /** Share of the midnights at which a ship reports at `23:59:60`. */
  readonly leapSecond: number;
  /** Share of a ship's hours in which another ship, more than 50 km away, sends under its number. */
  readonly clash: number;
}

/** Rates of a fleet about as dirty as the public archives. */
export const FAULT_RATES: FaultRates = {
  jump: 1e-3,
  duplicateExact: 2e-3,
  duplicateTime: 1e-3,
  sogUnavailable: 2e-3,
  sogOverLimit: 2e-4,
  cogUnavailable: 5e-3,
  headingUnavailable: 1e-2,
  positionUnavailable: 1e-3,
  nullIsland: 3e-4,
  foreignMmsi: 1e-3,
  outOfOrder: 3e-3,
  malformed: 5e-4,
  leapSecond: 0.05,
  clash: 1e-3,
};

/** Rates of a fleet without a fault. */
export const NO_FAULTS: FaultRates = {
  jump: 0,
  duplicateExact: 0,
  duplicateTime: 0,
  sogUnavailable: 0,
  sogOverLimit: 0,
  cogUnavailable: 0,
  headingUnavailable: 0,
  positionUnavailable: 0,
  nullIsland: 0,
  foreignMmsi: 0,
  outOfOrder: 0,
  malformed: 0,
  leapSecond: 0,
  clash: 0,
};

/** The faults of one report; the rest are the fleet's (clashes) or the clock's (leap seconds). */
export type ReportFault = Exclude<keyof FaultRates, "leapSecond" | "clash">;

const REPORT_FAULTS: readonly ReportFault[] = [
  "jump",
  "duplicateExact",
  "duplicateTime",
  "sogUnavailable",
  "sogOverLimit",
  "cogUnavailable",
  "headingUnavailable",
  "positionUnavailable",
  "nullIsland",
  "foreignMmsi",
  "outOfOrder",
  "malformed",
];

/** Draws at most one fault for a report. */
export function drawFault(rates: FaultRates, random: Rng): ReportFault | undefined {
  let u = random.uniform();
  for (const fault of REPORT_FAULTS) {
    if (u < rates[fault]) return fault;
    u -= rates[fault];
  }
  return undefined;
}

/** A report thrown off by more than 5 km and more than 100 kn since the fair one before it, `seconds` ago. */
export function thrownOff(report: FleetReport, seconds: number, random: Rng): FleetReport {
  const least = Math.max(5_500, 1.1 * (100 + report.sog) * KNOT * seconds);
  return { ...report, ...destination(report, random.uniform() * 360, least - 40_000 * Math.log(1 - random.uniform())) };
}

/** Another report of the same second. It lies further north, so that of the two it is the one that the order of equal times puts last. */
export function echo(report: FleetReport, random: Rng): FleetReport {
  return { ...report, lat: report.lat + 3e-5 + 2e-4 * random.uniform(), cog: wrap360(report.cog + 1) };
}

/** A number that is no ship's, and its label. */
export function foreignMmsi(random: Rng): readonly [mmsi: string, label: FleetLabel] {
  const digits = (count: number) => String(10 ** (count - 1) + random.int(9 * 10 ** (count - 1)));
  const mid = String(201 + random.int(575));
  switch (random.int(5)) {
    case 0:
      return [`${mid}${digits(4)}`, "base_station"];
    case 1:
      return [`99${mid}${digits(4)}`, "aton"];
    case 2:
      return [`111${mid}${digits(3)}`, "sar_aircraft"];
    case 3:
      return [["123456789", "111111111", "987654321", `${mid}000000`][random.int(4)]!, "placeholder_mmsi"];
    default:
      return [["0", `8${digits(8)}`, `${mid}${digits(7)}`][random.int(3)]!, "invalid_mmsi"];
  }
}

/** A row spoilt so that it can no longer be read: it never parses, whatever the reader pads or skips. */
export function spoilt(line: string, random: Rng): string {
  const cells = line.split(",");
  switch (random.int(6)) {
    case 0:
      return `#!\u0001${"~".repeat(1 + random.int(40))}`;
    case 1:
      return cells[0]!;
    case 2:
      return [cells[0], cells[1]!.replace("T", "T9"), ...cells.slice(2)].join(",");
    case 3:
      return [cells[0], cells[1], cells[2]!.replace(".", "o"), ...cells.slice(3)].join(",");
    case 4:
      return ["", ...cells.slice(1)].join(",");
    default:
      return [`M${cells[0]}`, ...cells.slice(1)].join(",");
  }
}
