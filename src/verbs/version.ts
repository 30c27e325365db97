/** The package's version. */

import { readFileSync } from "node:fs";

function read(): string {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return version;
}

/** As package.json says it. */
export const PACKAGE_VERSION = read();
