/** Chooses vessels by type: AIS ship type numbers, ranges of them, or words. */

/** Whether a vessel's type, as its files give it, is one of those that were asked for; a vessel without a type never is. */
export type VesselTypeFilter = (type: string | undefined) => boolean;

interface TypeRange {
  readonly from: number;
  readonly to: number;
}

/**
 * A filter from `60-69,70,Cargo`: numbers and closed ranges match ship type numbers (also written `70.0`), words match
 * type names without regard to case. `undefined` for a list with an empty or backward entry.
 */
export function vesselTypeFilter(list: string): VesselTypeFilter | undefined {
  const ranges: TypeRange[] = [];
  const words = new Set<string>();
  for (const entry of list.split(",").map((each) => each.trim())) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(entry);
    if (match !== null) {
      const range = { from: Number(match[1]), to: Number(match[2] ?? match[1]) };
      if (range.to < range.from) return undefined;
      ranges.push(range);
    } else if (entry === "") {
      return undefined;
    } else {
      words.add(entry.toLowerCase());
    }
  }
  return (type) => {
    if (type === undefined || type === "") return false;
    const number = Number(type);
    return words.has(type.toLowerCase()) || ranges.some((range) => number >= range.from && number <= range.to);
  };
}
