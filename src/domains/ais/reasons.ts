/** The named reasons for which a report is dropped, in the order of the rules. */

/** Every reason; its place in the list is its code in counters. Code 0 means kept. */
export const REASONS = [
  "kept",
  "parse_error",
  "base_station",
  "group",
  "sar_aircraft",
  "aton",
  "craft_associated",
  "sart",
  "mob",
  "epirb",
  "invalid_mmsi",
  "placeholder_mmsi",
  "non_vessel",
  "position_unavailable",
  "lat_range",
  "lon_range",
  "null_island",
  "time_range",
  "bbox",
  "vessel_type",
  "before_generation",
  "duplicate_exact",
  "duplicate_time",
  "sog_over_limit",
  "sog_negative",
  "speed_jump",
  "mmsi_conflict",
] as const;

/** Why a report was dropped, or `kept`. */
export type Reason = (typeof REASONS)[number];

/** The code of a reason. */
export function reasonCode(reason: Reason): number {
  return REASONS.indexOf(reason);
}

/** A count for each reason, by code. */
export function reasonCounts(): Float64Array {
  return new Float64Array(REASONS.length);
}
