/** Gives the kept cases to their readers once more, in a process of its own, and prints what broke a law. */

import { readdirSync, readFileSync } from "node:fs";
import { stdout } from "node:process";
import { budget, countAllocations } from "./oracle.ts";
import { unpackParts } from "./parts.ts";

countAllocations();
const { TARGETS } = await import("./targets.ts");

const folder = new URL("cases/", import.meta.url);
const broken: string[] = [];
const names = readdirSync(folder).sort();
for (const [reader, { open }] of Object.entries(TARGETS)) {
  const own = names.filter((name) => name.startsWith(`${reader}-`));
  const target = own.length === 0 ? undefined : await open("own");
  for (const name of own) {
    const { files } = JSON.parse(readFileSync(new URL(name, folder), "utf8")) as { readonly files: object };
    const parts = unpackParts(new TextEncoder().encode(JSON.stringify(files)));
    budget.begin(
      Object.values(parts).reduce((sum, { length }) => sum + length, 0),
      target!.allowance,
    );
    const outcome = await target!.judge(parts);
    budget.end();
    if (outcome.kind === "fault") broken.push(`${name}: ${outcome.why}`);
  }
}
stdout.write(JSON.stringify({ cases: names.length, broken }));
