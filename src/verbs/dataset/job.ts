/** What a field of use brings to `materialize`: the samples' layout, its inputs, and an ingest that makes rows of them. */

import type { Json } from "../../core/index.ts";
import type { Ledger, Manifest, RowTimes, SampleColumn, TraceTable, ValueSizes } from "../../materialize/index.ts";
import type { BadRow } from "../../node/tabular.ts";
import type { WindowSpec } from "../../window/index.ts";
import type { Progress } from "../progress.ts";

/** Who watches, and who may stop it. */
export interface Watch {
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** An input, known by its content: one that a dataset has already is not added again, whatever its name. */
export interface KnownInput {
  /** As the index has it in `source`. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What an ingest is given. */
export interface IngestTask extends Watch {
  /** The folder of the run's temporary files; rows go there, by `rowFiles(folderWorkspace(temp), layout)`. */
  readonly temp: string;
  /** The dataset that the run appends to, and its folder. */
  readonly previous: { readonly manifest: Manifest; readonly out: string } | undefined;
}

/** What an ingest leaves besides the rows. */
export interface Ingested {
  /** The stretches of rows that windows are cut from; only those that have a window. */
  readonly table: TraceTable;
  /** Rows of the rows file. */
  readonly rows: number;
  /** What `rowFiles` tells when it is closed. */
  readonly values: Readonly<Record<string, ValueSizes>>;
  readonly ledger: Ledger;
  /** Facts that the index repeats for each sample: their names, and by entity what is known. */
  readonly facts: {
    readonly names: readonly string[];
    readonly values: Readonly<Record<string, Readonly<Record<string, string>>>>;
  };
  /** The first few rows that could not be read. */
  readonly badRows: readonly BadRow[];
}

/** How samples are cut from rows. */
export interface SampleLayout {
  readonly window: WindowSpec;
  readonly columns: readonly SampleColumn[];
  readonly times: RowTimes;
}

/** Work for `materialize`, opened; it is disposed once everything is read. */
export interface DatasetJob<I extends KnownInput = KnownInput> extends AsyncDisposable {
  readonly layout: SampleLayout;
  readonly inputs: readonly I[];
  /** What the manifest says of it besides the inputs. `options` decide, with the inputs, what is written, and a run that appends has the same. */
  readonly about: { readonly options: Readonly<Record<string, Json>>; readonly [name: string]: Json };
  /** Why nothing can be appended to a dataset of these options, as the end of a sentence; absent where it can. */
  readonly fixed?: string | undefined;
  /**
   * Writes the rows of inputs. They come in the order of their hashes, and are numbered by it: what is written must not depend on the
   * order in which a user names them.
   * @throws WindrowError `empty` where there is no window, with the reason.
   */
  ingest(inputs: readonly I[], task: IngestTask): Promise<Ingested>;
}
