/** Rows of a simulated fleet: a report as a line of a MarineCadastre CSV, with its fault if it has one (spec §13). */

import { type Rng, unreachable } from "../../core/index.ts";
import {
  drawFault,
  echo,
  type FaultRates,
  type FleetLabel,
  foreignMmsi,
  type ReportFault,
  spoilt,
  thrownOff,
} from "./simulate-faults.ts";
import type { FleetReport } from "./simulate-voyage.ts";

/** The columns of the file. */
export const FLEET_HEADER =
  "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,Length,Width,Draft,Cargo,TransceiverClass\n";

const HOUR = 3600;
const DAY = 86_400;

/** A row on its way into the file: the epoch second at which it belongs there, and what it says. */
export interface FleetRow {
  readonly at: number;
  /** The number that sent it, as text. */
  readonly mmsi: string;
  readonly label: FleetLabel;
  readonly line: string;
}

/** One vessel of the fleet as its rows need it. */
export interface FleetVessel {
  readonly mmsi: string;
  /** Columns VesselName to VesselType, and Length to TransceiverClass, as they stand in the file. */
  readonly identity: string;
  readonly hull: string;
  readonly reports: Iterator<FleetReport, never>;
  readonly chance: Rng;
  /** The report that it sends next. */
  next: FleetReport;
  /** Time of its last report with a fair position; −∞ before the first. */
  lastFair: number;
  /** The number under which it sends this hour, and whether two use that number. */
  sendsAs: string;
  clashes: boolean;
}

const TWO_DIGITS = Array.from({ length: 61 }, (_, i) => String(i).padStart(2, "0"));

/** Days as text, remembered one at a time, for a date costs more than all the rest of a row. */
function clock(): (t: number, leap: boolean) => string {
  let day = Number.NaN;
  let text = "";
  return (t, leap) => {
    const second = leap ? t - 1 : t;
    const of = second - (second % DAY);
    if (of !== day) {
      day = of;
      text = new Date(of * 1000).toISOString().slice(0, 11);
    }
    const left = second - of;
    const minute = Math.floor(left / 60);
    return `${text}${TWO_DIGITS[Math.floor(minute / 60)]}:${TWO_DIGITS[minute % 60]}:${TWO_DIGITS[(left % 60) + (leap ? 1 : 0)]}`;
  };
}

/** Text of a report's own columns, where the fault does not put something else. */
interface Cells {
  readonly mmsi: string;
  readonly time: string;
  readonly lat: string;
  readonly lon: string;
  readonly sog: string;
  readonly cog: string;
  readonly heading: string;
}

function lineOf(vessel: FleetVessel, cells: Cells, status: number): string {
  const { mmsi, time, lat, lon, sog, cog, heading } = cells;
  return `${mmsi},${time},${lat},${lon},${sog},${cog},${heading},${vessel.identity},${status},${vessel.hull}`;
}

/** Faults after which the vessel's track lacks the report. */
const UNFAIR: ReadonlySet<ReportFault> = new Set([
  "jump",
  "sogOverLimit",
  "positionUnavailable",
  "nullIsland",
  "malformed",
]);
const NO_POSITION: readonly Partial<Cells>[] = [
  { lat: "91.00000", lon: "181.00000" },
  { lat: "91.00000" },
  { lon: "181.00000" },
  { lat: "NaN" },
  { lat: "" },
];

/** A report, its text, and the seconds since the vessel's last fair one. */
interface FairReport {
  readonly report: FleetReport;
  readonly cells: Cells;
  readonly since: number;
}

/** Makes rows, one report at a time. */
export class RowMaker {
  readonly #rates: FaultRates;
  readonly #timeText = clock();

  constructor(rates: FaultRates) {
    this.#rates = rates;
  }

  #cells(mmsi: string, report: FleetReport, leap: boolean): Cells {
    // Rounded before it is wrapped: 359.97 is the course 0.0, and 360.0 would say that there is none.
    const cog = Math.round(report.cog * 10) % 3600;
    const lon = report.lon.toFixed(5);
    return {
      mmsi,
      time: this.#timeText(report.t, leap),
      lat: report.lat.toFixed(5),
      lon: lon === "180.00000" ? "-180.00000" : lon,
      sog: report.sog.toFixed(1),
      cog: (cog / 10).toFixed(1),
      heading: Number.isNaN(report.heading) ? "" : String(Math.round(report.heading) % 360),
    };
  }

  /** The rows of a vessel's next report, after which the vessel waits for the one that follows. */
  rows(vessel: FleetVessel, into: FleetRow[]): void {
    const { chance, next } = vessel;
    vessel.next = vessel.reports.next().value;
    const fault = drawFault(this.#rates, chance);
    const leap = this.#isLeap(vessel, next.t);
    const report = leap ? { ...next, t: next.t - (next.t % DAY) } : next;
    const cells = this.#cells(vessel.sendsAs, report, leap);
    const since = report.t - vessel.lastFair;
    if (vessel.clashes || leap || fault === undefined || (fault === "jump" && since > 600)) {
      const label = vessel.clashes ? "mmsi_clash" : leap ? "leap_second" : "ok";
      into.push({ at: report.t, mmsi: cells.mmsi, label, line: lineOf(vessel, cells, report.status) });
      vessel.lastFair = report.t;
      return;
    }
    for (const row of this.#faulty(vessel, fault, { report, cells, since })) into.push(row);
    if (!UNFAIR.has(fault)) vessel.lastFair = report.t;
  }

  /** Whether the first report after midnight is moved to midnight and written as `23:59:60`. Half a minute at most, so that no speed jumps. */
  #isLeap(vessel: FleetVessel, t: number): boolean {
    const midnight = t - (t % DAY);
    if (vessel.lastFair >= midnight || midnight - vessel.lastFair > HOUR || t - midnight > 30) return false;
    return vessel.chance.uniform() < this.#rates.leapSecond;
  }

  #faulty(vessel: FleetVessel, fault: ReportFault, { report, cells, since }: FairReport): FleetRow[] {
    const { chance } = vessel;
    const row = (label: FleetLabel, changed: Partial<Cells> = {}): FleetRow => {
      const all = { ...cells, ...changed };
      return { at: report.t, mmsi: all.mmsi, label, line: lineOf(vessel, all, report.status) };
    };
    switch (fault) {
      case "jump":
        return [row("jump", this.#cells(cells.mmsi, thrownOff(report, since, chance), false))];
      case "duplicateExact":
        return [row("ok"), row("duplicate_exact")];
      case "duplicateTime":
        return [row("ok"), row("duplicate_time", this.#cells(cells.mmsi, echo(report, chance), false))];
      case "sogUnavailable":
        return [row("sog_unavailable", { sog: "102.3" })];
      case "sogOverLimit":
        return [row("sog_over_limit", { sog: "102.2" })];
      case "cogUnavailable":
        return [row("cog_unavailable", { cog: "360.0" })];
      case "headingUnavailable":
        return [row("heading_unavailable", { heading: "511.0" })];
      case "positionUnavailable":
        return [row("position_unavailable", NO_POSITION[chance.int(NO_POSITION.length)]!)];
      case "nullIsland":
        return [row("null_island", { lat: "0.00000", lon: "0.00000" })];
      case "foreignMmsi": {
        const [mmsi, label] = foreignMmsi(chance);
        return [row("ok"), row(label, { mmsi })];
      }
      case "outOfOrder":
        return [{ ...row("out_of_order"), at: report.t + 200 + chance.int(700) }];
      case "malformed":
        return [{ ...row("malformed"), line: spoilt(row("ok").line, chance) }];
      default:
        return unreachable(fault);
    }
  }
}
