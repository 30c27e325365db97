/** The layout of a text file from its first line. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { AIS_COLUMNS } from "../domains/ais/index.ts";
import { normalName, textLayout } from "./csv-head.ts";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "windrow-head-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function layout(text: string | Uint8Array, names?: string) {
  const path = join(folder, "file.csv");
  writeFileSync(path, text);
  const { places, ...rest } = textLayout({ path, name: "file.csv" }, AIS_COLUMNS, names?.split(","));
  return { ...rest, places: Object.fromEntries(places) };
}

const PLACES = { mmsi: 0, t: 1, lat: 2, lon: 3 };

test("a header is found with any line end, byte order mark, delimiter, quotes, case or spaces", () => {
  const names = ["MMSI", "BaseDateTime", "LAT", "LON"];
  for (const delimiter of [",", ";", "\t", "|"]) {
    const expected = { delimiter, header: true, width: 4, places: PLACES };
    for (const end of ["\n", "\r\n", "\r", ""]) {
      assert.deepEqual(layout(`${names.join(delimiter)}${end}`), expected);
      assert.deepEqual(layout(`\uFEFF${names.map((name) => `"${name}"`).join(delimiter)}${end}`), expected);
      assert.deepEqual(layout(`${names.map((name) => ` ${name.toLowerCase()} `).join(delimiter)}${end}`), expected);
    }
  }
});

test("the Danish authority's header is known", () => {
  const { places } = layout(
    "# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading\n",
  );
  assert.deepEqual(places, { t: 0, mobile: 1, mmsi: 2, lat: 3, lon: 4, sog: 7, cog: 8, heading: 9 });
});

test("a name is compared by its letters and digits", () => {
  assert.deepEqual(["# Base_Date-Time", "LAT.", "Course (over/ground)"].map(normalName), [
    "basedatetime",
    "lat",
    "courseoverground",
  ]);
});

test("names are for a file without a known header, whether it has another or none", () => {
  const expected = { delimiter: ",", width: 4, places: PLACES };
  assert.deepEqual(layout("367000001,1700000000,40,-70\n", "mmsi,t,lat,lon"), { ...expected, header: false });
  assert.deepEqual(layout("ship,when,north,east\n", "mmsi,t,lat,lon"), { ...expected, header: true });
  assert.deepEqual(layout("MMSI,t,LAT,LON\n", "lat,lon,mmsi,t"), { ...expected, header: true });
  const skipped = layout("a,367000001,1700000000,40,-70\n", "-,mmsi,t,lat,lon");
  assert.deepEqual(skipped.places, { mmsi: 1, t: 2, lat: 3, lon: 4 });
});

test("a file without a known header, and names that do not fit, are refused in one line that says what to do", () => {
  const refused = (text: string, names: string | undefined, code: string, message: RegExp) =>
    assert.throws(() => layout(text, names), { name: "WindrowError", code, message });
  refused("a,b,c,d\n", undefined, "unsupported", /no header with mmsi, t, lat, lon; name the columns with --columns/);
  refused("mmsi,t,lat\n", undefined, "unsupported", /no header with lon;/);
  refused("1,2,3,4\n", "mmsi,t,lat", "usage", /lon must be among them/);
  refused("1,2,3,4\n", "mmsi,t,lat,lon,speed", "usage", /names 5 columns, got 4/);
  refused("1,2,3,4\n", "mmsi,t,lat,north", "usage", /got "north", which is none of/);
  refused("1,2,3,4\n", "mmsi,t,lat,lat", "usage", /"lat" is named twice/);
  refused("", undefined, "empty", /the file is empty/);
  refused("mmsi,t\0lat", undefined, "unsupported", /NUL bytes/);
});
