"""MDS with the real tool. `write DIR CASES` writes folders with MDSWriter; `read HASH ROOT...` prints what StreamingDataset
reads of each root.

One JSON line a sample goes to stdout: numbers that JSON cannot hold as {"hex": ...} of their bytes.
"""
import base64
import json
import os
import shutil
import sys
import tempfile
from decimal import Decimal

import numpy as np

SIZE_LIMIT = 4096
COLUMNS = {
    "b": "bytes", "f16": "float16", "f32": "float32", "f64": "float64", "i": "int", "i8": "int8", "i16": "int16", "i32": "int32",
    "i64": "int64", "j": "json", "s": "str", "sd": "str_decimal", "sf": "str_float", "si": "str_int", "u8": "uint8", "u16": "uint16",
    "u32": "uint32", "u64": "uint64", "xy": "ndarray:float32:3,2", "dyn": "ndarray", "half": "ndarray:float16", "é": "str",
}


def sample(i):
    """Sample i; test/peers/mds.test.ts makes the same."""
    return {
        "b": bytes([i % 256]) * (i % 5), "f16": i / 4, "f32": i / 8, "f64": -float(i) / 3, "i": i - 50, "i8": i % 256 - 128, "i16": -i, "i32": -7 * i,
        "i64": -(2**40) - i, "j": {"a": i, "b": [True, None, "\u00e9\u007f\U0001f40b"], "c": i + 0.5, "d": 1e-7}, "s": "x" * (i % 7) + "\u00e9",
        "sd": Decimal(i).scaleb(-2), "sf": float(i) * 10.0 ** (i % 40 - 20), "si": 10**20 + i, "u8": i % 256, "u16": i, "u32": 11 * i,
        "u64": 2**63 + i, "xy": np.arange(6, dtype=np.float32).reshape(3, 2) + i, "dyn": np.arange(300, dtype=np.int64).reshape(300, 1) * i,
        "half": np.full((2, 2), i, np.float16), "é": str(i),
    }


def write(out, columns, samples, **options):
    from streaming import MDSWriter

    with MDSWriter(out=out, columns=columns, **options) as writer:
        for one in samples:
            writer.write(one)


def write_all(out):
    rows = 100
    for name, compression in {"raw": None, "zstd": "zstd", "zstd7": "zstd:7", "gz": "gz:3", "br": "br:2", "snappy": "snappy"}.items():
        write(os.path.join(out, name), COLUMNS, map(sample, range(rows)), compression=compression, hashes=["sha1", "xxh64"], size_limit=SIZE_LIMIT)
    numbers = {"x": "float32", "n": "int64", "xy": "ndarray:float32:3,2"}
    write(os.path.join(out, "fixed"), numbers, ({k: sample(i)[{"n": "i64", "x": "f32"}.get(k, k)] for k in numbers} for i in range(1000)), size_limit=SIZE_LIMIT)
    # A sample that is larger than a shard, in the middle: a shard to itself.
    sizes = [10, 200, 10, 10, 300, 10]
    write(os.path.join(out, "large"), {"b": "bytes"}, ({"b": bytes(size)} for size in sizes), size_limit=260)
    for worker in range(12):
        write(os.path.join(out, "workers", f"worker_{worker}"), {"n": "int"}, ({"n": worker * 10 + i} for i in range(10)))
    from streaming.base.util import merge_index

    for worker in range(3):
        write(os.path.join(out, "merged", f"worker_0{worker}"), {"n": "int"}, ({"n": worker * 10 + i} for i in range(10)), compression="zstd", hashes=["sha1"])
    merge_index([os.path.join(out, "merged", f"worker_0{worker}", "index.json") for worker in range(3)], os.path.join(out, "merged"))
    write(os.path.join(out, "opaque"), {"pickle": "pkl", "picture": "png"}, [{"pickle": {"a": 1}, "picture": picture()}])


def picture():
    from PIL import Image

    return Image.new("L", (2, 2))


def plain(value):
    if isinstance(value, np.ndarray):
        return {"dtype": value.dtype.name, "shape": value.shape, "hex": np.ascontiguousarray(value).tobytes().hex()}
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, np.generic):
        return {"dtype": value.dtype.name, "hex": value.tobytes().hex()}
    if isinstance(value, Decimal) or (isinstance(value, int) and abs(value) >= 2**53):
        return {"text": str(value)}
    return value


def read(root, validate_hash):
    from streaming import StreamingDataset
    from streaming.base.util import clean_stale_shared_memory
    from torch.utils.data import DataLoader

    clean_stale_shared_memory()
    local = tempfile.mkdtemp(prefix="windrow-mds-")
    try:
        data = StreamingDataset(remote=root, local=os.path.join(local, "copy"), shuffle=False, validate_hash=validate_hash or None, batch_size=1)
        print(json.dumps({"root": root}))
        for i in range(len(data)):
            print(json.dumps({key: plain(value) for key, value in data[i].items()}))
        loaded = sum(len(batch) for batch in DataLoader(data, batch_size=7, num_workers=1, collate_fn=list))
        print(json.dumps({"loaded": loaded}))
        del data
    finally:
        clean_stale_shared_memory()
        shutil.rmtree(local, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write_all(sys.argv[2])
    else:
        for root in sys.argv[3:]:
            read(root, sys.argv[2])
