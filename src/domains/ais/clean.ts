/** All of the cleaning in one: sorted reports in, trips out, every drop counted (spec §2–§4). */

import { jumpFilter } from "./jump.kernel.ts";
import type { ReportChunk } from "./points.ts";
import { REASONS, type Reason, reasonCounts } from "./reasons.ts";
import type { AisRules } from "./schema.ts";
import { oneASecond, type VesselChoice } from "./second.kernel.ts";
import { type TripSink, tripBuilder } from "./trips.kernel.ts";

/** What the cleaning counted. `input` is the sum of `kept` and `dropped`. */
export interface CleanCounts {
  readonly input: number;
  readonly kept: number;
  /** Only the reasons that occurred. */
  readonly dropped: Readonly<Partial<Record<Reason, number>>>;
  /** Kept points whose speed, or course, was derived. */
  readonly sogDerived: number;
  readonly cogDerived: number;
  /** Trips cut where a rejected run of points became the track. */
  readonly jumpCut: number;
}

/** Every vessel, and no earlier generation. */
export const ANY_VESSEL: VesselChoice = { vessel: () => 0, lastTime: () => Number.NEGATIVE_INFINITY };

/**
 * Cleans reports that come sorted by (mmsi, t).
 * Memory: some hours of one vessel, a point a second, and one block of rows.
 */
export function cleaner(
  rules: AisRules,
  choice: VesselChoice,
  sink: TripSink,
): { push(chunk: ReportChunk): void; finish(): CleanCounts } {
  const counts = reasonCounts();
  const trips = tripBuilder(rules, sink);
  const jumps = jumpFilter(rules, counts, trips);
  const seconds = oneASecond(rules, choice, counts, jumps);
  let input = 0;
  return {
    push(chunk) {
      input += chunk.length;
      seconds.push(chunk);
    },
    finish() {
      seconds.finish();
      const { cuts } = jumps.finish();
      const { kept, sogDerived, cogDerived } = trips.finish();
      const dropped = Object.fromEntries(
        REASONS.map((reason, code) => [reason, counts[code]!] as const).filter(([, n]) => n > 0),
      );
      return { input, kept, dropped, sogDerived, cogDerived, jumpCut: cuts };
    },
  };
}
