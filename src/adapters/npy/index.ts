/** Arrays as numpy saves them. */

export { isNpy } from "./header.ts";
export { type NpyArray, openNpy } from "./open.ts";
