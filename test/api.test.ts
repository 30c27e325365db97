/** Every public name. A change here is a choice: note it in CHANGELOG.md. */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as ais from "../src/domains/ais/index.ts";
import * as l5kit from "../src/domains/l5kit/index.ts";
import * as arrow from "../src/formats/arrow/index.ts";
import * as mds from "../src/formats/mds/index.ts";
import * as parquet from "../src/formats/parquet/index.ts";
import * as zarr from "../src/formats/zarr/index.ts";
import * as windrow from "../src/index.ts";
import * as sync from "../src/sync/index.ts";
import * as testkit from "../src/testkit/index.ts";
import * as loadDoor from "../src/verbs/load.ts";

const names = (door: object) => Object.keys(door).sort();

test("windrow lets out the verbs, the shapes, and what Node brings", () => {
  assert.deepEqual(names(windrow), [
    ..."NUMERIC_ARRAYS PACKAGE_VERSION RECORDING_KINDS WindrowError aisTrips baselineAis bytesOf chunkThreads convert".split(
      " ",
    ),
    ..."convertArrays demoAis diff fnv1a32 folderStore head httpStore info infoArrays isArraysConversion isNumeric".split(
      " ",
    ),
    ..."isSafeKey kindBytes leak load loadMatch materialize materializeAis materializeL5kit materializeTraces merge".split(
      " ",
    ),
    ..."nodeCodecs nodeHashes openMcap openRecordings packed parseCompression planAis planFile planL5kit planTraces".split(
      " ",
    ),
    ..."putShufflePicture rng rowBytes runTask saveMatch shufflePicture shuffleReport simulateAis simulateL5kit stats sync".split(
      " ",
    ),
    ..."unreachable valuesPerRow verify zipStore zipWriter".split(" "),
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
    ..."haversine initialBearing judge mmsiReason multiStep nextPosition normalize positionLoss".split(" "),
    ..."reasonCode simulateFleet toLocal tripId vesselTypeFilter".split(" "),
  ]);
});

test("windrow/l5kit lets out the layout, scenes, selection and samples", () => {
  assert.deepEqual(names(l5kit), [
    ..."AGENT_LABELS AGENT_SCHEMA EGO_EXTENT EGO_TRACK FACE_SCHEMA FRAME_SCHEMA L5KIT_ARRAYS LIGHT_STATES MOTION PERCEPTION_LABELS SCENE_SCHEMA SELECTION agentsOf anchorNames anchorSlice crowds intervalAt".split(
      " ",
    ),
    ..."l5kitDataset l5kitLayout l5kitScenes l5kitSummary l5kitWarnings maskPath motionSamples motionSchema placeOf readScene refuseFindings rotationYaws sceneAnchors sceneFrames sceneSchemas selectAgents simulateScenes storedSelection".split(
      " ",
    ),
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
  assert.deepEqual(names(parquet), ["encodeRowGroup", "openParquet", "parquetAssembly", "parquetRows", "parquetSink"]);
});

test("windrow/sync lets out sensors, traces, datasets, and what matches clocks", () => {
  assert.deepEqual(names(sync), [
    ..."batchFault batches concat crossCorrelationOffset dataset density empty explain filter fitClock interpolate locate".split(
      " ",
    ),
    ..."mapTraces memorySensor nearest next pick previous restoredMatch samples seconds sensor slice storedMatch subset synchronization".split(
      " ",
    ),
    ..."tableSensor takeRows trace".split(" "),
  ]);
});

test("windrow/testkit lets out the suites, and what they are made of", () => {
  assert.deepEqual(names(testkit), [
    ..."datasetSuite expectRefusal expectSame readStoreSuite sensorSuite storeSuite synchronizationSuite traceSuite".split(
      " ",
    ),
  ]);
});

test("windrow/formats/zarr lets out a writer, what it is told, and a reader", () => {
  assert.deepEqual(names(zarr), [
    ..."BLOSC_LZ4 consolidateZarr createZarrArray createZarrGroup editZarrArray openZarr zarrDescr".split(" "),
  ]);
});
