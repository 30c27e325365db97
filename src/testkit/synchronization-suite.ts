/** What every synchronization owes, as checks for any test runner. */

import { rng } from "../core/index.ts";
import type { Synchronization, Timestamps } from "../sync/index.ts";
import { type Check, expectRefusal, expectSame } from "./check.ts";
import { expectMatch } from "./match-checks.ts";

/** Times of sensors, a case each. */
function cases(names: readonly string[]): Readonly<Record<string, Timestamps>> {
  const random = rng(1);
  const each = (make: (i: number) => ArrayLike<number>) =>
    Object.fromEntries(names.map((name, i) => [name, Float64Array.from(make(i))]));
  const steps = (length: number, step: () => number) => {
    let at = 1_700_000_000 + random.uniform();
    return Array.from({ length }, () => (at += step()));
  };
  return {
    "sensors of several rates": each((i) => steps(60 * (i + 1), () => 0.1 / (i + 1))),
    "sensors without a rate": each((i) => steps(40 + 30 * i, () => random.uniform() / (i + 2))),
    "samples at equal times": each(() => steps(50, () => (random.uniform() < 0.4 ? 0 : 0.05))),
    "the same times for all": each(() => Array.from({ length: 20 }, (_, i) => 1000 + i / 8)),
    "sensors one behind the other": each((i) => Array.from({ length: 10 }, (_, k) => 1000 * i + k)),
    "a long gap": each(() => [...steps(20, () => 0.1), ...steps(20, () => 0.1).map((time) => time + 1000)]),
    "one sample each": each((i) => [1000 + i / 64]),
    "one sensor without samples": each((i) => (i === names.length - 1 ? [] : [1000, 1000.5, 1001])),
    "no samples at all": each(() => []),
  };
}

type Fact = (synchronization: Synchronization, names: readonly string[]) => Promise<void>;

const facts: Readonly<Record<string, Fact>> = {
  "each row has a time, and of each sensor a sample that is there, or none": async (synchronization, names) => {
    for (const [what, times] of Object.entries(cases(names))) {
      const lengths = Object.fromEntries(names.map((name) => [name, times[name]!.length]));
      expectMatch(synchronization.match(times), lengths, what);
    }
  },
  "its index map is that of its match": async (synchronization, names) => {
    for (const [what, times] of Object.entries(cases(names))) {
      const [map, { index }] = [synchronization(times), synchronization.match(times)];
      expectSame(plain(map), plain(index), `the index map of ${what}`);
    }
  },
  "the same times give the same answer, in arrays of its own, and stay as they were": async (
    synchronization,
    names,
  ) => {
    for (const [what, times] of Object.entries(cases(names))) {
      const before = plain(times);
      const map = synchronization(times);
      const first = plain(map);
      expectSame(plain(times), before, `the times of ${what}`);
      for (const numbers of Object.values(map)) numbers.fill(7);
      expectSame(plain(synchronization(times)), first, `the second answer for ${what}`);
      expectSame(plain(times), before, `the times of ${what}, after a reader wrote over the answer`);
    }
  },
  "the order of the sensors does not matter": async (synchronization, names) => {
    for (const [what, times] of Object.entries(cases(names))) {
      const reversed = Object.fromEntries(Object.entries(times).reverse());
      expectSame(plain(synchronization(reversed)), plain(synchronization(times)), `the index map of ${what}`);
    }
  },
  "times that are not finite are refused": async (synchronization, names) => {
    const fair = () => Object.fromEntries(names.map((each) => [each, Float64Array.of(1000, 1001, 1002)]));
    // What gives no rows to anyone need not look at the times.
    if (synchronization.match(fair()).length === 0) return;
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const name of names) {
        const times = fair();
        times[name]![1] = bad;
        await expectRefusal("usage", async () => synchronization(times), `the time ${bad} of ${name}`);
        await expectRefusal("usage", async () => synchronization.match(times), `the time ${bad} of ${name}`);
      }
    }
  },
  "what it was made from is plain data": async ({ spec }) => {
    expectSame(isPlain(spec), true, "whether the spec is the same when it is stored as JSON and read again");
  },
};

function isPlain(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (Array.isArray(value)) return value.every(isPlain);
  const isRecord = typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;
  return isRecord && Object.values(value).every(isPlain);
}

/** Lists by name, whatever the order of the names. */
function plain(lists: Readonly<Record<string, ArrayLike<number>>>): unknown {
  return Object.entries(lists)
    .map(([name, list]) => [name, Array.from(list)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * The checks that a synchronization must pass. It is given made-up times of sensors of these names: regular and irregular, equal, one behind the other,
 * none.
 * @example
 *     const names = ["camera", "imu"];
 *     for (const { name, run } of synchronizationSuite(nearest({ reference: "camera" }), names)) test(name, run);
 */
export function synchronizationSuite(synchronization: Synchronization, names: readonly string[]): readonly Check[] {
  return Object.entries(facts).map(([name, fact]) => ({ name, run: () => fact(synchronization, names) }));
}
