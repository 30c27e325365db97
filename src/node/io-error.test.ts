import assert from "node:assert/strict";
import { test } from "node:test";
import { WindrowError } from "../core/index.ts";
import { ioError, systemCode } from "./io-error.ts";

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: something long, write`), { code });
}

test("a system error becomes one clear line", () => {
  const full = systemError("ENOSPC");
  const error = ioError("write", "out/a.mds", full);
  assert.equal(error.code, "io");
  assert.equal(error.message, "Cannot write out/a.mds: the disk is full");
  assert.equal(error.cause, full);
  assert.deepEqual(error.details, { path: "out/a.mds", system: "ENOSPC" });
  assert.equal(ioError("read", "a", systemError("EACCES")).message, "Cannot read a: permission denied");
  assert.equal(ioError("read", "a", systemError("ENOENT")).code, "missing");
});

test("an error that is not known says what the system said", () => {
  assert.equal(ioError("read", "a", systemError("EWHAT")).message, "Cannot read a: EWHAT: something long, write");
  assert.equal(ioError("read", "a", "odd").message, "Cannot read a: odd");
  assert.equal(systemCode("odd"), undefined);
});

test("an error of ours stays as it is", () => {
  const ours = new WindrowError("damaged", "Cannot read a: it is cut");
  assert.equal(ioError("write", "b", ours), ours);
});
