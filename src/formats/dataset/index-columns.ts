/** The columns of index.parquet. */

import type { Schema } from "../../core/index.ts";

/** The columns that every index has; text columns with facts about the entity follow. */
export const INDEX_SCHEMA = {
  key: { kind: "u64" },
  split: { kind: "str" },
  part: { kind: "u32" },
  row: { kind: "u32" },
  mds_shard: { kind: "u32", nullable: true },
  mds_row: { kind: "u32", nullable: true },
  trace_id: { kind: "str" },
  entity: { kind: "str" },
  start: { kind: "u32" },
  t_start: { kind: "f64", unit: "s" },
  t_end: { kind: "f64", unit: "s" },
  source: { kind: "str" },
} as const satisfies Schema;
