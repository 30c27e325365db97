/** Makes a folder with those above it. */

import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { ioError } from "./io-error.ts";

/**
 * Makes a folder, and those above it that are not there. Node's own way of doing so never ends where a folder is there in which the
 * system says that nothing is, such as /proc.
 * @throws WindrowError `io` or `missing`, as the system has it, where one cannot be made.
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let at = path; !existsSync(at) && at !== dirname(at); at = dirname(at)) missing.push(at);
  for (const folder of missing.reverse()) {
    try {
      mkdirSync(folder);
    } catch (cause) {
      // Another run may have made it meanwhile.
      if (!existsSync(folder)) throw ioError("make the folder", folder, cause);
    }
  }
}
