/** Lets programs import `windrow` and its doors by name in the checkout, from src/ as it is: `node --import ./test/windrow-by-name.ts FILE`. */

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

const root = new URL("../", import.meta.url);
const { name, exports } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
};
const doors = new Map(
  Object.entries(exports).flatMap(([door, to]) => {
    if (typeof to === "string") return [];
    const source = to.default.replace(/^\.\/dist\/(.+)\.js$/, "./src/$1.ts");
    return [[`${name}${door.slice(1)}`, new URL(source, root).href] as const];
  }),
);

registerHooks({ resolve: (specifier, context, next) => next(doors.get(specifier) ?? specifier, context) });
