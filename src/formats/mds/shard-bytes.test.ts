import assert from "node:assert/strict";
import { test } from "node:test";
import { SpareBytes } from "./shard-bytes.ts";

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
  assert.equal(spare.take(101).length, 101);
  assert.equal(spare.held, 0, "what is too small is let go");
  spare.give(first);
  spare.forget();
  assert.equal(spare.held, 0);
});
