/** Proof that the lint rules of biome.json and lint/ fire: one small offence for each, and none for what the house allows. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execPath } from "node:process";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "windrow-lint-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const lines = (count: number) => "  work();\n".repeat(count);
const branches = (count: number) => "  if (a) { if (b) work(); }\n".repeat(count);

/** A rule, or the words of a plugin's message: the offence that must set it off. */
const OFFENCES: Readonly<Record<string, readonly [path: string, text: string]>> = {
  "lint/style/noDefaultExport": ["src/core/door.ts", "export default 1;\n"],
  "lint/style/noEnum": ["src/core/cases.ts", "export enum Kind { A }\n"],
  "lint/style/noParameterProperties": ["src/core/shape.ts", "export class A { constructor(readonly a: number) {} }\n"],
  "lint/style/useConsistentTypeDefinitions": ["src/core/alias.ts", "export type A = { readonly a: number };\n"],
  "lint/style/useErrorCause": [
    "src/core/rethrow.ts",
    'export function a() {\n  try { work(); } catch (error) { throw new WindrowError("io", "Cannot"); }\n}\n',
  ],
  "lint/style/useFilenamingConvention": ["src/core/camelCase.ts", "export const a = 1;\n"],
  "lint/style/useImportType": ["src/core/erased.ts", 'import { A } from "./shape.ts";\nexport const a: A = b;\n'],
  "lint/style/useNodejsImportProtocol": [
    "src/node/bare.ts",
    'import { join } from "path";\nexport const a = join("b");\n',
  ],
  "lint/style/useThrowOnlyError": ["src/core/text.ts", 'export function a() {\n  throw "b";\n}\n'],
  "lint/style/noProcessEnv": ["src/core/env.ts", "export const a = process.env;\n"],
  "lint/style/noRestrictedGlobals": ["src/core/bytes.ts", "export const a = Buffer.alloc(1);\n"],
  "lint/style/noExcessiveLinesPerFile": ["src/core/long.ts", "work();\n".repeat(401)],
  "lint/complexity/noExcessiveCognitiveComplexity": [
    "src/core/branches.ts",
    `export function a() {\n${branches(6)}}\n`,
  ],
  "lint/complexity/noExcessiveLinesPerFunction": ["src/core/steps.ts", `export function a() {\n${lines(61)}}\n`],
  "lint/complexity/useMaxParams": [
    "src/core/parameters.ts",
    "export function a(_a: 1, _b: 1, _c: 1, _d: 1, _e: 1) {}\n",
  ],
  "lint/correctness/noNodejsModules": [
    "src/core/files.ts",
    'import { readFileSync } from "node:fs";\nexport const a = readFileSync("b");\n',
  ],
  "lint/correctness/noUndeclaredDependencies": [
    "src/core/checked.ts",
    'import fc from "fast-check";\nexport const a = fc;\n',
  ],
  "lint/correctness/useImportExtensions": ["src/core/short.ts", 'export { A } from "./shape";\n'],
  "lint/nursery/noFloatingPromises": [
    "src/core/floating.ts",
    "async function a(): Promise<void> {}\nexport function b() {\n  a();\n}\n",
  ],
  "lint/nursery/noMisusedPromises": [
    "src/core/misused.ts",
    "async function a(): Promise<boolean> {\n  return true;\n}\nexport function b() {\n  if (a()) work();\n}\n",
  ],
  "lint/nursery/useExhaustiveSwitchCases": [
    "src/core/switch.ts",
    'type Kind = "a" | "b";\nexport function c(kind: Kind) {\n  switch (kind) {\n    case "a":\n      work();\n  }\n}\n',
  ],
  "lint/suspicious/noConsole": ["src/core/print.ts", "console.log(1);\n"],
  "lint/suspicious/noExplicitAny": ["src/core/loose.ts", "export const a: any = 1;\n"],
  "lint/suspicious/noExportsInTest": [
    "src/core/exports.test.ts",
    'import { test } from "node:test";\ntest("a", () => {});\nexport const b = 1;\n',
  ],
  "lint/suspicious/noFocusedTests": [
    "src/core/focus.test.ts",
    'import { test } from "node:test";\ntest.only("a", () => {});\n',
  ],
  "lint/suspicious/noImportCycles": ["src/core/cycle.ts", 'export { b } from "./back.ts";\nexport const a = 1;\n'],
  "lint/suspicious/noSkippedTests": [
    "src/core/skip.test.ts",
    'import { test } from "node:test";\ntest.skip("a", () => {});\n',
  ],
  "lint/suspicious/noTsIgnore": ["src/core/ignore.ts", "// @ts-ignore: why\nexport const a = 1;\n"],
  "Ambient time or chance": [
    "src/order/ambient.ts",
    "export const a = [Math.random(), Date.now(), new Date(), performance.now(), crypto.randomUUID()];\n",
  ],
  "Throw a WindrowError": [
    "src/stores/bare.ts",
    'export const a = (c: unknown) => {\n  if (c) throw new Error("b", { cause: c });\n  throw new RangeError("b");\n};\n',
  ],
};
const AMBIENT_CALLS = 5;
const BARE_ERRORS = 2;

