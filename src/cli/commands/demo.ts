/** `windrow demo`. */

import { WindrowError } from "../../core/index.ts";
import type { DemoResult } from "../../verbs/index.ts";
import { command } from "../command.ts";
import { ledgerLines } from "../ledger-lines.ts";
import { count } from "../terminal.ts";
import { word } from "../values.ts";

function lines({ out, manifest, verified, vessels }: DemoResult): string[] {
  const { train = 0, validation = 0 } = vessels;
  return [
    ...ledgerLines(manifest.ledger),
    "",
    `verified: ${count(verified.files)} files by their hashes, ${count(verified.samples)} samples in both formats`,
    `no leak: ${train} vessels for training, ${validation} held out, none in both`,
    "",
    "Look at it:",
    `  npx windrow info ${out}`,
    `  npx windrow stats ${out}`,
    "Train on it in Python (pip install mosaicml-streaming):",
    "  from streaming import StreamingDataset",
    `  dataset = StreamingDataset(local="${out}/mds", shuffle=False, batch_size=64)`,
    '  dataset[0]["features"]                      # float32 (928, 5): lat, lon, sog, cog, dt_seconds',
    "With your own reports:",
    "  npx windrow materialize ais AIS_2024_01_01.zip --out data --val 0.05",
  ];
}

/** A complete small run. */
export const demoCommand = command({
  name: "demo",
  summary: "simulate a fleet, make training shards of it, verify them, and say what to try next",
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
    const { input, out, verified, vessels } = shown;
    io.result({ input, out, verified, vessels, ledger: shown.manifest.ledger }, () => lines(shown));
    return 0;
  },
});
