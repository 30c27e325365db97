/** Zarr: our own reader and writer of arrays whose chunks are whole rows, structured ones above all; the others through zarrita. */

export type { ZarrArray, ZarrCell, ZarrRange, ZarrRow } from "./array.ts";
export type { BloscSpec } from "./blosc.ts";
export type { ZarrWriteOptions } from "./chunk-writer.ts";
export type { ChunkThreads } from "./chunks.ts";
export { BLOSC_LZ4, type ZarrCompressor } from "./compressor.ts";
export type { ZarrDtype, ZarrField } from "./dtype.ts";
export { consolidateZarr, createZarrGroup, type ZarrSpec, zarrDescr } from "./metadata-text.ts";
export { openZarr, type ZarrGroup, type ZarrNode, type ZarrOpenOptions } from "./open.ts";
export type { PlainSelection, PlainValues, ZarrPlainArray } from "./plain.ts";
export { createZarrArray, editZarrArray, type ZarrRows, type ZarrWriter } from "./writer.ts";
