/** Position reports as columns that grow. */

/** Reports in columns: epoch seconds, degrees, knots, degrees, and the number of the input file. NaN is a missing value. */
export interface ReportChunk {
  readonly length: number;
  readonly mmsi: Float64Array;
  readonly t: Float64Array;
  readonly lat: Float64Array;
  readonly lon: Float64Array;
  readonly sog: Float64Array | Float32Array;
  readonly cog: Float64Array | Float32Array;
  readonly heading: Float64Array | Float32Array;
  readonly msg_type: Float64Array | Float32Array;
  readonly mobile: Float64Array | Float32Array;
  readonly source: Float64Array | Float32Array;
}

/** Points of one vessel. `status` and `cut` belong to the jump rule: 1 is rejected, and 1 is a trip's cut before the point. */
export interface Points {
  length: number;
  t: Float64Array;
  lat: Float64Array;
  lon: Float64Array;
  sog: Float64Array;
  cog: Float64Array;
  heading: Float64Array;
  source: Float64Array;
  status: Uint8Array;
  cut: Uint8Array;
}

const VALUES = ["t", "lat", "lon", "sog", "cog", "heading", "source"] as const;
const FLAGS = ["status", "cut"] as const;

/** No points yet, with room for `capacity` of them. */
export function points(capacity: number): Points {
  const column = () => new Float64Array(capacity);
  return {
    length: 0,
    t: column(),
    lat: column(),
    lon: column(),
    sog: column(),
    cog: column(),
    heading: column(),
    source: column(),
    status: new Uint8Array(capacity),
    cut: new Uint8Array(capacity),
  };
}

/** Makes room for one more point. */
export function makeRoom(into: Points): void {
  if (into.length < into.t.length) return;
  const capacity = into.t.length * 2;
  for (const name of VALUES) {
    const wider = new Float64Array(capacity);
    wider.set(into[name]);
    into[name] = wider;
  }
  for (const name of FLAGS) {
    const wider = new Uint8Array(capacity);
    wider.set(into[name]);
    into[name] = wider;
  }
}

/** Removes the first `count` points. */
export function dropFirst(from: Points, count: number): void {
  for (const name of VALUES) from[name].copyWithin(0, count, from.length);
  for (const name of FLAGS) from[name].copyWithin(0, count, from.length);
  from.length -= count;
}
