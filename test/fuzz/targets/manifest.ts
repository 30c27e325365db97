/** A dataset's folder: its manifest, its indexes and its files, under info and verify. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Manifest, manifestBytes, readManifest } from "../../../src/formats/dataset/index.ts";
import { info, verify } from "../../../src/inspect/index.ts";
import { nodeCodecs, nodeHashes } from "../../../src/node/index.ts";
import { materializeAis } from "../../../src/verbs/ais/materialize.ts";
import { SMALL, writeFleet } from "../../ais-dataset.ts";
import type { Target } from "../engine.ts";
import { type Mutator, type Parts, pick } from "../mutate.ts";
import { changeJson, jsonOf } from "../mutate-json.ts";
import { countedCodecs, fault, judged, mixed, partsStore, sameBytes } from "../oracle.ts";

const tools = { codecs: countedCodecs(nodeCodecs()), hashes: await nodeHashes() };

async function dataset(): Promise<Parts> {
  const folder = mkdtempSync(join(tmpdir(), "windrow-fuzz-dataset-"));
  try {
    writeFleet(join(folder, "a.csv"), { vessels: 3, days: 0.05, seed: 2 });
    const out = join(folder, "out");
    await materializeAis({
      ...SMALL,
      window: 8,
      inputLength: 4,
      stride: 32,
      inputs: [join(folder, "a.csv")],
      out,
      parts: 2,
    });
    const names = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) =>
      statSync(join(out, name)).isFile(),
    );
    return Object.fromEntries(names.sort().map((name) => [name, new Uint8Array(readFileSync(join(out, name)))]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function read(base: Parts, changes: Parts): Promise<string> {
  const place = { store: partsStore({ ...base, ...changes }), ...tools };
  await readManifest(place.store);
  const told = await info(place);
  const report = await verify(place);
  if (report.holds !== (report.problems_found === 0)) fault("a whole place with problems");
  const isManifest = !sameBytes(changes["manifest.json"] ?? base["manifest.json"], base["manifest.json"]);
  const { files } = JSON.parse(new TextDecoder().decode(base["manifest.json"])) as Manifest;
  const changed = files.find(({ path }) => Object.hasOwn(changes, path) && !sameBytes(changes[path], base[path]));
  if (!isManifest && report.holds !== (changed === undefined))
    fault(`${changed?.path ?? "no file"} changed, and verify says otherwise`);
  return String(mixed(0, new TextEncoder().encode(JSON.stringify([told, report]))));
}

/** Lets the manifest say the sizes and hashes that the changed files have, so that what is in them is looked at. */
const fitting =
  (base: Parts): Mutator =>
  (parts) => {
    const manifest = jsonOf(parts["manifest.json"] ?? base["manifest.json"]) as { files?: unknown } | undefined;
    if (!Array.isArray(manifest?.files)) return undefined;
    for (const file of manifest.files as { path?: string; bytes?: number; xxh64?: string }[]) {
      const bytes = Object.hasOwn(parts, file?.path ?? "") ? parts[file.path!] : undefined;
      if (bytes !== undefined)
        Object.assign(file, { bytes: bytes.length, xxh64: tools.hashes.get("xxh64")!.digest(bytes) });
    }
    return { ...parts, "manifest.json": manifestBytes(manifest as unknown as Manifest) }; // whatever it is: it is only written
  };

const WORDS =
  "train validation test mds parquet f32 f64 str u64 ../x /x a\\b C: 0 18446744073709551615 index.parquet x".split(" ");

/** info and verify of a dataset. An input has the files that are not those of the dataset as it was made. */
export async function manifestTarget(): Promise<Target> {
  const base = await dataset();
  const of = (name: string): Parts => ({ [name]: base[name]! });
  const addManifest: Mutator = (parts, { rng }) => ({
    ...parts,
    ...of(pick(rng, ["manifest.json", ...Object.keys(base)])),
  });
  return {
    seeds: [...Object.keys(base).map(of), { ...of("manifest.json"), ...of("mds/index.json") }],
    dictionary: WORDS.map((word) => new TextEncoder().encode(word)),
    mutators: [
      changeJson(/\.json$/, WORDS),
      changeJson(/^manifest\.json$/, WORDS),
      fitting(base),
      fitting(base),
      addManifest,
    ],
    judge: (parts) => judged(() => read(base, parts), /fuzz|Cannot (read|look at|use|verify) ./),
  };
}
