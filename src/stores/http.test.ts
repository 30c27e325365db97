import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { Key } from "../core/index.ts";
import { nodeCodecs, nodeHashes } from "../node/index.ts";
import { readStoreSuite } from "../testkit/index.ts";
import { type HttpStoreOptions, httpStore } from "./http.ts";
import { memoryStore } from "./memory.ts";
import { zipStore } from "./zip.ts";
import { zipWriter } from "./zip-writer.ts";

type Files = Readonly<Record<Key, Uint8Array>>;
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on a free port of this machine, closed when the test is over. */
async function serving<T>(answer: Answer, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`); // of a server that listens on a port
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

interface Manners {
  readonly head?: "no";
  readonly ranges?: "no";
  readonly etag?: () => string;
}

/** A server as there are: with HEAD and ranges, or without one of them. */
function fileServer(files: Files, manners: Manners = {}): Answer {
  return (request, response) => {
    const key = decodeURIComponent(new URL(request.url!, "http://x").pathname.replace(/^\/base\//, ""));
    const bytes = Object.hasOwn(files, key) ? files[key] : undefined;
    if (request.method === "HEAD" && manners.head === "no") return void response.writeHead(405).end();
    if (bytes === undefined) return void response.writeHead(404).end("no such file");
    const version = manners.etag === undefined ? {} : { etag: manners.etag() };
    if (request.method === "HEAD")
      return void response.writeHead(200, { "content-length": bytes.length, ...version }).end();
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    if (range === null || manners.ranges === "no") return void response.writeHead(200, version).end(bytes);
    sendRange(response, bytes, { from: Number(range[1]), to: Number(range[2]) + 1, version });
  };
}

interface Wanted {
  readonly from: number;
  readonly to: number;
  readonly version: object;
}

function sendRange(response: ServerResponse, bytes: Uint8Array, { from, to, version }: Wanted): void {
  const end = Math.min(bytes.length, to);
  if (from >= bytes.length) response.writeHead(416, { "content-range": `bytes */${bytes.length}`, ...version }).end();
  else {
    const range = `bytes ${from}-${end - 1}/${bytes.length}`;
    response.writeHead(206, { "content-range": range, ...version }).end(bytes.subarray(from, end));
  }
}

for (const [kind, manners] of Object.entries({
  plain: {},
  "without HEAD": { head: "no" },
  "without ranges": { ranges: "no" },
  "without either": { head: "no", ranges: "no" },
  "with versions": { etag: () => '"1"' },
} satisfies Record<string, Manners>)) {
  let files: Files = {};
  // One server for the suite: each check asks for a store of its own files.
  const checks = readStoreSuite(
    async (held) => {
      files = held;
      return httpStore(current);
    },
    { list: false },
  );
  let current = "";
  test(`a server ${kind} is a store`, (t) =>
    serving(
      (request, response) => fileServer(files, manners)(request, response),
      async (url) => {
        current = url;
        for (const { name, run } of checks) await t.test(name, run);
      },
    ));
}

const FILE = { "a/b c.bin": Uint8Array.from({ length: 1000 }, (_, i) => i % 251) };
const QUICK: HttpStoreOptions = { pauseSeconds: 0.001 };

test("a file that changes between two reads is an error, and one that appears is seen", async () => {
  let version = '"1"';
  const files: Record<Key, Uint8Array> = { ...FILE };
  await serving(fileServer(files, { etag: () => version }), async (url) => {
    const store = httpStore(url);
    assert.deepEqual(await store.get("a/b c.bin", { from: 10, to: 12 }), Uint8Array.of(10, 11));
    version = '"2"';
    await assert.rejects(store.get("a/b c.bin", { from: 10, to: 12 }), {
      code: "damaged",
      message: /a\/b c.bin: the file changed while it was read: it was "1", got "2"$/,
    });
    assert.equal(await store.size("new"), undefined);
    files["new"] = Uint8Array.of(1);
    assert.equal(await store.size("new"), 1);
    delete files["new"];
    await assert.rejects(store.get("new"), { code: "damaged", message: /it is gone/ });
  });
  const shrinking: Record<Key, Uint8Array> = { a: new Uint8Array(100) };
  await serving(fileServer(shrinking), async (url) => {
    const store = httpStore(url);
    assert.equal(await store.size("a"), 100);
    shrinking["a"] = new Uint8Array(50);
    await assert.rejects(store.get("a", { from: 0, to: 10 }), { code: "damaged", message: /it had 100 bytes, got 50/ });
    await assert.rejects(store.get("a", { from: 60, to: 70 }), { code: "damaged", message: /no longer there/ });
  });
});

test("what fails on the way is tried again, so often and no more", async () => {
  for (const failure of ["503", "cut", "hang", "short"] as const) {
    let failures = 2;
    const files = fileServer(FILE);
    const answer: Answer = (request, response) => {
      if (failures-- <= 0) return files(request, response);
      if (failure === "503") return void response.writeHead(503).end();
      if (failure === "cut") return void response.destroy();
      if (failure === "hang") return;
      if (request.method === "HEAD") {
        failures += 1;
        return files(request, response);
      }
      response.writeHead(206, { "content-range": "bytes 0-99/1000" }).end(new Uint8Array(60));
    };
    await serving(answer, async (url) => {
      const store = httpStore(url, { ...QUICK, timeoutSeconds: failure === "hang" ? 0.05 : 5 });
      assert.deepEqual(await store.get("a/b c.bin", { from: 0, to: 100 }), FILE["a/b c.bin"].subarray(0, 100), failure);
    });
    failures = 1e9;
    await serving(answer, async (url) => {
      const store = httpStore(url, { ...QUICK, retries: 2, timeoutSeconds: failure === "hang" ? 0.02 : 5 });
      await assert.rejects(
        store.get("a/b c.bin", { from: 0, to: 100 }),
        { code: "io", message: /^Cannot read http:\/\/127.0.0.1:\d+\/base\/a\/b c.bin: .* after 3 tries$/ },
        failure,
      );
    });
  }
});

test("what the server refuses is told at once, and so is a server that lies about ranges", async () => {
  let requests = 0;
  await serving(
    (_, response) => {
      requests += 1;
      response.writeHead(403).end();
    },
    async (url) => {
      await assert.rejects(httpStore(url, QUICK).get("a"), { code: "io", message: /got 403 Forbidden/ });
      assert.equal(requests, 2);
    },
  );
  const lies: Answer = (request, response) => {
    if (request.method === "HEAD") return void response.writeHead(200, { "content-length": 100 }).end();
    response.writeHead(206, { "content-range": "bytes 5-14/100" }).end(new Uint8Array(10));
  };
  await serving(lies, async (url) => {
    await assert.rejects(httpStore(url, QUICK).get("a", { from: 0, to: 10 }), {
      code: "io",
      message: /got "bytes 5-14\/100"/,
    });
  });
});

test("requests carry headers and the query, messages do not", async () => {
  const seen: (string | undefined)[] = [];
  const answer: Answer = (request, response) => {
    seen.push(`${request.url} ${request.headers["x-token"]}`);
    response.writeHead(404).end();
  };
  await serving(answer, async (url) => {
    const store = httpStore(`${url}?signature=secret`, { headers: { "x-token": "t" } });
    assert.equal(await store.size("a/ü?#"), undefined);
    assert.ok(!store.name.includes("secret"));
  });
  assert.deepEqual(seen, ["/base/a/%C3%BC%3F%23?signature=secret t"]);
});

test("a listing, an address that is none, and a read too large are refused", async () => {
  const store = httpStore("http://127.0.0.1:9/x");
  await assert.rejects(Array.fromAsync(store.list("")), {
    code: "unsupported",
    message: /a web server does not tell its files/,
  });
  for (const url of ["", "data/x", "file:///etc/passwd", "ftp://x/"])
    assert.throws(() => httpStore(url), { code: "usage" });
  await serving(fileServer(FILE), (url) =>
    assert.rejects(httpStore(url, { mostBytes: 10 }).get("a/b c.bin"), { code: "unsupported" }),
  );
});

test("a caller's signal ends it with its own reason", async () => {
  const stop = new AbortController();
  await serving(
    () => stop.abort(new TypeError("enough")),
    (url) => assert.rejects(httpStore(url, { signal: stop.signal }).size("a"), { message: "enough" }),
  );
});

test("a zip is read over HTTP with a request for each entry", async () => {
  const tools = { codecs: nodeCodecs(), hashes: await nodeHashes() };
  const memory = memoryStore();
  await using writer = await zipWriter({ store: memory, key: "x.zip", ...tools });
  for (let i = 0; i < 2000; i++) await writer.put(`chunks/${i}`, new Uint8Array(100).fill(i));
  await writer.publish();
  let requests = 0;
  const files = fileServer({ "x.zip": (await memory.get("x.zip"))! });
  const answer: Answer = (request, response) => {
    requests += 1;
    files(request, response);
  };
  await serving(answer, async (url) => {
    using zip = await zipStore({ store: httpStore(url), key: "x.zip", ...tools });
    // Its size, its end, whether there is a record of 64 bits, how its directory begins, and the directory.
    assert.ok(requests <= 5, `${requests}`);
    requests = 0;
    for (const i of [5, 1500, 7]) assert.deepEqual(await zip.get(`chunks/${i}`), new Uint8Array(100).fill(i));
    assert.equal(requests, 3);
  });
});
