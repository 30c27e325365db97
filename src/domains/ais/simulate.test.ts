/** The simulated fleet: same seed same bytes, and the truth says what each row is. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { WindrowError } from "../../core/index.ts";
import { haversine, KNOT } from "./geodesy.ts";
import { mmsiReason } from "./mmsi.ts";
import { type FleetOptions, simulateFleet } from "./simulate.ts";
import { FLEET_LABELS, type FleetLabel } from "./simulate-faults.ts";

interface Row {
  readonly cells: readonly string[];
  readonly t: number;
  readonly lat: number;
  readonly lon: number;
  readonly label: FleetLabel;
  readonly mmsi: string;
}

function texts(options: FleetOptions): { csv: string; truth: string } {
  let csv = "";
  let truth = "";
  for (const chunk of simulateFleet(options)) {
    csv += chunk.csv;
    truth += chunk.truth;
  }
  return { csv, truth };
}

/** The rows of a fleet with their labels. */
function fleet(options: FleetOptions): Row[] {
  const { csv, truth } = texts(options);
  const [, ...labels] = truth.trimEnd().split("\n");
  const [header, ...lines] = csv.trimEnd().split("\n");
  assert.equal(header?.split(",").length, 17);
  assert.equal(labels.length, lines.length);
  return lines.map((line, i) => {
    const cells = line.replace(/"[^"]*"/, "quoted").split(",");
    const [row, number, mmsi = "", label] = labels[i]!.split(",");
    assert.equal(Number(row), i + 1);
    assert.equal(Number(number), i + 2);
    const leap = cells[1]?.endsWith(":60") ? 1 : 0;
    const t = Date.parse(`${cells[1]?.replace(":60", ":59")}Z`) / 1000 + leap;
    return { cells, t, lat: Number(cells[2]), lon: Number(cells[3]), label: label as FleetLabel, mmsi };
  });
}

/** Rows by the number that sent them, in time order. */
function tracks(rows: readonly Row[]): Row[][] {
  const by = Map.groupBy(rows, (row) => row.mmsi);
  return [...by.values()].map((track) => track.sort((a, b) => a.t - b.t));
}

function knots(a: Row, b: Row): number {
  return haversine(a.lat, a.lon, b.lat, b.lon) / Math.max(1, b.t - a.t) / KNOT;
}

const DIRTY: FleetOptions = { vessels: 12, days: 2, seed: 7, faults: { clash: 0.02, leapSecond: 0.5 } };
const dirty = fleet(DIRTY);
const of = (label: FleetLabel) => dirty.filter((row) => row.label === label);

test("the same seed gives the same bytes, and another one others", () => {
  const small = { vessels: 3, days: 0.1 };
  assert.deepEqual(texts({ ...small, seed: 1 }), texts({ ...small, seed: 1 }));
  assert.notEqual(texts({ ...small, seed: 1 }).csv, texts({ ...small, seed: 2 }).csv);
});

test("a fleet without faults is in time order, all of it ok, and no ship exceeds 40 knots", () => {
  const rows = fleet({ vessels: 10, days: 1, faults: "none" });
  assert.ok(rows.length > 5000);
  assert.ok(rows.every((row) => row.label === "ok"));
  assert.ok(rows.every((row, i) => i === 0 || row.t >= rows[i - 1]!.t));
  for (const track of tracks(rows)) {
    for (let i = 1; i < track.length; i++) {
      assert.ok(track[i]!.t > track[i - 1]!.t);
      assert.ok(knots(track[i - 1]!, track[i]!) < 40);
    }
  }
});

test("the ships sail the same way with and without faults", () => {
  const options = { vessels: 5, days: 1 };
  const clean = new Set(texts({ ...options, faults: "none" }).csv.split("\n"));
  const { csv, truth } = texts(options);
  const labels = truth.split("\n").map((line) => line.split(",")[3]);
  const ok = csv.split("\n").filter((_, i) => labels[i] === "ok");
  assert.ok(ok.length > 1000);
  for (const line of ok) assert.ok(clean.has(line), line);
});

test("every fault comes, under its label", () => {
  for (const label of Object.keys(FLEET_LABELS) as FleetLabel[]) assert.ok(of(label).length > 0, label);
});

test("a jump is more than 5 km off the track, and faster than 100 knots", () => {
  const fair = new Set<FleetLabel>(["ok", "jump"]);
  for (const track of tracks(dirty.filter((row) => fair.has(row.label)))) {
    track.forEach((row, i) => {
      const before = track[i - 1];
      if (row.label !== "jump" || before === undefined || before.label === "jump" || row.t - before.t > 600) return;
      assert.ok(haversine(before.lat, before.lon, row.lat, row.lon) > 5000);
      assert.ok(knots(before, row) > 100);
    });
  }
});

test("rows that must stay make a track without jumps", () => {
  const kept = dirty.filter(({ label }) => (FLEET_LABELS[label] as readonly string[]).includes("kept"));
  for (const track of tracks(kept)) {
    for (let i = 1; i < track.length; i++) assert.ok(knots(track[i - 1]!, track[i]!) < 80, track[i]!.cells.join());
  }
});

