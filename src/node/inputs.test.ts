/** Finding inputs: files, folders and globs, each file once, and what is no input refused in one line. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { findInputs } from "./inputs.ts";

let folder = "";
const at = (...path: readonly string[]) => join(folder, ...path);
const put = (name: string, bytes: string | readonly number[] = "a,b\n1,2\n") =>
  writeFileSync(at(name), typeof bytes === "string" ? bytes : Uint8Array.from(bytes));
const names = (...patterns: readonly string[]) => findInputs(patterns).map(({ name }) => name);

before(() => {
  folder = mkdtempSync(join(tmpdir(), "windrow-inputs-"));
  mkdirSync(at("data", "deep"), { recursive: true });
  mkdirSync(at("nothing"));
  for (const name of ["data/b.csv", "data/a.csv", "data/deep/c.tsv", "data/notes.md", "data/.hidden.csv"]) put(name);
  put("it's [odd] * ?.csv");
  put("empty.csv", "");
});
after(() => rmSync(folder, { recursive: true, force: true }));

test("a folder stands for the files below it that could be data, by name", () => {
  assert.deepEqual(names(at("data")), ["a.csv", "b.csv", join("deep", "c.tsv")]);
});

test("a glob stands for the files that match it", () => {
  assert.deepEqual(names(at("data", "*.csv")), ["a.csv", "b.csv"]);
  assert.deepEqual(names(at("data", "**", "*.{tsv,md}")), ["c.tsv", "notes.md"]);
});

test("a file whose name looks like a glob is that file", () => {
  assert.deepEqual(names(at("it's [odd] * ?.csv")), ["it's [odd] * ?.csv"]);
});

test("a file is read once, however often and however it is named", () => {
  const path = at("data", "a.csv");
  const spelled = [
    path,
    path,
    relative(".", path),
    `${join(folder, "data", "deep")}/../a.csv`,
    at("data"),
    at("data", "a*"),
  ];
  assert.deepEqual(names(...spelled).sort(), ["a.csv", "b.csv", join("deep", "c.tsv")]);
});

test("a link counts as what it leads to, and one that leads nowhere is passed over", () => {
  mkdirSync(at("links"));
  symlinkSync(at("data", "a.csv"), at("links", "good.csv"));
  symlinkSync(at("absent"), at("links", "bad.csv"));
  assert.deepEqual(names(at("links")), ["good.csv"]);
  assert.deepEqual(names(at("links", "*.csv")), ["good.csv"]);
});

test("what a file is, its first bytes say, not its name", () => {
  const kinds: readonly (readonly [string, readonly number[], string, string])[] = [
    ["one.csv", [0x1f, 0x8b, 8, 0], "text", "gz"],
    ["two.csv", [0x28, 0xb5, 0x2f, 0xfd], "text", "zst"],
    ["three.csv", [0x50, 0x4b, 3, 4], "text", "zip"],
    ["four.csv", [0x50, 0x41, 0x52, 0x31], "parquet", "none"],
    ["five.parquet", [0x61, 0x2c], "text", "none"],
  ];
  for (const [name, bytes, kind, packing] of kinds) {
    put(name, bytes);
    const [found] = findInputs([at(name)]);
    assert.deepEqual([found?.kind, found?.packing, found?.bytes], [kind, packing, bytes.length], name);
  }
});

test("what is not there, is no file or has no byte is refused in one line", () => {
  const wrong: readonly (readonly [string, string])[] = [
    [at("absent.csv"), "missing"],
    [at("absent*.csv"), "missing"],
    [at("nothing"), "missing"],
    [at("data", "a.csv", "below"), "missing"],
    [`${folder}/${"long".repeat(200)}`, "missing"],
    ["/dev/null", "missing"],
    [at("empty.csv"), "empty"],
  ];
  for (const [path, code] of wrong) {
    assert.throws(() => findInputs([path]), { name: "WindrowError", code, message: /^Cannot read [^\n]*$/ }, path);
  }
});

test("a folder also stands for its logs, packed or not, where they begin like one", () => {
  mkdirSync(at("logs"));
  const isLog = (head: Uint8Array) => new TextDecoder().decode(head).startsWith("!AIVDM");
  const lines = "!AIVDM,1,1,,B,,0*25\n".repeat(200_000);
  for (const ending of ["nmea", "ais", "aivdm", "log", "TXT"]) put(`logs/yes.${ending}`, lines.slice(0, 60));
  for (const ending of ["log", "txt", "md"]) put(`logs/no.${ending}`, "some text\n");
  put("logs/other.md", lines.slice(0, 60));
  put("logs/table.csv");
  for (const text of [lines, lines.replaceAll("!", "?")]) {
    const name = text.startsWith("!") ? "yes" : "no";
    writeFileSync(at(`logs/${name}.log.gz`), gzipSync(text));
    writeFileSync(at(`logs/${name}.log.zst`), zstdCompressSync(text));
  }
  // What cannot be looked into is for the reader to refuse.
  put("logs/broken.log.gz", [...gzipSync("a").subarray(0, 10), ...Array<number>(20).fill(255)]);
  put("logs/empty.log", "");
  const found = findInputs([at("logs")], isLog).map(({ name }) => name);
  const endings = ["TXT", "ais", "aivdm", "log", "log.gz", "log.zst", "nmea"];
  assert.deepEqual(found, ["broken.log.gz", "table.csv", ...endings.map((ending) => `yes.${ending}`)]);
});
