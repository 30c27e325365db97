/** NMEA logs end to end: other decoders' answers, and datasets that are those of the same reports in a table. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { materializeAis } from "../src/verbs/ais/materialize.ts";
import type { MaterializeAisOptions } from "../src/verbs/ais/options.ts";
import { fileHashes, indexRows, SMALL, subFolder, testFolder } from "./ais-dataset.ts";
import type { NmeaRow } from "./nmea-decoded.ts";
import { positionBits, sentences, timeBits } from "./nmea-encoder.ts";
import { decodedLog, type FleetLog, fleetLog } from "./nmea-log.ts";
import { needShared } from "./shared.ts";
import { zipOf } from "./zip.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const linesOf = (path: string) => readFileSync(path, "utf8").split(/\r?\n/);
const sum = (counts: object) => Object.values(counts as Record<string, number>).reduce((all, n) => all + n, 0);
const POSITIONS = [1, 2, 3, 18, 19, 27];

/** A message of gpsd's, in whole units or scaled to degrees and knots as float32. */
interface GpsdMessage {
  readonly class: string;
  readonly type: number;
  readonly mmsi: number;
  readonly scaled: boolean;
  readonly lat: number;
  readonly lon: number;
  readonly speed: number;
  readonly course: number;
  readonly heading?: number;
  readonly second?: number;
  readonly shipname?: string;
  readonly shiptype?: number;
}

