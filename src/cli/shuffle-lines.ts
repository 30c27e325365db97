/** A certificate of the shuffle as people read it. */

import type { GenerationShuffle, ShuffleReport, ShuffleTest, ShuffleTestName, ShuffleVerdict } from "../verbs/index.ts";
import { count, table, wrapped } from "./terminal.ts";

function words(samples: number, batch: number): Readonly<Record<ShuffleTestName, string>> {
  const poorest = `in the poorest of ${count(Math.floor(samples / batch))} batches`;
  return {
    time_rank: "rank correlation with time",
    entity_rank: "rank correlation with entity",
    trace_rank: "rank correlation with trace and start",
    source_rank: "rank correlation with source",
    time_quarters: "oddest quarter of time in a quarter of the order",
    time_serial: "serial correlation of time, neighbours",
    entities_per_batch: `entities in a batch of ${batch}, mean`,
    fewest_entities: `entities ${poorest}`,
    entities_per_shard: "entities in a shard, mean",
    traces_per_batch: `traces in a batch of ${batch}, mean`,
    fewest_traces: `traces ${poorest}`,
    traces_per_shard: "traces in a shard, mean",
    days_per_batch: `days in a batch of ${batch}, mean`,
    fewest_days: `days ${poorest}`,
    days_per_shard: "days in a shard, mean",
    same_entity_neighbours: "neighbours of the same entity",
    longest_entity_run: "longest run of one entity",
    overlapping_neighbours: "neighbours that overlap in time",
    overlapping_in_batch: "pairs in a batch that overlap in time",
  };
}

/** What is a whole number. */
const COUNTS: ReadonlySet<ShuffleTestName> = new Set([
  "time_quarters",
  "fewest_entities",
  "fewest_traces",
  "fewest_days",
  "same_entity_neighbours",
  "longest_entity_run",
  "overlapping_neighbours",
  "overlapping_in_batch",
]);

const VERDICTS = { pass: "ok", fail: "FAIL", too_few: "too few to tell" } as const satisfies Record<
  ShuffleVerdict,
  string
>;

/** More decimals than these tell a reader nothing. */
const MOST_PLACES = 4;

/** Decimals that a spread needs. */
function placesOf(deviation: number | null): number {
  return deviation === null || deviation === 0
    ? 0
    : Math.max(0, Math.min(MOST_PLACES, 1 - Math.floor(Math.log10(deviation))));
}

function fixed(value: number, places: number): string {
  const text = value.toFixed(places);
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
}

/** Further away than this is all the same. */
const MOST_Z = 999;

function distance(z: number): string {
  if (Math.abs(z) <= MOST_Z) return fixed(z, 1);
  return z < 0 ? `<-${MOST_Z}` : `>${MOST_Z}`;
}

function spread(deviation: number | null, places: number): string {
  if (deviation === null) return "";
  return deviation < 10 ** -MOST_PLACES ? `± <${10 ** -MOST_PLACES}` : `± ${fixed(deviation, places)}`;
}

function row(test: ShuffleTest, names: Readonly<Record<ShuffleTestName, string>>): string[] {
  const { name, found, expected, deviation, z, verdict } = test;
  const places = placesOf(deviation);
  const isCount = COUNTS.has(name);
  return [
    names[name],
    fixed(found, isCount ? 0 : places),
    fixed(expected, places),
    spread(deviation, places),
    // The poorest of many is far below the mean of one by nature.
    z === null || name.startsWith("fewest") ? "" : distance(z),
    VERDICTS[verdict],
  ];
}

const LINE = 96;

/** What could not be asked, by reason. */
function unaskedLines({ unasked }: GenerationShuffle, names: Readonly<Record<ShuffleTestName, string>>): string[] {
  const asked = Object.entries(unasked) as [ShuffleTestName, string][]; // its keys are those names
  return [...Map.groupBy(asked, ([, reason]) => reason)].flatMap(([reason, those]) => {
    const questions = those.map(([name]) => names[name].replace(/, mean$/, ""));
    return [`not asked (${reason}):`, ...wrapped(questions, "; ", LINE).map((line) => `  ${line}`)];
  });
}

function verdictText({ verdict, samples, error_rate: rate }: ShuffleReport): string {
  const order = `the order of ${count(samples)} samples`;
  switch (verdict) {
    case "pass":
      return `pass: ${order} looks like chance (a random order fails at most once in ${count(1 / rate)})`;
    case "fail":
      return `FAIL: ${order} is not random (a random order would fail at most once in ${count(1 / rate)})`;
    case "too_few":
      return `too few to tell: ${order} proves nothing`;
  }
}

/** The certificate, a table for each generation. */
export function shuffleLines(report: ShuffleReport): string[] {
  const { generations, batch, path, split } = report;
  const place = split === null ? path : `${path}, ${split}`;
  const tables = generations.flatMap((each) => {
    const names = words(each.samples, batch);
    return [
      ...(generations.length > 1 ? [`generation ${each.generation}: ${count(each.samples)} samples`] : []),
      ...table([["", "found", "by chance", "", "z", ""], ...each.tests.map((test) => row(test, names))]),
      ...unaskedLines(each, names),
      ...(each.reason === null ? [] : [`too few to tell: ${each.reason}`]),
      "",
    ];
  });
  const several =
    generations.length > 1 ? ["each generation is judged by itself: the shuffle is global within a generation"] : [];
  return [...tables, ...several, `${place}: ${verdictText(report)}`];
}
