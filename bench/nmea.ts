/**
 * How many AIS sentences a second does one core decode, next to pyais in the same run?
 * `node bench/nmea.ts --dir DIR --python PYTHON [--n 40000] [--runs 5]`: 25 sentences for each of n.
 *
 * The log is like a station's: tag blocks with receive times, class A and B, static data in two sentences, base stations. Ours checks each
 * checksum and takes receive times, reassembles, and fills columns of positions and tables of vessels. pyais does it twice: decoding only,
 * as its documentation reads a file, and also asking for the checksum and the receive time. Both read the file from the page cache.
 */

import { once } from "node:events";
import { closeSync, createWriteStream, existsSync, openSync, readSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { cpuUsage } from "node:process";
import { parseArgs } from "node:util";
import { nmeaDecoder, Statics } from "../src/adapters/nmea/index.ts";
import { rng, unreachable } from "../src/core/index.ts";
import { positionBits, sentences, tagged, timeBits, type5Bits, type24Bits } from "../test/nmea-encoder.ts";
import { interleaved, load, machine, median, placesOf, startPeer, type Took, table } from "./measure.ts";

const SENTENCES_EACH = 25;
/** Messages that are encoded; the log repeats them with later times. */
const MESSAGES = 20_000;
const PIECE_BYTES = 1 << 18;

type Time = Pick<Took, "seconds" | "cpu"> & { readonly positions: number };

/** Kinds of messages and how many of a hundred they are. */
const MIX = [
  ["1", 60],
  ["3", 18],
  ["18", 12],
  ["5", 5],
  ["24A", 2],
  ["24B", 1],
  ["4", 2],
] as const;
const KINDS = MIX.flatMap(([kind, count]) => Array.from({ length: count }, () => kind));

/** The bits of the i-th message, as `below` has it: whole numbers by chance. */
function messageBits(i: number, below: (limit: number) => number): string {
  const mmsi = 219_000_000 + below(3000);
  const ship = { mmsi, name: `SHIP ${mmsi}`, shipType: 70, bow: 90, stern: 10, port: 5, starboard: 6, draught: 55 };
  const place = { mmsi, lat: 32_400_000 + below(1_200_000), lon: 4_200_000 + below(3_000_000) };
  const fix = { ...place, sog: below(200), cog: below(3600), heading: below(360), second: below(60) };
  const kind = KINDS[below(KINDS.length)]!;
  switch (kind) {
    case "1":
      return positionBits({ ...fix, type: 1 });
    case "3":
      return positionBits({ ...fix, type: 3 });
    case "18":
      return positionBits({ ...fix, type: 18 });
    case "5":
      return type5Bits(ship);
    case "24A":
      return type24Bits("A", ship);
    case "24B":
      return type24Bits("B", ship);
    case "4":
      return timeBits(2_190_001, 1_700_000_000 + i);
    default:
      return unreachable(kind);
  }
}

/** The sentences of each of some messages. */
function messages(): string[][] {
  const random = rng("nmea");
  const below = (limit: number) => Math.floor(random.uniform() * limit);
  return Array.from({ length: MESSAGES }, (_, i) =>
    sentences(messageBits(i, below), { channel: below(2) === 0 ? "A" : "B", sequence: i % 10 }),
  );
}

/** A log of so many sentences, made once. */
async function logOf(dir: string, count: number): Promise<string> {
  const path = join(dir, `log-${count}.nmea`);
  if (existsSync(path)) return path;
  const all = messages();
  const out = createWriteStream(`${path}.part`);
  let written = 0;
  for (let i = 0; written < count; i++) {
    // A hundred messages a second.
    const tag = tagged(`c:${1_700_000_000 + Math.floor(i / 100)},s:station7`);
    const parts = all[i % all.length]!;
    written += parts.length;
    if (!out.write(parts.map((part) => `${tag}${part}\r\n`).join(""))) await once(out, "drain");
  }
  out.end();
  await once(out, "close");
  renameSync(`${path}.part`, path);
  return path;
}

/** Decodes the file on this thread. */
function ours(path: string): Time {
  const began = performance.now();
  const beganCpu = cpuUsage();
  const decoder = nmeaDecoder({ statics: new Statics(), take: () => {} });
  const piece = new Uint8Array(PIECE_BYTES);
  const file = openSync(path, "r");
  for (let length = readSync(file, piece); length > 0; length = readSync(file, piece))
    decoder.push(piece.subarray(0, length));
  closeSync(file);
  const { positions } = decoder.finish();
  const { user, system } = cpuUsage(beganCpu);
  return { seconds: (performance.now() - began) / 1000, cpu: (user + system) / 1e6, positions };
}

const { values } = parseArgs({
  options: {
    dir: { type: "string" },
    python: { type: "string" },
    n: { type: "string", default: "40000" },
    runs: { type: "string", default: "5" },
  },
});
const { dir, python } = placesOf(values, "bench/nmea.ts --dir DIR --python PYTHON");
const count = SENTENCES_EACH * Number(values.n);
const path = await logOf(dir, count);
const theirs = await startPeer(python, "nmea_decode.py", { dir, n: count });
console.log(`${machine()}; pyais ${theirs.versions["pyais"]}`);
console.log(`${count} sentences, ${(statSync(path).size / 1e6).toFixed(0)} MB; median of ${values.runs}`);
const ask = (how: string) => () => theirs.ask(`${how} ${path}`) as Promise<Time>;
const runs = await interleaved(Number(values.runs), {
  ours: async () => ours(path),
  "pyais, decode": ask("plain"),
  "pyais, with checksum and time": ask("checked"),
});
theirs.end();
const positions = new Set(Object.values(runs).flatMap((took) => took.map((one) => one.positions)));
const own = median(runs.ours.map(({ cpu }) => cpu));
const rows = Object.entries(runs).map(([who, took]) => {
  const cpu = median(took.map((one) => one.cpu));
  const seconds = median(took.map((one) => one.seconds));
  const rate = (value: number) => Math.round(count / value).toLocaleString("en");
  return [who, rate(seconds), rate(cpu), `${(cpu / own).toFixed(1)}×`];
});
console.log(table(["who", "sentences/s by the clock", "sentences/CPU s", "CPU time ÷ ours"], rows));
console.log(`${load()}; ${positions.size === 1 ? "same" : "DIFFERENT"} positions: ${[...positions].join(", ")}`);
