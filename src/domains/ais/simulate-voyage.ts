/** How simulated ships move: classes of ships, and the reports that one ship sends (spec §13). */

import { type Rng, unreachable } from "../../core/index.ts";
import { destination, haversine, initialBearing, KNOT, type Position, wrap180, wrap360 } from "./geodesy.ts";
import type { BoundingBox } from "./schema.ts";

/** A position report as a ship sends it: whole epoch seconds, degrees, knots, and the navigational status of ITU-R M.1371. */
export interface FleetReport {
  readonly t: number;
  readonly lat: number;
  readonly lon: number;
  readonly sog: number;
  readonly cog: number;
  /** `NaN` where the ship has no compass on the line. */
  readonly heading: number;
  readonly status: number;
}

/** Where a class sails: anywhere in the region, to and fro between two ports, or around its home port. */
type Route = "passage" | "shuttle" | "wander";

/** What ships of a kind have in common. Ranges are uniform; speeds in knots, lengths in metres, legs in kilometres. */
export interface ShipClass {
  readonly name: string;
  /** Share of the fleet. */
  readonly share: number;
  /** AIS ship type. */
  readonly type: number;
  readonly transceiver: "A" | "B";
  /** Navigational status under way. */
  readonly status: number;
  /** Mean and spread of the speed, which wanders with a time constant of half an hour. */
  readonly speed: readonly [mean: number, deviation: number];
  readonly length: readonly [number, number];
  readonly route: Route;
  readonly legKm: readonly [number, number];
  /** Chance to stay at a waypoint, and for how many minutes. */
  readonly stay: number;
  readonly stayMinutes: readonly [number, number];
}

const ALONE = { transceiver: "A", status: 0 } as const;

/** The classes of a simulated fleet. */
export const SHIP_CLASSES: readonly ShipClass[] = [
  {
    ...ALONE,
    name: "cargo",
    share: 0.3,
    type: 70,
    speed: [13, 1.2],
    length: [80, 330],
    route: "passage",
    legKm: [0, 0],
    stay: 0.4,
    stayMinutes: [60, 480],
  },
  {
    ...ALONE,
    name: "tanker",
    share: 0.2,
    type: 80,
    speed: [12, 1],
    length: [90, 300],
    route: "passage",
    legKm: [0, 0],
    stay: 0.5,
    stayMinutes: [120, 600],
  },
  {
    ...ALONE,
    name: "passenger",
    share: 0.12,
    type: 60,
    speed: [17, 1.5],
    length: [40, 220],
    route: "shuttle",
    legKm: [15, 60],
    stay: 1,
    stayMinutes: [8, 30],
  },
  {
    ...ALONE,
    name: "fishing",
    share: 0.15,
    type: 30,
    status: 7,
    speed: [5, 2],
    length: [10, 45],
    route: "wander",
    legKm: [2, 40],
    stay: 0.1,
    stayMinutes: [30, 240],
  },
  {
    ...ALONE,
    name: "tug",
    share: 0.1,
    type: 52,
    speed: [7, 1.5],
    length: [15, 40],
    route: "wander",
    legKm: [3, 25],
    stay: 0.3,
    stayMinutes: [10, 120],
  },
  {
    name: "pleasure",
    share: 0.13,
    type: 37,
    transceiver: "B",
    status: 15,
    speed: [7, 2],
    length: [6, 24],
    route: "wander",
    legKm: [3, 30],
    stay: 0.3,
    stayMinutes: [20, 180],
  },
];

/** What a voyage takes from the simulation. */
export interface VoyageSpec {
  readonly shipClass: ShipClass;
  readonly region: BoundingBox;
  /** Epoch second at which the ship begins to report, within its first interval. */
  readonly start: number;
  /** Reports nearer than this to the one before are thinned out; 0 keeps every one. */
  readonly thinSeconds: number;
}

/** Standard deviation of the position noise along each axis, in metres. */
const NOISE_METRES = 5;
const METRES_PER_DEGREE = 111_195;
/** Time constant of the speed's wandering, in seconds. */
const SPEED_MEMORY = 1800;
/** Chance of a dropout a second under way, and its mean length in seconds; one in thirty is ten times as long. */
const DROPOUT = { hazard: 0.03 / 3600, mean: 1200, longShare: 1 / 30, longFactor: 10 };
/** The longest step of the motion, in seconds. */
const STEP = 60;

function between(random: Rng, [low, high]: readonly [number, number]): number {
  return low + random.uniform() * (high - low);
}

/** A place anywhere in the region. */
function anywhere(random: Rng, { south, west, north, east }: BoundingBox): Position {
  const width = wrap360(east - west);
  return { lat: between(random, [south, north]), lon: wrap180(west + random.uniform() * width) };
}

/** Seconds between reports by ITU-R M.1371: 180 at anchor, else by class and speed. */
function interval(shipClass: ShipClass, sog: number, still: boolean): number {
  if (still || (shipClass.transceiver === "B" && sog < 2)) return 180;
  if (shipClass.transceiver === "B") return 30;
  return sog > 23 ? 2 : sog > 14 ? 6 : 10;
}

