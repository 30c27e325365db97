/**
 * Deflated entries as gzip. Both are the same stream of deflate (RFC 1951), with size and checksum before it or behind: so the codec that
 * reads gzip, with its bounds, reads zips too, and what it packs can stand in one.
 */

/** RFC 1952, 2.3: a header without time and name, from an unknown system. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
const TRAILER = 8;

/** A deflated stream with gzip's header and trailer. */
export function gzipped(
  deflated: Uint8Array,
  { crc, bytes }: { readonly crc: number; readonly bytes: number },
): Uint8Array {
  const framed = new Uint8Array(HEADER.length + deflated.length + TRAILER);
  framed.set(HEADER);
  framed.set(deflated, HEADER.length);
  const trailer = new DataView(framed.buffer, HEADER.length + deflated.length);
  trailer.setUint32(0, crc, true);
  // Modulo 2³².
  trailer.setUint32(4, bytes, true);
  return framed;
}

/** The deflated stream within what a codec made, whose header has no name. */
export function deflated(gzip: Uint8Array): Uint8Array {
  return gzip.subarray(HEADER.length, gzip.length - TRAILER);
}
