"""abstract-dataloader finds the trace of a global row, and the row in it, one run a line of stdin.

`python model_lookup.py --dir D --n N`: D/lengths.u32 holds the rows of N traces, D/rows.u32 the global rows to find. Each line of stdin is `open` (the
dataset's index is made) or `lookup` (each row is asked of the dataset, whose traces answer with the row's number in them); each answers with one JSON
line, {"seconds": ..., "sum": ...}: processor time, and the sum of the answers. Imports, and the making of the traces, are not counted.
"""
import argparse
import importlib.metadata
import json
import os
import sys
import time

import numpy as np
from abstract_dataloader.abstract import Dataset


class Trace:
    """The least that a trace is: it answers with the number that it is asked for."""

    __slots__ = ("n",)

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return i


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--make", action="store_true", help="for the form's sake: there is nothing to make")
    args = parser.parse_args()
    traces = [Trace(int(n)) for n in np.fromfile(os.path.join(args.dir, "lengths.u32"), "<u4")]
    rows = np.fromfile(os.path.join(args.dir, "rows.u32"), "<u4").tolist()
    data = Dataset(traces)
    len(data)
    print(json.dumps({"abstract-dataloader": importlib.metadata.version("abstract-dataloader")}), flush=True)
    for line in sys.stdin:
        start, total = time.process_time(), 0
        if line.strip() == "open":
            total = len(Dataset(traces))
        else:
            for row in rows:
                total += data[row]
        print(json.dumps({"seconds": time.process_time() - start, "sum": int(total)}), flush=True)


if __name__ == "__main__":
    main()