/** What must pass: the same words where the house allows them. */
const ALLOWED: Readonly<Record<string, string>> = {
  "src/core/back.ts": 'import { a } from "./cycle.ts";\nexport const b = 1 + a;\n',
  "src/core/steps.kernel.ts": `export function a(_a: 1, _b: 1, _c: 1, _d: 1, _e: 1, _f: 1, _g: 1, _h: 1) {\n${branches(6)}${lines(140)}}\n`,
  "src/core/table.data.ts": "work();\n".repeat(401),
  "src/core/long.test.ts": `import { test } from "node:test";\ntest("a", () => {\n${lines(61)}});\n`,
  "src/core/date.ts": "export const a = (seconds: number) => new Date(1000 * seconds);\n",
  "src/node/clock.ts": 'import { env } from "node:process";\nexport const a = [Date.now(), Math.random(), env];\n',
  "src/verbs/edge.ts": 'import { argv } from "node:process";\nexport const a = [argv, process.env];\n',
  "src/cli/print.ts": "console.log(Date.now());\n",
  "bench/rate.ts": "console.log(performance.now());\n",
  "scripts/make.ts": 'console.log(Math.random());\nthrow new Error("a");\n',
};

interface Finding {
  readonly category: string;
  readonly message: string;
  readonly location: { readonly path: string };
}

function lintFixture(): readonly Finding[] {
  for (const name of ["biome.json", "lint", ".gitignore", "package.json"]) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  for (const [path, text] of [...Object.values(OFFENCES), ...Object.entries(ALLOWED)]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const biome = join(root, "node_modules", "@biomejs", "biome", "bin", "biome");
  const args = [biome, "lint", "--reporter=json", "--max-diagnostics=none", "src", "bench", "scripts"];
  const { stdout, stderr } = spawnSync(execPath, args, { cwd: folder, encoding: "utf8" });
  assert.match(stdout, /^\{/, stderr);
  return (JSON.parse(stdout) as { diagnostics: readonly Finding[] }).diagnostics;
}

const findings = lintFixture();
const of = (path: string) => findings.filter((finding) => finding.location.path === path);

for (const [rule, [path]] of Object.entries(OFFENCES)) {
  test(`the lint finds what it must: ${rule}`, () => {
    const seen = of(path).map(({ category, message }) => `${category} ${message}`);
    assert.ok(
      seen.some((line) => line.includes(rule)),
      `${path}: ${seen.join("; ") || "nothing found"}`,
    );
  });
}

test("each way to reach ambient time or chance, and each bare error, is found", () => {
  assert.equal(of("src/order/ambient.ts").length, AMBIENT_CALLS);
  assert.equal(of("src/stores/bare.ts").length, BARE_ERRORS);
});

test("what the house allows at the edge, in kernels, in tables and in tests passes", () => {
  const refused = findings.filter(
    ({ location, category }) => location.path in ALLOWED && category !== "lint/suspicious/noImportCycles",
  );
  assert.deepEqual(refused, []);
});
