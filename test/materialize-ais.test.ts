/** Whole AIS datasets: the real files against another implementation's figures, and what lies in each file of a dataset. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { materializeAis } from "../src/verbs/ais/materialize.ts";
import type { MaterializeAisOptions } from "../src/verbs/ais/options.ts";
import {
  hashOfNeverDerived,
  indexRows,
  mdsSamples,
  namesIn,
  parquetSamples,
  type ReadSample,
  SMALL,
  testFolder,
  writeFleet,
} from "./ais-dataset.ts";
import { needShared } from "./shared.ts";
import { zipOf } from "./zip.ts";

interface Expected {
  readonly counters: Readonly<Record<string, number>>;
  readonly windows: Readonly<Record<string, number>>;
  readonly trips: number;
  readonly first_in_order: readonly (readonly [string, string, number, string])[];
  readonly train_sha256_of_lat_lon_dt_in_order: string;
}

const sum = (counts: object) => Object.values(counts as Record<string, number>).reduce((all, n) => all + n, 0);
const hex = (key: unknown) => (key as bigint).toString(16).padStart(16, "0");

/** What of a ledger the expected figures know. */
function figures({ ledger }: Awaited<ReturnType<typeof materializeAis>>["manifest"]) {
  const { input, kept, dropped, noted, points, windows, traces } = ledger;
  const counted = {
    train: windows.train,
    validation: windows.validation,
    trip_short: traces.short,
    trip_short_points: points.unused["trip_short"] ?? 0,
    used_points: points.used,
  };
  return {
    counters: Object.fromEntries(Object.entries({ input, kept, ...dropped, ...noted }).sort()),
    windows: Object.fromEntries(Object.entries(counted).filter(([, n]) => n > 0)),
    trips: traces.all,
  };
}

describe("the real files give the figures of another implementation", () => {
  const files = [
    ["noaa_nyharbor_20210101_A.csv.gz", "noaa_nyharbor_20210101_A.csv.gz", undefined],
    ["2ferries4weeks.csv.gz (--columns mmsi,t,lat,lon)", "2ferries4weeks.csv.gz", ["mmsi", "t", "lat", "lon"]],
  ] as const;
  for (const [name, file, columns] of files) {
    test(file, async (t) => {
      const input = needShared(t, "data", "ais", file);
      const vectors = needShared(t, "vectors", "ais_expected_real.json");
      if (input === undefined || vectors === undefined) return;
      const expected = JSON.parse(readFileSync(vectors, "utf8")).files[name] as Expected;
      const out = join(testFolder(t), "out");
      const given = columns === undefined ? {} : { columns };
      const { manifest } = await materializeAis({ inputs: [input], out, val: 0.2, workers: 2, ...given });
      const { first_in_order, train_sha256_of_lat_lon_dt_in_order: hash, counters, windows, trips } = expected;
      assert.deepEqual(figures(manifest), { counters, windows, trips });
      const rows = [...(await indexRows(out))].sort((a, b) => ((a["key"] as bigint) < (b["key"] as bigint) ? -1 : 1));
      const first = rows.slice(0, 8).map((row) => [hex(row["key"]), row["trace_id"], row["start"], row["split"]]);
      assert.deepEqual(first, first_in_order);
      assert.equal(hashOfNeverDerived(await mdsSamples(out)), hash);
      assert.equal(hashOfNeverDerived(await parquetSamples(out, "parquet/samples_000.parquet")), hash);
    });
  }

  test("a thousand ships with a point each have no window, and no folder is left", async (t) => {
    const input = needShared(t, "data", "ais", "noaa_20230111_1000vessels.csv");
    if (input === undefined) return;
    const folder = testFolder(t);
    await assert.rejects(materializeAis({ inputs: [input], out: join(folder, "out") }), { code: "empty" });
    assert.deepEqual(namesIn(folder), []);
  });

  test("of the Danish authority's file ships alone are left, with what is known of them", async (t) => {
    const input = needShared(t, "data", "ais", "aisdk-2023-02-15_head.csv");
    if (input === undefined) return;
    const folder = testFolder(t);
    // The same rows a minute later make tracks of two points.
    const text = readFileSync(input, "utf8");
    writeFileSync(join(folder, "dk.csv"), text + text.slice(text.indexOf("\n") + 1).replaceAll(" 00:00:", " 00:01:"));
    const out = join(folder, "out");
    const { manifest } = await materializeAis({
      inputs: [join(folder, "dk.csv")],
      out,
      window: 2,
      inputLength: 1,
      val: 0,
    });
    const { input: rows, kept, dropped } = manifest.ledger;
    assert.equal(rows, 2 * (text.trimEnd().split("\n").length - 1));
    assert.equal(rows, kept + sum(dropped));
    assert.equal(dropped["parse_error"], undefined);
    const stations = text
      .split("\n")
      .filter((line) => /,(Base Station|AtoN|SAR Airborne|Man Overboard Device),/.test(line));
    const foreign = ["non_vessel", "base_station", "aton", "sar_aircraft", "mob"].map((reason) => dropped[reason] ?? 0);
    assert.equal(sum(foreign), 2 * stations.length);
    assert.ok((await indexRows(out)).every((row) => "vessel_name" in row));
  });
});

