/** The standard input as a file: all of it, once, and gone afterwards. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import { spooled } from "./spool.ts";

let temp = "";
before(() => {
  temp = mkdtempSync(join(tmpdir(), "windrow-spool-"));
});
after(() => rmSync(temp, { recursive: true, force: true }));

const input = (...texts: readonly string[]) => Readable.from(texts.map((text) => new TextEncoder().encode(text)));

test("a dash is replaced by a file called stdin, which is gone when it is disposed", async () => {
  let path = "";
  {
    using found = await spooled(["a.csv", "-"], { from: input("one\n", "two\n"), temp });
    const [first, second = ""] = found.paths;
    path = second;
    assert.equal(first, "a.csv");
    assert.equal(basename(path), "stdin");
    assert.equal(readFileSync(path, "utf8"), "one\ntwo\n");
  }
  assert.deepEqual(readdirSync(temp), []);
});

test("without a dash nothing is read", async () => {
  const from = input("one\n");
  using found = await spooled(["a.csv", "./-"], { from, temp: join(temp, "unused") });
  assert.deepEqual(found.paths, ["a.csv", "./-"]);
  assert.ok(!existsSync(join(temp, "unused")));
  assert.equal(from.readableDidRead, false);
});

test("it is read once, and not from a terminal", async () => {
  await assert.rejects(spooled(["-", "-"], { from: input(""), temp }), { code: "usage", message: /more than once/ });
  const terminal = Object.assign(input(""), { isTTY: true });
  await assert.rejects(spooled(["-"], { from: terminal, temp }), { code: "usage", message: /terminal/ });
});

test("nothing that comes is an error that names no file of ours, and leaves none", async () => {
  await assert.rejects(spooled(["-"], { from: input(), temp }), {
    code: "empty",
    message: "Cannot read the standard input: it is empty",
  });
  assert.deepEqual(readdirSync(temp), []);
});

test("nothing is left of one that breaks off, is stopped, or has no place", async () => {
  const broken = Readable.from(
    (async function* () {
      yield new Uint8Array(10);
      throw new TypeError("gone");
    })(),
  );
  await assert.rejects(spooled(["-"], { from: broken, temp }), { code: "io", message: /standard input.*gone/ });
  const stop = new AbortController();
  const endless = new Readable({
    read() {
      this.push(new Uint8Array(1000));
      setImmediate(() => stop.abort());
    },
  });
  await assert.rejects(spooled(["-"], { from: endless, temp, signal: stop.signal }), { name: "AbortError" });
  assert.deepEqual(readdirSync(temp), []);
  writeFileSync(join(temp, "file"), "");
  await assert.rejects(spooled(["-"], { from: input(""), temp: join(temp, "file") }), {
    name: "WindrowError",
    code: "io",
  });
  rmSync(join(temp, "file"));
});

test("the folder for temporary files may be new, but what it lies in must be there", async () => {
  {
    using _ = await spooled(["-"], { from: input("one\n"), temp: join(temp, "new") });
    assert.equal(readdirSync(join(temp, "new")).length, 1);
  }
  rmSync(join(temp, "new"), { recursive: true });
  const lost = join(temp, "absent", "deep");
  await assert.rejects(spooled(["-"], { from: input("one\n"), temp: lost }), { code: "missing", message: /absent/ });
  assert.deepEqual(readdirSync(temp), []);
});

test("what a killed process left is removed, what others have is not", async () => {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  const dead = `windrow-stdin-${hostname()}-${pid}-abc`;
  const others = [
    `windrow-stdin-${hostname()}-${process.pid}-abc`,
    // A machine whose name is ours and a number more.
    `windrow-stdin-${hostname()}-${pid}-${pid}-abc`,
    "windrow-stdin-elsewhere!-1-abc",
    "notes",
  ];
  for (const name of [dead, ...others]) mkdirSync(join(temp, name));
  {
    using _ = await spooled(["-"], { from: input("one\n"), temp });
    assert.ok(!existsSync(join(temp, dead)));
  }
  assert.deepEqual(readdirSync(temp).sort(), others.sort());
});
