/** A made-up road: how it bends, where its middle lies, and where others cross it. */

import type { Rng } from "../../core/index.ts";

/** A road, metre by metre. */
export interface Road {
  /** Turn of each metre, in radians; to the left above 0. */
  readonly curvature: Float64Array;
  /** Where each metre begins, in metres. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Heading at the beginning of each metre, in radians; not wrapped. */
  readonly yaw: Float64Array;
  /** Metres from the beginning at which other roads cross, rising. */
  readonly crossings: readonly number[];
}

/** Least and most metres of a straight, radians of a bend, and metres of its radius: those of streets in a town. */
const STRAIGHT = [40, 160] as const;
const BEND = [0.2, Math.PI / 2] as const;
const RADIUS = [70, 180] as const;

/** A number between two. */
export function between(random: Rng, [least, most]: readonly [number, number]): number {
  return least + (most - least) * random.uniform();
}

/** The turn of each metre: straights and bends by turns. A bend begins and ends gently, so that headings have no kinks. */
function bends(random: Rng, metres: number): { curvature: Float64Array; crossings: number[] } {
  const curvature = new Float64Array(metres);
  const crossings: number[] = [];
  for (let at = 0; at < metres; ) {
    const straight = Math.round(between(random, STRAIGHT));
    if (at + straight / 2 < metres) crossings.push(Math.round(at + straight / 2));
    at += straight;
    const angle = between(random, BEND) * (random.uniform() < 0.5 ? -1 : 1);
    const bend = Math.ceil(Math.abs(angle) * between(random, RADIUS));
    for (let i = 0; i < bend && at < metres; i++, at++)
      curvature[at] = ((2 * angle) / bend) * Math.sin((Math.PI * (i + 0.5)) / bend) ** 2;
  }
  return { curvature, crossings };
}

/** A road of so many metres that begins somewhere in a square of 2 km and leads anywhere. */
export function road(random: Rng, metres: number): Road {
  const { curvature, crossings } = bends(random, metres);
  const x = new Float64Array(metres);
  const y = new Float64Array(metres);
  const yaw = new Float64Array(metres);
  let east = between(random, [-1000, 1000]);
  let north = between(random, [-1000, 1000]);
  let heading = between(random, [-Math.PI, Math.PI]);
  for (let i = 0; i < metres; i++) {
    x[i] = east;
    y[i] = north;
    yaw[i] = heading;
    const middle = heading + curvature[i]! / 2;
    east += Math.cos(middle);
    north += Math.sin(middle);
    heading += curvature[i]!;
  }
  return { curvature, x, y, yaw, crossings };
}

/** Number of the metre that a distance from the beginning lies in; the first or last one for what lies before or behind the road. */
export function metreAt({ x }: Road, distance: number): number {
  return Math.min(Math.max(Math.floor(distance), 0), x.length - 1);
}

/** Where one stands `lateral` metres to the left of the road's middle. */
export function besideRoad(way: Road, distance: number, lateral: number): { x: number; y: number; yaw: number } {
  const metre = metreAt(way, distance);
  const yaw = way.yaw[metre]!;
  const ahead = distance - metre;
  return {
    x: way.x[metre]! + ahead * Math.cos(yaw) - lateral * Math.sin(yaw),
    y: way.y[metre]! + ahead * Math.sin(yaw) + lateral * Math.cos(yaw),
    yaw,
  };
}
