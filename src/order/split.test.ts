import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { fnv1a32 } from "../core/index.ts";
import { entitySplit, fmix32, splitSpec, splitUnit } from "./split.ts";

const vectors = new URL("../../../shared/vectors/ais_split_hash.csv", import.meta.url);

test("places on the unit are those of another implementation", {
  skip: !existsSync(vectors) && "../shared is not there",
}, () => {
  const rows = readFileSync(vectors, "utf8").trim().split("\n").slice(1);
  assert.equal(rows.length, 16);
  for (const row of rows) {
    const [seed, mmsi, key, fnv, fmix, unit, held] = row.trim().split(",") as [string, string, ...string[]];
    assert.equal(fnv1a32(key!), Number(fnv));
    assert.equal(fmix32(Number(fnv)), Number(fmix));
    assert.equal(splitUnit(Number(seed), mmsi), Number(unit));
    assert.equal(entitySplit(BigInt(seed), mmsi, splitSpec(0.01, 0)), held === "1" ? "validation" : "train");
  }
});

test("fmix32 is that of MurmurHash3", () => {
  assert.deepEqual([0, 1, 2, 0xffffffff].map(fmix32), [0, 0x514e28b7, 0x30f4c306, 0x81f16f39]);
});

test("validation lies lowest on the unit, then test, then training", () => {
  const fractions = fc.tuple(
    fc.double({ min: 0, max: 0.5, noNaN: true }),
    fc.double({ min: 0, max: 0.5, noNaN: true }),
  );
  fc.assert(
    fc.property(fc.nat(), fc.string(), fractions, (seed, entity, [validation, held]) => {
      const unit = splitUnit(seed, entity);
      assert.ok(unit >= 0 && unit < 1);
      const expected = unit < validation ? "validation" : unit < validation + held ? "test" : "train";
      assert.equal(entitySplit(seed, entity, splitSpec(validation, held)), expected);
    }),
  );
});

test("the fractions held out are those asked for", () => {
  const counts = { train: 0, validation: 0, test: 0 };
  const spec = splitSpec(0.2, 0.1);
  for (let mmsi = 219_000_000; mmsi < 219_010_000; mmsi++) counts[entitySplit(42, String(mmsi), spec)]++;
  assert.ok(Math.abs(counts.validation - 2000) < 200 && Math.abs(counts.test - 1000) < 150, JSON.stringify(counts));
});

test("fractions that cannot be are refused", () => {
  assert.throws(() => splitSpec(-0.1, 0), {
    code: "usage",
    message: "Cannot split: the validation fraction must be from 0 to 1, got -0.1",
  });
  assert.throws(() => splitSpec(0, Number.NaN), {
    message: "Cannot split: the test fraction must be from 0 to 1, got NaN",
  });
  assert.throws(() => splitSpec(0.75, 0.5), {
    message: "Cannot split: the validation and test fractions must sum to 1 at most, got 1.25",
  });
  assert.deepEqual(splitSpec(0.9, 0.1), { validation: 0.9, test: 0.1 });
});
