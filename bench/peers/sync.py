"""Synchronization by abstract-dataloader for bench/sync.ts: a process that stays. Each line of stdin is `RULE KIND`: a run over both sensors' stamps."""
import argparse
import json
import os
import sys
import time

import numpy as np
from abstract_dataloader import generic

RULES = {"nearest": generic.Nearest("a", tol=0.1), "next": generic.Next("a")}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--n", type=int)
    parser.add_argument("--make", action="store_true")
    options = parser.parse_args()
    print(json.dumps({"numpy": np.__version__}), flush=True)
    for line in sys.stdin:
        rule, kind = line.split()
        times = {name: np.fromfile(os.path.join(options.dir, f"sync-{kind}-{options.n}-{name}.f64")) for name in "ab"}
        began, cpu = time.perf_counter(), time.process_time()
        found = RULES[rule](times)
        took = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}
        print(json.dumps({**took, "rows": len(found["b"]), "sum": int(found["b"].astype(np.int64).sum())}), flush=True)


if __name__ == "__main__":
    main()