describe("a fleet's dataset", () => {
  let folder = "";
  let out = "";
  let result: Awaited<ReturnType<typeof materializeAis>>;
  let samples: ReadSample[] = [];
  let index: readonly Record<string, unknown>[] = [];
  const options = (): MaterializeAisOptions => ({
    ...SMALL,
    inputs: [join(folder, "fleet.csv")],
    out,
    test: 0.2,
    parts: 3,
    hashes: ["sha1", "xxh64"],
    with: ["mmsi", "t_start", "t_end", "trace_id", "start", "key"],
  });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "windrow-ais-"));
    out = join(folder, "out");
    writeFleet(join(folder, "fleet.csv"), { vessels: 10, days: 1, seed: 3 });
    result = await materializeAis(options());
    samples = await mdsSamples(out);
    index = await indexRows(out);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("has a ledger whose sums hold, and windows as many as there are samples", () => {
    const { ledger, counts } = result.manifest;
    assert.ok(ledger.windows.train > 100 && ledger.windows.validation > 0);
    assert.equal(ledger.input, ledger.kept + sum(ledger.dropped));
    assert.equal(ledger.kept, ledger.points.used + sum(ledger.points.unused));
    for (const split of ["train", "validation", "test"] as const)
      assert.equal(sum(counts[split]), ledger.windows[split]);
    assert.equal(index.length, sum(ledger.windows));
  });

  test("lists every file but run.json with its size, and nothing else is there", () => {
    const listed = result.manifest.files.map(({ path }) => path);
    const there = namesIn(out).filter((name) => /\./.test(name));
    assert.deepEqual([...listed, "manifest.json", "run.json"].sort(), there);
    for (const { path, bytes } of result.manifest.files)
      assert.equal(readFileSync(join(out, path)).length, bytes, path);
  });

  test("has its samples in the order of their keys, each of them once", () => {
    const train = index.filter(({ split }) => split === "train");
    assert.deepEqual(
      samples.map(({ key }) => key),
      train.map(({ key }) => key),
    );
    const keys = train.map(({ key }) => key as bigint);
    assert.ok(keys.every((key, i) => i === 0 || key >= keys[i - 1]!));
    const names = new Set(train.map(({ trace_id, start }) => `${trace_id}/${start}`));
    assert.equal(names.size, train.length);
  });

  test("says in each sample what the index says of it", () => {
    for (const [i, row] of index.filter(({ split }) => split === "train").entries()) {
      const { features, ...ids } = samples[i]!;
      assert.equal(features.length, 64 * 5);
      assert.deepEqual(ids, {
        mmsi: Number(row["entity"]),
        t_start: row["t_start"],
        t_end: row["t_end"],
        trace_id: row["trace_id"],
        start: row["start"],
        key: row["key"],
      });
      assert.equal(row["source"], "fleet.csv");
    }
  });

  test("holds the same samples in Parquet as in MDS, part by part", async () => {
    const parts = result.manifest.counts.train.map((_, part) =>
      parquetSamples(out, `parquet/samples_${String(part).padStart(3, "0")}.parquet`),
    );
    assert.equal(parts.length, 3);
    assert.deepEqual((await Promise.all(parts)).flat(), samples);
    for (const split of ["validation", "test"]) {
      assert.deepEqual(await parquetSamples(out, `${split}.parquet`), await mdsSamples(out, `mds_${split}`));
    }
  });

  test("has each part as a dataset of its own, found by the index's part and rows", async () => {
    for (const part of [0, 1, 2]) {
      const own = await mdsSamples(out, `mds/worker_0${part}`);
      const rows = index.filter((row) => row["split"] === "train" && row["part"] === part);
      assert.deepEqual(
        own.map(({ key }) => key),
        rows.map(({ key }) => key),
      );
      assert.deepEqual(
        rows.map(({ row }) => row),
        rows.map((_, i) => i),
      );
      const shard = result.manifest.shard_samples;
      for (const { row, mds_shard, mds_row } of rows)
        assert.equal((mds_shard as number) * shard + (mds_row as number), row);
    }
  });

  test("has no vessel in two splits", () => {
    const splits = Map.groupBy(index, ({ entity }) => entity);
    for (const rows of splits.values()) assert.equal(new Set(rows.map(({ split }) => split)).size, 1);
  });

  test("has dt of each window sum up to its time", () => {
    for (const { features, t_start, t_end } of samples) {
      let elapsed = 0;
      for (let i = 1; i < 64; i++) elapsed += features[i * 5 + 4]!;
      assert.ok(Math.abs((t_end as number) - (t_start as number) - elapsed) < 0.01);
    }
  });

  test("comes out the same from plain, gz, zst and zip", async () => {
    const csv = readFileSync(join(folder, "fleet.csv"));
    const packed: Readonly<Record<string, Uint8Array>> = {
      "fleet.csv.gz": gzipSync(csv),
      "fleet.csv.zst": zstdCompressSync(csv),
      "fleet.zip": zipOf([{ name: "fleet.csv", bytes: csv }]),
    };
    for (const [name, bytes] of Object.entries(packed)) {
      writeFileSync(join(folder, name), bytes);
      const other = join(folder, `out-${name}`);
      const { manifest } = await materializeAis({
        ...options(),
        inputs: [join(folder, name)],
        out: other,
        format: ["mds"],
      });
      assert.deepEqual(manifest.ledger, result.manifest.ledger);
      assert.deepEqual(await mdsSamples(other), samples);
    }
  });

  test("comes out the same from one file or several, in any order", async () => {
    const [header, ...lines] = readFileSync(join(folder, "fleet.csv"), "utf8").trimEnd().split("\n");
    const names = ["c.csv", "a.csv", "b.csv"].map((name, i) => {
      const third = lines.filter((_, row) => row % 3 === i);
      writeFileSync(join(folder, name), `${[header, ...third].join("\n")}\n`);
      return join(folder, name);
    });
    const forth = await materializeAis({ ...options(), inputs: names, out: join(folder, "forth") });
    const back = await materializeAis({ ...options(), inputs: [...names].reverse(), out: join(folder, "back") });
    assert.deepEqual(forth.manifest, back.manifest);
    assert.deepEqual(await mdsSamples(join(folder, "forth")), samples);
    assert.deepEqual(await mdsSamples(join(folder, "back")), samples);
  });

  test("may be MDS alone or Parquet alone, with validation and test in Parquet always", async () => {
    const only = async (format: "mds" | "parquet") => {
      const other = join(folder, `only-${format}`);
      await materializeAis({ ...options(), out: other, format: [format] });
      return { other, top: namesIn(other).filter((name) => !name.includes("/")) };
    };
    const mds = await only("mds");
    const always = ["index.parquet", "manifest.json", "run.json", "test.parquet", "validation.parquet"];
    assert.deepEqual(mds.top, [...always, "mds", "mds_test", "mds_validation"].sort());
    assert.deepEqual(await mdsSamples(mds.other), samples);
    const parquet = await only("parquet");
    assert.deepEqual(parquet.top, [...always, "parquet"].sort());
    assert.ok((await indexRows(parquet.other)).every(({ mds_shard }) => mds_shard === undefined));
  });

  test("has a validation file of no rows where no vessel is held out", async () => {
    const other = join(folder, "none-held");
    await materializeAis({ ...options(), out: other, val: 0, test: 0, parts: 1 });
    assert.deepEqual(await parquetSamples(other, "validation.parquet"), []);
    assert.equal((await indexRows(other)).length, (await mdsSamples(other)).length);
    assert.ok(!namesIn(other).includes("mds_validation"));
  });
});

