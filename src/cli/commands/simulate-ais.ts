/** `windrow simulate ais`. */

import { command } from "../command.ts";
import { count } from "../terminal.ts";
import { flag, number, time, whole, word } from "../values.ts";

/** A seeded fleet with known faults. */
export const simulateAisCommand = command({
  name: "simulate ais",
  summary: "make a seeded fleet's AIS reports, with known faults, as a MarineCadastre CSV",
  args: [],
  options: {
    out: { value: "<dir>", summary: "folder for ais.csv and truth.csv", parse: word, isRequired: true },
    vessels: { value: "<n>", summary: "ships", fallback: "40", parse: whole },
    days: { value: "<n>", summary: "days of traffic", fallback: "2", parse: number },
    seed: { value: "<n>", summary: "same seed, same bytes", fallback: "42", parse: whole },
    start: { value: "<time>", summary: "when it begins", fallback: "2024-01-01", parse: time },
    clean: flag("without the faults of real recordings"),
  },
  async run({ options, io }) {
    const { simulateAis } = await import("../../verbs/index.ts");
    const { out = "", clean, ...fleet } = options;
    const made = await simulateAis(
      { ...fleet, out, isClean: clean === true },
      { progress: io.progress, signal: io.signal },
    );
    io.result(made, () => [
      `wrote ${count(made.rows)} reports to ${made.csv}`,
      `and what each of them is to ${made.truth}`,
    ]);
    return 0;
  },
});
