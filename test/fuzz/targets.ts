/** The readers that are searched, by name. A new one is one line here, and its file in `targets/`. */

import { WindrowError } from "../../src/core/index.ts";
import type { Target } from "./engine.ts";

/** A reader, and what of our sources it is made of. */
export interface TargetEntry {
  /** Addresses of the sources whose blocks guide the search. */
  readonly sources: RegExp;
  /** Inputs of the short share that CI runs, so many that all readers together take about two minutes. */
  readonly executions: number;
  /**
   * Makes its seeds: `own` are made by our writers, `all` are files of others, too, where the shared data is. Loaded when first used, so
   * that each process loads one reader.
   */
  open(seeds: "own" | "all"): Promise<Target>;
}

/** Every reader. */
export const TARGETS: Readonly<Record<string, TargetEntry>> = {
  mds: {
    sources: /\/src\/(formats\/mds|node\/codecs)/,
    executions: 24_000,
    open: async () => (await import("./targets/mds.ts")).mdsTarget(),
  },
  parquet: {
    sources: /\/src\/(formats\/parquet|node\/codecs)/,
    executions: 12_000,
    open: async (seeds) => (await import("./targets/parquet.ts")).parquetTarget(seeds),
  },
  arrow: {
    sources: /\/src\/(formats\/(arrow|flatbuffer|lz4)|node\/codecs)/,
    executions: 30_000,
    open: async () => (await import("./targets/arrow.ts")).arrowTarget(),
  },
  zarr: {
    sources: /\/src\/(formats\/(zarr|lz4)|node\/codecs)/,
    executions: 10_000,
    open: async () => (await import("./targets/zarr.ts")).zarrTarget(),
  },
  csv: {
    sources: /\/src\/node\/(csv-head|tidy-text)/,
    executions: 11_000,
    open: async () => (await import("./targets/csv.ts")).csvTarget(),
  },
  tabular: {
    sources: /\/src\/node\/(csv-head|tidy-text|tabular|inputs|duckdb)/,
    executions: 1500,
    open: async () => (await import("./targets/tabular.ts")).tabularTarget(),
  },
  manifest: {
    sources: /\/src\/(formats|inspect)\//,
    executions: 3000,
    open: async () => (await import("./targets/manifest.ts")).manifestTarget(),
  },
  nmea: {
    sources: /\/src\/adapters\/nmea\//,
    executions: 16_000,
    open: async () => (await import("./targets/nmea.ts")).nmeaTarget(),
  },
  npy: {
    sources: /\/src\/adapters\/npy\//,
    executions: 20_000,
    open: async () => (await import("./targets/npy.ts")).npyTarget(),
  },
  zip: {
    sources: /\/src\/(stores|node\/codecs)/,
    executions: 20_000,
    open: async () => (await import("./targets/zip.ts")).zipTarget(),
  },
  mcap: {
    sources: /\/src\/(adapters\/mcap|formats\/lz4|node\/codecs)/,
    executions: 6000,
    open: async () => (await import("./targets/mcap.ts")).mcapTarget(),
  },
};

const PLANTED = /^planted:(\w+)$/;

/** A reader by its name, or one with a fault that was put there. */
export function targetEntry(name: string): TargetEntry {
  const planted = PLANTED.exec(name)?.[1];
  const entry: TargetEntry | undefined =
    planted === undefined
      ? TARGETS[name]
      : {
          sources: /\/test\/fuzz\/targets\/planted/,
          executions: 0,
          open: async () => (await import("./targets/planted.ts")).PLANTED[planted]!(),
        };
  if (entry !== undefined) return entry;
  throw new WindrowError("usage", `Cannot search ${name}: there are ${Object.keys(TARGETS).join(", ")}`);
}
