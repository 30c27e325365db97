"""Reads the Parquet files with pyarrow, and which ship each sample is of: python examples/read_parquet.py DATA"""

import sys
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

path = Path(sys.argv[1] if len(sys.argv) > 1 else "data")

# The training split, a file a part; already shuffled, so reading on is sampling at random.
for file in sorted(path.glob("parquet/*.parquet")):
    samples, knots = 0, 0.0
    for batch in pq.ParquetFile(file).iter_batches(batch_size=64, columns=["features"]):
        features = batch["features"].flatten().to_numpy().reshape(len(batch), -1, 5)  # no copy
        if samples == 0:
            print(f"{file.name}: batches of {' × '.join(map(str, features.shape))} {features.dtype}")
        samples += len(batch)
        knots += float(features[:, :, 2].mean()) * len(batch)
    print(f"{file.name}: {samples} samples at {knots / samples:.2f} knots on average")

# The index has a row for each sample, in the same order: its ship, its times, its source.
index = pq.read_table(path / "index.parquet", columns=["split", "entity", "t_start"])
for split in ("train", "validation", "test"):
    rows = index.filter(pc.field("split") == split)
    print(f"{split}: {len(rows)} samples of {len(rows['entity'].unique())} ships")
