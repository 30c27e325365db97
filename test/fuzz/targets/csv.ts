/** Text files: their first line, the mending of broken lines, and the numbers of lines. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { AIS_COLUMNS } from "../../../src/domains/ais/index.ts";
import { delimiterOf, roughLines, textLayout } from "../../../src/node/csv-head.ts";
import { lineNumbers, tidyText } from "../../../src/node/tidy-text.ts";
import type { Target } from "../engine.ts";
import { type Mutator, type Parts, pick } from "../mutate.ts";
import { fault, judged, mixed, sameBytes } from "../oracle.ts";

/** Lines of reports in the shapes that are known. */
export const REPORTS: readonly string[] = [
  'MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO\n367000001,2024-01-01T00:00:01,40.1,-70.2,5.5,90,91,SEA,\n367000002,2024-01-01T00:00:02,40,-70,,,511,"A, B",7\n',
  "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,SOG,COG,Name\r\n01/02/2024 00:00:01,Class A,219000001,55.5,12.5,10.1,180,SØR\r\n02/02/2024 00:00:03,Base Station,2190001,55,12,,,\r\n",
  "mmsi;t;lat;lon\n7;1700000000;40,5;-70\n8;1700000001;41;-71.5\n",
  't|lat|lon|mmsi|name\n1700000000|1|2|3|"a ""b"""\n\n1700000001|1|2|3|a"b\n',
  "mmsi\tt\tlat\tlon\n1\t2\t3\t4",
  '\uFEFF"MMSI","Time","Lat","Lng"\r"1","2024-01-01 00:00:00","3","4"\r',
  "7,1700000000,40,-70\n8,1700000001,41,-71\n",
];

/** Words that lines are made of. */
export const CSV_WORDS: readonly string[] = [
  ...'\n|\r\n|\r|,|;|\t|"|""|"""|-|#| |\u0000|\uFEFF|é|\u2028|mmsi|t|lat|lon|sog|cog|BaseDateTime|nan|inf|-0|1e308|1e400'.split(
    "|",
  ),
  ..."0x10|1_000|2024-02-30T00:00:00|2024-01-01T24:00:00|9999999999999999999999|Class A|NULL|null|\\N|NA|,,,,,,,".split(
    "|",
  ),
  "|",
  "x".repeat(65_530),
];

const SHORT_WORDS = CSV_WORDS.filter(({ length }) => length < 100);
const NAMES = ["mmsi", "t", "lat", "lon"];
const folder = mkdtempSync(join(tmpdir(), "windrow-fuzz-csv-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "x.csv");

function linesOf(bytes: Uint8Array): string[] {
  return new TextDecoder("latin1").decode(bytes).split(/\r\n|\n|\r/);
}

/** The tidied bytes, and what must hold of them. */
function tidied(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly isCopy: boolean } {
  const { file, isCopy, hasQuotes } = tidyText({ path, name: "x.csv" }, folder);
  const tidy = new Uint8Array(readFileSync(file.path));
  if (isCopy) rmSync(file.path);
  else if (tidy.length !== bytes.length) fault("a tidy file changed");
  if (tidy.includes(0x0d)) fault("a tidy file has a carriage return");
  if (!hasQuotes && tidy.includes(0x22)) fault("a file that is said to have no quotes has one");
  if (linesOf(tidy).length !== linesOf(bytes).length) fault("a tidied file has other lines");
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(tidy);
  } catch {
    fault("a tidy file is no UTF-8");
  }
  return { bytes: tidy, isCopy };
}

/** The numbers of the lines that are not empty, as a plain loop finds them. */
function plainNumbers(tidy: Uint8Array): number[] {
  return new TextDecoder("latin1")
    .decode(tidy)
    .split("\n")
    .flatMap((line, index) => (line === "" ? [] : [index + 1]));
}

async function read(parts: Parts): Promise<string> {
  const bytes = parts["x.csv"]!;
  writeFileSync(path, bytes);
  const plain = { path, name: "x.csv" };
  const delimiter = delimiterOf(plain);
  if (!(roughLines(path) >= 1)) fault("a file of no lines");
  const { bytes: tidy, isCopy } = tidied(bytes);
  writeFileSync(path, tidy);
  const numbers = plainNumbers(tidy);
  const found = lineNumbers(path, [...numbers.keys()], new Set());
  if (found.join() !== numbers.join()) fault("numbers of lines are others");
  if (isCopy && delimiterOf(plain) === delimiter) {
    const again = tidied(tidy);
    if (!sameBytes(again.bytes, tidy)) fault("a tidied file is not tidy");
  }
  let digest = mixed(0, tidy);
  const names = bytes.length % 2 === 0 ? NAMES : undefined;
  const { width, places, header } = textLayout(plain, AIS_COLUMNS, names);
  const at = [...places.values()];
  if (at.some((place) => !(place >= 0 && place < width))) fault("a column outside of the line");
  if (new Set(at).size !== at.length) fault("two columns at one place");
  digest = mixed(digest, new TextEncoder().encode(JSON.stringify([width, header, [...places]])));
  return String(digest);
}

/** Puts words of CSV where a cell or a line begins. */
export const cells: Mutator = (parts, { rng }) => {
  const text = new TextDecoder("latin1").decode(parts["x.csv"]);
  const edges = [...text.matchAll(/[,;\t|\r\n]|$/g)].map(({ index }) => index);
  const at = pick(rng, edges);
  const out = text.slice(0, at) + pick(rng, SHORT_WORDS) + text.slice(at + rng.int(2));
  return { "x.csv": Uint8Array.from(out, (letter) => letter.charCodeAt(0)) };
};

/** Seeds of text files. */
export function csvSeeds(): Parts[] {
  const seeds = REPORTS.map((text) => ({ "x.csv": new TextEncoder().encode(text) }));
  const latin = Uint8Array.from(REPORTS[1]!, (letter) => letter.charCodeAt(0));
  return [...seeds, { "x.csv": latin }];
}

/** The first line, the mending and the numbers of lines of text files. */
export async function csvTarget(): Promise<Target> {
  return {
    seeds: csvSeeds(),
    dictionary: CSV_WORDS.map((word) => new TextEncoder().encode(word)),
    mutators: [cells],
    judge: (parts) => judged(() => read(parts), /x\.csv/),
  };
}