describe("splits by time", () => {
  for (const splitBy of ["time", "vessel+time"] as const) {
    test(`${splitBy}: training ends before what is held out begins`, async (t) => {
      const folder = testFolder(t);
      const out = join(folder, "out");
      writeFleet(join(folder, "fleet.csv"), { vessels: 12, days: 1, seed: 5 });
      const { manifest } = await materializeAis({
        ...SMALL,
        inputs: [join(folder, "fleet.csv")],
        out,
        splitBy,
        test: 0.2,
      });
      const rows = await indexRows(out);
      const of = (split: string) => rows.filter((row) => row["split"] === split);
      const latest = Math.max(...of("train").map((row) => row["t_end"] as number));
      const earliest = (split: string) => Math.min(...of(split).map((row) => row["t_start"] as number));
      assert.ok(of("train").length > 0 && of("validation").length > 0 && of("test").length > 0);
      assert.ok(latest < earliest("validation") && latest < earliest("test"));
      if (splitBy === "time") {
        assert.ok(Math.max(...of("validation").map((row) => row["t_end"] as number)) < earliest("test"));
      } else {
        const held = new Set(of("validation").map(({ entity }) => entity));
        assert.ok(of("train").every(({ entity }) => !held.has(entity)));
        assert.ok((manifest.ledger.points.unused["between_splits"] ?? 0) > 0);
      }
      assert.equal(manifest.ledger.kept, manifest.ledger.points.used + sum(manifest.ledger.points.unused));
    });
  }
});

