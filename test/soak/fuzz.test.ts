/**
 * An hour of searching each reader for inputs that break it. `WINDROW_FUZZ_SECONDS` is how long each takes, `WINDROW_FUZZ_SEED` what is
 * tried; a seed that is new finds more than one that was tried before.
 */

import assert from "node:assert/strict";
import { env } from "node:process";
import { test } from "node:test";
import { reportLines } from "../fuzz/report.ts";
import { TARGETS } from "../fuzz/targets.ts";
import { watched } from "../fuzz/watch.ts";

const SECONDS = Number(env["WINDROW_FUZZ_SECONDS"] ?? 3600);
const SEED = env["WINDROW_FUZZ_SEED"] ?? "soak";

for (const name of Object.keys(TARGETS)) {
  test(`no input breaks ${name}`, async (t) => {
    const result = await watched(name, { seed: SEED, executions: Number.MAX_SAFE_INTEGER, seconds: SECONDS });
    for (const line of reportLines(name, result)) t.diagnostic(line);
    assert.deepEqual(
      result.findings.map(({ id }) => id),
      [],
    );
  });
}
