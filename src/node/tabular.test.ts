/** Reading of CSV and Parquet: every row a row or a bad one with its line, whatever stands in it. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { AIS_COLUMNS } from "../domains/ais/index.ts";
import { Duck } from "./duckdb.ts";
import { findInputs } from "./inputs.ts";
import { KeyNumbers } from "./key-numbers.ts";
import { LatestTexts } from "./latest-texts.ts";
import { type BadRow, type RowSink, Tabular, type TabularCounts } from "./tabular.ts";

const NUMBERS = ["mmsi", "t", "lat", "lon", "sog", "cog"] as const;
type Row = Readonly<Record<(typeof NUMBERS)[number] | "file", number>>;

interface Read {
  readonly rows: readonly Row[];
  readonly counts: TabularCounts;
  readonly texts: ReadonlyMap<number, Readonly<Record<string, string>>>;
}

/** Reads files, given as names with their content or as paths of files that are there. */
async function read(
  t: TestContext,
  files: Readonly<Record<string, string | Uint8Array>>,
  columns?: string,
): Promise<Read> {
  const folder = mkdtempSync(join(tmpdir(), "windrow-tabular-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const paths = Object.entries(files).map(([name, content]) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  });
  return readPaths(paths, join(folder, "work"), columns);
}

async function readPaths(paths: readonly string[], folder: string, columns?: string): Promise<Read> {
  await using table = await Tabular.open({
    folder,
    memoryBytes: 2 ** 28,
    threads: 2,
    columns: AIS_COLUMNS,
    ...(columns === undefined ? {} : { names: columns.split(",") }),
  });
  const rows: Row[] = [];
  const keys = new KeyNumbers();
  const texts = new LatestTexts();
  const sink: RowSink = {
    take(chunk) {
      const { length, columns: read, bad, file } = chunk;
      texts.take(chunk, read["t"]!, keys.of(Float64Array.from(read["mmsi"]!), bad, length));
      for (let i = 0; i < length; i++) {
        if (bad[i] !== 0) continue;
        const value = (name: string) => [name, read[name]?.[i] ?? Number.NaN] as const;
        rows.push({ file, ...Object.fromEntries(NUMBERS.map(value)) } as Row);
      }
    },
    part(fraction) {
      assert.ok(fraction > 0 && fraction <= 1);
    },
  };
  for (const input of findInputs(paths)) await table.import(input, sink);
  const absent = NUMBERS.filter((name) => !table.present.has(name));
  for (const row of rows) for (const name of absent) Reflect.deleteProperty(row, name);
  const names = AIS_COLUMNS.filter((column) => column.kind === "text").map((column) => column.name);
  return { rows, counts: table.counts, texts: texts.byKey(keys, names) };
}

const HEADER = "MMSI,BaseDateTime,LAT,LON,SOG,COG";
const GOOD = "367000001,2024-01-01T00:00:01,40,-70,5,90";
const lines = (...rows: readonly string[]) => `${[HEADER, ...rows].join("\n")}\n`;
const places = (bad: readonly BadRow[]) => bad.map(({ line }) => line);
/** 2024-01-01T00:00:00Z. */
const NEW_YEAR = 1_704_067_200;

/** Epoch seconds of a time as a file writes it; undefined for one that is none. */
async function times(t: TestContext, written: readonly string[]): Promise<(number | undefined)[]> {
  const { rows } = await read(t, {
    "a.csv": lines(...written.map((text, i) => `${200000001 + i},${text},40,-70,5,90`)),
  });
  const byShip = new Map(rows.map((row) => [row.mmsi, row.t]));
  return written.map((_, i) => byShip.get(200000001 + i));
}

test("rows come as they stand, with any line ends, a byte order mark and no end of the last line", async (t) => {
  const text = lines(GOOD, GOOD.replace("40", "41"));
  const variants = [
    text,
    `\uFEFF${text}`,
    text.replaceAll("\n", "\r\n"),
    text.trimEnd(),
    text.replace("\n", "\r\n"),
    text.replaceAll("\n", "\r"),
    text.replace(GOOD, `${GOOD}\r`),
  ];
  for (const variant of variants) {
    const { rows, counts } = await read(t, { "a.csv": variant });
    assert.deepEqual(counts, { rows: 2, bad: 0, examples: [] });
    const expected = { file: 0, mmsi: 367000001, t: NEW_YEAR + 1, lon: -70, sog: 5, cog: 90 };
    assert.deepEqual(rows, [
      { ...expected, lat: 40 },
      { ...expected, lat: 41 },
    ]);
  }
});

test("times are UTC where they name no zone, at their offset where they do", async (t) => {
  const at = NEW_YEAR + 1;
  const written: readonly (readonly [string, number | undefined])[] = [
    ["2024-01-01T00:00:01", at],
    ["2024-01-01 00:00:01", at],
    ["2024-01-01T00:00:01Z", at],
    ["2024-01-01T00:00:01.5", at + 0.5],
    ["2024-01-01T02:00:01+02:00", at],
    ["2023-12-31T23:30:01-00:30", at],
    ["2024-01-01T02:00:01+02", at],
    [String(at), at],
    [`${at}.25`, at + 0.25],
    ["2024-02-30T00:00:00", undefined],
    ["2024-13-01T00:00:00", undefined],
    ["2024-01-01T25:00:00", undefined],
    ["15/02/2023 00:00:00", undefined],
    ["02/15/2023 00:00:00", undefined],
    ["", undefined],
    ["now", undefined],
    ["inf", undefined],
    ["nan", undefined],
    ["yesterday", undefined],
  ];
  assert.deepEqual(
    await times(
      t,
      written.map(([text]) => text),
    ),
    written.map(([, expected]) => expected),
  );
});

test("23:59:60 is the second that follows, and no other minute has sixty-one", async (t) => {
  const leap = 1_483_228_800; // 2017-01-01T00:00:00Z
  const written = [
    "2016-12-31T23:59:60",
    "2016-12-31 23:59:60",
    "2016-12-31T23:59:60Z",
    "2016-12-31T23:59:60.5",
    "2016-12-31T12:30:60",
  ];
  assert.deepEqual(await times(t, written), [leap, leap, leap, leap + 0.5, undefined]);
});

test("day comes first in the Danish authority's files, and only there", async (t) => {
  const header = "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,SOG,COG\n";
  const row = (time: string, mobile = "Class A") => `${time},${mobile},219000001,55.1,10.1,5.0,90.0\n`;
  const text =
    header +
    row("01/02/2023 00:00:00") +
    row("31/12/2016 23:59:60") +
    row("2023-02-01 00:00:00") +
    row("13/13/2023 00:00:00");
  const { rows, counts } = await read(t, { "dk.csv": text });
  assert.deepEqual(
    rows.map((each) => each.t),
    [1_675_209_600, 1_483_228_800, 1_675_209_600],
  );
  assert.deepEqual([counts.rows, counts.bad, places(counts.examples)], [4, 1, [5]]);
});

test("empty cells and NaN are missing, what is no number makes the row bad", async (t) => {
  const sog = (text: string) => GOOD.replace(",5,", `,${text},`);
  const missing = ["", "NaN", "nan", " "].map(sog);
  const numbers = ["5", " 5 ", "+5", "5.", '"5"', "5e0"].map(sog);
  const none = ["-", "five", "1;5", "0x10", "inf", "-Infinity", "1e999"].map(sog);
  const { rows, counts } = await read(t, { "a.csv": lines(...missing, ...numbers, ...none) });
  assert.deepEqual(
    rows.map((row) => row.sog),
    [...missing.map(() => Number.NaN), ...numbers.map(() => 5)],
  );
  assert.equal(counts.bad, none.length);
  assert.equal(counts.rows, missing.length + numbers.length + none.length);
});

test("numbers keep every digit, and a ship's number its value with leading zeros", async (t) => {
  const { rows } = await read(t, {
    "a.csv": lines("002190010,2024-01-01T00:00:01,40.1234567890123,-70,60.000001,359.999999"),
  });
  assert.deepEqual(
    [rows[0]?.mmsi, rows[0]?.lat, rows[0]?.sog, rows[0]?.cog],
    [2190010, 40.1234567890123, 60.000001, 359.999999],
  );
});

test("a decimal comma is no number, with any delimiter", async (t) => {
  const text = "mmsi;t;lat;lon\n219000001;1700000000;55,5;10\n219000001;1700000001;55.5;10\n";
  const { rows, counts } = await read(t, { "a.csv": text });
  assert.deepEqual([rows.length, counts.bad, places(counts.examples)], [1, 1, [2]]);
});

test("bad lines are counted once each and told by their numbers, behind empty lines too", async (t) => {
  const bad = GOOD.replace("2024", "year");
  const text = lines(GOOD, "", bad, "1,2", "", GOOD, `${GOOD},7,8`, "x,y,z,u,v,w", GOOD);
  const { rows, counts } = await read(t, { "a.csv": text });
  assert.equal(rows.length, 3);
  assert.deepEqual([counts.rows, counts.bad, places(counts.examples)], [7, 4, [4, 5, 8, 9]]);
  for (const { file, why } of counts.examples) assert.ok(file === "a.csv" && why.length > 3 && !why.includes("\n"));
});

test("of many bad lines all are counted and the first few told", async (t) => {
  const bad = Array.from({ length: 3000 }, (_, i) => (i % 2 === 0 ? "1,2" : GOOD.replace("40", "north")));
  const { counts } = await read(t, { "a.csv": lines(...bad), "b.csv": lines("1,2") });
  assert.deepEqual([counts.rows, counts.bad], [3001, 3001]);
  assert.deepEqual(places(counts.examples), [2, 3, 4, 5, 6, 2]);
});

test("a quote that is not closed spoils its own line at most", async (t) => {
  const named = (name: string) => `367000001,2024-01-01T00:00:01,40,-70,${name}`;
  const rows = Array.from({ length: 60_000 }, (_, i) => named(`SHIP ${i}`));
  rows[10] = named('"QUEEN');
  rows[50_000] = named('KING"');
  rows[50_001] = named('"A, B"');
  rows[50_002] = named('"SAY ""HI"""');
  const { counts, rows: good } = await read(t, {
    "a.csv": `MMSI,BaseDateTime,LAT,LON,VesselName\n${rows.join("\n")}\n`,
  });
  assert.equal(counts.rows, rows.length);
  assert.ok(counts.bad <= 2 && good.length === rows.length - counts.bad);
});

test("any lines are rows or bad ones, none is lost", async (t) => {
  const cell = fc.oneof(
    fc.constantFrom("5", "", '"', '""', '"a', 'a"', '"a"', '"a,b"', "é", "\t", " ", "\u0001", "-", "'", '"a"b', '""a"'),
    fc.string({ maxLength: 4, unit: fc.constantFrom('"', ",", "a", " ", ";") }),
  );
  const line = fc
    .array(cell, { minLength: 1, maxLength: 4 })
    .map((cells) => `367000001,${NEW_YEAR},40,-70,${cells.join(",")}`);
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 30 }), async (any) => {
      const text = `mmsi,t,lat,lon,VesselName\n${any.join("\n")}\n`;
      const { counts, rows } = await read(t, { "a.csv": text });
      assert.equal(counts.rows, any.length);
      assert.equal(rows.length + counts.bad, any.length);
      assert.ok(counts.examples.every((bad) => bad.line >= 2 && bad.line <= any.length + 1));
    }),
    { numRuns: 40 },
  );
});

