/** What a person sees: numbers, tables, progress. */

import type { SingleBar } from "cli-progress";
import type { Progress } from "../verbs/progress.ts";

const COUNT = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A count with thousands apart. */
export function count(value: number): string {
  return COUNT.format(value);
}

/** Bytes as people read them. */
export function size(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let scaled = value;
  let unit = 0;
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? scaled : scaled.toPrecision(3)} ${units[unit]}`;
}

/** Rows of cells as lines, columns aligned; those that hold only numbers to the right. */
export function table(rows: ReadonlyArray<readonly string[]>): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const at = (row: readonly string[], column: number) => row[column] ?? "";
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => at(row, column).length)));
  const isNumeric = widths.map(
    (_, column) => column > 0 && rows.slice(1).every((row) => /^[\d,.\-+e%<>]*( \w?B)?$/.test(at(row, column))),
  );
  return rows.map((row) =>
    widths
      .map((width, column) => (isNumeric[column] ? at(row, column).padStart(width) : at(row, column).padEnd(width)))
      .join("  ")
      .trimEnd(),
  );
}

/** Words, with `joint` between them, on lines of at most `width` letters where no word is longer. */
export function wrapped(words: readonly string[], joint: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + joint.length + word.length <= width)
      lines[lines.length - 1] = `${last}${joint}${word}`;
    else lines.push(word);
  }
  return lines;
}

const LINE_MILLISECONDS = 3000;

function amount(value: number, unit: string | undefined): string {
  return unit === "B" ? size(value) : `${count(value)}${unit === undefined ? "" : ` ${unit}`}`;
}

/** Stages drawn as bars on a terminal; elsewhere a line for each, and one every few seconds while it lasts. */
export function terminalProgress(stream: NodeJS.WriteStream): Progress & { end(): void } {
  let bar: SingleBar | undefined;
  let name = "";
  let unit: string | undefined;
  let total: number | undefined;
  let started = 0;
  let last = 0;
  let value = 0;
  // Only a terminal needs the library that draws.
  const drawing = stream.isTTY === true ? import("cli-progress") : undefined;

  function end(): void {
    if (name === "") return;
    bar?.stop();
    bar = undefined;
    const seconds = (performance.now() - started) / 1000;
    const done = total === undefined ? "" : `  ${amount(total, unit)}`;
    stream.write(`${name.padEnd(16)}${done.padEnd(20)}  ${seconds.toFixed(1)} s\n`);
    name = "";
  }

  async function draw(of: string): Promise<void> {
    const { default: progress } = (await drawing) ?? { default: undefined };
    if (progress === undefined || name !== of || total === undefined) return;
    bar = new progress.SingleBar({
      stream,
      clearOnComplete: true,
      hideCursor: true,
      format: `${of.padEnd(16)}  {bar} {percentage}%  {rate}  ETA {eta_formatted}`,
      barsize: 30,
      etaBuffer: 50,
    });
    bar.start(total, value, { rate: "" });
  }

  function rate(): string {
    const seconds = (performance.now() - started) / 1000;
    return seconds < 0.5 ? "" : `${amount(Math.round(value / seconds), unit)}/s`;
  }

  return {
    stage(next, nextTotal, nextUnit) {
      end();
      [name, total, unit, value] = [next, nextTotal, nextUnit, 0];
      started = performance.now();
      last = started;
      void draw(next);
    },
    at(done) {
      value = done;
      const now = performance.now();
      if (bar !== undefined) {
        bar.update(done, { rate: rate() });
      } else if (stream.isTTY !== true && now - last > LINE_MILLISECONDS && total !== undefined) {
        last = now;
        const left = done > 0 ? ((now - started) / 1000 / done) * (total - done) : 0;
        stream.write(
          `${name}: ${amount(done, unit)} of ${amount(total, unit)}, ${rate()}, ${left.toFixed(0)} s left\n`,
        );
      }
    },
    note(text) {
      stream.write(`${text}\n`);
    },
    end,
  };
}
