/** A run of its own process, to be killed by `kill-hook.ts`. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { materializeAis, planAis } from "../src/verbs/ais/materialize.ts";
import type { MaterializeAisOptions } from "../src/verbs/ais/options.ts";
import { inTwoPasses } from "./two-passes.ts";

const { options, runSamples } = JSON.parse(argv[2] ?? "{}") as {
  readonly options: MaterializeAisOptions;
  readonly runSamples?: number;
};

// A plan that is there is gone on with, whichever passes it takes; and a dataset that is there is not planned again.
const isThere = ["manifest.json", join(".windrow", "plan.json")].some((name) => existsSync(join(options.out, name)));
if (runSamples !== undefined && !isThere) await inTwoPasses(await planAis(options), runSamples);
await materializeAis(options);
