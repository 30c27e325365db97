/** Materializes drives in a process of its own, to be killed by `kill-hook.ts`. */

import { argv } from "node:process";
import { materialize } from "../src/verbs/index.ts";
import { KILLED, killedDrives } from "./traces-dataset.ts";

await materialize(killedDrives(), { ...KILLED, out: argv[2] ?? "" });
