/** Text files as DuckDB imports them: every line a row or a bad one, none lost. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { AIS_COLUMNS } from "../../../src/domains/ais/index.ts";
import { textLayout } from "../../../src/node/csv-head.ts";
import { findInputs } from "../../../src/node/inputs.ts";
import { type RowSink, Tabular } from "../../../src/node/tabular.ts";
import { tidyText } from "../../../src/node/tidy-text.ts";
import type { Target } from "../engine.ts";
import type { Parts } from "../mutate.ts";
import { fault, judged, mixed } from "../oracle.ts";
import { CSV_WORDS, cells, csvSeeds } from "./csv.ts";

const folder = mkdtempSync(join(tmpdir(), "windrow-fuzz-tabular-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "x.csv");
const work = join(folder, "work");
mkdirSync(work);

/** Lines that must be rows, good or bad. */
function linesToRead(): number {
  const { file, isCopy } = tidyText({ path, name: "x.csv" }, folder);
  const { header } = textLayout(file, AIS_COLUMNS);
  const lines = new TextDecoder().decode(readFileSync(file.path)).split("\n");
  if (isCopy) rmSync(file.path);
  return lines.filter((line) => line !== "").length - (header ? 1 : 0);
}

async function read(table: Tabular, parts: Parts): Promise<string> {
  writeFileSync(path, parts["x.csv"]!);
  const [input] = await findInputs([path]);
  if (input?.kind !== "text" || input.packing !== "none") return "no text";
  const before = table.counts;
  let digest = 0;
  let good = 0;
  const sink: RowSink = {
    take({ length, bad, columns, texts }) {
      for (let row = 0; row < length; row++) {
        if (bad[row] !== 0) continue;
        good += 1;
        const values = Object.entries(columns).map(([name, data]) => [name, String(data[row])]);
        digest = mixed(digest, new TextEncoder().encode(JSON.stringify([values, texts(row)])));
      }
    },
    part() {},
  };
  await table.import(input, sink);
  const { rows, bad, examples } = table.counts;
  const [newRows, newBad] = [rows - before.rows, bad - before.bad];
  const expected = linesToRead();
  if (newRows !== expected) fault(`a file of ${expected} lines, got ${newRows} rows`);
  if (good !== newRows - newBad) fault(`${newRows} rows of which ${newBad} are bad, got ${good} good ones`);
  for (const { line, why } of examples.slice(before.examples.length))
    if (!(line >= 1) || why === "") fault(`a bad row at line ${line}`);
  return String(mixed(digest, new TextEncoder().encode(JSON.stringify([newRows, newBad]))));
}

/** Tabular's import of one file. */
export async function tabularTarget(): Promise<Target> {
  const table = await Tabular.open({ folder: work, memoryBytes: 2 ** 28, threads: 1, columns: AIS_COLUMNS });
  return {
    seeds: csvSeeds(),
    dictionary: CSV_WORDS.map((word) => new TextEncoder().encode(word)),
    mutators: [cells, cells],
    judge: (parts) => judged(() => read(table, parts), /x\.csv/),
  };
}