/** One ship under way: where it is, where it goes, and how fast. */
class Ship {
  readonly #spec: VoyageSpec;
  readonly #random: Rng;
  readonly #home: Position;
  readonly #port: Position;
  #at: Position;
  #to: Position;
  #cog = 0;
  #speed: number;
  #stay = 0;

  constructor(spec: VoyageSpec, random: Rng) {
    const { shipClass, region } = spec;
    this.#spec = spec;
    this.#random = random;
    this.#home = anywhere(random, region);
    this.#port = destination(this.#home, random.uniform() * 360, between(random, shipClass.legKm) * 1000);
    this.#at = this.#home;
    this.#to = this.#waypoint();
    this.#cog = initialBearing(this.#at.lat, this.#at.lon, this.#to.lat, this.#to.lon);
    this.#speed = shipClass.speed[0];
  }

  #waypoint(): Position {
    const { shipClass, region } = this.#spec;
    switch (shipClass.route) {
      case "passage":
        return anywhere(this.#random, region);
      case "shuttle":
        return this.#to === this.#port ? this.#home : this.#port;
      case "wander":
        return destination(this.#home, this.#random.uniform() * 360, between(this.#random, shipClass.legKm) * 1000);
      default:
        return unreachable(shipClass.route);
    }
  }

  /** Whether it lies at anchor. */
  get still(): boolean {
    return this.#stay > 0;
  }

  /** Speed over ground in knots. */
  get speed(): number {
    return this.still ? 0 : this.#speed;
  }

  /** Sails, or lies, for so many seconds. */
  advance(seconds: number): void {
    for (let left = seconds; left > 0; left -= STEP) this.#step(Math.min(STEP, left));
  }

  #step(seconds: number): void {
    if (this.still) {
      this.#stay -= seconds;
      return;
    }
    const [mean, deviation] = this.#spec.shipClass.speed;
    const memory = Math.exp(-seconds / SPEED_MEMORY);
    const drift = deviation * Math.sqrt(1 - memory * memory) * this.#random.normal();
    this.#speed = Math.min(2 * mean, Math.max(0.3, mean + (this.#speed - mean) * memory + drift));
    const metres = this.#speed * KNOT * seconds;
    if (haversine(this.#at.lat, this.#at.lon, this.#to.lat, this.#to.lon) > metres) {
      this.#cog = initialBearing(this.#at.lat, this.#at.lon, this.#to.lat, this.#to.lon);
      this.#at = destination(this.#at, this.#cog, metres);
      return;
    }
    this.#at = this.#to;
    this.#to = this.#waypoint();
    const { stay, stayMinutes } = this.#spec.shipClass;
    if (this.#random.uniform() < stay) this.#stay = between(this.#random, stayMinutes) * 60;
  }

  /** What it sends at a time: its state with the noise of its instruments. */
  report(t: number): FleetReport {
    const random = this.#random;
    const { shipClass } = this.#spec;
    const north = (NOISE_METRES * random.normal()) / METRES_PER_DEGREE;
    const east = (NOISE_METRES * random.normal()) / METRES_PER_DEGREE / Math.cos((this.#at.lat * Math.PI) / 180);
    const cog = this.still ? random.uniform() * 360 : wrap360(this.#cog + 0.6 * random.normal());
    return {
      t,
      lat: this.#at.lat + north,
      lon: wrap180(this.#at.lon + east),
      sog: Math.abs(this.speed + 0.1 * random.normal()),
      cog,
      heading: shipClass.transceiver === "B" ? Number.NaN : wrap360(this.#cog + 1.5 * random.normal()),
      status: this.still && shipClass.transceiver === "A" ? 1 : shipClass.status,
    };
  }
}

/**
 * The reports of one ship, without end and in time order, each at a later whole second than the one before.
 * Intervals follow ITU-R M.1371 with a jitter of one interval, thinned; now and then the ship is not heard for a while.
 */
export function* voyage(spec: VoyageSpec, random: Rng): Generator<FleetReport, never, undefined> {
  const ship = new Ship(spec, random);
  let t = spec.start + random.int(Math.max(1, spec.thinSeconds));
  for (;;) {
    yield ship.report(t);
    const every = interval(spec.shipClass, ship.speed, ship.still);
    let wait = Math.max(1, Math.ceil(spec.thinSeconds / every)) * every;
    if (random.uniform() < DROPOUT.hazard * wait) {
      const long = random.uniform() < DROPOUT.longShare ? DROPOUT.longFactor : 1;
      wait += -DROPOUT.mean * long * Math.log(1 - random.uniform());
    }
    const seconds = Math.max(1, Math.floor(wait + random.uniform() * Math.min(every, 10)));
    ship.advance(seconds);
    t += seconds;
  }
}
