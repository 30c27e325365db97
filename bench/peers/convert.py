"""The loops that people write to convert, for bench/convert.ts: a process that stays. Reads one case a line from stdin:
`mds-parquet PROCESSES` (StreamingDataset, ParquetWriter with zstd) or `parquet-mds PROCESSES` (iter_batches, MDSWriter with zstd:1).

Each process takes a contiguous share and writes a file or a folder of its own; imports are done before the clock starts.
"""
import argparse
import json
import multiprocessing
import os
import shutil
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mds_write import FEATURES, WINDOW, make

SHAPE = f"ndarray:float32:{WINDOW},{FEATURES}"


def to_parquet(source, out, share):
    """The reader of one shard at a time, as StreamingDataset uses it: what is cheapest in order."""
    from streaming.base.format import reader_from_json

    with open(os.path.join(source, "index.json")) as file:
        shards = json.load(file)["shards"]
    field = pa.list_(pa.field("element", pa.float32(), False), WINDOW * FEATURES)
    schema = pa.schema([pa.field("features", field, False)])
    own = [shards[i] for i in range(len(shards)) if i * share[1] // len(shards) == share[0]]
    with pq.ParquetWriter(os.path.join(out, f"samples_{share[0]:03}.parquet"), schema, compression="zstd", compression_level=1, use_dictionary=False) as writer:
        for shard in own:
            reader = reader_from_json(source, "", shard)
            for at in range(0, len(reader), 1000):
                block = np.stack([reader[i]["features"].reshape(-1) for i in range(at, min(len(reader), at + 1000))])
                column = pa.FixedSizeListArray.from_arrays(pa.array(block.reshape(-1)), type=field)
                writer.write_table(pa.table([column], schema=schema))


def to_mds(source, out, share):
    from streaming import MDSWriter

    file = pq.ParquetFile(source)
    groups = [i for i in range(file.num_row_groups) if i * share[1] // file.num_row_groups == share[0]]
    folder = os.path.join(out, f"worker_{share[0]:02}") if share[1] > 1 else out
    with MDSWriter(out=folder, columns={"features": SHAPE}, compression="zstd:1", size_limit=1 << 26) as writer:
        for batch in file.iter_batches(1000, row_groups=groups):
            values = batch.column(0)
            for row in values.flatten().to_numpy(zero_copy_only=False).reshape(len(values), WINDOW, FEATURES):
                writer.write({"features": row})


def run(case, folder, processes):
    out = os.path.join(folder, "theirs")
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    work, source = {"mds-parquet": (to_parquet, "source"), "parquet-mds": (to_mds, "source.parquet")}[case]
    began, began_cpu = time.perf_counter(), sum(os.times()[:4])
    source = os.path.join(folder, source)
    if processes == 1:
        work(source, out, (0, 1))
    else:
        children = [multiprocessing.get_context("fork").Process(target=work, args=(source, out, (i, processes))) for i in range(processes)]
        for child in children:
            child.start()
        for child in children:
            child.join()
            assert child.exitcode == 0
        if case == "parquet-mds":
            from streaming.base.util import merge_index

            merge_index([os.path.join(out, f"worker_{i:02}", "index.json") for i in range(processes)], out)
    # Processor time of this process and of the children it waited for.
    return {"seconds": time.perf_counter() - began, "cpu": sum(os.times()[:4]) - began_cpu}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--n", type=int, default=40000)
    parser.add_argument("--make", action="store_true")
    options = parser.parse_args()
    os.makedirs(options.dir, exist_ok=True)
    if options.make:
        make(os.path.join(options.dir, "windows.f32"), options.n)
    import streaming
    import streaming.base.format  # noqa: F401  imported before the clock starts

    print(json.dumps({"mosaicml-streaming": streaming.__version__, "pyarrow": pa.__version__}), flush=True)
    for line in sys.stdin:
        case, processes = line.split()
        print(json.dumps(run(case, options.dir, int(processes))), flush=True)


if __name__ == "__main__":
    main()
