/** Position reports: types 1, 2, 3 (class A), 18, 19 (class B) and 27 (long range), from bits to a row of columns. */

import { bits, signedBits } from "./payload.kernel.ts";

/** Rows of positions in columns: epoch seconds, degrees, knots. What is not available has ITU's value: 91, 181, 102.3, 360, 511. */
export interface PositionColumns {
  readonly mmsi: Float64Array;
  readonly t: Float64Array;
  readonly lat: Float64Array;
  readonly lon: Float64Array;
  readonly sog: Float64Array;
  readonly cog: Float64Array;
  readonly heading: Float32Array;
  readonly msg_type: Float32Array;
}

export function positionColumns(capacity: number): PositionColumns {
  const column = () => new Float64Array(capacity);
  return {
    mmsi: column(),
    t: column(),
    lat: column(),
    lon: column(),
    sog: column(),
    cog: column(),
    heading: new Float32Array(capacity),
    msg_type: new Float32Array(capacity),
  };
}

/** How many bits are read of a report of each type, up to its UTC second; 0 for what is no position report. A shorter one is not read. */
export const POSITION_BITS: Uint8Array = (() => {
  const needed = new Uint8Array(64);
  needed.set([143, 143, 143], 1);
  needed.set([139, 139], 18);
  // M.1371-5, table 84: no second, no heading.
  needed[27] = 94;
  return needed;
})();

/** UTC second of a report that has none. */
export const NO_SECOND = 60;

/**
 * Writes a report's row, all but its time, and gives its UTC second; 60 and more where it is not known. Degrees are whole numbers
 * divided once, so that they are the doubles nearest to the decimal.
 */
export function readPosition(words: Int32Array, type: number, into: PositionColumns, row: number): number {
  into.mmsi[row] = bits(words, 8, 30);
  into.msg_type[row] = type;
  if (type === 27) {
    const sog = bits(words, 79, 6);
    const cog = bits(words, 85, 9);
    into.lon[row] = signedBits(words, 44, 18) / 600;
    into.lat[row] = signedBits(words, 62, 17) / 600;
    // Not available: 63 knots and 511 degrees here, 102.3 and 360 elsewhere.
    into.sog[row] = sog === 63 ? 102.3 : sog;
    into.cog[row] = cog === 511 ? 360 : cog;
    into.heading[row] = 511;
    return NO_SECOND;
  }
  // Class B leaves out status and turn: all fields lie four bits before those of class A.
  const at = type >= 18 ? 46 : 50;
  into.sog[row] = bits(words, at, 10) / 10;
  into.lon[row] = signedBits(words, at + 11, 28) / 600_000;
  into.lat[row] = signedBits(words, at + 39, 27) / 600_000;
  into.cog[row] = bits(words, at + 66, 12) / 10;
  into.heading[row] = bits(words, at + 78, 9);
  return bits(words, at + 87, 6);
}
