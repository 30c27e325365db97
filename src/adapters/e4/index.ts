/** Empatica E4 sessions: one file a sensor of the wristband. */

export { isE4, openE4 } from "./open.ts";
