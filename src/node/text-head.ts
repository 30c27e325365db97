/** The first bytes of a file, which say what it is. */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { constants, gunzipSync, zstdDecompressSync } from "node:zlib";
import { systemCode } from "./io-error.ts";

const HEAD_BYTES = 65_536;
/** Packed bytes that are unpacked to look at a text: more than a zstd block, which comes out whole or not at all, can have. */
const PACKED_BYTES = 3 * 65_536;
const UNPACKED_BYTES = 16 * 2 ** 20;

/** The first bytes of a file, and how many it has in all. */
export function headOf(path: string, most = HEAD_BYTES): { readonly head: Uint8Array; readonly size: number } {
  const bytes = new Uint8Array(most);
  const fd = openSync(path, "r");
  try {
    return { head: bytes.subarray(0, readSync(fd, bytes, 0, most, 0)), size: fstatSync(fd).size };
  } finally {
    closeSync(fd);
  }
}

/** What the beginning of a packed text unpacks to. */
function unpacked(packed: Uint8Array, packing: "gz" | "zst"): Uint8Array {
  return packing === "gz"
    ? gunzipSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: UNPACKED_BYTES })
    : zstdDecompressSync(packed, { finishFlush: constants.ZSTD_e_continue, maxOutputLength: UNPACKED_BYTES });
}

/** The first bytes of a text file that may be packed; `undefined` where they cannot be unpacked. */
export function textHead(path: string, packing: "none" | "gz" | "zst"): Uint8Array | undefined {
  if (packing === "none") return headOf(path).head;
  const { head } = headOf(path, PACKED_BYTES);
  for (let bytes = head.length; bytes > 0; bytes >>= 2) {
    try {
      return unpacked(head.subarray(0, bytes), packing).subarray(0, HEAD_BYTES);
    } catch (error) {
      // What unpacks to very much is tried again with less of it.
      if (systemCode(error) !== "ERR_BUFFER_TOO_LARGE") return undefined;
    }
  }
  return undefined;
}