/** How many messages of each type there are. */
function typeCounts(messages: readonly { readonly type: number }[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { type } of messages) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

/** The same of what was decoded: positions by type, and the others by their reasons. */
function decodedCounts({ rows, dropped }: ReturnType<typeof decodedLog>): Record<number, number> {
  const counts = typeCounts(rows.map((row) => ({ type: row.msg_type })));
  const types: Readonly<Record<string, number>> = { base_station: 4, sar_aircraft: 9, aton: 21 };
  for (const [reason, count] of Object.entries(dropped)) counts[types[reason] ?? Number(reason.slice(5))] = count;
  return counts;
}

/** Fields in the message's own units. */
function unscaled({ msg_type, mmsi, lat, lon, sog, cog, heading }: NmeaRow) {
  return [msg_type, mmsi, lat * 6e5, lon * 6e5, sog * 10, cog * 10, heading].map(Math.round);
}

describe("other decoders' answers", () => {
  test("pyais's vectors", (t) => {
    const vectors = needShared(t, "vectors", "ais_nmea_decode.jsonl");
    if (vectors === undefined) return;
    let positions = 0;
    for (const line of linesOf(vectors).filter(Boolean)) {
      const { nmea, decoded } = JSON.parse(line);
      const { rows } = decodedLog(bytesOf(nmea));
      if (!POSITIONS.includes(decoded.msg_type)) continue;
      positions += 1;
      const { msg_type, mmsi, lat, lon, sog, cog, heading } = rows[0]!;
      const ours = { msg_type, mmsi, lat: lat.toFixed(6), lon: lon.toFixed(6), speed: sog, course: cog, heading };
      const { speed, course } = decoded;
      assert.deepEqual(ours, {
        msg_type: decoded.msg_type,
        mmsi: decoded.mmsi,
        lat: decoded.lat.toFixed(6),
        lon: decoded.lon.toFixed(6),
        speed,
        course,
        heading: decoded.heading,
      });
    }
    assert.equal(positions, 4);
  });

  for (const name of ["ais-nmea.log", "ais-raw-messages.log"]) {
    test(`gpsd's of ${name}`, (t) => {
      const log = needShared(t, "data", "ais", "gpsd", name);
      const check = needShared(t, "data", "ais", "gpsd", `${name}.chk`);
      if (log === undefined || check === undefined) return;
      // gpsd repeats its last answer with later sentences: only one right behind an AIS sentence is that sentence's.
      const lines = linesOf(check);
      const messages = lines.flatMap((line, i): GpsdMessage[] => {
        if (!line.startsWith('{"class":"AIS"') || !lines[i - 1]?.startsWith("!AIVDM")) return [];
        return [JSON.parse(line)];
      });
      const found = decodedLog(readFileSync(log));
      const theirs = messages.filter(({ type }) => POSITIONS.includes(type));
      assert.ok(theirs.length > 80);
      assert.deepEqual(
        found.rows.map(unscaled),
        theirs.map((each) => [each.type, each.mmsi, each.lat, each.lon, each.speed, each.course, each.heading]),
      );
      // gpsd keeps a part A of type 24 back until part B comes, and then tells both at once.
      const { 24: ours24 = 0, ...ours } = decodedCounts(found);
      const { 24: theirs24 = 0, ...others } = typeCounts(messages);
      assert.deepEqual(ours, others);
      assert.ok(ours24 >= theirs24);
      const named = messages.filter(({ type, shipname }) => type === 5 && shipname !== "");
      const facts = new Map(found.facts.map(({ mmsi, texts }) => [mmsi, texts]));
      assert.ok(named.length > 3);
      for (const { mmsi, shipname, shiptype } of named) {
        const { vessel_name, vessel_type } = facts.get(mmsi)!;
        assert.deepEqual([vessel_name, vessel_type], [shipname, shiptype === 0 ? "" : String(shiptype)]);
      }
    });
  }

  test("libais's of one message of each type, whose times stand behind", (t) => {
    const log = needShared(t, "data", "ais", "libais_typeexamples.nmea");
    const answers = needShared(t, "data", "ais", "libais_typeexamples.json");
    if (log === undefined || answers === undefined) return;
    const messages = linesOf(answers)
      .filter(Boolean)
      .map((line): GpsdMessage => JSON.parse(line));
    const found = decodedLog(readFileSync(log));
    const theirs = messages.filter(({ type }) => POSITIONS.includes(type));
    const values = (row: NmeaRow) => [row.msg_type, row.mmsi, row.lat, row.lon, row.sog, row.cog];
    const answered = theirs.map((each) => [each.type, each.mmsi, each.lat, each.lon, each.speed, each.course]);
    // libais divides in float32, which is off by one in the last place at times; gpsd's answers are exact.
    for (const [i, row] of found.rows.entries()) {
      for (const [place, value] of values(row).entries()) {
        const wanted = answered[i]![place]!;
        assert.ok(Math.abs(value - wanted) <= (place < 2 ? 0 : 2 ** -23 * Math.abs(wanted)), `${value}, not ${wanted}`);
      }
    }
    assert.equal(found.rows.length, theirs.length);
    assert.equal(theirs.length, 5);
    const { 11: responses, ...counts } = typeCounts(messages);
    assert.deepEqual(decodedCounts(found), { ...counts, 4: 1 + responses! });
    assert.deepEqual(found.noted, {}, "every position has a receive time");
    assert.equal(found.rows[0]!.t, 1_325_394_060);
  });

  test("the sample of pyais: a hundred empty payloads, twenty messages whose second sentence is not there", (t) => {
    const log = needShared(t, "data", "ais", "pyais_nmea_data_sample.txt");
    if (log === undefined) return;
    const { positions, dropped } = decodedLog(readFileSync(log));
    assert.equal(positions + sum(dropped), 898);
    assert.deepEqual([dropped["empty_payload"], dropped["incomplete"]], [100, 20]);
  });
});

/** What a dataset's files are, but for the manifest, which names the input. */
function filesOf(out: string): Record<string, string> {
  const { "manifest.json": _, ...files } = fileHashes(out);
  return files;
}

describe("a dataset of a log", () => {
  let folder = "";
  let fleet: FleetLog;
  let expected: Record<string, string> = {};
  let table: Awaited<ReturnType<typeof materializeAis>>;
  const run = (input: string | readonly string[], out: string, more: Partial<MaterializeAisOptions> = {}) =>
    materializeAis({ ...SMALL, inputs: [input].flat(), out: join(folder, out), ...more });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "windrow-nmea-"));
    fleet = fleetLog(folder, 11);
    // The same name: the index has it.
    writeFileSync(join(subFolder(folder, "table"), "reports"), fleet.csv);
    writeFileSync(join(subFolder(folder, "log"), "reports"), fleet.log);
    table = await run(join(folder, "table", "reports"), "from-table");
    expected = filesOf(join(folder, "from-table"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("is, byte for byte, that of a table with the same reports", async () => {
    const { manifest } = await run(join(folder, "log", "reports"), "from-log");
    assert.deepEqual(filesOf(join(folder, "from-log")), expected);
    const { input, kept, dropped, noted } = manifest.ledger;
    const { ledger } = table.manifest;
    const others = input - ledger.input;
    assert.equal(kept, ledger.kept);
    assert.equal(input, kept + sum(dropped));
    const { base_station = 0, type_5 = 0, type_24 = 0, empty_payload = 0, ...rest } = dropped;
    const { base_station: stations = 0, ...tables } = ledger.dropped;
    assert.deepEqual(rest, tables);
    assert.equal(base_station - stations + type_5 + type_24 + empty_payload, others);
    assert.equal(empty_payload, noted["other_sentences"]);
    assert.equal(noted["comment_lines"], 1);
    assert.equal(fleet.positions, ledger.input);
  });

  test("is the same of packed logs", async () => {
    const packed = {
      gz: gzipSync(fleet.log),
      zst: zstdCompressSync(fleet.log),
      zip: zipOf([
        { name: "notes.log", bytes: bytesOf("all is well\n") },
        { name: "reports.nmea", bytes: bytesOf(fleet.log) },
      ]),
    };
    for (const [name, bytes] of Object.entries(packed)) {
      writeFileSync(join(subFolder(folder, name), "reports"), bytes);
      await run(join(folder, name, "reports"), `from-${name}`);
      assert.deepEqual(filesOf(join(folder, `from-${name}`)), expected, name);
    }
  });

  test("does not go by the order of files, or by the number of workers", async () => {
    const lines = fleet.log.split("\n");
    const halves = [lines.slice(0, lines.length >> 1), lines.slice(lines.length >> 1)];
    const paths = halves.map((half, i) => {
      const path = join(folder, `half-${i}.nmea`);
      writeFileSync(path, half.join("\n"));
      return path;
    });
    await run(paths, "forth");
    await run(paths.toReversed(), "back", { workers: 2 });
    assert.deepEqual(fileHashes(join(folder, "back")), fileHashes(join(folder, "forth")));
  });

  test("takes logs and tables together from a folder, and passes over what is neither", async (t) => {
    const mixed = testFolder(t);
    const lines = fleet.log.split("\r\n");
    const rows = fleet.csv.split("\n");
    const [header = ""] = rows;
    // The reports that the table has no more are those of the log's first half.
    const cut = lines.findIndex((_, i) => i > lines.length / 2);
    const reports = decodedLog(bytesOf(lines.slice(0, cut).join("\n"))).positions;
    writeFileSync(join(mixed, "a.log"), lines.slice(0, cut).join("\r\n"));
    writeFileSync(join(mixed, "b.csv"), [header, ...rows.slice(1 + reports)].join("\n"));
    writeFileSync(join(mixed, "c.txt"), "a shopping list\n");
    writeFileSync(join(mixed, "d.log"), "started\nstopped\n");
    const { manifest } = await run(mixed, "from-mixed");
    // The cast: the verb writes this list itself.
    const { inputs } = manifest.about as unknown as { readonly inputs: readonly { readonly name: string }[] };
    assert.deepEqual(inputs.map(({ name }) => name).sort(), ["a.log", "b.csv"]);
    assert.equal(manifest.ledger.kept, table.manifest.ledger.kept);
    const samples = (files: Record<string, string>) => Object.entries(files).filter(([name]) => /worker_/.test(name));
    assert.deepEqual(samples(filesOf(join(folder, "from-mixed"))), samples(expected));
  });

  test("knows vessels by what they said of themselves", async () => {
    await run(join(folder, "log", "reports"), "cargo", { vesselType: "70" });
    const rows = await indexRows(join(folder, "cargo"));
    assert.ok(rows.length > 0);
    for (const row of rows) {
      assert.deepEqual([row["vessel_type"], row["vessel_name"]], ["70", `SHIP ${row["entity"]}`]);
      assert.deepEqual([row["length"], row["width"], row["draft"]], ["100", "11", "5.5"]);
    }
  });
});

describe("a log without receive times", () => {
  const fix = { type: 1, lat: 33_000_000, lon: 6_000_000, sog: 100, cog: 0, heading: 0 } as const;
  const START = 1_700_000_040;
  /** A ship's positions, ten seconds apart. */
  const lines = Array.from(
    { length: 200 },
    (_, i) => sentences(positionBits({ ...fix, mmsi: 219000123, lat: fix.lat + i * 30, second: (10 * i) % 60 }))[0]!,
  );
  const options = { ...SMALL, val: 0 };

  test("has no position that counts, unless a base station or the user tells the time", async (t) => {
    const folder = testFolder(t);
    const path = join(folder, "a.nmea");
    writeFileSync(path, lines.join("\n"));
    await assert.rejects(materializeAis({ ...options, inputs: [path], out: join(folder, "none") }), {
      code: "empty",
      message: /all 200 rows were dropped \(200 no_time\); --start-time /,
    });
    const out = join(folder, "started");
    const { manifest } = await materializeAis({ ...options, inputs: [path], out, startTime: START });
    assert.deepEqual(manifest.ledger.noted["clock_times"], 200);
    const [first] = await indexRows(out);
    assert.ok(first !== undefined && (first["t_start"] as number) >= START);
    writeFileSync(path, [sentences(timeBits(2_190_001, START))[0], ...lines].join("\n"));
    const told = await materializeAis({ ...options, inputs: [path], out: join(folder, "told") });
    const { "index.parquet": _, ...files } = filesOf(join(folder, "told"));
    const { "index.parquet": __, ...others } = filesOf(out);
    assert.deepEqual([files, told.manifest.ledger.dropped], [others, { base_station: 1 }]);
  });

  test("is added to only with the same start", async (t) => {
    const folder = testFolder(t);
    const path = join(folder, "a.nmea");
    writeFileSync(path, lines.join("\n"));
    const out = join(folder, "out");
    await materializeAis({ ...options, inputs: [path], out, startTime: START });
    writeFileSync(join(folder, "b.nmea"), lines.slice(1).join("\n"));
    const more = { ...options, inputs: [join(folder, "b.nmea")], out, existing: "append" } as const;
    for (const startTime of [{ startTime: START + 1 }, {}])
      await assert.rejects(materializeAis({ ...more, ...startTime }), {
        code: "exists",
        message: /another start time/,
      });
  });

  test("starts at a time, and at nothing else", async () => {
    const inputs = { inputs: ["a.nmea"], out: "out" };
    for (const startTime of [Number.NaN, -1, 1e3 * START])
      await assert.rejects(materializeAis({ ...inputs, startTime }), {
        code: "usage",
        message: /--start-time .*seconds/,
      });
  });
});

describe("the standard input", () => {
  const BIN = fileURLToPath(new URL("../bin/windrow.js", import.meta.url));
  const small = ["--window", "64", "--input-length", "16", "--stride", "16", "--val", "0.3", "--workers", "1"];

  test("is an input like any other, and nothing of it is left", (t) => {
    const folder = testFolder(t);
    const temp = subFolder(folder, "temp");
    const { log } = fleetLog(folder, 12);
    const windrow = (input: string, ...args: readonly string[]) =>
      spawnSync(process.execPath, [BIN, "materialize", "ais", ...args, ...small, "--json"], {
        input,
        encoding: "utf8",
        cwd: folder,
        env: { ...process.env, TMPDIR: temp },
      });
    const piped = windrow(log, "-", "--out", "piped");
    assert.equal(piped.status, 0, piped.stderr);
    writeFileSync(join(folder, "stdin"), log);
    assert.equal(windrow("", "stdin", "--out", "read").status, 0);
    assert.deepEqual(fileHashes(join(folder, "piped")), fileHashes(join(folder, "read")));
    assert.equal(JSON.parse(windrow(log, "-", "--out", "piped").stdout).was_there, true);
    const again = windrow(log, "-", "-", "--out", "twice");
    assert.deepEqual([again.status, /more than once/.test(again.stderr)], [2, true]);
    const empty = windrow("", "-", "--out", "empty");
    assert.deepEqual([empty.status, /is empty/.test(empty.stderr)], [3, true], empty.stderr);
    assert.deepEqual(
      readdirSync(temp).filter((name) => name.startsWith("windrow-")),
      [],
    );
  });
});