describe("choices", () => {
  test("time, box and vessel type leave out what they say, counted", async (t) => {
    const folder = testFolder(t);
    const inputs = [join(folder, "fleet.csv")];
    writeFleet(inputs[0]!, { vessels: 12, days: 1, seed: 5 });
    const choose = async (choice: Partial<MaterializeAisOptions>) => {
      const out = join(folder, JSON.stringify(choice).replace(/[^\w]/g, ""));
      const { manifest } = await materializeAis({ ...SMALL, inputs, out, format: ["mds"], ...choice });
      return { ledger: manifest.ledger, rows: await indexRows(out), samples: await mdsSamples(out) };
    };
    const from = 1_704_067_200 + 20_000;
    const late = await choose({ from, to: from + 40_000 });
    assert.ok((late.ledger.dropped["time_range"] ?? 0) > 0);
    assert.ok(
      late.rows.every((row) => (row["t_start"] as number) >= from && (row["t_end"] as number) <= from + 40_000),
    );
    const boxed = await choose({ bbox: { south: 54, north: 57, west: 2, east: 6 } });
    assert.ok((boxed.ledger.dropped["bbox"] ?? 0) > 0);
    for (const { features } of boxed.samples) {
      for (let i = 0; i < features.length; i += 5) assert.ok(features[i]! >= 54 && features[i]! <= 57.00001);
    }
    const typed = await choose({ vesselType: "70-79" });
    assert.ok((typed.ledger.dropped["vessel_type"] ?? 0) > 0);
    assert.ok(typed.rows.every((row) => /^7\d/.test(String(row["vessel_type"]))));
    for (const { ledger } of [late, boxed, typed]) assert.equal(ledger.input, ledger.kept + sum(ledger.dropped));
  });
});
