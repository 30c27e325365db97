/** What a timeline looks like. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { BLOCKS, PLAIN, timelineIndent, timelineLines } from "./timeline.ts";

const TIMELINE = {
  lidar: [1, 0.97, 1.4, 1, 1, 1, 1, 1, 1, 1],
  camera: [null, null, 0.5, 1, 0.9, 0, 0.05, 1, null, null],
};

test("rates are letters, gaps are seen, and before and after there is nothing", () => {
  assert.deepEqual(timelineLines(TIMELINE, ["0 s", "9 s"], PLAIN), [
    "lidar   ##########",
    "camera    =#%__#",
    "        0 s    9 s",
  ]);
  assert.equal(timelineLines(TIMELINE, ["0 s", "9 s"], BLOCKS)[1], "camera    ▄█▇··█");
});

test("a long name keeps its end", () => {
  const name = "/sensing/camera/front/wide/image_raw/compressed";
  assert.equal(timelineIndent([name]), 26);
  assert.equal(timelineLines({ [name]: [1] }, ["", ""], PLAIN)[0], "…ide/image_raw/compressed  #");
});

test("ends that have no room still stand apart", () => {
  assert.equal(timelineLines({ a: [1, 1] }, ["2024-01-01", "2024-01-02"], PLAIN)[1], "   2024-01-01 2024-01-02");
});
