import assert from "node:assert/strict";
import { test } from "node:test";
import { freed, SpareBytes } from "./shard-bytes.ts";

test("the memory of one shard is that of the next, and no more than the largest is kept", () => {
  const spare = new SpareBytes();
  const first = spare.take(100);
  assert.equal(first.length, 100);
  assert.equal(spare.held, 0, "what is in use is not kept twice");
  spare.give(first);
  assert.equal(spare.held, 100);
  assert.equal(spare.take(60).buffer, first.buffer);
  assert.notEqual(spare.take(60).buffer, first.buffer, "two at once have memory of their own");
  spare.give(first);
  spare.give(new Uint8Array(50));
  assert.equal(spare.held, 100);
});

test("memory that is too small, or forgotten, is given back at once", () => {
  const spare = new SpareBytes();
  const bytes = [new Uint8Array(100), new Uint8Array(90), new Uint8Array(110), new Uint8Array(120)] as const;
  for (const some of bytes) spare.give(some);
  assert.deepEqual(
    bytes.map(({ buffer }) => buffer.detached),
    [true, true, true, false],
  );
  assert.equal(spare.take(121).length, 121);
  assert.ok(bytes[3].buffer.detached);
  assert.equal(spare.held, 0);
  const last = new Uint8Array(7);
  spare.give(last);
  spare.forget();
  assert.equal(spare.held, 0);
  assert.ok(last.buffer.detached);
});

test("memory that somebody else may have a view of is left to them", () => {
  const shared = new Uint8Array(10);
  freed(shared.subarray(1));
  freed(new Uint8Array(new SharedArrayBuffer(4)));
  assert.equal(shared.buffer.detached, false);
});
