/** What trips are split by, and what they are called. */

import type { Trip } from "./trips.kernel.ts";

/** By vessel, by time, or by both. */
export type SplitBy = "vessel" | "time" | "vessel+time";

/** Name of a trip (§4): `<mmsi>-<⌊start⌋>`. */
export function tripId(trip: Pick<Trip, "mmsi" | "from">): string {
  return `${trip.mmsi}-${Math.floor(trip.from)}`;
}
