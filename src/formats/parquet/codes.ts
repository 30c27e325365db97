/** The numbers of parquet.thrift (parquet-format 2.11) that are written and read here. */

/** `Type`: how a value is stored. */
export const PHYSICAL = {
  boolean: 0,
  int32: 1,
  int64: 2,
  int96: 3,
  float: 4,
  double: 5,
  byteArray: 6,
  fixedByteArray: 7,
} as const;

/** `Encoding`: how a page's values are laid out. */
export const ENCODING = {
  plain: 0,
  plainDictionary: 2,
  rle: 3,
  deltaBinaryPacked: 5,
  deltaLengthByteArray: 6,
  deltaByteArray: 7,
  rleDictionary: 8,
  byteStreamSplit: 9,
} as const;

/** `PageType` */
export const PAGE = { data: 0, index: 1, dictionary: 2, dataV2: 3 } as const;

/** `FieldRepetitionType` */
export const REPETITION = { required: 0, optional: 1, repeated: 2 } as const;

/** `ConvertedType`, the older way to say what a stored value means. */
export const CONVERTED = {
  utf8: 0,
  map: 1,
  mapKeyValue: 2,
  list: 3,
  enum: 4,
  decimal: 5,
  date: 6,
  timeMillis: 7,
  timeMicros: 8,
  timestampMillis: 9,
  timestampMicros: 10,
  uint8: 11,
  uint16: 12,
  uint32: 13,
  uint64: 14,
  int8: 15,
  int16: 16,
  int32: 17,
  int64: 18,
  json: 19,
} as const;

/** `LogicalType`, the newer way: the field of the union. */
export const LOGICAL = {
  string: 1,
  list: 3,
  enum: 4,
  decimal: 5,
  date: 6,
  time: 7,
  timestamp: 8,
  integer: 10,
  unknown: 11,
  json: 12,
  bson: 13,
  uuid: 14,
  float16: 15,
} as const;

/** `CompressionCodec`, by the names that core's codecs have; 0 is none. */
export const CODECS: Readonly<Record<string, number>> = { snappy: 1, gz: 2, br: 4, zstd: 6 };

/** What every Parquet file begins and ends with. */
export const MAGIC: Uint8Array<ArrayBuffer> = new TextEncoder().encode("PAR1");
