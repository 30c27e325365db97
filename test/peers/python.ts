/** Where the Pythons are that have the peers: one with pyarrow, DuckDB, polars and mosaicml-streaming, one with zarr 2, l5kit and tensorstore. */

import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";

function interpreter(variable: string, note: string): string | undefined {
  const named = env[variable];
  if (named) return named;
  const path = join(homedir(), ".cache", "windrow", note);
  return existsSync(path) ? readFileSync(path, "utf8").trim() || undefined : undefined;
}

/**
 * The interpreter's path: `WINDROW_PEERS_PYTHON`, or what the file `~/.cache/windrow/peers-python` says (`npm run test:peers` writes it).
 * `undefined` where neither is there: tests that need a peer then skip.
 */
export function peersPython(): string | undefined {
  return interpreter("WINDROW_PEERS_PYTHON", "peers-python");
}

/** The same for the peers of traces, Zarr and L5Kit: `WINDROW_ZARR_PYTHON`, or the file `zarr-python`. */
export function zarrPython(): string | undefined {
  return interpreter("WINDROW_ZARR_PYTHON", "zarr-python");
}
