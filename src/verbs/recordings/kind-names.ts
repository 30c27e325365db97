/** What the kinds of recordings are called: alone, since the command line names them before anything is opened. */

/** Every kind, in the order in which an input is asked whether it is one: what is told by more comes first. */
export const RECORDING_KINDS = ["l5kit", "euroc", "comma2k19", "e4", "tum", "mcap", "table"] as const;

/** What a recording is. */
export type RecordingKind = (typeof RECORDING_KINDS)[number];
