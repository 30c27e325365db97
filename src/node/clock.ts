/** What time it is, for what tells of a run; never for what a run writes. */

/** A stopwatch that knows when it was started. */
export interface Stopwatch {
  /** The start as ISO 8601, UTC. */
  readonly started: string;
  /** Seconds since then. */
  seconds(): number;
}

/** Starts one. */
export function stopwatch(): Stopwatch {
  const start = Date.now();
  return { started: new Date(start).toISOString(), seconds: () => (Date.now() - start) / 1000 };
}
