/** A certificate of the shuffle: whether the stored order could be one that chance gave. */

import { WindrowError } from "../core/index.ts";
import type { DatasetSplit } from "../formats/dataset/index.ts";
import { shuffledTogether } from "./shuffle-source.ts";
import { measureOrder, type ShuffleMeasure, type ShuffleMeasures } from "./shuffle-tests.ts";
import { type OrderView, orderView } from "./shuffle-view.ts";
import { type InspectPlace, type InspectRun, placeName, type Source, wholeSource } from "./source.ts";

/** What `shuffleReport` takes. */
export interface ShuffleOptions {
  /** Which split of a dataset; train. */
  readonly split?: DatasetSplit;
  /** Samples of a batch; 64. */
  readonly batch?: number;
}

/** `fail`: chance would hardly ever give such an order · `too_few`: no order of these samples could fail, so nothing is proved. */
export type ShuffleVerdict = "pass" | "fail" | "too_few";

/** A question, and the answer. */
export interface ShuffleTest extends ShuffleMeasure {
  readonly verdict: ShuffleVerdict;
}

/** What was found of samples that were shuffled together. */
export interface GenerationShuffle {
  /** From 1. */
  readonly generation: number;
  readonly samples: number;
  readonly verdict: ShuffleVerdict;
  /** Why it is too few to tell; `null` where it is not. */
  readonly reason: string | null;
  readonly tests: readonly ShuffleTest[];
  readonly unasked: ShuffleMeasures["unasked"];
  readonly view: OrderView;
}

/** What `shuffleReport` answers. */
export interface ShuffleReport {
  readonly path: string;
  readonly kind: Source["kind"];
  readonly split: DatasetSplit | null;
  readonly samples: number;
  readonly batch: number;
  /** A random order fails with at most this chance, whatever the number of questions and generations. */
  readonly error_rate: number;
  /** A question fails where its `p` is not above this: the error rate divided among all questions. */
  readonly threshold: number;
  /** The worst of all generations: `fail`, else `too_few`, else `pass`. */
  readonly verdict: ShuffleVerdict;
  readonly generations: readonly GenerationShuffle[];
}

const ERROR_RATE = 1e-4;
const BATCH = 64;

/** Answers to all questions; `threshold` is for one. */
export function judged(measures: readonly ShuffleMeasure[], threshold: number): ShuffleTest[] {
  return measures.map((measure) => {
    const { p, least_p } = measure;
    const verdict = p <= threshold ? "fail" : least_p <= threshold ? "pass" : "too_few";
    return { ...measure, verdict };
  });
}

/** Why a pass would prove nothing; `null` where it proves something. */
function tooFew(samples: number, batch: number, tests: readonly ShuffleTest[]): string | null {
  if (samples < 2 * batch) return `${samples} samples are fewer than two batches of ${batch}`;
  const tells = (about: ShuffleMeasure["about"]) =>
    tests.some((test) => test.about === about && test.verdict !== "too_few");
  if (!tells("trend")) return "no order of these samples could show a trend";
  return tells("mixing") ? null : "no order of these samples could be mixed too little";
}

function worst(verdicts: readonly ShuffleVerdict[]): ShuffleVerdict {
  if (verdicts.includes("fail")) return "fail";
  return verdicts.length === 0 || verdicts.includes("too_few") ? "too_few" : "pass";
}

/**
 * Measures how random the stored order is: trends with time, entity, trace and source; how well batches and shards are mixed; neighbours
 * that overlap. Each generation is judged by itself, since samples are shuffled among those of their generation. Reads the index, or
 * the columns trace_id and t_start (further t_end, entity or mmsi, source) of others' samples; takes about 80 bytes for each sample of
 * the largest generation. An order made by chance fails once in 10,000 datasets or less often.
 * @throws WindrowError `usage` for a batch below 2; `unsupported` where nothing says which trace and time a sample is of; `damaged` for an
 * index that cannot be read.
 */
export async function shuffleReport(
  place: InspectPlace,
  options: ShuffleOptions = {},
  run: InspectRun = {},
): Promise<ShuffleReport> {
  const { batch = BATCH, split } = options;
  if (!Number.isSafeInteger(batch) || batch < 2)
    throw new WindrowError("usage", `Cannot judge the order: batch must be a whole number from 2 up, got ${batch}`);
  const source = await wholeSource(place);
  const found: (ShuffleMeasures & { generation: number; samples: number; view: OrderView })[] = [];
  for await (const { generation, samples } of shuffledTogether(place, source, split, run)) {
    run.progress?.stage("measure order");
    const { length } = samples;
    found.push({ generation, samples: length, ...measureOrder(samples, batch), view: orderView(samples, batch) });
  }
  const questions = found.reduce((sum, { measures }) => sum + measures.length, 0);
  const threshold = ERROR_RATE / Math.max(1, questions);
  const generations = found.map(({ generation, samples, measures, unasked, view }): GenerationShuffle => {
    const tests = judged(measures, threshold);
    const isFail = tests.some(({ verdict }) => verdict === "fail");
    const reason = isFail ? null : tooFew(samples, batch, tests);
    const verdict = isFail ? "fail" : reason === null ? "pass" : "too_few";
    return { generation, samples, verdict, reason, tests, unasked, view };
  });
  return {
    path: placeName(place),
    kind: source.kind,
    split: source.kind === "dataset" ? (split ?? "train") : null,
    samples: generations.reduce((sum, { samples }) => sum + samples, 0),
    batch,
    error_rate: ERROR_RATE,
    threshold,
    verdict: worst(generations.map(({ verdict }) => verdict)),
    generations,
  };
}
