/** Conversions that are killed two hundred times. */

import { env } from "node:process";
import { test } from "node:test";
import { testKills } from "../convert-kills.ts";

test("conversions killed at two hundred instants end with the files of those that were not", async (t) => {
  await testKills(t, { count: 200, seed: env["WINDROW_SEED"] ?? "soak" });
});
