/** Bytes by key, wherever the web platform runs. */

export { memoryStore } from "./memory.ts";
