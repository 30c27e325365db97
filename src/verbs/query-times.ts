/** Whether a synchronization in plain data says when rows are. */

import type { SyncSpec } from "../sync/index.ts";

/** Where it does not, whoever reads recordings says it: what there is to choose from is known then. */
export function saysWhen({ rule, reference, union, grid, times }: SyncSpec): boolean {
  return rule === "empty" || [reference, union, grid, times].some((each) => each !== undefined);
}