test("a name in Latin-1 does not cost its row", async (t) => {
  const text = `MMSI,BaseDateTime,LAT,LON,VesselName\n367000001,2024-01-01T00:00:01,40,-70,S\u00f8rine\n`;
  const { counts, texts } = await read(t, { "a.csv": Uint8Array.from(text, (char) => char.charCodeAt(0)) });
  assert.deepEqual([counts.rows, counts.bad], [1, 0]);
  assert.equal(texts.get(367000001)?.["vessel_name"], "S\u00f8rine");
});

test("a line longer than any buffer, and NUL bytes, cost their own line", async (t) => {
  const { counts } = await read(t, {
    "a.csv": lines(GOOD, "x".repeat(3_000_000), ...new Array<string>(2000).fill(GOOD), "\0\0,,,,,", GOOD),
  });
  assert.deepEqual([counts.rows, counts.bad], [2004, 2]);
});

test("columns that only some files have are missing in the others, and files are numbered", async (t) => {
  const { rows } = await read(t, { "a.csv": "mmsi,t,lat,lon\n1,2,3,4\n", "b.csv": "lon,lat,SOG,t,mmsi\n4,3,9,2,1\n" });
  assert.deepEqual(
    rows.map(({ file, lat, sog }) => [file, lat, sog]),
    [
      [0, 3, Number.NaN],
      [1, 3, 9],
    ],
  );
});

