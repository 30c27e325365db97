/** Lets the many processes that tests start load compiled sources: `node --import ./test/compile-cache.ts --test …`. */

import { enableCompileCache } from "node:module";
import { env } from "node:process";
import { fileURLToPath } from "node:url";

env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("../node_modules/.cache/compiled", import.meta.url));
enableCompileCache(env["NODE_COMPILE_CACHE"]);
