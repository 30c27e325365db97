/** A dataset of opened recordings. */

import type { Recording } from "../adapters/recording.ts";
import { type Batch, type RowChoice, valuesPerRow, WindrowError } from "../core/index.ts";
import type { Dataset, Match, Sensors, Synchronization, Trace, TraceSample } from "../sync/index.ts";

function matched(sensors: Sensors, synchronization: Synchronization | undefined): () => Promise<Match<string>> {
  let found: Promise<Match<string>> | undefined;
  const find = async () => {
    if (synchronization === undefined)
      throw new WindrowError("usage", "Cannot make rows of a trace: say how its sensors are synchronized");
    const times = await Promise.all(
      Object.entries(sensors).map(async ([name, one]) => [name, await one.times()] as const),
    );
    return synchronization.match(Object.fromEntries(times));
  };
  return () => {
    found ??= find();
    return found;
  };
}

function chosen(index: Uint32Array | Int32Array, rows: RowChoice): Uint32Array {
  const all = Uint32Array.from(index);
  return rows instanceof Uint32Array ? rows.map((row) => all[row]!) : all.subarray(rows.from, rows.to);
}

function firstSample({ columns }: Batch, schema: Sensors[string]["schema"]): TraceSample<Sensors>[string] {
  const values = Object.entries(schema).map(([name, type]) => [
    name,
    type.shape === undefined ? columns[name]!.data[0] : columns[name]!.data.slice(0, valuesPerRow(type)),
  ]);
  return Object.fromEntries(values);
}

function trace(name: string, { sensors }: Recording, synchronization: Synchronization | undefined): Trace {
  const match = matched(sensors, synchronization);
  const read = async (rows: RowChoice) => {
    const { index } = await match();
    const parts = Object.entries(sensors).map(
      async ([each, one]) => [each, await one.read(chosen(index[each]!, rows))] as const,
    );
    return Object.fromEntries(await Promise.all(parts));
  };
  return {
    name,
    entity: name,
    sensors,
    match,
    length: async () => (await match()).length,
    read,
    async sample(row) {
      const batches = await read({ from: row, to: row + 1 });
      return Object.fromEntries(
        Object.entries(sensors).map(([each, one]) => [each, firstSample(batches[each]!, one.schema)]),
      );
    },
  };
}

/** All recordings, a trace each. */
export function interimDataset(
  opened: readonly (readonly [string, Recording])[],
  synchronization: Synchronization | undefined,
): Dataset {
  const traces = opened.map(([name, recording]) => trace(name, recording, synchronization));
  const offsets = async () => {
    const all = new Float64Array(traces.length + 1);
    for (const [i, each] of traces.entries()) all[i + 1] = all[i]! + (await each.length());
    return all;
  };
  const locate = async (row: number) => {
    const all = await offsets();
    const at = all.findIndex((offset, i) => i > 0 && row < offset) - 1;
    if (!(row >= 0) || at < 0) throw new WindrowError("usage", `Cannot find row ${row}: there are ${all.at(-1)}`);
    return { trace: at, row: row - all[at]! };
  };
  return {
    traces: traces.length,
    trace: (number) => traces[number]!,
    offsets,
    length: async () => (await offsets()).at(-1)!,
    locate,
    async sample(row) {
      const place = await locate(row);
      return traces[place.trace]!.sample(place.row);
    },
  };
}
