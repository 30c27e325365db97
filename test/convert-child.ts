/** A conversion in a process of its own that kills itself: after so many signs of progress, and some milliseconds. */

import process, { argv } from "node:process";
import { convert } from "../src/verbs/convert/convert.ts";

const { options, signs, milliseconds } = JSON.parse(argv[2] ?? "{}");
let left = signs as number;

function sign(): void {
  left -= 1;
  if (left !== 0) return;
  if (milliseconds === 0) process.kill(process.pid, "SIGKILL");
  else setTimeout(() => process.kill(process.pid, "SIGKILL"), milliseconds);
}

await convert(options, { progress: { stage: sign, at: sign, note: sign } });
