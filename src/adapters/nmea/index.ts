/** AIS logs of NMEA 0183 sentences (`!AIVDM`, `!AIVDO`), read to columns of positions. */

export { nmeaDecoder, type PositionChunk } from "./decoder.ts";
export { isNmea } from "./is-nmea.ts";
export { Statics, type VesselFacts } from "./statics.ts";
