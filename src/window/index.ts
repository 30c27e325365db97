/** Windows over time-ordered rows. */

export { type WindowSpec, type WindowUse, windowCount, windowSpec, windowStarts, windowUse } from "./windows.ts";
