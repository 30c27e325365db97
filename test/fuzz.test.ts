/** The search for inputs that break a reader: it finds what was put there, does the same twice, and its findings stay mended. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { execPath } from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { rng } from "../src/core/index.ts";
import { nodeCodecs } from "../src/node/index.ts";
import { arrowBytes, arrowModel } from "./fuzz/arrow-model.ts";
import { changeBytes, type Mutator, type Parts } from "./fuzz/mutate.ts";
import { parquetBytes, parquetModel } from "./fuzz/parquet-model.ts";
import { packParts, unpackParts } from "./fuzz/parts.ts";
import { TARGETS } from "./fuzz/targets.ts";
import { watched } from "./fuzz/watch.ts";

const PLANTED: Readonly<Record<string, RegExp>> = {
  throws: /^TypeError: x is not a function/,
  lies: /a range is not the whole/,
  wanders: /^one input, two outcomes/,
  hoards: /^Error: more memory than an input is worth/,
  shouts: /^code io: /,
  dies: /^the process ended with 9/,
  hangs: /^the process ended with SIGKILL/,
};

for (const [name, why] of Object.entries(PLANTED)) {
  test(`the search finds a reader that ${name}, and the input`, async () => {
    const { findings } = await watched(`planted:${name}`, { seed: "1", executions: 200_000, findings: 1, silence: 3 });
    assert.match(findings[0]?.why ?? "nothing", why);
    const letters = name === "throws" ? "win" : "w";
    assert.equal(new TextDecoder().decode(findings[0]?.parts["x"]).slice(0, letters.length), letters);
  });
}

test("the same seed tries the same inputs", async () => {
  // A reader that does nothing beside the thread: what others reach may hang on what is unpacked first.
  const options = { seed: "7", executions: 300 };
  const [one, two] = await Promise.all([watched("nmea", options), watched("nmea", options)]);
  assert.deepEqual([one.executions, one.read, one.refused], [two.executions, two.read, two.refused]);
  const other = await watched("nmea", { ...options, seed: "8" });
  assert.notDeepEqual([one.read, one.refused], [other.read, other.refused]);
});

test("every kept case is refused or read as it should be", () => {
  const folder = new URL("fuzz/cases/", import.meta.url);
  const names = readdirSync(folder);
  for (const name of names) {
    assert.ok(
      Object.keys(TARGETS).some((reader) => name.startsWith(`${reader}-`)),
      `${name} is of no reader`,
    );
    assert.ok(statSync(new URL(name, folder)).size < 10_000, `${name} is not small`);
  }
  const script = fileURLToPath(new URL("fuzz/replay.ts", import.meta.url));
  const { stdout, stderr } = spawnSync(execPath, [script], { encoding: "utf8" });
  assert.deepEqual(JSON.parse(stdout || stderr), { cases: names.length, broken: [] });
});

test("changed inputs are what their seed makes them, and mutators leave what they were given alone", async () => {
  const targets = await Promise.all(["mds", "parquet", "arrow"].map((name) => TARGETS[name]!.open("own")));
  const cases = targets.flatMap(({ seeds, mutators, dictionary }) =>
    seeds.flatMap((parts) => [changeBytes, ...mutators].map((mutator) => ({ parts, mutator, dictionary }))),
  );
  const run = (mutator: Mutator, parts: Parts, dictionary: readonly Uint8Array[], seed: number) =>
    mutator(parts, { rng: rng(seed), dictionary, other: Uint8Array.of(1, 2, 3) });
  fc.assert(
    fc.property(fc.constantFrom(...cases), fc.nat(), ({ parts, mutator, dictionary }, seed) => {
      const before = packParts(parts);
      const [one, two] = [run(mutator, parts, dictionary, seed), run(mutator, parts, dictionary, seed)];
      assert.deepEqual(one, two);
      assert.deepEqual(packParts(parts), before);
      assert.deepEqual(unpackParts(before), Object.fromEntries(Object.entries(parts)));
    }),
    { numRuns: 500 },
  );
});

test("a Parquet file taken apart and put together is read as before", async () => {
  const codecs = nodeCodecs();
  const target = await TARGETS["parquet"]!.open("own");
  for (const parts of target.seeds) {
    const model = parquetModel(parts["x.parquet"]!, codecs)!;
    const again = { "x.parquet": parquetBytes(model, codecs) };
    assert.deepEqual(await target.judge(again), await target.judge(parts));
  }
});

test("an Arrow file taken apart and put together is read as before", async () => {
  const target = await TARGETS["arrow"]!.open("own");
  for (const parts of target.seeds) {
    const again = { "x.arrow": arrowBytes(arrowModel(parts["x.arrow"]!)!) };
    assert.deepEqual(await target.judge(again), await target.judge(parts));
  }
});
