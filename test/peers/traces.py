"""Reads a dataset of samples of several columns with the tools that people train with; prints one JSON object, {"trace start": {column: value}}.

    python test/peers/traces.py mds OUT       StreamingDataset over each split
    python test/peers/traces.py parquet OUT   pyarrow over the parts, validation and test
"""
import glob
import json
import os
import sys

import numpy as np


def plain(value):
    """A value as the tests have it: numbers in lists, bytes and text in hex, 64-bit integers as text."""
    if isinstance(value, str):
        return value.encode().hex()
    if isinstance(value, bytes):
        return value.hex()
    flat = np.asarray(value).reshape(-1)
    return [str(v) if flat.dtype == np.int64 else v for v in (flat.tolist())]


def keyed(found, shapes, sample):
    name = f"{sample['trace_id']} {int(sample['start'])}"
    assert name not in found, name
    found[name] = {key: plain(value) for key, value in sample.items() if key not in ("trace_id", "start", "t_start", "t_end")}
    for key in ("t_start", "t_end"):
        found[name][key] = float(sample[key])
    for key, value in sample.items():
        if isinstance(value, np.ndarray):
            shapes[key] = [str(value.dtype), *value.shape]


def read_mds(out):
    from streaming import StreamingDataset
    from streaming.base.util import clean_stale_shared_memory
    found, shapes = {}, {}
    for split in ("mds", "mds_validation", "mds_test"):
        root = os.path.join(out, split)
        if not os.path.isdir(root):
            continue
        clean_stale_shared_memory()
        data = StreamingDataset(local=root, shuffle=False, batch_size=1, validate_hash="sha1")
        for i in range(len(data)):
            keyed(found, shapes, data[i])
        del data
    clean_stale_shared_memory()
    return found, shapes


def read_parquet(out):
    import pyarrow as pa
    import pyarrow.parquet as pq
    found, shapes = {}, {}
    files = sorted(glob.glob(os.path.join(out, "parquet", "*.parquet")))
    for path in files + [os.path.join(out, f"{split}.parquet") for split in ("validation", "test")]:
        table = pq.read_table(path)
        for field in table.schema:
            if pa.types.is_fixed_size_list(field.type):
                shapes[field.name] = [str(field.type.value_type), field.type.list_size]
            else:
                shapes[field.name] = [str(field.type)]
        for row in table.to_pylist():
            for name in row:
                kind = table.schema.field(name).type
                if pa.types.is_fixed_size_list(kind):
                    row[name] = np.array(row[name], kind.value_type.to_pandas_dtype())
            keyed(found, {}, row)
    return found, shapes


if __name__ == "__main__":
    samples, types = {"mds": read_mds, "parquet": read_parquet}[sys.argv[1]](sys.argv[2])
    json.dump({"samples": samples, "types": types}, sys.stdout)
