/** A trace as lines of letters: one a sensor, its rate along the time. */

/** Letters of a timeline, by how much of the usual rate there is: none but a gap first, all of it last. */
export interface Letters {
  readonly levels: readonly string[];
  readonly absent: string;
}

/** For a terminal that shows blocks. */
export const BLOCKS: Letters = { levels: ["·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"], absent: " " };

/** For files, logs and all else. */
export const PLAIN: Letters = { levels: ["_", ".", ":", "-", "=", "+", "*", "%", "#"], absent: " " };

// A sensor's usual rate is its median; what is nearly that is whole.
const WHOLE = 0.95;

function letter(share: number | null, { levels, absent }: Letters): string {
  if (share === null) return absent;
  const full = levels.length - 1;
  return levels[share >= WHOLE ? full : Math.min(full - 1, Math.floor(share * full))]!;
}

const NAME_LETTERS = 24;

/** A name in at most so many letters: of a longer one the end, where topics differ. */
function cut(name: string): string {
  return name.length <= NAME_LETTERS ? name : `…${name.slice(name.length - NAME_LETTERS + 1)}`;
}

/** Letters that stand before a timeline's cells: the longest name, and two. */
export function timelineIndent(names: readonly string[]): number {
  return Math.max(0, ...names.map((name) => cut(name).length)) + 2;
}

/** The lines, and below them where the trace begins and ends. */
export function timelineLines(
  timeline: Readonly<Record<string, readonly (number | null)[]>>,
  ends: readonly [string, string],
  letters: Letters,
): string[] {
  const names = Object.keys(timeline);
  const indent = timelineIndent(names);
  const cells = Object.values(timeline)[0]?.length ?? 0;
  const lines = Object.entries(timeline).map(([name, shares]) =>
    `${cut(name).padEnd(indent)}${shares.map((share) => letter(share, letters)).join("")}`.trimEnd(),
  );
  const between = Math.max(1, cells - ends[0].length - ends[1].length);
  return [...lines, `${" ".repeat(indent)}${ends[0]}${" ".repeat(between)}${ends[1]}`];
}