test("values that stand for none are written as receivers write them", () => {
  assert.ok(of("sog_unavailable").every(({ cells }) => cells[4] === "102.3"));
  assert.ok(of("sog_over_limit").every(({ cells }) => cells[4] === "102.2"));
  assert.ok(of("cog_unavailable").every(({ cells }) => cells[5] === "360.0"));
  assert.ok(of("heading_unavailable").every(({ cells }) => cells[6] === "511.0"));
  assert.ok(of("leap_second").every(({ cells }) => cells[1]?.endsWith("T23:59:60")));
  assert.ok(of("null_island").every(({ lat, lon }) => lat === 0 && lon === 0));
  assert.ok(of("ok").every(({ cells }) => Number(cells[5]) < 360));
});

test("duplicates stand beside what they repeat, and the later of two in a second lies further north", () => {
  dirty.forEach((row, i) => {
    const before = dirty[i - 1];
    if (row.label === "duplicate_exact") assert.deepEqual(row.cells, before?.cells);
    if (row.label === "duplicate_time")
      assert.ok(row.t === before?.t && row.mmsi === before.mmsi && row.lat > before.lat);
  });
});

test("numbers are ships' numbers but where the label says otherwise", () => {
  const foreign = new Set<FleetLabel>(["base_station", "aton", "sar_aircraft", "placeholder_mmsi", "invalid_mmsi"]);
  for (const { label, mmsi } of dirty) {
    assert.equal(mmsiReason(Number(mmsi), false), foreign.has(label) ? label : "kept", mmsi);
  }
});

test("a row that stands too late lies behind a later one of its ship", () => {
  const late = of("out_of_order");
  const behind = late.filter((row) => {
    const at = dirty.indexOf(row);
    return dirty.slice(0, at).some((other) => other.mmsi === row.mmsi && other.t > row.t);
  });
  assert.ok(behind.length > late.length / 2);
});

test("an hour of a clash holds two ships far from each other", () => {
  const hours = Map.groupBy(of("mmsi_clash"), ({ mmsi, t }) => `${mmsi} ${Math.floor(t / 3600)}`);
  assert.ok(hours.size > 1);
  const names = [...hours.values()].map((rows) => new Set(rows.map(({ cells }) => cells[9])).size);
  assert.ok(names.every((count) => count <= 2) && names.some((count) => count === 2));
});

test("rows end where asked, and a fleet across the date line wraps its longitudes", () => {
  const region = { south: 50, west: 178, north: 54, east: -178 };
  const rows = fleet({ vessels: 6, rows: 3000, region, faults: "none" });
  assert.equal(rows.length, 3000);
  assert.ok(rows.some(({ lon }) => lon > 175) && rows.some(({ lon }) => lon < -175));
  assert.ok(rows.every(({ lon }) => lon >= -180 && lon < 180));
});

/** Median seconds between reports of ships of class A that sail at 3 to 14 knots. */
function usualInterval(thinSeconds: number): number {
  const rows = fleet({ vessels: 20, rows: 20_000, thinSeconds, faults: "none" });
  const sails = ({ cells }: Row) => cells[16] === "A" && Number(cells[4]) > 3 && Number(cells[4]) < 14;
  const gaps = tracks(rows).flatMap((track) =>
    track.flatMap((row, i) => (i > 0 && sails(row) && sails(track[i - 1]!) ? [row.t - track[i - 1]!.t] : [])),
  );
  return gaps.sort((x, y) => x - y)[Math.floor(gaps.length / 2)]!;
}

test("ships of class A report every 10 to 20 seconds, and thinned every 60 to 70", () => {
  const [every, thinned] = [usualInterval(0), usualInterval(60)];
  assert.ok(every >= 10 && every <= 20, String(every));
  assert.ok(thinned >= 60 && thinned <= 70, String(thinned));
});

test("options out of their range are refused in one line", () => {
  for (const options of [
    { vessels: 0 },
    { vessels: 1.5 },
    { days: 0 },
    { rows: -1 },
    { start: 0.5 },
    { thinSeconds: -1 },
    { faults: { jump: 2 } },
    { region: { south: 50, north: 40, west: 0, east: 1 } },
  ] satisfies FleetOptions[]) {
    assert.throws(
      () => simulateFleet(options).next(),
      (error) => error instanceof WindrowError && error.code === "usage" && !error.message.includes("\n"),
    );
  }
});

test("any small fleet has a label for each row, of the known ones", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 5 }),
      fc.double({ min: 0, max: 0.08, noNaN: true }),
      (seed, vessels, rate) => {
        const faults = { jump: rate, malformed: rate, outOfOrder: rate, duplicateTime: rate, clash: rate };
        for (const { label } of fleet({ seed, vessels, rows: 300, faults })) assert.ok(label in FLEET_LABELS, label);
      },
    ),
    { numRuns: 20 },
  );
});