test("names of columns serve files without a header beside files with one", async (t) => {
  const files = { "a.csv": "7,1700000000,40,-70\n", "b.csv": "lat,lon,t,mmsi\n41,-71,1700000001,8\n" };
  const { rows } = await read(t, files, "mmsi,t,lat,lon");
  assert.deepEqual(
    rows.map(({ mmsi, lat }) => [mmsi, lat]),
    [
      [7, 40],
      [8, 41],
    ],
  );
});

test("a file's name may hold anything", async (t) => {
  for (const name of ["a*b.csv", "a?.csv", "[ab].csv", "it's.csv", "{a,b}.csv", "a b;--.csv", "ü\u2603.csv"]) {
    const { counts } = await read(t, { [name]: lines(GOOD, "x") });
    assert.deepEqual([counts.rows, counts.examples[0]?.file], [2, name]);
  }
});

test("rows of many chunks come in the order of their files", async (t) => {
  const times = Array.from({ length: 50_000 }, (_, i) => (i * 7919) % 50_021);
  const file = `mmsi,t,lat,lon\n${times.map((time, i) => `${1 + (i % 3)},${time},1,2`).join("\n")}\n`;
  const { rows } = await read(t, { "a.csv": file, "b.csv": file });
  assert.deepEqual(
    rows.map((row) => row.t),
    [...times, ...times],
  );
});

