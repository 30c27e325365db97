/** EuRoC MAV recordings: a folder a sensor. */

export { isEuroc, openEuroc } from "./open.ts";
