/** Where the specification's data lies: the folder `shared` beside the checkout. */

import { existsSync } from "node:fs";
import { env } from "node:process";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { WindrowError } from "../src/core/index.ts";

const folder = new URL("../../shared/", import.meta.url);

/** The absolute path of a file or folder of the shared data, as in `shared("data", "ais")`; `undefined` where it is not there. */
export function shared(...path: readonly string[]): string | undefined {
  const place = fileURLToPath(new URL(path.join("/"), folder));
  return existsSync(place) ? place : undefined;
}

/** Skips the test with a message where something that it needs is missing; in CI, which must not skip, throws a WindrowError `missing`. */
export function skipWithout(t: TestContext, what: string): void {
  if (env["CI"] || env["WINDROW_REQUIRE_SHARED"]) {
    throw new WindrowError("missing", `Cannot test: ${what} is not there, and CI must not skip`);
  }
  t.skip(`${what} is not there`);
}

/**
 * The path of what the test needs of the shared data. Where it is missing, the test is skipped with a message (then this is
 * `undefined` and the test must return); in CI it fails with a WindrowError `missing`.
 *
 * @example
 * const csv = needShared(t, "data", "ais", "2ferries4weeks.csv.gz");
 * if (csv === undefined) return;
 */
export function needShared(t: TestContext, ...path: readonly string[]): string | undefined {
  const place = shared(...path);
  if (place === undefined) skipWithout(t, `../shared/${path.join("/")}`);
  return place;
}
