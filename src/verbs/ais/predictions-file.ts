/** Forecasts that a model wrote to a Parquet file, taken a few samples at a time. */

import { type Batch, valuesPerRow, WindrowError } from "../../core/index.ts";
import { openParquet } from "../../formats/parquet/index.ts";
import { inspectPlace } from "../inspect/place.ts";

/** An open file of forecasts. */
export interface PredictionsFile extends AsyncDisposable {
  readonly name: string;
  /** Steps that each sample is forecast. */
  readonly horizon: number;
  /** @throws WindrowError `usage` where the file has forecasts for another number of samples. */
  expectSamples(samples: number): void;
  /** The forecasts of the next samples, `[count, horizon, 2]`. */
  take(count: number): Promise<Float64Array>;
}

/**
 * Opens forecasts: one column of fixed-size lists of float32 or float64, latitude and longitude by step.
 * @throws WindrowError `missing` where there is no file; `usage` for other columns.
 */
export async function predictionsFile(path: string): Promise<PredictionsFile> {
  const { key, ...place } = await inspectPlace(path);
  if (key === undefined)
    throw new WindrowError("usage", `Cannot read forecasts: expected a Parquet file, got the folder ${path}`);
  const table = await openParquet(key, place);
  const lists = Object.entries(table.schema).filter(
    ([, type]) =>
      (type.kind === "f32" || type.kind === "f64") && type.shape !== undefined && valuesPerRow(type) % 2 === 0,
  );
  const [column, type] = lists[0] ?? [];
  if (column === undefined || type === undefined || lists.length > 1) {
    await table[Symbol.asyncDispose]();
    const got = Object.entries(table.schema).map(([name, { kind, shape = [] }]) => `${name} ${kind} [${shape}]`);
    throw new WindrowError(
      "usage",
      `Cannot read forecasts: ${path} must have one column of float lists of fixed size, latitude and longitude by step, got ${got.join(", ")}`,
    );
  }
  const width = valuesPerRow(type);
  const batches = table.batches({ columns: [column] })[Symbol.asyncIterator]();
  let batch: Batch | undefined;
  let row = 0;
  let taken = 0;

  async function rest(): Promise<Batch> {
    while (batch === undefined || row >= batch.length) {
      const { value, done } = await batches.next();
      if (done === true) throw wrongNumber(path, table.length, "more samples");
      [batch, row] = [value, 0];
    }
    return batch;
  }

  return {
    name: path,
    horizon: width / 2,
    expectSamples(samples) {
      if (samples !== table.length) throw wrongNumber(path, table.length, `${samples} samples`);
    },
    async take(count) {
      const out = new Float64Array(count * width);
      for (let filled = 0; filled < count; ) {
        const { length, columns } = await rest();
        const rows = Math.min(count - filled, length - row);
        const { data, valid } = columns[column]!;
        const gap = valid?.subarray(row, row + rows).indexOf(0) ?? -1;
        if (gap >= 0)
          throw new WindrowError("usage", `Cannot judge forecasts: ${path} has none (null) for sample ${taken + gap}`);
        // The schema said that it is one of floats.
        out.set((data as Float64Array).subarray(row * width, (row + rows) * width), filled * width);
        filled += rows;
        row += rows;
        taken += rows;
      }
      return out;
    },
    async [Symbol.asyncDispose]() {
      await batches.return?.();
      await table[Symbol.asyncDispose]();
    },
  };
}

function wrongNumber(path: string, got: number, wanted: string): WindrowError {
  return new WindrowError(
    "usage",
    `Cannot judge forecasts: ${path} must have a row for each sample of the split, in its order, expected ${wanted}, got ${got} rows`,
  );
}
