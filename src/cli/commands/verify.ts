/** `windrow verify`. */

import type { VerifyReport } from "../../verbs/index.ts";
import { command } from "../command.ts";
import { PATH } from "../inspect-options.ts";
import { count, size, table } from "../terminal.ts";

function checkedLines({ checked, kind }: VerifyReport): string[] {
  const rows = [
    ["files hashed", count(checked.files), size(checked.file_bytes)],
    ["ledger sums", count(checked.ledger_sums), ""],
    ["index rows: key, order, place", count(checked.index_rows), ""],
    ["MDS shards: hashes, offsets, values", count(checked.shards), `${count(checked.mds_samples)} samples`],
    ["Parquet files: checksums, values", count(checked.parquet_files), `${count(checked.parquet_samples)} samples`],
    ["Arrow files: lengths, values", count(checked.arrow_files), `${count(checked.arrow_samples)} samples`],
  ];
  const isShown = (row: string[]) => row[1] !== "0" || (kind === "dataset" && !row[0]?.startsWith("Arrow"));
  return table([["", "", ""], ...rows.filter(isShown)]).slice(1);
}

const SHOWN_STRAYS = 5;

function lines(report: VerifyReport): string[] {
  const { problems, problems_found: found, stray_files: strays } = report;
  const wrong = problems.map(({ file, place, what }) => `${file}${place === null ? "" : `, ${place}`}: ${what}`);
  const more = found > problems.length ? [`… ${count(found - problems.length)} more`] : [];
  const stray = strays.slice(0, SHOWN_STRAYS).map((file) => `not in the manifest: ${file}`);
  const moreStray =
    strays.length > SHOWN_STRAYS ? [`… ${count(strays.length - SHOWN_STRAYS)} more not in the manifest`] : [];
  const verdict = report.holds
    ? `${report.path} is whole: everything that was checked is as it should be`
    : `${report.path} is damaged: ${count(found)} ${found === 1 ? "problem" : "problems"}`;
  return [...checkedLines(report), ...stray, ...moreStray, "", ...wrong, ...more, verdict];
}

function exitCode({ holds, unreadable_indexes: unreadable }: VerifyReport): number {
  if (holds) return 0;
  return unreadable > 0 ? 3 : 1;
}

/** Whether all is as it should be. */
export const verifyCommand = command({
  name: "verify",
  summary: "recompute every hash and count; exit 1 for damage, 3 for an index that cannot be read",
  args: [PATH],
  options: {},
  examples: ["windrow verify data", "windrow verify data/mds/worker_00"],
  async run({ args, io }) {
    const { verify } = await import("../../verbs/index.ts");
    const report = await verify(args[0] ?? "", { progress: io.progress, signal: io.signal });
    io.result(report, () => lines(report));
    return exitCode(report);
  },
});
