/** AIS: ship position reports, cleaned, cut into trips, made into windows (spec `ais-pipeline@1`). */

export { BASELINES, type Baseline, type BaselineOptions, type Forecasts, forecast } from "./baselines.ts";
export { ANY_VESSEL, type CleanCounts, cleaner } from "./clean.ts";
export type { ErrorFigures, ErrorStats, ForecastErrorsOptions, ForecastReport } from "./error-set.ts";
export type { FeatureBatch, FeatureColumn } from "./feature-batch.ts";
export { destination, EARTH_RADIUS_METRES, haversine, initialBearing, KNOT, type Position } from "./geodesy.ts";
export {
  type ForecastErrors,
  forecastErrors,
  type Judge,
  type JudgeOptions,
  judge,
  type Predictions,
} from "./judge.ts";
export { fromLocal, toLocal } from "./local-frame.ts";
export { mmsiReason } from "./mmsi.ts";
export {
  type Denormalized,
  denormalize,
  type Normalized,
  type NormalizeOptions,
  normalize,
} from "./normalize.ts";
export type { ReportChunk } from "./points.ts";
export { REASONS, type Reason, reasonCode } from "./reasons.ts";
export {
  AIS_COLUMNS,
  AIS_RULES,
  AIS_STATICS,
  type AisColumn,
  type AisRules,
  type BoundingBox,
  FEATURES,
  PIPELINE,
} from "./schema.ts";
export type { VesselChoice } from "./second.kernel.ts";
export { type FleetChunk, type FleetOptions, simulateFleet } from "./simulate.ts";
export { FAULT_RATES, type FaultRates, FLEET_LABELS, type FleetLabel, NO_FAULTS } from "./simulate-faults.ts";
export { type SplitBy, tripId } from "./split.ts";
export {
  fullHorizon,
  type InputAndTarget,
  multiStep,
  nextPosition,
  positionLoss,
  type TargetOptions,
} from "./targets.ts";
export { type PositionBlock, type Trip, type TripSink, WIDTH } from "./trips.kernel.ts";
export { type VesselTypeFilter, vesselTypeFilter } from "./vessel-type.ts";
