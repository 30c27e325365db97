/** Writes AIS sentences: what tests and benches decode. Plain and slow, field by field, from the tables of ITU-R M.1371-5. */

/** A field: its value as a whole number, and its width in bits. */
export type Field = readonly [value: number, width: number];

/** What a position report says, in the units of its fields; what is absent is "not available". */
export interface RawPosition {
  readonly type: 1 | 2 | 3 | 18 | 19 | 27;
  readonly mmsi: number;
  /** 1/600000 of a degree; 1/600 for type 27. */
  readonly lat: number;
  readonly lon: number;
  /** A tenth of a knot; a knot for type 27. */
  readonly sog: number;
  /** A tenth of a degree; a degree for type 27. */
  readonly cog: number;
  readonly heading: number;
  readonly second: number;
}

/** What a vessel says of itself. */
export interface RawStatic {
  readonly mmsi: number;
  readonly name: string;
  readonly shipType: number;
  readonly bow: number;
  readonly stern: number;
  readonly port: number;
  readonly starboard: number;
  /** A tenth of a metre. */
  readonly draught: number;
}

/** The fields' bits in a row, `0` and `1`. */
export function bitText(fields: readonly Field[]): string {
  return fields
    .map(([value, width]) =>
      (BigInt(Math.trunc(value)) & ((1n << BigInt(width)) - 1n)).toString(2).padStart(width, "0"),
    )
    .join("");
}

/** Six-bit text, padded with `@`. */
export function sixBit(text: string, letters: number): Field[] {
  return Array.from({ length: letters }, (_, i) => {
    const code = i < text.length ? text.charCodeAt(i) : 64;
    return [code & 63, 6];
  });
}

/** The bits of a position report, as long as the type has it. */
export function positionBits(raw: RawPosition): string {
  const { type, mmsi, lat, lon, sog, cog, heading, second } = raw;
  const head: Field[] = [
    [type, 6],
    [0, 2],
    [mmsi, 30],
  ];
  if (type === 27) {
    const fields: Field[] = [
      [0, 2],
      [15, 4],
      [lon, 18],
      [lat, 17],
      [sog, 6],
      [cog, 9],
      [0, 2],
    ];
    return bitText([...head, ...fields]);
  }
  const common: Field[] = [
    [sog, 10],
    [0, 1],
    [lon, 28],
    [lat, 27],
    [cog, 12],
    [heading, 9],
    [second, 6],
  ];
  if (type === 18) return bitText([...head, [0, 8], ...common, [0, 29]]);
  if (type === 19) return bitText([...head, [0, 8], ...common, [0, 4], ...sixBit("", 20), [0, 49]]);
  return bitText([...head, [0, 4], [0x80, 8], ...common, [0, 25]]);
}

/** The bits of a type 5. */
export function type5Bits(raw: RawStatic): string {
  return bitText([
    ...([
      [5, 6],
      [0, 2],
      [raw.mmsi, 30],
      [0, 2],
      [0, 30],
    ] as const),
    ...sixBit("", 7),
    ...sixBit(raw.name, 20),
    ...([
      [raw.shipType, 8],
      [raw.bow, 9],
      [raw.stern, 9],
      [raw.port, 6],
      [raw.starboard, 6],
      [1, 4],
    ] as const),
    ...([
      [0, 20],
      [raw.draught, 8],
    ] as const),
    ...sixBit("", 20),
    [0, 2],
  ]);
}

/** The bits of a type 24, part A or B. */
export function type24Bits(part: "A" | "B", raw: RawStatic): string {
  const head: Field[] = [
    [24, 6],
    [0, 2],
    [raw.mmsi, 30],
    [part === "A" ? 0 : 1, 2],
  ];
  if (part === "A") return bitText([...head, ...sixBit(raw.name, 20), [0, 8]]);
  const size: Field[] = [
    [raw.bow, 9],
    [raw.stern, 9],
    [raw.port, 6],
    [raw.starboard, 6],
    [0, 6],
  ];
  return bitText([...head, [raw.shipType, 8], [0, 42], ...sixBit("", 7), ...size]);
}

/** The bits of a base station's report, type 4, or a UTC response, type 11, at a whole second (epoch seconds). */
export function timeBits(mmsi: number, time: number, type = 4): string {
  const at = new Date(time * 1000);
  const date: Field[] = [
    [at.getUTCFullYear(), 14],
    [at.getUTCMonth() + 1, 4],
    [at.getUTCDate(), 5],
  ];
  const clock: Field[] = [
    [at.getUTCHours(), 5],
    [at.getUTCMinutes(), 6],
    [at.getUTCSeconds(), 6],
  ];
  return bitText([
    [type, 6],
    [0, 2],
    [mmsi, 30],
    ...date,
    ...clock,
    [0, 1],
    [108_600_000, 28],
    [54_600_000, 27],
    [0, 34],
  ]);
}

/** Bits as payload letters, and how many bits of the last one do not count. */
export function armored(bits: string): { readonly letters: string; readonly fill: number } {
  const fill = (6 - (bits.length % 6)) % 6;
  const padded = bits + "0".repeat(fill);
  const letters = padded.replace(/.{6}/g, (six) => {
    const value = Number.parseInt(six, 2);
    return String.fromCharCode(value < 40 ? value + 48 : value + 56);
  });
  return { letters, fill };
}

/** XOR of the characters as two hexadecimal digits. */
export function checksumOf(text: string): string {
  let xor = 0;
  for (let i = 0; i < text.length; i++) xor ^= text.charCodeAt(i);
  return xor.toString(16).toUpperCase().padStart(2, "0");
}

/** A sentence around its fields: `!` before, the checksum behind. */
export function framed(body: string): string {
  return `!${body}*${checksumOf(body)}`;
}

/** A tag block around its fields. */
export function tagged(body: string): string {
  return `\\${body}*${checksumOf(body)}\\`;
}

/** How sentences are written. */
export interface SentenceOptions {
  readonly channel?: string;
  /** Sequential message id of messages that need several sentences; 0. */
  readonly sequence?: number;
  readonly address?: string;
  /** Payload letters of a sentence at most; 60. */
  readonly most?: number;
}

/** The sentences of a message. */
export function sentences(bits: string, options: SentenceOptions = {}): string[] {
  const { channel = "A", sequence = 0, address = "AIVDM", most = 60 } = options;
  const { letters, fill } = armored(bits);
  const total = Math.max(1, Math.ceil(letters.length / most));
  return Array.from({ length: total }, (_, i) => {
    const part = letters.slice(i * most, (i + 1) * most);
    const id = total === 1 ? "" : String(sequence);
    return framed(`${address},${total},${i + 1},${id},${channel},${part},${i === total - 1 ? fill : 0}`);
  });
}
