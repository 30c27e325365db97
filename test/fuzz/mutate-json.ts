/** Changes JSON as a tree, so that what comes out is JSON still. */

import type { Json, Rng } from "../../src/core/index.ts";
import { edgeNumber, type Mutator, pick } from "./mutate.ts";

type Node = { [key: string]: Node } | Node[] | string | number | boolean | null;

/** A place in a tree: the value there can be replaced. */
interface Slot {
  readonly value: Node;
  put(value: Node): void;
  remove(): void;
}

function slotsOf(root: Node, found: Slot[]): void {
  if (typeof root !== "object" || root === null) return;
  const entries: readonly (readonly [string, Node])[] = Object.entries(root);
  for (const [key, value] of entries) {
    found.push({
      value,
      put: (next) => {
        if (Array.isArray(root)) root[Number(key)] = next;
        // Not `root[key]`: a key may be `__proto__`.
        else Object.defineProperty(root, key, { value: next, enumerable: true, configurable: true, writable: true });
      },
      remove: () => {
        if (Array.isArray(root)) root.splice(Number(key), 1);
        else delete root[key];
      },
    });
    slotsOf(value, found);
  }
}

const ODD: readonly Node[] = [
  null,
  true,
  "",
  [],
  {},
  -1,
  0.5,
  1e300,
  -0,
  2 ** 53,
  "\n",
  "a\u2028b\u0000",
  "../x",
  "/etc/passwd",
  "__proto__",
  "toString",
  "\ud800",
  [[]],
  "x".repeat(300),
];

/** One value changed in a tree of JSON; the tree itself is changed. */
export function changeNode(root: Node, rng: Rng, words: readonly string[]): void {
  const slots: Slot[] = [];
  slotsOf(root, slots);
  if (slots.length === 0) return;
  const way = pick(rng, [0, 1, 1, 1, 2, 3, 4, 5]);
  const numbers = slots.filter(({ value }) => typeof value === "number");
  const slot = pick(rng, way === 1 && numbers.length > 0 ? numbers : slots);
  switch (way) {
    case 0:
      slot.put(structuredClone(pick(rng, ODD)));
      break;
    case 1:
      slot.put(Number(edgeNumber(rng, Number.isSafeInteger(slot.value) ? Number(slot.value) : 0)));
      break;
    case 2:
      slot.put(structuredClone(pick(rng, slots).value));
      break;
    case 3:
      slot.remove();
      break;
    case 4:
      slot.put(words.length === 0 ? null : pick(rng, words));
      break;
    default:
      if (Array.isArray(slot.value)) slot.value.push(...structuredClone(slot.value.slice(0, 1 + rng.int(3))));
      else if (typeof slot.value === "number") slot.put(slot.value + rng.int(5) - 2);
      else if (typeof slot.value === "string") slot.put(slot.value.slice(rng.int(2), slot.value.length - rng.int(2)));
  }
}

/** The JSON of a file, as a tree of one's own; `undefined` where it is none. */
export function jsonOf(bytes: Uint8Array | undefined): Json | undefined {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as Json; // what JSON.parse gives is Json
  } catch {
    return undefined;
  }
}

/** Bytes of a tree. */
export function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** A mutator that changes values in files of JSON whose names match. */
export function changeJson(which: RegExp, words: readonly string[]): Mutator {
  return (parts, { rng }) => {
    const names = Object.keys(parts).filter((name) => which.test(name));
    if (names.length === 0) return undefined;
    const name = pick(rng, names);
    const root = jsonOf(parts[name]) as Node | undefined; // the same trees, but these may be changed
    if (root === undefined) return undefined;
    for (let left = pick(rng, [1, 1, 1, 2]); left > 0; left--) changeNode(root, rng, words);
    return { ...parts, [name]: jsonBytes(root) };
  };
}
