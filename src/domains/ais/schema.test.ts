/** The canonical columns: what the sources of §1 call them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AIS_COLUMNS, AIS_RULES, AIS_STATICS, FEATURES } from "./schema.ts";

/** The column that a header means, as `schema.ts` says headers are compared. */
function meant(header: string): string | undefined {
  const plain = header.toLowerCase().replace(/[\s_#]/g, "");
  return AIS_COLUMNS.find(({ aliases }) => aliases.includes(plain))?.name;
}

test("the headers of MarineCadastre and of the Danish authority are known", () => {
  const noaa = "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,VesselType,Length,Width,Draft".split(",");
  const same = [
    "mmsi",
    "t",
    "lat",
    "lon",
    "sog",
    "cog",
    "heading",
    "vessel_name",
    "vessel_type",
    "length",
    "width",
    "draft",
  ];
  assert.deepEqual(noaa.map(meant), same);
  const dma = [
    "# Timestamp",
    "Type of mobile",
    "MMSI",
    "Latitude",
    "Longitude",
    "SOG",
    "COG",
    "Heading",
    "Name",
    "Ship type",
    "Width",
    "Length",
    "Draught",
  ];
  assert.deepEqual(dma.map(meant), [
    "t",
    "mobile",
    "mmsi",
    "lat",
    "lon",
    "sog",
    "cog",
    "heading",
    "vessel_name",
    "vessel_type",
    "width",
    "length",
    "draft",
  ]);
});

test("every column goes by its own name, and no name is two columns'", () => {
  for (const { name } of AIS_COLUMNS) if (name !== "mobile") assert.equal(meant(name), name); // a code of ours, in no file of text
  const all = AIS_COLUMNS.flatMap(({ aliases }) => aliases);
  assert.equal(new Set(all).size, all.length);
});

test("statics are columns of text, and the rules' defaults are the specification's", () => {
  const texts = AIS_COLUMNS.filter(({ kind }) => kind === "text").map(({ name }) => name);
  assert.deepEqual([...AIS_STATICS], texts);
  assert.deepEqual(FEATURES, ["lat", "lon", "sog", "cog", "dt_seconds"]);
  assert.deepEqual(AIS_RULES, { maxGapSeconds: 14_400, sogMax: 60, jumpMax: 80, jumpRecover: 5, keepAuxiliary: false });
});
