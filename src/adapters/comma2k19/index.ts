/** comma2k19 segments: folders of arrays with their times. */

export { isComma2k19, openComma2k19 } from "./open.ts";
