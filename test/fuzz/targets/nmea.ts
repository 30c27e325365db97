/** AIS logs of NMEA sentences: however a log is cut into pieces, the same positions and counts, none of them out of nothing. */

import { isNmea, nmeaDecoder, Statics } from "../../../src/adapters/nmea/index.ts";
import { bytesOf } from "../../../src/core/index.ts";
import {
  checksumOf,
  framed,
  positionBits,
  sentences,
  tagged,
  timeBits,
  type5Bits,
  type24Bits,
} from "../../nmea-encoder.ts";
import type { Target } from "../engine.ts";
import { changed, type Mutator, type Parts, pick } from "../mutate.ts";
import { fault, judged, mixed } from "../oracle.ts";

const FILE = "x.nmea";
const START = 1_700_000_000;
const AT = { lat: 24_000_000, lon: -42_000_000, sog: 55, cog: 900, heading: 91, second: 7 } as const;
const SHIP = {
  mmsi: 367_000_001,
  name: "SEA",
  shipType: 70,
  bow: 9,
  stern: 9,
  port: 3,
  starboard: 3,
  draught: 40,
} as const;

function position(type: 1 | 2 | 3 | 18 | 19 | 27): string[] {
  return sentences(positionBits({ ...AT, type, mmsi: SHIP.mmsi }), { most: type === 19 ? 30 : 60 });
}

const bytes = (lines: readonly string[], end = "\n"): Parts => ({
  [FILE]: Uint8Array.from(lines.join(end) + end, (letter) => letter.charCodeAt(0)),
});

const SEEDS: readonly Parts[] = [
  bytes(([1, 2, 3, 18, 19, 27] as const).flatMap(position)),
  bytes(
    position(1).map((line) => `${START} ${line}`),
    "\r\n",
  ),
  bytes(position(18).map((line) => `${tagged(`s:a,c:${START}`)}${line}`)),
  bytes(
    sentences(type5Bits(SHIP), { sequence: 3 }).map(
      (line, i) => `${tagged(`g:${i + 1}-2-7${i === 0 ? `,c:${START}` : ""}`)}${line}`,
    ),
  ),
  bytes([
    ...sentences(type24Bits("A", SHIP)),
    ...sentences(type24Bits("B", SHIP)),
    ...sentences(timeBits(2_190_001, START)),
    ...position(3),
  ]),
  bytes([
    ...position(1).map((line) => `${line},${START}`),
    "# a comment",
    "$GPGGA,1*00",
    framed("AIVDM,1,1,,A,,0"),
    "!AIVDM,2,1",
  ]),
];

const WORDS = [
  "!AIVDM,",
  "!AIVDO,",
  "!BSVDM",
  "$GPZDA,",
  "\\c:1700000000*",
  "\\g:1-2-3*",
  "\\",
  "*",
  ",",
  "\r\n",
  "\n",
  "\r",
  "#",
  "2024-01-01T00:00:00Z ",
  "w",
  "0",
  "`",
  "2,1,3,A,",
];

/** Lets the checksums of sentences and tag blocks fit. */
const fitting: Mutator = (parts) => {
  const text = new TextDecoder("latin1").decode(parts[FILE]);
  const fitted = text.replace(
    /([!\\])([^!\\*\r\n]*)\*[0-9a-f]{2}/gi,
    (_, sign: string, body: string) => `${sign}${body}*${checksumOf(body)}`,
  );
  return { [FILE]: Uint8Array.from(fitted, (letter) => letter.charCodeAt(0)) };
};

/** Changes bytes, and lets the checksums fit again. */
const beneath: Mutator = (parts, tools) => fitting({ [FILE]: changed(parts[FILE]!, tools) }, tools);

/** Changes a letter of a payload. */
const payloads: Mutator = (parts, tools) => {
  const out = parts[FILE]!.slice();
  if (out.length > 0) out[tools.rng.int(out.length)] = 48 + tools.rng.int(72);
  return pick(tools.rng, [fitting, fitting, (same: Parts) => same])({ [FILE]: out }, tools);
};

/** All that a decoder finds, as one text. */
function found(
  pieces: readonly Uint8Array[],
  startTime: number | undefined,
): { readonly rows: number; readonly all: string } {
  const statics = new Statics();
  let digest = 0;
  let rows = 0;
  const decoder = nmeaDecoder({
    coarse: true,
    startTime,
    statics,
    take({ length, columns }) {
      rows += length;
      // Row by row: chunks may end elsewhere.
      for (let row = 0; row < length; row++) {
        if (!Number.isFinite(columns.t[row]!)) fault("a position without a time");
        for (const column of Object.values(columns)) digest = mixed(digest, bytesOf(column.subarray(row, row + 1)));
      }
    },
  });
  for (const piece of pieces) decoder.push(piece);
  const counts = decoder.finish();
  if (counts.positions !== rows) fault(`${counts.positions} positions, got ${rows}`);
  for (const count of [...Object.values(counts.dropped), ...Object.values(counts.noted)])
    if (!(Number.isSafeInteger(count) && count > 0)) fault(`a count of ${count}`);
  if (counts.examples.some(({ line, why }) => !(line >= 1) || why === "")) fault("a bad sentence without a place");
  const dropped = Object.values(counts.dropped).reduce((sum, count) => sum + count, 0);
  return { rows: rows + dropped, all: JSON.stringify([digest, counts, [...statics.all()]]) };
}

async function read(parts: Parts): Promise<string> {
  const log = parts[FILE]!;
  const startTime = log.length % 2 === 0 ? START : undefined;
  const whole = found([log], startTime);
  const starts = new TextDecoder("latin1").decode(log).match(/![0-9a-z]{2}vd[mo]/gi) ?? [];
  if (whole.rows > starts.length) fault(`${starts.length} sentences, got ${whole.rows} rows`);
  const cut = (log.length * 7) % 31;
  const pieces = [log.slice(0, cut), log.slice(cut, 3 * cut), log.slice(3 * cut)];
  if (found(pieces, startTime).all !== whole.all) fault("a log in pieces is another log");
  if (
    log.length < 2000 &&
    found(
      Array.from(log, (byte) => Uint8Array.of(byte)),
      startTime,
    ).all !== whole.all
  )
    fault("a log byte by byte is another log");
  return `${isNmea(log)} ${whole.all}`;
}

/** The decoder of AIS logs. It refuses nothing: what it cannot read it counts. */
export async function nmeaTarget(): Promise<Target> {
  return {
    seeds: SEEDS,
    dictionary: WORDS.map((word) => new TextEncoder().encode(word)),
    mutators: [beneath, beneath, payloads, payloads, fitting],
    judge: (parts) => judged(() => read(parts), /x\.nmea/),
  };
}
