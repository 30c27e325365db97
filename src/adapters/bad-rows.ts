/** Rows that could not be read: counted, and the first few kept with their place. */

/** A row that could not be read, and where it stands. */
export interface BadRow {
  readonly file: string;
  /** Line of the file, from 1; for a file without lines the row, from 1. */
  readonly line: number;
  readonly why: string;
}

/** What was left out of what has been read so far. */
export interface Lost {
  readonly rows: number;
  /** The first few of each file. */
  readonly examples: readonly BadRow[];
  /** What else is lost, in words. */
  readonly notes?: readonly string[];
}

const SHOWN_OF_A_FILE = 5;

/** Counts bad rows. What is read again counts once. */
export class BadRows {
  readonly #files = new Map<string, { rows: number; examples: BadRow[] }>();

  /** Begins to read a file, for one of several purposes: what was noted of that before is forgotten. */
  begin(file: string, purpose = ""): (line: number, why: string) => void {
    const found = { rows: 0, examples: [] as BadRow[] };
    this.#files.set(JSON.stringify([file, purpose]), found);
    return (line, why) => {
      found.rows += 1;
      if (found.examples.length < SHOWN_OF_A_FILE) found.examples.push({ file, line, why });
    };
  }

  /** Takes what was counted elsewhere. */
  add(file: string, purpose: string, { rows, examples }: Lost): void {
    this.#files.set(JSON.stringify([file, purpose]), { rows, examples: [...examples] });
  }

  get lost(): Lost {
    const files = [...this.#files.values()];
    return {
      rows: files.reduce((sum, { rows }) => sum + rows, 0),
      examples: files.flatMap(({ examples }) => examples),
    };
  }
}
