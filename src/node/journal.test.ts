/** The journal: what was finished is known, also to a second one on the same store. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStore } from "../stores/index.ts";
import { storeJournal } from "./journal.ts";

test("a finished task's result comes back, an unfinished one's is undefined", async () => {
  const store = memoryStore();
  const journal = storeJournal(store, "done");
  assert.equal(await journal.result("gather-1"), undefined);
  await journal.finish("gather-1", { rows: 3 });
  await journal.finish("publish", null);
  const again = storeJournal(store, "done");
  assert.deepEqual(await again.result("gather-1"), { rows: 3 });
  assert.equal(await again.result("publish"), null);
  assert.equal(await storeJournal(store, "other").result("gather-1"), undefined);
});
