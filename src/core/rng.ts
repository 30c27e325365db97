/** Chance that can be repeated: named streams of random numbers, the same on any machine. */

/** A stream of random numbers. */
export interface Rng {
  /** The next whole number, 0 … 2³²−1. */
  u32(): number;
  /** The next number in [0, 1), a multiple of 2⁻³². */
  uniform(): number;
  /** The next number of the standard normal distribution. Its last bit may differ between engines, since it takes a logarithm and a cosine. */
  normal(): number;
  /** The next whole number in [0, n), for n up to 2³². */
  int(n: number): number;
  /** A stream of its own by name, whatever was drawn from this one. */
  fork(label: string | number): Rng;
}

/** FNV-1a over a text's UTF-8 bytes, 32 bits. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The four words of state that splitmix32 makes of one. */
function splitmix32(seed: number): Int32Array {
  const state = new Int32Array(4);
  let a = seed;
  for (let i = 0; i < 4; i++) {
    a = (a + 0x9e3779b9) | 0;
    let t = a ^ (a >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    state[i] = t ^ (t >>> 15);
  }
  return state;
}

/** sfc32 (PractRand's small fast counter, 128 bits of state) over a key's hash. */
class Sfc32 implements Rng {
  readonly #key: string;
  readonly #state: Int32Array;
  #spare = Number.NaN;

  constructor(key: string) {
    this.#key = key;
    this.#state = splitmix32(fnv1a32(key));
    for (let i = 0; i < 15; i++) this.u32();
  }

  u32(): number {
    const s = this.#state;
    const t = (s[0]! + s[1]! + s[3]!) | 0;
    s[3]! += 1;
    s[0] = s[1]! ^ (s[1]! >>> 9);
    s[1] = s[2]! + (s[2]! << 3);
    s[2] = ((s[2]! << 21) | (s[2]! >>> 11)) + t;
    return t >>> 0;
  }

  uniform(): number {
    return this.u32() / 2 ** 32;
  }

  normal(): number {
    // Box and Muller's transform makes two at a time: the second waits for the next call.
    const spare = this.#spare;
    this.#spare = Number.NaN;
    if (!Number.isNaN(spare)) return spare;
    const radius = Math.sqrt(-2 * Math.log((this.u32() + 1) / 2 ** 32));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  int(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  fork(label: string | number): Rng {
    return new Sfc32(`${this.#key}|${label}`);
  }
}

/**
 * The stream of a seed and of the names beneath it: `rng(42, 7, "meals")` is `rng("42|7|meals")` is `rng(42).fork(7).fork("meals")`
 * (`twin@1` spec §11: FNV-1a of the key, splitmix32, sfc32 with 15 draws discarded).
 */
export function rng(seed: number | string, ...streams: readonly (number | string)[]): Rng {
  return new Sfc32([seed, ...streams].join("|"));
}
