/** Which MMSIs are ships (spec §2; ITU-R M.585). */

import type { Reason } from "./reasons.ts";

/** The number's class by its leading digits, the number padded to nine; `kept` for a ship. */
function byLeadingDigits(mmsi: number): Reason {
  const leading3 = Math.floor(mmsi / 1e6);
  if (leading3 < 10) return "base_station";
  if (leading3 < 100) return "group";
  if (leading3 === 111) return "sar_aircraft";
  if (leading3 >= 990) return "aton";
  if (leading3 >= 980) return "craft_associated";
  if (leading3 === 970) return "sart";
  if (leading3 === 972) return "mob";
  if (leading3 === 974) return "epirb";
  return leading3 >= 201 && leading3 <= 775 ? "kept" : "invalid_mmsi";
}

/** Numbers that people type in when they have none: nine equal digits, a run of digits, a country code and zeros. */
function isPlaceholder(mmsi: number): boolean {
  if (mmsi % 111_111_111 === 0 || mmsi === 123_456_789 || mmsi === 987_654_321) return true;
  return mmsi >= 2e8 && mmsi < 8e8 && mmsi % 1e6 === 0;
}

/** What kind of station an MMSI names: `kept` for a ship, else the reason to drop its reports. */
export function mmsiReason(mmsi: number, keepAuxiliary: boolean): Reason {
  if (!Number.isInteger(mmsi) || mmsi <= 0 || mmsi > 999_999_999) return "invalid_mmsi";
  if (isPlaceholder(mmsi)) return "placeholder_mmsi";
  const reason = byLeadingDigits(mmsi);
  return reason === "craft_associated" && keepAuxiliary ? "kept" : reason;
}
