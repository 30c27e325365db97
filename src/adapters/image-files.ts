/** Images that lie beside their list: read when their samples are. */

import { type Batch, isSafeKey, type Key, type ReadStore, WindrowError } from "../core/index.ts";
import type { Sensor, SensorMeta } from "../sync/index.ts";
import { type Samples, wholeSensor } from "./whole-sensor.ts";

/** Where the files of a list lie. */
export interface ImagePlace {
  readonly store: ReadStore;
  /** Folder of the listed names; empty for the store itself. */
  readonly folder: Key;
}

/** A list of files with times. */
export interface ImageListSpec {
  readonly meta?: SensorMeta;
  readonly list: () => Promise<{ readonly times: Float64Array; readonly files: readonly string[] }>;
  /** Where the files are; absent where there is only the list. */
  readonly images?: ImagePlace | undefined;
}

/** A sensor of listed files: their names and, where they are there, their bytes. */
export function imageSensor({ meta, list, images }: ImageListSpec): Sensor {
  const load = async (): Promise<Samples> => {
    const { times, files } = await list();
    return { times, batch: { length: files.length, columns: { file: { data: files } } } };
  };
  const names = wholeSensor({ schema: { file: { kind: "str" } }, ...(meta && { meta }), load });
  if (images === undefined) return names;
  return {
    ...names,
    schema: { file: { kind: "str" }, image: { kind: "bytes" } },
    async read(rows) {
      const batch = await names.read(rows);
      return { length: batch.length, columns: { ...batch.columns, image: { data: await readAll(batch, images) } } };
    },
  };
}

async function readAll(batch: Batch, place: ImagePlace): Promise<Uint8Array[]> {
  const files = batch.columns["file"]!.data as readonly string[]; // the kind that the schema above says
  const images: Uint8Array[] = [];
  for (const file of files) images.push(await readImage(file, place));
  return images;
}

async function readImage(file: string, place: ImagePlace): Promise<Uint8Array> {
  const key = imageKey(file, place);
  const bytes = key === undefined ? undefined : await place.store.get(key);
  if (bytes !== undefined) return bytes;
  const why = key === undefined ? "the name leaves the folder" : "there is no such file";
  throw new WindrowError("damaged", `Cannot read the image ${file} of ${place.store.name}: ${why}`);
}

function imageKey(file: string, { folder }: ImagePlace): Key | undefined {
  const key = folder === "" ? file : `${folder}/${file}`;
  return isSafeKey(key) ? key : undefined;
}

/** The place, if a file of the list is there. */
export async function imagePlace(file: string | undefined, place: ImagePlace): Promise<ImagePlace | undefined> {
  const key = file === undefined ? undefined : imageKey(file, place);
  return key !== undefined && (await place.store.size(key)) !== undefined ? place : undefined;
}
