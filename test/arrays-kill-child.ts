/** A conversion of arrays in a process of its own, to be killed by `kill-hook.ts`. */

import { argv } from "node:process";
import { convertArrays } from "../src/verbs/convert/arrays.ts";

await convertArrays(JSON.parse(argv[2] ?? "{}"));
