/** `windrow materialize l5kit`. */

import { command } from "../command.ts";
import { L5KIT_OPTIONS, l5kitOptions } from "../l5kit-options.ts";
import { ledgerLines } from "../ledger-lines.ts";
import { count } from "../terminal.ts";

/** L5Kit scenes in, globally shuffled motion-prediction samples out. */
export const materializeL5kitCommand = command({
  name: "materialize l5kit",
  summary: "turn L5Kit scenes into globally shuffled motion-prediction samples",
  args: [
    {
      name: "input",
      summary: "L5Kit scenes: Zarr folders (.zarr), zips of them (.zarr.zip), or Parquet tables that convert made",
      isMany: true,
    },
  ],
  options: L5KIT_OPTIONS,
  examples: [
    "windrow materialize l5kit train.zarr --history 10 --future 50 --out data --val 0.05",
    "windrow materialize l5kit train.zarr validate.zarr --step 5 --of agents --neighbours 0 --out data",
  ],
  async run({ args, options, io }) {
    const { materializeL5kit } = await import("../../verbs/index.ts");
    const run = { progress: io.progress, signal: io.signal };
    const { out, manifest, wasThere } = await materializeL5kit(l5kitOptions(args, options), run);
    const { ledger, counts, formats } = manifest;
    if (ledger.windows.validation === 0) io.say("warning: no scene is held out for validation; raise --val");
    if (ledger.windows.train === 0)
      io.say("warning: all scenes are held out and none is for training; lower --val and --test");
    io.result({ out, was_there: wasThere, formats, counts, ledger }, () => [
      ...ledgerLines(ledger, "materialize l5kit"),
      wasThere
        ? `\n${out} holds this very dataset already; nothing was done`
        : `\nwrote ${count(ledger.windows.train)} training samples to ${out} (${formats.join(", ")}); every agent is accounted for`,
    ]);
    return 0;
  },
});
