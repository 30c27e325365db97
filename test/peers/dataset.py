"""Reads a whole dataset of windrow with the tools that people train with; prints one JSON object a call.

    python test/peers/dataset.py mds OUT [HASH]       StreamingDataset over the root and over each worker alone, and a DataLoader
    python test/peers/dataset.py tables OUT           pyarrow, DuckDB and polars over the index, samples, validation and test
"""
import hashlib
import json
import os
import sys

import numpy as np

COLUMNS = [0, 1, 4]


def digest(windows):
    """SHA-256 of lat, lon, dt of windows in order, as the shared vectors have it."""
    h = hashlib.sha256()
    for w in windows:
        h.update(np.ascontiguousarray(np.asarray(w, np.float32).reshape(-1, 5)[:, COLUMNS]).tobytes())
    return h.hexdigest()


def streaming(folder, **options):
    from streaming import StreamingDataset
    return StreamingDataset(local=folder, shuffle=False, batch_size=1, **options)


def read_mds(out, algorithm=None):
    from streaming.base.util import clean_stale_shared_memory
    from torch.utils.data import DataLoader
    found = {}
    for split in ("mds", "mds_validation", "mds_test"):
        root = os.path.join(out, split)
        if not os.path.isdir(root):
            continue
        clean_stale_shared_memory()
        whole = streaming(root, validate_hash=algorithm)
        samples = [whole[i]["features"] for i in range(len(whole))]
        del whole
        clean_stale_shared_memory()
        loaded = [b["features"].numpy()[0] for b in DataLoader(streaming(root), batch_size=1)]
        alone = []
        for worker in sorted(d for d in os.listdir(root) if d.startswith("worker_")):
            clean_stale_shared_memory()
            part = streaming(os.path.join(root, worker), validate_hash=algorithm)
            alone += [part[i]["features"] for i in range(len(part))]
            del part
        found[split] = {
            "samples": len(samples), "shape": list(samples[0].shape), "dtype": str(samples[0].dtype), "sha256": digest(samples),
            "loaded": digest(loaded), "workers": digest(alone)}
    clean_stale_shared_memory()
    return found


def read_tables(out):
    import duckdb
    import polars
    import pyarrow.parquet as pq
    files = sorted(os.path.join("parquet", f) for f in os.listdir(os.path.join(out, "parquet")))
    found = {}
    for name in [*files, "validation.parquet", "test.parquet"]:
        path = os.path.join(out, name)
        table = pq.read_table(path)
        flat = table["features"].combine_chunks().flatten().to_numpy() if len(table) else np.zeros(0, np.float32)
        rows = duckdb.sql(f"SELECT features FROM '{path}'").fetchall()
        frame = polars.read_parquet(path)
        found[name] = {
            "rows": len(table), "type": str(table.schema.field("features").type), "sha256": digest([flat]),
            "duckdb": digest(r[0] for r in rows), "polars": digest(frame["features"].to_numpy()) if len(frame) else digest([]),
            "polars_type": str(frame.schema["features"])}
    index = pq.read_table(os.path.join(out, "index.parquet"))
    count = duckdb.sql(f"SELECT split, count(*), count(DISTINCT trace_id || '/' || start), bool_and(t_end >= t_start) FROM '{out}/index.parquet' GROUP BY 1 ORDER BY 1")
    keys = index["key"].to_numpy()
    train = keys[np.asarray(index["split"]) == "train"]
    found["index.parquet"] = {
        "rows": len(index), "columns": index.column_names, "key": str(index.schema.field("key").type), "splits": count.fetchall(),
        "ascending": bool(np.all(train[1:] >= train[:-1])), "polars": len(polars.read_parquet(os.path.join(out, "index.parquet")))}
    return found


if __name__ == "__main__":
    print(json.dumps({"mds": read_mds, "tables": read_tables}[sys.argv[1]](*sys.argv[2:])))
