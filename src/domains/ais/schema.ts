/** What AIS data looks like here: canonical columns and their names elsewhere, features, options and their defaults (spec `ais-pipeline@1`). */

/** The features of a position, in order: degrees, degrees, knots, degrees, seconds since the previous position of the trip. */
export const FEATURES = ["lat", "lon", "sog", "cog", "dt_seconds"] as const;

/** Name and version of the rules; a change of any rule changes it. */
export const PIPELINE = "ais-pipeline@1";

/** How a column's text becomes a number: as a number, as a time in epoch seconds, as a code of a list, or not at all. */
export type AisColumnKind =
  | "number"
  | "time"
  | "text"
  | { readonly codes: Readonly<Record<string, number>>; readonly otherwise: number };

/** A canonical column and the headers under which it is known; headers are compared without case, spaces, `_`, `#`. */
export interface AisColumn {
  readonly name: string;
  readonly kind: AisColumnKind;
  readonly required: boolean;
  /** Held as float32 while reports are sorted: these end as float32 features, or only break ties. */
  readonly single?: boolean;
  readonly aliases: readonly string[];
}

/** Code that stands for a `Type of mobile` that is no vessel. */
export const NON_VESSEL = 255;

/**
 * The canonical columns of a position report. Names elsewhere: NOAA MarineCadastre, Danish Maritime Authority, and
 * common exports. `msg_type` is the AIS message type, where known; `mobile` the DMA's `Type of mobile`.
 */
export const AIS_COLUMNS: readonly AisColumn[] = [
  { name: "mmsi", kind: "number", required: true, aliases: ["mmsi", "sourcemmsi", "userid", "mmsinumber"] },
  {
    name: "t",
    kind: "time",
    required: true,
    aliases: [
      "t",
      "basedatetime",
      "timestamp",
      "time",
      "datetime",
      "datetimeutc",
      "timestamputc",
      "unixs",
      "unixtime",
      "epoch",
      "baseddatetime",
    ],
  },
  { name: "lat", kind: "number", required: true, aliases: ["lat", "latitude", "y"] },
  { name: "lon", kind: "number", required: true, aliases: ["lon", "longitude", "lng", "long", "x"] },
  { name: "sog", kind: "number", required: false, aliases: ["sog", "speed", "speedoverground", "speedknots"] },
  { name: "cog", kind: "number", required: false, aliases: ["cog", "course", "courseoverground"] },
  { name: "heading", kind: "number", required: false, single: true, aliases: ["heading", "trueheading", "hdg"] },
  { name: "msg_type", kind: "number", required: false, single: true, aliases: ["msgtype", "messagetype", "messageid"] },
  {
    name: "mobile",
    kind: { codes: { "Class A": 0, "Class B": 1 }, otherwise: NON_VESSEL },
    required: false,
    single: true,
    aliases: ["typeofmobile"],
  },
  { name: "vessel_type", kind: "text", required: false, aliases: ["vesseltype", "shiptype", "shipandcargotype"] },
  { name: "vessel_name", kind: "text", required: false, aliases: ["vesselname", "name", "shipname"] },
  { name: "length", kind: "text", required: false, aliases: ["length"] },
  { name: "width", kind: "text", required: false, aliases: ["width", "beam"] },
  { name: "draft", kind: "text", required: false, aliases: ["draft", "draught"] },
];

/** Columns that describe the vessel and not the report; they are kept for the index. */
export const AIS_STATICS = ["vessel_type", "vessel_name", "length", "width", "draft"] as const;

/** A rectangle in degrees; `west > east` spans the date line. */
export interface BoundingBox {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

/** The rules' settings. Times are epoch seconds, speeds knots. */
export interface AisRules {
  /** Rows before are `time_range`. */
  readonly from?: number;
  /** Rows after are `time_range`; the span is closed on both sides (§3.5). */
  readonly to?: number;
  readonly bbox?: BoundingBox;
  /** A gap longer than this cuts a trip; exactly this long does not (§4). */
  readonly maxGapSeconds: number;
  /** Reported speeds above are dropped (§3.8). */
  readonly sogMax: number;
  /** Implied speeds above, over more than 1000 m, are jumps (§3.9). */
  readonly jumpMax: number;
  /** How many rejected points in a row, consistent among themselves, become the track (§3.9). */
  readonly jumpRecover: number;
  /** Trips are cut where they cross these times, epoch seconds: a split by time comes before windows, and before anything is derived (§8). */
  readonly cutTimes?: readonly number[];
  /** Keep MMSIs `98…` of craft associated with a parent ship (§2). */
  readonly keepAuxiliary: boolean;
}

/** The defaults of the specification. */
export const AIS_RULES: AisRules = {
  maxGapSeconds: 14_400,
  sogMax: 60,
  jumpMax: 80,
  jumpRecover: 5,
  keepAuxiliary: false,
};
