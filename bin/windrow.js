#!/usr/bin/env node
// Starts the command: from src/ in a checkout, from dist/ in an installation. Plain JavaScript that Node 12 still parses,
// so that an old Node hears in one line what to do instead of failing on syntax.

const version = process.versions.node;
// Node strips types everywhere but under node_modules.
const installed = import.meta.url.includes("/node_modules/");

if (Number(version.split(".")[0]) < 24) {
  // In a checkout npx finds the Node among the development dependencies.
  const way = installed ? "npx -p node@26 -p windrow windrow" : "npx windrow";
  console.error(`windrow needs Node 24 or newer, got ${version}: run it with a newer one as  ${way} ARGUMENTS`);
  process.exitCode = 3;
} else {
  start().then(
    (code) => {
      process.exitCode = code;
    },
    (error) => {
      console.error(error);
      process.exitCode = 3;
    },
  );
}

async function start() {
  const { enableCompileCache } = await import("node:module");
  enableCompileCache();
  const { existsSync } = await import("node:fs");
  const source = new URL("../src/cli/main.ts", import.meta.url);
  const entry = !installed && existsSync(source) ? source : new URL("../dist/cli/main.js", import.meta.url);
  const { main } = await import(entry.href);
  return main(process.argv.slice(2));
}
