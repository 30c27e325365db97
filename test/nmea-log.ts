/** What tests of whole NMEA logs share: decoded rows, and a fleet as a log and as the table that says the same. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFleet } from "./ais-dataset.ts";
import { decoded } from "./nmea-decoded.ts";
import { positionBits, type RawPosition, sentences, tagged, timeBits, type5Bits, type24Bits } from "./nmea-encoder.ts";

/** All that a log holds; positions of type 27 too, and from `startTime` on where there are no times. */
export const decodedLog = (bytes: Uint8Array, startTime = 1e9) => decoded([bytes], { coarse: true, startTime });

/** A log, and the table of the same reports. */
export interface FleetLog {
  readonly log: string;
  readonly csv: string;
  readonly positions: number;
}

/** A report of a simulated fleet in the units of a class A report; `undefined` where a cell is none. */
function rawOf([mmsi, time, lat, lon, sog, cog, heading]: readonly string[]):
  | (RawPosition & { t: number })
  | undefined {
  const t = Date.parse(`${time}Z`) / 1000;
  const values = [mmsi, lat, lon].map(Number);
  if (!Number.isFinite(t) || values.some((value) => !Number.isFinite(value)) || !(Number(mmsi) < 2 ** 30))
    return undefined;
  const tenths = (text: string | undefined, none: number) => (text ? Math.round(Number(text) * 10) : none);
  return {
    type: 1,
    t,
    mmsi: Number(mmsi),
    lat: Math.round(Number(lat) * 600_000),
    lon: Math.round(Number(lon) * 600_000),
    sog: tenths(sog, 1023) & 1023,
    cog: tenths(cog, 3600) & 4095,
    heading: heading ? Math.round(Number(heading)) & 511 : 511,
    second: t % 60,
  };
}

/** A fleet's reports as sentences with tag blocks among other lines, and as a table that says the same of positions and vessels. */
export function fleetLog(folder: string, seed: number): FleetLog {
  const path = join(folder, "fleet.csv");
  writeFleet(path, { vessels: 8, days: 1, seed });
  const [header = "", ...lines] = readFileSync(path, "utf8").trimEnd().split("\n");
  const names = header.split(",");
  const wanted = ["MMSI", "BaseDateTime", "LAT", "LON", "SOG", "COG", "Heading"].map((name) => names.indexOf(name));
  const reports = lines.flatMap((line) => rawOf(wanted.map((place) => line.split(",")[place] ?? "")) ?? []);
  const log = ["# a station's log"];
  const csv = ["mmsi,t,lat,lon,sog,cog,heading,msg_type,vessel_type,vessel_name,length,width,draft"];
  const seen = new Set<number>();
  for (const [i, raw] of reports.entries()) {
    const { mmsi, t, lat, lon, sog, cog, heading } = raw;
    if (!seen.has(mmsi)) {
      const ship = {
        mmsi,
        name: `SHIP ${mmsi}`,
        shipType: 60 + (mmsi % 3) * 10,
        bow: 90,
        stern: 10,
        port: 5,
        starboard: 6,
      };
      const bits = [type5Bits({ ...ship, draught: 55 }), type24Bits("A", { ...ship, draught: 0 })];
      for (const each of bits)
        log.push(...sentences(each, { sequence: i % 10 }).map((part) => tagged(`c:${t}`) + part));
      seen.add(mmsi);
    }
    if (i % 50 === 0) log.push("$GPGGA,1*00", sentences(timeBits(2_190_001, t))[0]!, "!AIVDM,1,1,,B,,0*25");
    log.push(tagged(`c:${t},s:here`) + sentences(positionBits(raw))[0]!);
    const facts = [60 + (mmsi % 3) * 10, `SHIP ${mmsi}`, 100, 11, 5.5];
    csv.push([mmsi, t, lat / 6e5, lon / 6e5, sog / 10, cog / 10, heading, 1, ...facts].join());
  }
  return { log: `${log.join("\r\n")}\r\n`, csv: `${csv.join("\n")}\n`, positions: reports.length };
}
