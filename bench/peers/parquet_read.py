"""pyarrow reads windows of 928 x 5 float32 from FixedSizeList<float32>[4640] Parquet in batches of 64, without a copy, one run a line of stdin.

`python parquet_read.py --dir D --n N`: --make first writes D/windows.f32 where it is not there. Each line of stdin is `write CODEC BSS FILE`
(such as `write zstd:1 1 a.parquet`) or `read FILE`; each answers with one JSON line, for a read {"seconds": ..., "rows": ..., "sum": ...},
where the sum is that of the first value of each row. The imports are not counted.
"""
import argparse
import json
import os
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from parquet_write import ROW, make, write


def read(path):
    start = time.perf_counter()
    file = pq.ParquetFile(path, memory_map=False, pre_buffer=False)
    rows, total = 0, 0.0
    for batch in file.iter_batches(64, columns=["features"]):
        values = batch.column(0).flatten().to_numpy(zero_copy_only=True).reshape(-1, ROW)
        rows += len(values)
        total += float(values[:, 0].astype(np.float64).sum())
    return {"seconds": time.perf_counter() - start, "rows": rows, "sum": total}


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
        verb, *rest = line.split()
        path = os.path.join(args.dir, rest[-1])
        answer = read(path) if verb == "read" else write(source, path, args.n, rest[0], rest[1] == "1")
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
