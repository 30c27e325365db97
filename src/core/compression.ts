/** The words users write for a compression: `zstd:3`, `gz`, `snappy`, `none`. */

import type { Compression } from "./codec.ts";
import { WindrowError } from "./error.ts";

// The scales of the codecs themselves; MosaicML's names for them (streaming/base/compression.py). Snappy has no levels.
const LEVELS = {
  zstd: [1, 22],
  gz: [0, 9],
  br: [0, 11],
  snappy: undefined,
} as const satisfies Readonly<Record<string, readonly [number, number] | undefined>>;

function isCodec(name: string): name is keyof typeof LEVELS {
  return Object.hasOwn(LEVELS, name);
}

/**
 * Reads a compression as users write it, `codec` or `codec:level`; `undefined` for `none`.
 * @throws WindrowError `usage` for a codec that is not known, or a level that it does not have.
 */
export function parseCompression(text: string): Compression | undefined {
  if (text === "none") return undefined;
  const [codec = "", level, ...rest] = text.split(":");
  if (!isCodec(codec) || rest.length > 0) {
    throw new WindrowError(
      "usage",
      `Cannot use compression: must be none, zstd[:1-22], gz[:0-9], br[:0-11] or snappy, got ${JSON.stringify(text)}`,
    );
  }
  if (level === undefined) return { codec };
  const scale = LEVELS[codec];
  if (scale === undefined) {
    throw new WindrowError("usage", `Cannot use compression: ${codec} has no levels, got ${JSON.stringify(text)}`);
  }
  const [least, most] = scale;
  const value = Number(level);
  if (!/^\d+$/.test(level) || value < least || value > most) {
    throw new WindrowError(
      "usage",
      `Cannot use compression: the level of ${codec} must be a whole number from ${least} to ${most}, got ${JSON.stringify(level)}`,
    );
  }
  return { codec, level: value };
}
