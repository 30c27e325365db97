/** Times as ISO 8601 writes them. */

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(Z|[+-]\d\d:?\d\d)?)?$/;

/** Seconds that a zone is ahead of UTC. */
function zoneSeconds(zone: string | undefined): number {
  if (zone === undefined || zone === "Z") return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  return (zone.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/** Whether a day is in the calendar, and a time on the clock; a leap second is the 60th. */
function isThere(
  date: Date,
  [year, month, day]: readonly number[],
  [hour, minute, second]: readonly number[],
): boolean {
  const isDay = date.getUTCFullYear() === year && date.getUTCMonth() === month! - 1 && date.getUTCDate() === day;
  return isDay && hour! <= 23 && minute! <= 59 && second! <= 60;
}

/** Epoch seconds of a written time; without a zone it is UTC. NaN where it is none, as on February 30. A leap second is the second behind it. */
export function isoSeconds(text: string): number {
  const found = ISO.exec(text.trim());
  if (found === null) return Number.NaN;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const date = new Date(Date.UTC(year, month - 1, day));
  if (!isThere(date, [year, month, day], [hour, minute, second])) return Number.NaN;
  const whole = date.getTime() / 1000 + hour * 3600 + minute * 60 + second - zoneSeconds(found[8]);
  const fraction = found[7] ?? "0";
  // As one number, so that it is rounded once; before 1970 the fraction counts the other way.
  return whole >= 0 ? Number(`${whole}.${fraction}`) : whole + Number(`0.${fraction}`);
}
