/** What tests of the NMEA decoder share: what it finds in a log, and a position to put into one. */

import { type NmeaOptions, nmeaDecoder } from "../src/adapters/nmea/decoder.ts";
import { Statics } from "../src/adapters/nmea/statics.ts";
import { positionBits, type RawPosition, sentences, tagged } from "./nmea-encoder.ts";

/** A decoded position. */
export interface NmeaRow {
  readonly mmsi: number;
  readonly t: number;
  readonly lat: number;
  readonly lon: number;
  readonly sog: number;
  readonly cog: number;
  readonly heading: number;
  readonly msg_type: number;
}

const FIELDS = ["mmsi", "t", "lat", "lon", "sog", "cog", "heading", "msg_type"] as const;

/** What a decoder finds in a log that comes in these pieces. */
export function decoded(pieces: readonly Uint8Array[], options: Partial<NmeaOptions> = {}) {
  const rows: NmeaRow[] = [];
  const statics = new Statics();
  const decoder = nmeaDecoder({
    statics,
    ...options,
    take({ length, columns }) {
      for (let i = 0; i < length; i++) {
        // The cast: each of the fields is a column.
        rows.push(Object.fromEntries(FIELDS.map((name) => [name, columns[name][i]])) as unknown as NmeaRow);
      }
    },
  });
  for (const piece of pieces) decoder.push(piece);
  return { rows, ...decoder.finish(), facts: [...statics.all()] };
}

export const bytesOf = (text: string) => new TextEncoder().encode(text);

/** The same of a log that comes in one piece. */
export const log = (text: string, options: Partial<NmeaOptions> = {}) => decoded([bytesOf(text)], options);

/** 20 seconds past a minute. */
export const AT = 1_700_000_000;

export const FIX: RawPosition = {
  type: 1,
  mmsi: 219000123,
  lat: 33_000_000,
  lon: 6_000_000,
  sog: 123,
  cog: 456,
  heading: 45,
  second: 20,
};

/** The sentence of a position, without a time. */
export const fixed = (raw: Partial<RawPosition> = {}) => sentences(positionBits({ ...FIX, ...raw }))[0]!;

/** The same behind a tag block with its time. */
export const timed = (time: number, raw: Partial<RawPosition> = {}) => tagged(`c:${time}`) + fixed(raw);
