"""StreamingDataset for bench/load.ts: a process that stays. Reads one case a line from stdin and answers with one JSON line.

`--make` first writes windows.f32 and, with MDSWriter, the folders mds_none and mds_zstd; `their_zstd` has links to the files of the
latter, because StreamingDataset leaves unpacked shards beside packed ones. `first RAW|ZSTD` as an argument is a process of its own: it
imports, gives the first batch and ends.
"""
import argparse
import json
import os
import shutil
import sys
import time

import numpy as np
from mds_write import FEATURES, ROW, WINDOW, make

BATCH = 64


def write(path, n, out, compression):
    if os.path.exists(os.path.join(out, "index.json")):
        with open(os.path.join(out, "index.json")) as file:
            if sum(shard["samples"] for shard in json.load(file)["shards"]) == n:
                return
    from streaming import MDSWriter

    shutil.rmtree(out, ignore_errors=True)
    with MDSWriter(out=out, columns={"features": "bytes"}, compression=compression, size_limit=1 << 26) as writer, open(path, "rb") as file:
        for i in range(0, n, 1000):
            for row in np.fromfile(file, np.float32, min(1000, n - i) * ROW).reshape(-1, ROW):
                writer.write({"features": row.tobytes()})


def link(source, out):
    """A folder of links to another's files, without what a reader unpacked there."""
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    for name in os.listdir(source):
        if not name.endswith(".mds"):
            os.link(os.path.join(source, name), os.path.join(out, name))


def dataset(root, **options):
    from streaming import StreamingDataset

    return StreamingDataset(local=root, batch_size=BATCH, **options)


def view(sample):
    return np.frombuffer(sample["features"], np.float32).reshape(WINDOW, FEATURES)


def iterate(root, **options):
    data = dataset(root, shuffle=False, **options)
    total, count = 0.0, 0
    began, cpu = time.perf_counter(), time.process_time()
    for sample in data:
        total += float(view(sample)[0, 0])
        count += 1
    return {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "samples": count, "sum": total}


def each(root):
    data = dataset(root, shuffle=False)
    data[0]
    total = 0.0
    began, cpu = time.perf_counter(), time.process_time()
    for i in range(len(data)):
        total += float(view(data[i])[0, 0])
    return {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "samples": len(data), "sum": total}


def at_random(root):
    data = dataset(root, shuffle=False)
    rows = np.random.default_rng(42).integers(0, len(data), 5000).tolist()
    took, total = [], 0.0
    for row in rows:
        began = time.perf_counter()
        total += float(view(data[row])[0, 0])
        took.append(time.perf_counter() - began)
    took.sort()
    return {"p50": took[2500] * 1e6, "p99": took[4950] * 1e6, "sum": total}


def first(root):
    data = dataset(root, shuffle=False)
    batch = []
    for sample in data:
        batch.append(view(sample))
        if len(batch) == BATCH:
            break
    print(np.stack(batch).shape, flush=True)
    # The dataset's threads would keep the process for seconds more.
    os._exit(0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--n", type=int, default=40000)
    parser.add_argument("--make", action="store_true")
    parser.add_argument("--first", choices=["none", "zstd"])
    options = parser.parse_args()
    folder = lambda name: os.path.join(options.dir, name)  # noqa: E731
    if options.first is not None:
        first(folder("mds_none" if options.first == "none" else "their_zstd"))
    os.makedirs(options.dir, exist_ok=True)
    if options.make:
        make(folder("windows.f32"), options.n)
        for compression in ("none", "zstd"):
            write(folder("windows.f32"), options.n, folder(f"mds_{compression}"), None if compression == "none" else compression)
        link(folder("mds_zstd"), folder("their_zstd"))
    import streaming

    print(json.dumps({"mosaicml-streaming": streaming.__version__}), flush=True)
    for line in sys.stdin:
        case = line.strip()
        if case == "link":
            result = link(folder("mds_zstd"), folder("their_zstd"))
        elif case == "zstd":
            link(folder("mds_zstd"), folder("their_zstd"))
            result = iterate(folder("their_zstd"))
        else:
            result = {"none": iterate, "each": each, "random": at_random}[case](folder("mds_none"))
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
