/** NMEA logs and pyais: over real logs, random messages, and damaged ones, the same positions and the same counts of the rest. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { rng } from "../../src/core/index.ts";
import { testFolder } from "../ais-dataset.ts";
import type { NmeaRow } from "../nmea-decoded.ts";
import { bitText, type Field, framed, sentences, tagged } from "../nmea-encoder.ts";
import { decodedLog } from "../nmea-log.ts";
import { needShared } from "../shared.ts";
import { peersPython } from "./python.ts";

const python = peersPython();
const skip = python === undefined ? "the peers' Python is not there (npm run test:peers makes it)" : false;

/** What nmea_decode.py prints of a log. */
interface Pyais {
  readonly positions: readonly (readonly (number | null)[])[];
  readonly others: Readonly<Record<string, number>>;
  readonly names: Readonly<Record<string, readonly [string, number, number, number, number]>>;
}

function pyais(path: string): Pyais {
  const script = fileURLToPath(new URL("nmea_decode.py", import.meta.url));
  return JSON.parse(execFileSync(python ?? "", [script, path], { encoding: "utf8", maxBuffer: 1 << 28 }));
}

const START = 1e9;
/** A position as nmea_decode.py has it: degrees with six decimals; without a time where pyais knows none, which is where a clock told it. */
function asPyais({ msg_type, mmsi, lat, lon, sog, cog, heading, t }: NmeaRow, isTimed: boolean): (number | null)[] {
  const six = (degrees: number) => Number(degrees.toFixed(6));
  return [msg_type, mmsi, six(lon), six(lat), sog, cog, heading, isTimed ? t : null];
}

/** What pyais says, with the values of other types for what type 27 says is not available; -0 is 0. */
function theirPosition([type, mmsi, lon, lat, speed, course, ...rest]: Pyais["positions"][number]): (number | null)[] {
  const known = type === 27 ? [speed === 63 ? 102.3 : speed!, course === 511 ? 360 : course!] : [speed!, course!];
  return [type!, mmsi!, lon! + 0, lat! + 0, ...known, ...rest];
}

/** Compares a log's positions and counts; `reasons` are those that pyais does not know. */
function compare(path: string): ReturnType<typeof decodedLog> {
  const theirs = pyais(path);
  const ours = decodedLog(readFileSync(path), START);
  assert.equal(ours.rows.length, theirs.positions.length);
  for (const [i, row] of ours.rows.entries()) {
    const wanted = theirPosition(theirs.positions[i]!);
    assert.deepEqual(asPyais(row, wanted.at(-1) !== null), wanted, `position ${i}`);
  }
  const types: Record<string, number> = {};
  for (const [type, count] of Object.entries(theirs.others)) {
    const reasons: Readonly<Record<string, string>> = {
      4: "base_station",
      9: "sar_aircraft",
      11: "base_station",
      21: "aton",
    };
    const reason = reasons[type] ?? `type_${type}`;
    types[reason] = (types[reason] ?? 0) + count;
  }
  const own = Object.entries(ours.dropped).filter(([reason]) => /^(type_|base_station|sar_aircraft|aton)/.test(reason));
  assert.deepEqual(Object.fromEntries(own.sort()), Object.fromEntries(Object.entries(types).sort()));
  return ours;
}

describe("pyais finds the same", { skip }, () => {
  for (const place of [["gpsd", "ais-nmea.log"], ["gpsd", "ais-raw-messages.log"], ["pyais_nmea_data_sample.txt"]]) {
    test(place.at(-1)!, (t: TestContext) => {
      const path = needShared(t, "data", "ais", ...place);
      if (path === undefined) return;
      const { facts } = compare(path);
      const { names } = pyais(path);
      for (const { mmsi, texts } of facts) {
        const told = names[mmsi];
        if (told === undefined) continue;
        const [name, type, length, width, draught] = told;
        assert.equal(texts.vessel_name, name);
        assert.deepEqual([texts.vessel_type, texts.length, texts.width].map(Number), [type, length, width]);
        assert.equal(Number(texts.draft), draught);
      }
    });
  }

  test("random messages of every type, with receive times", (t) => {
    const random = rng("nmea peers");
    const below = (limit: number) => Math.floor(random.uniform() * limit);
    const lines = Array.from({ length: 20_000 }, (_, i) => {
      const type = [1, 2, 3, 18, 19, 27][below(6)]!;
      const kind = below(4) === 0 ? 1 + below(27) : type;
      // Half of the messages as long as a class A report, the others of any length.
      const length = below(2) === 0 ? 162 : below(420);
      const fields: Field[] = [[kind, 6]];
      for (let left = length; left > 0; left -= 24) fields.push([below(2 ** 24), Math.min(24, left)]);
      const parts = sentences(bitText(fields), { sequence: i % 10, channel: "AB"[i % 2]!, most: 56 });
      return parts.map((part) => `${tagged(`c:${1_600_000_000 + i},s:x`)}${part}\r\n`).join("");
    });
    const path = join(testFolder(t), "random.nmea");
    writeFileSync(path, lines.join(""));
    const { positions, dropped } = compare(path);
    assert.ok(positions > 8000 && dropped["short_payload"]! > 1000);
  });

  test("damaged sentences, where the checksum still holds", (t) => {
    const random = rng("nmea damage");
    const below = (limit: number) => Math.floor(random.uniform() * limit);
    const lines = Array.from({ length: 20_000 }, () => {
      const fields: Field[] = [[[1, 3, 18][below(3)]!, 6]];
      for (let i = 0; i < 6; i++) fields.push([below(2 ** 27), 27]);
      const [line = ""] = sentences(bitText(fields));
      const at = 1 + below(line.length - 1);
      const body = line.slice(1, -3);
      switch (below(5)) {
        case 0:
          return line;
        case 1:
          // Another letter, and the checksum of what is there.
          return framed(body.slice(0, at) + "0123456789AWXY`wx~,."[below(20)] + body.slice(at + 1));
        case 2:
          return framed(body.slice(0, at) + body.slice(at + 1 + below(4)));
        case 3:
          return line.slice(0, at);
        default:
          return line.slice(0, at) + String.fromCharCode(32 + below(90)) + line.slice(at + 1);
      }
    });
    const path = join(testFolder(t), "damaged.nmea");
    writeFileSync(path, `${lines.join("\n")}\n`);
    const { dropped } = compare(path);
    for (const reason of ["checksum", "parse_error"]) assert.ok(dropped[reason]! > 100, reason);
  });
});
