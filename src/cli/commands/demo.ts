/** `windrow demo`. */

import { WindrowError } from "../../core/index.ts";
import type { DemoResult } from "../../verbs/index.ts";
import { command } from "../command.ts";
import { span } from "../inspect-options.ts";
import { ledgerLines } from "../ledger-lines.ts";
import { count } from "../terminal.ts";
import { word } from "../values.ts";

function errors({ forecast, after }: DemoResult["toBeat"]): string {
  return `${forecast}, off by ${after.map(({ seconds, nmi }) => `${nmi.toPrecision(2)} nmi after ${span(seconds)}`).join(", ")}`;
}

function lines({ out, manifest, verified, vessels, shuffled, toBeat }: DemoResult): string[] {
  const { train = 0, validation = 0 } = vessels;
  return [
    ...ledgerLines(manifest.ledger),
    "",
    `verified: ${count(verified.files)} files by their hashes, ${count(verified.samples)} samples in both formats`,
    `no leak: ${train} vessels for training, ${validation} held out, none in both`,
    `shuffled: the order of ${count(shuffled.samples)} samples looks like chance, by ${shuffled.questions} questions`,
    `to beat by a model: ${errors(toBeat)}`,
    "",
    "Look at it:",
    `  npx windrow info ${out}`,
    `  npx windrow stats ${out}`,
    `  npx windrow stats ${out} --shuffle --picture order.svg`,
    `  npx windrow baseline ais ${out}`,
    "Train on it in Python (pip install mosaicml-streaming):",
    "  from streaming import StreamingDataset",
    `  dataset = StreamingDataset(local="${out}/mds", shuffle=False, batch_size=64)`,
    '  dataset[0]["features"]                      # float32 (928, 5): lat, lon, sog, cog, dt_seconds',
    "Or in TypeScript (in a checkout after npm run build):",
    '  import { load } from "windrow";',
    `  const batches = load("${out}", { batchSize: 64 });`,
    "  for await (const { columns } of batches) columns.features.data;   // Float32Array, [64, 928, 5]",
    "With your own reports:",
    "  npx windrow materialize ais AIS_2024_01_01.zip --out data --val 0.05",
  ];
}

/** A complete small run. */
export const demoCommand = command({
  name: "demo",
  summary: "simulate a fleet, make training shards of it, verify and judge them, and say what to try next",
  args: [{ name: "domain", summary: "ais", isOptional: true }],
  options: {
    out: { value: "<dir>", summary: "folder to write to", fallback: "a new one for temporary files", parse: word },
  },
  async run({ args, options, io }) {
    const [domain = "ais"] = args;
    if (domain !== "ais") throw new WindrowError("usage", `Cannot show a demo of ${domain}: there is one of ais`);
    const { demoAis } = await import("../../verbs/index.ts");
    const shown = await demoAis(options.out === undefined ? {} : { out: options.out }, {
      progress: io.progress,
      signal: io.signal,
    });
    const { input, out, verified, vessels, shuffled, toBeat: to_beat, manifest } = shown;
    io.result({ input, out, verified, vessels, shuffled, to_beat, ledger: manifest.ledger }, () => lines(shown));
    return 0;
  },
});
