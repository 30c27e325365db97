/** Where the Python is that has the peers: pyarrow, DuckDB, polars, mosaicml-streaming. */

import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";

/**
 * The interpreter's path: `WINDROW_PEERS_PYTHON`, or what the file `~/.cache/windrow/peers-python` says (`npm run test:peers` writes it).
 * `undefined` where neither is there: tests that need a peer then skip.
 */
export function peersPython(): string | undefined {
  const { WINDROW_PEERS_PYTHON: named } = env;
  if (named) return named;
  const note = join(homedir(), ".cache", "windrow", "peers-python");
  return existsSync(note) ? readFileSync(note, "utf8").trim() || undefined : undefined;
}
