/** Checks as values: what a suite is made of, for any test runner. */

import { type ErrorCode, WindrowError } from "../core/index.ts";

/** One fact to check. `run` throws a WindrowError `internal` that says what is otherwise. */
export interface Check {
  readonly name: string;
  run(): Promise<void>;
}

/** Fails unless two values are the same as JSON; a byte array counts as the list of its bytes. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  const [got, wanted] = [show(actual), show(expected)];
  if (got !== wanted) throw new WindrowError("internal", `Cannot pass: ${what} must be ${wanted}, got ${got}`);
}

/** Fails unless the work ends in a WindrowError of this code with a message of one line. */
export async function expectRefusal(code: ErrorCode, work: () => Promise<unknown>, what: string): Promise<void> {
  const got = await work().then(show, (cause: unknown) => cause);
  if (got instanceof WindrowError && got.code === code && !got.message.includes("\n")) return;
  throw new WindrowError("internal", `Cannot pass: ${what} must be refused as "${code}", got ${String(got)}`, {
    cause: got,
  });
}

function show(value: unknown): string {
  if (value === undefined) return "undefined";
  return JSON.stringify(value instanceof Uint8Array ? Array.from(value) : value);
}
