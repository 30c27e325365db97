/** Writes a zip of stored members, by APPNOTE.TXT 4.3: for tests that read zips. */

import { crc32 } from "node:zlib";

/** A member of a zip. */
export interface ZipMember {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The checksum to write; the right one where absent. */
  readonly crc?: number;
}

function head(member: ZipMember, local: boolean, at: number): Uint8Array {
  const name = new TextEncoder().encode(member.name);
  const fixed = new DataView(new ArrayBuffer(local ? 30 : 46));
  const from = local ? 0 : 2;
  fixed.setUint32(0, local ? 0x04034b50 : 0x02014b50, true);
  fixed.setUint16(4, 20, true);
  fixed.setUint16(4 + from, 20, true);
  fixed.setUint32(14 + from, member.crc ?? crc32(member.bytes), true);
  fixed.setUint32(18 + from, member.bytes.length, true);
  fixed.setUint32(22 + from, member.bytes.length, true);
  fixed.setUint16(26 + from, name.length, true);
  if (!local) fixed.setUint32(42, at, true);
  return joined([new Uint8Array(fixed.buffer), name]);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** A zip of these members, none of them compressed. */
export function zipOf(members: readonly ZipMember[]): Uint8Array {
  const body: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const member of members) {
    const local = head(member, true, 0);
    directory.push(head(member, false, at));
    body.push(local, member.bytes);
    at += local.length + member.bytes.length;
  }
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, members.length, true);
  end.setUint16(10, members.length, true);
  end.setUint32(12, joined(directory).length, true);
  end.setUint32(16, at, true);
  return joined([...body, ...directory, new Uint8Array(end.buffer)]);
}
