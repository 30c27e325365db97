/** Makes dist/ from src/: JavaScript and declarations, without the tests. */

import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
// tsc leaves what earlier builds made; a file that src/ has lost must not be published.
rmSync(`${root}dist`, { recursive: true, force: true });
execFileSync("node", [`${root}node_modules/typescript/bin/tsc`, "-p", `${root}tsconfig.build.json`], {
  stdio: "inherit",
});