test("what a ship says of itself is what it said last; of one time the larger text", async (t) => {
  const row = (time: number, name: string, type: string) => `1,${time},3,4,${name},${type}`;
  const text = [
    "mmsi,t,lat,lon,VesselName,VesselType",
    row(5, "LATE", "70"),
    row(3, "EARLY", "60"),
    row(5, "LATER", "60"),
    "2,1,3,4,,",
  ];
  const { texts } = await read(t, { "a.csv": `${text.join("\n")}\n` });
  assert.equal(texts.get(1)?.["vessel_name"], "LATE");
  assert.equal(texts.get(1)?.["vessel_type"], "70");
  assert.equal(texts.get(2)?.["vessel_name"], "");
});

/** A Parquet file of what a query of DuckDB's gives. */
async function parquet(t: TestContext, sql: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "windrow-tabular-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await using duck = await Duck.open({ folder: join(folder, "work"), memoryBytes: 2 ** 28, threads: 1 });
  const path = join(folder, "it's a file.parquet");
  await duck.run(`COPY (${sql}) TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`);
  return path;
}

test("Parquet is read by its columns' names and types, canonical or not", async (t) => {
  const canonical =
    "SELECT 1700000000.5::DOUBLE AS t, 219000001::UINTEGER AS mmsi, 55.5::DOUBLE AS lat, 10::DOUBLE AS lon, 5.5::FLOAT AS sog, NULL::FLOAT AS cog";
  const others = `SELECT TIMESTAMP '2023-11-14 22:13:20.5' AS "Base Date Time", 219000001::BIGINT AS "MMSI", 55.5::FLOAT AS "Latitude", '10' AS "LON", 5.5::DECIMAL(4,1) AS "SOG", NULL AS "COG"`;
  const zoned = `SELECT TIMESTAMPTZ '2023-11-15 00:13:20.5+02' AS "time", '219000001' AS "mmsi", 55.5 AS "lat", 10::TINYINT AS "lon", 5.5 AS sog, 'nan' AS cog`;
  const expected = { file: 0, mmsi: 219000001, t: 1_700_000_000.5, lat: 55.5, lon: 10, sog: 5.5, cog: Number.NaN };
  for (const sql of [canonical, others, zoned]) {
    const path = await parquet(t, sql);
    const { rows, counts } = await readPaths([path], `${path}-work`);
    assert.deepEqual(rows, [expected]);
    assert.deepEqual(counts, { rows: 1, bad: 0, examples: [] });
  }
});

test("rows of Parquet without a ship or a time are bad, told by their number", async (t) => {
  const path = await parquet(
    t,
    "SELECT * FROM (VALUES (1, 2.0, 3.0, 4.0), (NULL, 2, 3, 4), (1, NULL, 3, 4), (1, 'nan'::DOUBLE, 3, 4), (1, 2, NULL, 4)) AS v(mmsi, t, lat, lon)",
  );
  const { rows, counts } = await readPaths([path], `${path}-work`);
  assert.equal(rows.length, 2);
  assert.deepEqual([counts.rows, counts.bad, places(counts.examples)], [5, 3, [2, 3, 4]]);
});

test("Parquet without a column that must be there, or that is damaged, is refused by name", async (t) => {
  const path = await parquet(t, "SELECT 1 AS mmsi, 2 AS t, 3 AS lat");
  await assert.rejects(readPaths([path], `${path}-work`), {
    code: "unsupported",
    message: /it's a file\.parquet.*no column for lon/,
  });
  writeFileSync(path, "PAR1 and then nothing of the kind");
  await assert.rejects(readPaths([path], `${path}-work`), {
    code: "damaged",
    message: /^Cannot read [^\n]*it's a file\.parquet[^\n]*$/,
  });
});

test("nothing is left in the folder", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "windrow-tabular-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "work"));
  writeFileSync(join(folder, "a.csv"), lines(GOOD, '"'));
  await readPaths([join(folder, "a.csv")], join(folder, "work"));
  assert.deepEqual(readdirSync(join(folder, "work")), []);
});
