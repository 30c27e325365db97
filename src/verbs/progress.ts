/** How long work tells of itself. */

/** Told what a verb is doing; the command draws it, a library user may ignore it. */
export interface Progress {
  /** A stage begins; `total` is in its own unit. */
  stage(name: string, total?: number, unit?: string): void;
  /** So much of the stage is done. */
  at(done: number): void;
  /** A line worth reading. */
  note(text: string): void;
}

/** Tells nobody. */
export const SILENT: Progress = { stage: () => {}, at: () => {}, note: () => {} };
