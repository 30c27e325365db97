/** The rules that look at one report alone: MMSI, type, position, time and choice (spec §3, steps 2–5). */

import { mmsiReason } from "./mmsi.ts";
import { REASONS, reasonCode } from "./reasons.ts";
import { type AisRules, type BoundingBox, NON_VESSEL } from "./schema.ts";

const POSITION_UNAVAILABLE = reasonCode("position_unavailable");
const LAT_RANGE = reasonCode("lat_range");
const LON_RANGE = reasonCode("lon_range");
const NULL_ISLAND = reasonCode("null_island");
const TIME_RANGE = reasonCode("time_range");
const BBOX = reasonCode("bbox");
const KEPT = 0;

/** One vessel's verdict; asked once a vessel, since its reports come together. */
export function vesselCode(mmsi: number, rules: AisRules): number {
  return REASONS.indexOf(mmsiReason(mmsi, rules.keepAuxiliary));
}

const TYPE_CODES = new Map<number, number>([
  [4, reasonCode("base_station")],
  [11, reasonCode("base_station")],
  [9, reasonCode("sar_aircraft")],
  [21, reasonCode("aton")],
]);

/** The verdict of the message type, or of the DMA's `Type of mobile`, where they are known (NaN where not). */
export function typeCode(messageType: number, mobile: number): number {
  if (mobile === NON_VESSEL) return reasonCode("non_vessel");
  return TYPE_CODES.get(messageType) ?? KEPT;
}

/** The verdict of a position in degrees; ITU's 91 and 181 say that it is not known. */
export function positionCode(lat: number, lon: number): number {
  if (Number.isNaN(lat) || Number.isNaN(lon) || lat === 91 || lon === 181) return POSITION_UNAVAILABLE;
  if (Math.abs(lat) > 90) return LAT_RANGE;
  if (Math.abs(lon) > 180) return LON_RANGE;
  if (Math.abs(lat) < 1e-4 && Math.abs(lon) < 1e-4) return NULL_ISLAND;
  return KEPT;
}

function inside(box: BoundingBox, lat: number, lon: number): boolean {
  if (lat < box.south || lat > box.north) return false;
  return box.west <= box.east ? lon >= box.west && lon <= box.east : lon >= box.west || lon <= box.east;
}

/** The verdict of what the user asked for: a span of time, a rectangle. */
export function choiceCode(rules: AisRules, t: number, at: { readonly lat: number; readonly lon: number }): number {
  if ((rules.from !== undefined && t < rules.from) || (rules.to !== undefined && t > rules.to)) return TIME_RANGE;
  if (rules.bbox !== undefined && !inside(rules.bbox, at.lat, at.lon)) return BBOX;
  return KEPT;
}
