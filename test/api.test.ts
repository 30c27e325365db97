/** Every public name. A change here is a choice: note it in CHANGELOG.md. */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as ais from "../src/domains/ais/index.ts";
import * as arrow from "../src/formats/arrow/index.ts";
import * as mds from "../src/formats/mds/index.ts";
import * as parquet from "../src/formats/parquet/index.ts";
import * as windrow from "../src/index.ts";
import * as testkit from "../src/testkit/index.ts";
import * as loadDoor from "../src/verbs/load.ts";

const names = (door: object) => Object.keys(door).sort();

test("windrow lets out the verbs, the shapes, and what Node brings", () => {
  assert.deepEqual(names(windrow), [
    ..."NUMERIC_ARRAYS PACKAGE_VERSION WindrowError baselineAis bytesOf convert demoAis diff fnv1a32 folderStore head httpStore info isNumeric isSafeKey kindBytes".split(
      " ",
    ),
    ..."leak load materializeAis merge nodeCodecs nodeHashes openMcap packed parseCompression planAis planFile putShufflePicture rng rowBytes runTask".split(
      " ",
    ),
    ..."shufflePicture shuffleReport simulateAis stats unreachable valuesPerRow verify zipStore zipWriter".split(" "),
  ]);
});

test("windrow/load lets out one verb", () => {
  assert.deepEqual(names(loadDoor), ["load"]);
});

test("windrow/ais lets out the rules, the simulator and geodesy", () => {
  assert.deepEqual(names(ais), [
    ..."AIS_COLUMNS AIS_RULES AIS_STATICS ANY_VESSEL BASELINES EARTH_RADIUS_METRES FAULT_RATES FEATURES FLEET_LABELS KNOT".split(
      " ",
    ),
    ..."NO_FAULTS PIPELINE REASONS WIDTH cleaner denormalize destination forecast forecastErrors fromLocal fullHorizon".split(
      " ",
    ),
    ..."haversine initialBearing judge mmsiReason multiStep nextPosition normalize nthValue positionLoss".split(" "),
    ..."reasonCode simulateFleet timeCuts toLocal tripId vesselTypeFilter".split(" "),
  ]);
});

test("windrow/formats/arrow lets out a writer, its pieces, and a reader", () => {
  assert.deepEqual(names(arrow), ["arrowAssembly", "arrowSink", "encodeRecordBatch", "openArrow"]);
});

test("windrow/formats/mds lets out a writer, its pieces, and a reader", () => {
  assert.deepEqual(names(mds), [
    ..."mdsEncoding mdsIndex mdsLayout mdsSink mergeWorkers mergedIndex openMds packShard readMdsIndex".split(" "),
    ..."samplesPerShard shardBuilder shardName".split(" "),
  ]);
});

test("windrow/formats/parquet lets out a writer, its pieces, and a reader", () => {
  assert.deepEqual(names(parquet), ["encodeRowGroup", "openParquet", "parquetAssembly", "parquetSink"]);
});

test("windrow/testkit lets out the suite of stores, and what it is made of", () => {
  assert.deepEqual(names(testkit), ["expectRefusal", "expectSame", "readStoreSuite", "storeSuite"]);
});
