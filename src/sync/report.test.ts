/** Reports: of sensors made to have each fault, and sums that must hold. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anySensors } from "../../test/sync-plain.ts";
import { explain, sensorTiming } from "./report.ts";
import type { SyncSpec } from "./sync-spec.ts";
import { empty, interpolate, nearest, synchronization } from "./synchronize.ts";

/** So many samples at 100 Hz, a little off by turns, without those of these numbers. */
function camera(length: number, ...without: readonly number[]): Float64Array {
  const all = Array.from({ length }, (_, i) => i / 100 + (i % 3) * 1e-4);
  return Float64Array.from(all.filter((_, i) => !without.includes(i)));
}

test("a steady sensor has its rate, its jitter, and the samples that it lost", () => {
  const timing = sensorTiming(camera(1000, 10, 11, 500));
  assert.equal(timing.samples, 997);
  assert.ok(Math.abs(timing.rate_hz! - 100) < 1.1 && timing.periodic);
  assert.deepEqual([timing.lost, timing.dropouts.map(({ samples }) => samples)], [3, [2, 1]]);
  assert.equal(timing.loss, 3 / 1000);
  const [first] = timing.dropouts;
  assert.deepEqual([first?.from_s, first?.to_s], [0.09, 0.12]);
});

test("a sensor that reports when something happens has no dropouts", () => {
  const timing = sensorTiming(Float64Array.of(0, 1, 5, 5.5, 20, 21, 40));
  assert.deepEqual([timing.periodic, timing.dropouts, timing.lost], [false, [], 0]);
});

test("equal times and steps back are counted, and no step is of nothing", () => {
  const timing = sensorTiming(Float64Array.of(0, 1, 1, 3, 2, 4));
  assert.deepEqual([timing.duplicates, timing.backward_steps, timing.period_s], [1, 1, 1]);
  assert.deepEqual([timing.first_s, timing.last_s, timing.duration_s], [0, 4, 4]);
});

test("of too few samples only what they say is said", () => {
  const none = sensorTiming(new Float64Array());
  assert.deepEqual(
    [none.samples, none.first_s, none.duration_s, none.rate_hz, none.jitter_s],
    [0, null, null, null, null],
  );
  const one = sensorTiming(Float64Array.of(7));
  assert.deepEqual([one.first_s, one.duration_s, one.rate_hz, one.periodic], [7, 0, null, false]);
  const same = sensorTiming(Float64Array.of(7, 7, 7));
  assert.deepEqual([same.duplicates, same.rate_hz, same.lost], [2, null, 0]);
});

test("a report counts each query time and each sample", () => {
  const rule = fc.constantFrom("nearest", "previous", "next", "interpolate" as const);
  fc.assert(
    fc.property(anySensors, rule, fc.boolean(), (timestamps, which, isKeeping) => {
      const spec: SyncSpec = { rule: which, reference: "a", overlap: false, missing: isKeeping ? "keep" : "drop" };
      const { report, length, index, valid } = explain(synchronization(spec), timestamps);
      assert.equal(report.rows, length);
      for (const [name, sensor] of Object.entries(report.sensors)) {
        assert.equal(sensor.matched + sensor.missing, report.asked);
        assert.equal(sensor.samples, timestamps[name as "a"].length);
        const rows = Array.from(index[name as "a"]).filter((_, i) => valid[name as "a"][i] === 1);
        const distinct = new Set(rows).size;
        assert.ok(
          which === "interpolate"
            ? sensor.unused <= sensor.samples - distinct
            : sensor.unused === sensor.samples - distinct,
        );
        assert.equal(sensor.reuse, distinct === 0 ? null : rows.length / distinct);
      }
      assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
    }),
    { numRuns: 300, seed: 1 },
  );
});

const ref = Float64Array.of(0, 0.1, 0.2);

test("distances, reuse and what is later than its row are of the rows", () => {
  const { report } = explain(nearest({ reference: "ref" }), { ref, slow: Float64Array.of(0.05, 0.17), none: ref });
  const { slow } = report.sensors;
  assert.deepEqual([slow.reuse, slow.unused, slow.matched], [1.5, 0, 3]);
  assert.ok(Math.abs(slow.future_used_s - 0.05) < 1e-12 && Math.abs(slow.dt_max_s! - 0.05) < 1e-12);
  assert.ok(Math.abs(slow.dt_median_s! - 0.05) < 1e-12 && Math.abs(slow.dt_mean_s! - 0.13 / 3) < 1e-12);
  const causal = explain(nearest({ reference: "ref", causalOnly: true }), { ref, slow: Float64Array.of(0.05, 0.17) });
  assert.equal(causal.report.sensors.slow.future_used_s, 0);
});

test("interpolation uses what is behind its rows", () => {
  const { report } = explain(interpolate({ reference: "ref" }), { ref, slow: Float64Array.of(0, 0.4, 0.5) });
  const { slow } = report.sensors;
  assert.ok(Math.abs(slow.future_used_s - 0.3) < 1e-12);
  assert.deepEqual([slow.unused, slow.reuse], [1, 3]);
});

test("a sensor without samples is named", () => {
  const { report } = explain(nearest({ reference: "ref" }), { ref, none: new Float64Array() });
  assert.deepEqual([report.rows, report.asked, report.segments, report.empty_sensors], [0, 0, 0, ["none"]]);
  assert.deepEqual(explain(empty(), { ref }).report.sensors.ref.unused, 3);
});
