/** Streams in one file: each reads as if it had a file of its own. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { blockFile } from "./row-blocks.ts";

test("any blocks of any streams read as their streams, whole and from any place", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "windrow-blocks-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const block = fc.tuple(fc.nat({ max: 2 }), fc.uint8Array({ minLength: 1, maxLength: 20 }));
  fc.assert(
    fc.property(fc.array(block), fc.nat({ max: 100 }), fc.nat({ max: 100 }), (blocks, skip, most) => {
      using file = blockFile(join(folder, "blocks"), 3);
      for (const [stream, bytes] of blocks) file.append(stream, bytes);
      for (const stream of [0, 1, 2]) {
        const whole = blocks.filter(([each]) => each === stream).flatMap(([, bytes]) => [...bytes]);
        assert.equal(file.bytes(stream), whole.length);
        const from = Math.min(skip, whole.length);
        const into = new Uint8Array(Math.min(most, whole.length - from));
        file.read(stream, { from, into });
        assert.deepEqual([...into], whole.slice(from, from + into.length));
      }
    }),
  );
});
