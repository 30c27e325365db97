/** `windrow materialize ais`. */

import { AIS_OPTIONS, aisOptions } from "../ais-options.ts";
import { command } from "../command.ts";
import { ledgerLines } from "../ledger-lines.ts";
import { count } from "../terminal.ts";

/** AIS reports in, globally shuffled training shards out. */
export const materializeAisCommand = command({
  name: "materialize ais",
  summary: "turn AIS position reports into globally shuffled training windows",
  args: [
    {
      name: "input",
      summary:
        "files, folders or globs: CSV (MarineCadastre, DMA, other), Parquet, NMEA logs; plain, .gz, .zst, .zip; - for stdin",
      isMany: true,
    },
  ],
  options: AIS_OPTIONS,
  examples: [
    "windrow materialize ais AIS_2024_01_01.zip --out data --val 0.05",
    "zcat station.log.gz | windrow materialize ais - --out data --start-time 2024-01-31",
    "windrow materialize ais tracks.csv --columns mmsi,t,lat,lon --out data --format mds",
  ],
  async run({ args, options, io }) {
    const { materializeAis } = await import("../../verbs/index.ts");
    const { out, manifest, badRows, wasThere } = await materializeAis(aisOptions(args, options), {
      progress: io.progress,
      signal: io.signal,
    });
    for (const bad of badRows) io.say(`bad row: ${bad.file} line ${bad.line}: ${bad.why}`);
    if (manifest.ledger.windows.validation === 0) io.say("warning: no window is held out for validation; raise --val");
    if (manifest.ledger.windows.train === 0)
      io.say("warning: all windows are held out and none is for training; lower --val and --test");
    const { ledger, counts, window, formats } = manifest;
    io.result({ out, was_there: wasThere, formats, window, counts, ledger }, () => [
      ...ledgerLines(ledger),
      wasThere
        ? `\n${out} holds this very dataset already; nothing was done`
        : `\nwrote ${count(ledger.windows.train)} training windows to ${out} (${formats.join(", ")}); every row is accounted for`,
    ]);
    return 0;
  },
});
