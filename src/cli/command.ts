/** A command as data: parsing, `--help` and the reference page all come from one object. */

import type { Progress } from "../verbs/progress.ts";

/** An option. Its flag is its key in kebab-case: `maxGap` is `--max-gap`. */
export interface OptionSpec<T> {
  /** What stands behind the flag, e.g. `<dir>`; none for a flag that stands alone. */
  readonly value?: string;
  readonly summary: string;
  /** Reads what the user wrote; throws a WindrowError `usage` for what it cannot read. */
  parse(text: string): T;
  /** What holds where the option is not given, as help shows it. */
  readonly fallback?: string;
  readonly isRequired?: true;
}

/** A positional argument. */
export interface ArgumentSpec {
  readonly name: string;
  readonly summary: string;
  readonly isMany?: true;
  readonly isOptional?: true;
}

/** Options by key. */
export type OptionSpecs = Readonly<Record<string, OptionSpec<unknown>>>;

/** The values that were given. */
export type OptionValues<O extends OptionSpecs> = { readonly [K in keyof O]?: ReturnType<O[K]["parse"]> };

/** The values of some of a command's options. */
export function valuesOf<O extends OptionSpecs>(specs: O, values: OptionValues<O>): OptionValues<O> {
  // Those that are left are the values of `specs`, and of nothing else.
  return Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(specs, name))) as OptionValues<O>;
}

/** What a command may say, and to whom. */
export interface Io {
  /** Whether one JSON value is wanted on stdout instead of text. */
  readonly isJson: boolean;
  /** The result: JSON where it is wanted, else the lines. */
  result(value: unknown, lines: () => readonly string[]): void;
  /** A line for people, on stderr; nothing with `--quiet`. */
  say(line: string): void;
  readonly progress: Progress;
  /** Fires on Ctrl-C. */
  readonly signal: AbortSignal;
}

/** One call of a command. */
export interface Call<O extends OptionSpecs> {
  readonly args: readonly string[];
  readonly options: OptionValues<O>;
  readonly io: Io;
}

/** A command. `run` gives the exit code: 0 done, 1 the answer is no. */
export interface Command<O extends OptionSpecs = OptionSpecs> {
  /** One word, or two: `materialize ais`. */
  readonly name: string;
  readonly summary: string;
  readonly args: readonly ArgumentSpec[];
  readonly options: O;
  readonly examples?: readonly string[];
  run(call: Call<O>): Promise<number>;
}

/** A command, its options' types inferred. */
export function command<const O extends OptionSpecs>(definition: Command<O>): Command {
  // Each command reads only its own options; the list of commands need not know their types.
  return definition as unknown as Command;
}

/** An option's flag without its dashes: `max-gap` of `maxGap`. */
export function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
