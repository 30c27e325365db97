"""StreamingDataset for load.test.ts. `write DIR` writes folders of the same samples with MDSWriter; `iterate ROOT...` prints, one JSON line a
root, the samples in the order that a loop over StreamingDataset(shuffle=False) gives them.
"""
import json
import os
import shutil
import sys
import tempfile

import numpy as np

SAMPLES = 300


def sample(i, is_bytes):
    """Sample i; load.test.ts makes the same."""
    features = (np.arange(20, dtype=np.float32) + i / 8).reshape(4, 5)
    return {"features": features.tobytes() if is_bytes else features, "n": i, "name": "\u00e9" * (i % 4) + str(i)}


def write(out):
    from streaming import MDSWriter

    for name, features, compression in [("raw", "ndarray:float32:4,5", None), ("bytes", "bytes", None), ("zstd", "ndarray", "zstd"), ("gz", "bytes", "gz")]:
        columns = {"features": features, "n": "int", "name": "str"}
        with MDSWriter(out=os.path.join(out, name), columns=columns, compression=compression, hashes=["sha1"], size_limit=4096) as writer:
            for i in range(SAMPLES):
                writer.write(sample(i, features == "bytes"))


def iterate(root):
    from streaming import StreamingDataset
    from streaming.base.util import clean_stale_shared_memory

    clean_stale_shared_memory()
    local = tempfile.mkdtemp(prefix="windrow-load-")
    try:
        data = StreamingDataset(remote=root, local=os.path.join(local, "copy"), shuffle=False, batch_size=1)
        found = []
        for one in data:
            features = one["features"]
            raw = features if isinstance(features, bytes) else np.ascontiguousarray(features).tobytes()
            found.append({"features": raw.hex(), **{key: value for key, value in one.items() if key != "features"}})
        print(json.dumps(found, default=int), flush=True)
        del data
    finally:
        clean_stale_shared_memory()
        shutil.rmtree(local, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2])
    else:
        for place in sys.argv[2:]:
            iterate(place)
