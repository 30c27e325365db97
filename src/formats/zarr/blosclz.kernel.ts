/** Unpacks BloscLZ, the packing of Blosc's own, after FastLZ (c-blosc, blosclz.c). */

import { damaged } from "../fault.ts";

/** The longest distance that 13 bits say; farther ones have 16 bits more. */
const MOST_SHORT = 8191;

/**
 * Unpacks bytes `from` to `to` to the start of `out`.
 * @returns how many bytes were unpacked; never more than `out` holds.
 * @throws WindrowError `damaged`
 */
export function unpackBlosclz(source: Uint8Array, from: number, to: number, out: Uint8Array): number {
  let at = from;
  let end = 0;
  // The first control byte has no match: its upper bits say the version.
  let control = at < to ? source[at++]! & 31 : damaged("BloscLZ without a byte");
  while (true) {
    if (control < 32) {
      const literals = control + 1;
      if (literals > to - at || literals > out.length - end)
        damaged(`${literals} BloscLZ literals where there are ${to - at}`);
      for (let i = 0; i < literals; i++) out[end + i] = source[at + i]!;
      at += literals;
      end += literals;
    } else {
      let length = (control >> 5) + 2;
      let distance = ((control & 31) << 8) + 1;
      if (control >> 5 === 7) {
        let more = 255;
        while (more === 255) {
          if (at >= to) damaged("a BloscLZ match goes behind the end of its block");
          more = source[at++]!;
          length += more;
        }
      }
      if (at >= to) damaged("a BloscLZ match goes behind the end of its block");
      const low = source[at++]!;
      distance += low;
      if (low === 255 && control % 32 === 31) {
        if (at + 2 > to) damaged("a BloscLZ match goes behind the end of its block");
        distance = (source[at]! << 8) + source[at + 1]! + MOST_SHORT + 1;
        at += 2;
      }
      if (distance > end || length > out.length - end)
        damaged(`a BloscLZ match of ${length} bytes, ${distance} back from ${end} of ${out.length}`);
      if (distance === 1) out.fill(out[end - 1]!, end, end + length);
      else for (let i = 0; i < length; i++) out[end + i] = out[end - distance + i]!;
      end += length;
    }
    if (at >= to) return end;
    control = source[at++]!;
  }
}
