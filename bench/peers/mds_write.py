"""MDSWriter for bench/mds-write.ts: a process that stays. Reads one case a line from stdin, `COMPRESSION|none HASHES|none`.

`--make` first writes windows.f32, n windows of 928 x 5 float32 that look like AIS: lat, lon, sog, cog, dt, quantized as on the wire.
"""
import argparse
import json
import os
import shutil
import sys
import time

import numpy as np

WINDOW, FEATURES = 928, 5
ROW = WINDOW * FEATURES


def walk(rng, rows):
    """Smooth tracks of vessels."""
    dt = np.where(rng.random((rows, WINDOW)) < 0.9, 10, 60) + rng.integers(-2, 3, (rows, WINDOW))
    dt[:, 0] = 0
    turn = rng.normal(0, 0.4, (rows, WINDOW)).cumsum(1) * 0.05 + rng.normal(0, 0.2, (rows, WINDOW))
    cog = np.round((rng.random((rows, 1)) * 360 + turn.cumsum(1)) % 360, 1)
    sog = np.round(np.clip(rng.random((rows, 1)) * 18 + rng.normal(0, 0.05, (rows, WINDOW)).cumsum(1), 0, 30), 1)
    way = sog * 0.514444 * dt
    lat0 = rng.random((rows, 1)) * 8 + 54
    lat = lat0 + (way * np.cos(np.radians(cog)) / 111_320).cumsum(1)
    lon = rng.random((rows, 1)) * 10 + 4 + (way * np.sin(np.radians(cog)) / (111_320 * np.cos(np.radians(lat0)))).cumsum(1)
    steps = 600_000.0  # 1/10000 minute of arc
    return np.round(lat * steps) / steps, np.round(lon * steps) / steps, sog, cog, dt


def make(path, n):
    if os.path.exists(path) and os.path.getsize(path) == n * ROW * 4:
        return
    rng = np.random.default_rng(42)
    with open(path, "wb") as file:
        for i in range(0, n, 1000):
            block = np.empty((min(1000, n - i), WINDOW, FEATURES), np.float32)
            for j, column in enumerate(walk(rng, len(block))):
                block[:, :, j] = column
            file.write(block.tobytes())


def write(path, n, out, compression, hashes):
    from streaming import MDSWriter

    shutil.rmtree(out, ignore_errors=True)
    began, began_cpu = time.perf_counter(), time.process_time()
    with MDSWriter(out=out, columns={"features": "bytes"}, compression=compression, hashes=hashes, size_limit=1 << 26) as writer, open(path, "rb") as file:
        for i in range(0, n, 1000):
            for row in np.fromfile(file, np.float32, min(1000, n - i) * ROW).reshape(-1, ROW):
                writer.write({"features": row.tobytes()})
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    return {"seconds": seconds, "cpu": cpu, "bytes": sum(os.path.getsize(os.path.join(out, name)) for name in os.listdir(out))}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--n", type=int, default=40000)
    parser.add_argument("--make", action="store_true")
    options = parser.parse_args()
    os.makedirs(options.dir, exist_ok=True)
    path = os.path.join(options.dir, "windows.f32")
    if options.make:
        make(path, options.n)
    import streaming

    print(json.dumps({"mosaicml-streaming": streaming.__version__}), flush=True)
    for line in sys.stdin:
        compression, hashes = (None if word == "none" else word for word in line.split())
        result = write(path, options.n, os.path.join(options.dir, "theirs"), compression, hashes.split(",") if hashes else None)
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
