/** Temporary folders of work that has no output folder to put them in. */

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ioError } from "../node/io-error.ts";

/** Folders beside each other in one that is made when the first is asked for, and removed when this is disposed. */
export class TempFolders implements Disposable {
  readonly #below: string;
  #folder: string | undefined;
  #made = 0;

  constructor(below: string) {
    this.#below = below;
  }

  /** A new folder, empty. */
  next(): string {
    try {
      this.#folder ??= mkdtempSync(join(this.#below, "windrow-recordings-"));
      const folder = join(this.#folder, String(this.#made++));
      mkdirSync(folder);
      return folder;
    } catch (cause) {
      throw ioError("make a folder in", this.#below, cause);
    }
  }

  [Symbol.dispose](): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }
}
