/** Proof that the import rules of .dependency-cruiser.cjs fire, and that they are the table of docs/house.md. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execPath } from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "windrow-rooms-"));
after(() => rmSync(folder, { recursive: true, force: true }));

type Table = ReadonlyMap<string, ReadonlySet<string>>;

/** The table "room | may import" of docs/house.md: which rooms of src/ each room may import. */
function houseTable(): Table {
  const page = readFileSync(join(root, "docs", "house.md"), "utf8");
  const cells = [...page.split("| room | may import |")[1]!.matchAll(/^\| ([a-z, ]+) \| ([a-z, ]+) \|$/gm)];
  const names = (list: string) => list.split(/, | and /).map((name) => name.trim());
  const rows = cells.flatMap(([, rooms, others]) => names(rooms!).map((room) => [room, others!] as const));
  const all = rows.map(([room]) => room).filter((room) => room !== "viewer");
  const meant = (others: string) => {
    if (others === "nothing") return [];
    return others.startsWith("all but ") ? all.filter((room) => !names(others.slice(8)).includes(room)) : names(others);
  };
  return new Map(rows.map(([room, others]) => [room, new Set(meant(others))]));
}

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

/** Cruises a tree of these files with the project's own configuration. */
function cruise(files: Readonly<Record<string, string>>): { seen: number; violations: readonly Violation[] } {
  const tree = mkdtempSync(join(folder, "tree-"));
  for (const name of [".dependency-cruiser.cjs", "tsconfig.json"]) cpSync(join(root, name), join(tree, name));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  const cruiser = join(root, "node_modules", "dependency-cruiser", "bin", "dependency-cruise.mjs");
  const places = readdirSync(tree, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && entry.name !== "node_modules",
  );
  const args = [
    cruiser,
    "--output-type",
    "json",
    "--config",
    ".dependency-cruiser.cjs",
    ...places.map(({ name }) => name),
  ];
  const { stdout, stderr } = spawnSync(execPath, args, { cwd: tree, encoding: "utf8", maxBuffer: 1 << 28 });
  assert.match(stdout, /^\{/, stderr);
  const { summary } = JSON.parse(stdout) as { summary: { totalCruised: number; violations: readonly Violation[] } };
  return { seen: summary.totalCruised, violations: summary.violations };
}

const table = houseTable();
const rooms = [...table.keys()].filter((room) => room !== "viewer");

test("each room of src/ has a line in the table of docs/house.md", () => {
  const built = readdirSync(join(root, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(
    built.map(({ name }) => name).filter((name) => !table.has(name)),
    [],
  );
});

test("where every room imports every other, exactly what the table does not list is forbidden", () => {
  const place = (room: string) => (room === "viewer" ? "viewer/index.ts" : `src/${room}/index.ts`);
  const files = Object.fromEntries(
    [...table.keys()].map((room) => {
      const others = rooms
        .filter((other) => other !== room)
        .map((other) => `import "${room === "viewer" ? "../src" : ".."}/${other}/index.ts";\n`);
      return [place(room), `${others.join("")}export const name = "${room}";\n`];
    }),
  );
  const { seen, violations } = cruise(files);
  assert.equal(seen, table.size);
  const forbidden = violations
    .filter(({ rule }) => rule.name !== "no-circular")
    .map(({ from, to }) => `${from} → ${to}`);
  const expected = [...table].flatMap(([room, may]) =>
    rooms.filter((other) => other !== room && !may.has(other)).map((other) => `${place(room)} → ${place(other)}`),
  );
  assert.deepEqual(forbidden.sort(), expected.sort());
});

/** A rule: files of which the first breaks it, and the module that it may not import. */
const OFFENCES: Readonly<Record<string, readonly [files: Readonly<Record<string, string>>, to: string]>> = {
  "library-without-the-command": [
    { "src/index.ts": 'export { main } from "./cli/main.ts";\n', "src/cli/main.ts": "export const main = 1;\n" },
    "src/cli/main.ts",
  ],
  "viewer-stays-in-the-browser": [
    { "viewer/page.ts": 'import "../src/node/index.ts";\n', "src/node/index.ts": "export const a = 1;\n" },
    "src/node/index.ts",
  ],
  "package-stands-alone": [
    { "src/core/index.ts": 'import "../../test/shared.ts";\n', "test/shared.ts": "export const a = 1;\n" },
    "test/shared.ts",
  ],
  "no-circular": [{ "src/core/a.ts": 'import "./b.ts";\n', "src/core/b.ts": 'import "./a.ts";\n' }, "src/core/b.ts"],
  resolvable: [{ "src/core/a.ts": 'import "./lost.ts";\n' }, "./lost.ts"],
  "format-islands": [
    {
      "src/formats/mds/index.ts": 'import type { P } from "../parquet/index.ts";\nexport type M = P;\n',
      "src/formats/parquet/index.ts": "export type P = 1;\n",
    },
    "src/formats/parquet/index.ts",
  ],
  "domain-islands": [
    {
      "src/domains/ais/index.ts": 'import "../driving/index.ts";\n',
      "src/domains/driving/index.ts": "export const a = 1;\n",
    },
    "src/domains/driving/index.ts",
  ],
  "node-only-in-the-shell": [{ "src/order/a.ts": 'import "node:fs";\n' }, "fs"],
  "core-has-no-dependencies": [
    {
      "src/window/a.ts": 'import "left";\n',
      "node_modules/left/package.json": '{ "name": "left", "version": "1.0.0", "main": "index.js" }\n',
      "node_modules/left/index.js": "",
      "package.json": '{ "dependencies": { "left": "1.0.0" } }\n',
    },
    "node_modules/left/index.js",
  ],
  "no-orphans": [{ "src/core/alone.ts": "export const a = 1;\n" }, "src/core/alone.ts"],
};

for (const [rule, [files, to]] of Object.entries(OFFENCES)) {
  test(`an import that breaks ${rule} is found`, () => {
    const found = cruise(files).violations.filter((violation) => violation.rule.name === rule);
    assert.deepEqual([found[0]?.from, found[0]?.to], [Object.keys(files)[0], to]);
  });
}

test("a test may import any room, and node: modules", () => {
  const { violations } = cruise({
    "src/order/a.test.ts": 'import "node:fs";\nimport "../node/index.ts";\n',
    "src/node/index.ts": 'import "node:fs";\n',
  });
  assert.deepEqual(violations, []);
});
