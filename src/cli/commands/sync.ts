/** `windrow sync`. */

import { stderr, stdout } from "node:process";
import { command } from "../command.ts";
import { RECORDING_OPTIONS, recordingOptions } from "../recording-options.ts";
import { syncLines } from "../sync-lines.ts";
import { SYNC_OPTIONS, syncSpec } from "../sync-options.ts";
import { count } from "../terminal.ts";
import { BLOCKS, PLAIN } from "../timeline.ts";
import { word } from "../values.ts";

/** Letters of a line where nobody says how wide the terminal is. */
const COLUMNS = 100;
/** Letters before the cells: a name and a gap. */
const INDENT = 26;
const FEWEST_CELLS = 20;

/** How sensors run, and how they match. */
export const syncCommand = command({
  name: "sync",
  summary: "look at how sensors run and how they match: rates, jitter, dropouts, a timeline, an index map",
  args: [
    {
      name: "input",
      summary: "recordings: folders, tables, logs; each is a trace",
      isMany: true,
    },
  ],
  options: {
    ...SYNC_OPTIONS,
    trace: { value: "<name>", summary: "only this trace", parse: word },
    save: { value: "<file>", summary: "keep the index map: a .parquet or .arrow file", parse: word },
    ...RECORDING_OPTIONS,
  },
  examples: [
    "windrow sync rgbd_dataset_freiburg1_xyz --reference rgb --tolerance 0.02 --unique",
    "windrow sync drive.mcap --sync interpolate --grid 20 --max-gap 0.2 --save drive.sync.parquet",
  ],
  async run({ args, options, io }) {
    const { trace, save } = options;
    const spec = syncSpec(options);
    const { openRecordings, sync } = await import("../../verbs/index.ts");
    await using recordings = await openRecordings(args, { ...recordingOptions(options), signal: io.signal });
    const width = stdout.isTTY === true ? stdout.columns : (stderr.columns ?? COLUMNS);
    const cells = Math.max(FEWEST_CELLS, width - INDENT);
    const run = { progress: io.progress, signal: io.signal };
    const result = await sync(
      recordings,
      {
        spec,
        ...(trace === undefined ? {} : { trace }),
        ...(save === undefined ? {} : { save }),
        ...(io.isJson ? {} : { cells }),
      },
      run,
    );
    const { rows, examples, notes = [] } = recordings.lost();
    io.result({ ...result, lost: rows, notes }, () => syncLines(result, stdout.isTTY === true ? BLOCKS : PLAIN));
    if (rows > 0) io.say(`${count(rows)} rows of the inputs could not be read, such as ${JSON.stringify(examples[0])}`);
    for (const note of notes) io.say(`warning: ${note}`);
    return 0;
  },
});
