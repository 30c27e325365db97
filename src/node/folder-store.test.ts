import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { storeSuite } from "../testkit/index.ts";
import { folderStore } from "./folder-store.ts";
import { draftName } from "./folder-store-draft.ts";

const scratch = mkdtempSync(join(tmpdir(), "windrow-folder-store-"));
after(() => rmSync(scratch, { recursive: true }));
const fresh = () => mkdtempSync(join(scratch, "store-"));
const list = async (store: ReturnType<typeof folderStore>, prefix = "") => Array.fromAsync(store.list(prefix));

for (const { name, run } of storeSuite(async () => folderStore(fresh()))) test(name, run);

test("a folder that is not there is an empty store, and made by the first write", async () => {
  const store = folderStore(join(fresh(), "not/yet"));
  assert.deepEqual(await list(store), []);
  assert.equal(await store.get("a"), undefined);
  await store.put("b/a", Uint8Array.of(1));
  assert.deepEqual(await list(store), ["b/a"]);
});

test("a lock keeps another who asks from the key, is no key itself, and leaves nothing", async () => {
  const folder = fresh();
  const [one, two] = [folderStore(folder), folderStore(folder)];
  await one.put("a/x", Uint8Array.of(1));
  {
    using _lock = one.lock?.("a/x", "write a/x");
    assert.throws(() => two.lock?.("a/x", "write a/x"), { code: "exists", message: /^Cannot write a\/x: / });
    two.lock?.("a/y", "write a/y")[Symbol.dispose]();
    assert.deepEqual(await list(one), ["a/x"]);
    await two.put("a/x", Uint8Array.of(2));
  }
  two.lock?.("a/x", "write a/x")[Symbol.dispose]();
  assert.deepEqual(readdirSync(join(folder, "a")), ["x"]);
});

test("nothing but the value is left in the folder after a write", async () => {
  const folder = fresh();
  const store = folderStore(folder);
  await store.put("a", Uint8Array.of(1));
  await using draft = await store.draft("a");
  assert.equal(readdirSync(folder).length, 2, "the draft lies beside its target");
  await draft.publish();
  assert.deepEqual(readdirSync(folder), ["a"]);
});

test("links are followed, and one that leads back is not followed round and round", async () => {
  const folder = fresh();
  const store = folderStore(folder);
  const elsewhere = fresh();
  writeFileSync(join(elsewhere, "x"), "there");
  mkdirSync(join(folder, "a"));
  symlinkSync(elsewhere, join(folder, "a", "out"));
  symlinkSync(folder, join(folder, "a", "back"));
  symlinkSync(join(folder, "nothing"), join(folder, "dangling"));
  symlinkSync(join(elsewhere, "x"), join(folder, "x"));
  symlinkSync(folder, join(elsewhere, "round"));
  assert.deepEqual(await list(store), ["a/out/x", "x"]);
  assert.equal(new TextDecoder().decode(await store.get("a/out/x")), "there");
  assert.equal(await store.get("dangling"), undefined);
});

test("what is no file is no key", { skip: process.platform === "win32" && "named pipes are of POSIX" }, async () => {
  const folder = fresh();
  const store = folderStore(folder);
  execFileSync("mkfifo", [join(folder, "pipe")]);
  writeFileSync(join(folder, "back\\slash"), "");
  assert.deepEqual(await list(store), []);
  assert.equal(await store.get("pipe"), undefined, "reading a pipe does not wait for a writer");
  assert.equal(await store.size("pipe"), undefined);
});

test("a folder where the file should go is one clear line, and no draft is left", async () => {
  const folder = fresh();
  const store = folderStore(folder);
  await store.put("a/b", Uint8Array.of(1));
  await assert.rejects(store.put("a", Uint8Array.of(1)), {
    code: "io",
    message: `Cannot write ${join(folder, "a")}: it is a folder`,
  });
  await assert.rejects(store.put("a/b/c", Uint8Array.of(1)), { code: "io", message: /^Cannot write .*b.c: / });
  assert.deepEqual(readdirSync(folder), ["a"]);
  assert.deepEqual(readdirSync(join(folder, "a")), ["b"]);
});

// A process of its own, so that it can be limited and killed.
function script(body: string): string {
  const module = new URL("./folder-store.ts", import.meta.url).href;
  return `import { folderStore } from ${JSON.stringify(module)}; const store = folderStore(process.env.FOLDER); ${body}`;
}

test("a write that the system cuts short is one clear line, and leaves no draft", {
  skip: process.platform === "win32" && "ulimit is of POSIX",
}, () => {
  const folder = fresh();
  const body = `
      const draft = await store.draft("big.bin");
      await draft.write(new Uint8Array(3000));
      await draft.write(new Uint8Array(9000)).then(() => console.log("written"), (e) => console.log(e.code + "|" + e.message));
      console.log(draft.bytes > 3000);`;
  // 4 blocks of 1 or 0.5 kB: the second write is short first, then refused.
  const command = 'ulimit -f 8 && exec "$0" --input-type=module -e "$1"';
  const { stdout } = spawnSync("sh", ["-c", command, process.execPath, script(body)], {
    env: { FOLDER: folder },
    encoding: "utf8",
  });
  assert.equal(stdout, `io|Cannot write ${join(folder, "big.bin")}: the file is larger than the system allows\ntrue\n`);
  assert.deepEqual(readdirSync(folder), []);
});

test("what a killed process left is removed, and nothing else", async () => {
  const folder = fresh();
  const store = folderStore(folder);
  const body = `
    for (const key of ["a.bin", "in/b.bin"]) await (await store.draft(key)).write(new Uint8Array(10));
    process.kill(process.pid, "SIGKILL");`;
  spawnSync(process.execPath, ["--input-type=module", "-e", script(body)], { env: { FOLDER: folder } });
  assert.equal(readdirSync(folder).length, 2);
  const theirs = [".hidden", ".a.bin.tmp", "x.12-0123456789abcdef.tmp", ".a.12-0123456789ABCDEF.tmp"];
  for (const name of theirs) writeFileSync(join(folder, name), "");
  await using alive = await store.draft("mine");

  assert.deepEqual(await list(store), [...theirs].sort(), "drafts are not listed");
  assert.equal(await store.removeDrafts("in/"), 1);
  assert.equal(await store.removeDrafts(), 1);
  assert.equal(await store.removeDrafts(), 0);
  assert.deepEqual(await list(store), [...theirs].sort());
  await alive.publish();
  assert.ok(existsSync(join(folder, "mine")));
});

test("a draft with this process's number that is older than it is stale: the number came back", async () => {
  const folder = fresh();
  const store = folderStore(folder);
  const old = join(folder, `.a.${process.pid}-0123456789abcdef.tmp`);
  writeFileSync(old, "");
  assert.equal(await store.removeDrafts(), 0);
  utimesSync(old, 1, 1);
  assert.equal(await store.removeDrafts(), 1);
});

test("a draft's name tells its file and its process, also when the file's name is as long as names may be", async () => {
  assert.deepEqual(draftName(".a.b.12-0123456789abcdef.tmp"), { of: "a.b", pid: 12 });
  assert.equal(draftName("a.b"), undefined);
  const store = folderStore(fresh());
  const long = "é".repeat(127);
  await store.put(long, Uint8Array.of(1));
  assert.deepEqual(await list(store), [long]);
});
