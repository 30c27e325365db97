/** An input as one run of bytes: JSON of names and base64. */

import type { Parts } from "./mutate.ts";

/** Bytes of an input. */
export function packParts(parts: Parts): Uint8Array {
  const files = Object.entries(parts).map(([name, bytes]) => [name, new Uint8Array(bytes).toBase64()]);
  return new TextEncoder().encode(JSON.stringify(Object.fromEntries(files)));
}

/** The input of such bytes. */
export function unpackParts(bytes: Uint8Array): Parts {
  const files = JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, string>>;
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Uint8Array.fromBase64(text)]));
}
