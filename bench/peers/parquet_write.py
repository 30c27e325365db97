"""pyarrow writes windows of 928 x 5 float32 as FixedSizeList<float32>[4640] Parquet, one run a line of stdin.

`python parquet_write.py --dir D --n N`: --make first writes D/windows.f32 where it is not there. Each line of stdin names a case,
`codec bss` (such as `zstd:1 1`); each answers with one JSON line: {"seconds": ..., "bytes": ...}. The imports are not counted.
"""
import argparse
import json
import os
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

POINTS, FEATURES = 928, 5
ROW = POINTS * FEATURES
GROUP = 1024  # rows of a row group: 19 MB


def walk(rng, m):
    """m smooth vessel tracks, quantised as AIS is: lat, lon, sog, cog, dt."""
    w = POINTS
    dt = np.where(rng.random((m, w)) < 0.9, 10, 60) + rng.integers(-2, 3, (m, w))
    dt[:, 0] = 0
    turn = rng.normal(0, 0.4, (m, w)).cumsum(1) * 0.05 + rng.normal(0, 0.2, (m, w))
    cog = (rng.random((m, 1)) * 360 + turn.cumsum(1)) % 360
    sog = np.clip(rng.random((m, 1)) * 18 + rng.normal(0, 0.05, (m, w)).cumsum(1), 0, 30)
    sog, cog = np.round(sog, 1), np.round(cog, 1)
    way = sog * 0.514444 * dt
    lat0 = rng.random((m, 1)) * 8 + 54
    lat = lat0 + (way * np.cos(np.radians(cog)) / 111_320).cumsum(1)
    lon = rng.random((m, 1)) * 10 + 4 + (way * np.sin(np.radians(cog)) / (111_320 * np.cos(np.radians(lat0)))).cumsum(1)
    quantum = 600_000.0  # 1/10000 arc minute
    return np.round(lat * quantum) / quantum, np.round(lon * quantum) / quantum, sog, cog, dt


def make(path, n):
    rng = np.random.default_rng(42)
    with open(path + ".part", "wb") as file:
        for i in range(0, n, 1000):
            m = min(1000, n - i)
            x = np.empty((m, POINTS, FEATURES), np.float32)
            for j, column in enumerate(walk(rng, m)):
                x[:, :, j] = column
            file.write(x.tobytes())
    os.replace(path + ".part", path)


def write(source, target, n, codec, split):
    element = pa.field("element", pa.float32(), nullable=False)
    kind = pa.list_(element, ROW)
    schema = pa.schema([pa.field("id", pa.int64(), nullable=False), pa.field("features", kind, nullable=False)])
    name, _, level = codec.partition(":")
    options = {"compression": name, "compression_level": int(level)} if level else {"compression": name}
    start = time.perf_counter()
    with open(source, "rb") as file, pq.ParquetWriter(
        target, schema, use_dictionary=False, write_statistics=False,
        use_byte_stream_split=["features.list.element"] if split else False, **options,
    ) as writer:
        for i in range(0, n, GROUP):
            m = min(GROUP, n - i)
            values = pa.array(np.fromfile(file, np.float32, m * ROW))
            columns = [pa.array(np.arange(i, i + m)), pa.FixedSizeListArray.from_arrays(values, type=kind)]
            writer.write_batch(pa.record_batch(columns, schema=schema), row_group_size=GROUP)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "bytes": os.path.getsize(target)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--n", type=int, default=40_000)
    parser.add_argument("--make", action="store_true")
    args = parser.parse_args()
    source = os.path.join(args.dir, "windows.f32")
    if args.make and not (os.path.exists(source) and os.path.getsize(source) >= args.n * ROW * 4):
        make(source, args.n)
    print(json.dumps({"pyarrow": pa.__version__}), flush=True)
    for line in sys.stdin:
        codec, split = line.split()
        print(json.dumps(write(source, os.path.join(args.dir, "pyarrow.parquet"), args.n, codec, split == "1")), flush=True)


if __name__ == "__main__":
    main()
