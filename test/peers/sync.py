"""Synchronization by its peers.

`sync.py match CASES OUT`: for each case of the JSON file the index maps of abstract-dataloader and pandas. `sync.py map FILE`: what pyarrow
finds in an index map. `sync.py tum LIST`: the association list made anew as the TUM tools make it.
"""
import json
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from abstract_dataloader import generic


def adl(case, times):
    """Index maps of abstract-dataloader, or the error that it ends in."""
    options = {"reference": "a", "margin": case.get("margin", {})}
    made = generic.Nearest(tol=case["tol"], **options) if case["rule"] == "nearest" else generic.Next(**options)
    try:
        return {name: at.tolist() for name, at in made(times).items()}
    except Exception as error:  # the name of what it ends in is the answer
        return {"error": type(error).__name__}


def asof(case, times):
    """For each time of a the row of b that pandas finds, or -1."""
    left = pd.DataFrame({"t": times["a"]})
    right = pd.DataFrame({"t": times["b"], "at": np.arange(len(times["b"]))})
    how = {"nearest": "nearest", "previous": "backward", "next": "forward"}[case["rule"]]
    tolerance = {} if case["tol"] is None else {"tolerance": case["tol"]}
    merged = pd.merge_asof(left, right, on="t", direction=how, **tolerance)
    return merged["at"].fillna(-1).astype(int).tolist()


def match(cases, out):
    answers = []
    for case in json.load(open(cases)):
        times = {name: np.array(each, dtype=np.float64) for name, each in case["times"].items()}
        answers.append(adl(case, times) if case["peer"] == "adl" else asof(case, times))
    json.dump(answers, open(out, "w"))


def index_map(path):
    table = pq.read_table(path) if path.endswith(".parquet") else pa.ipc.open_file(path).read_all()
    said = pq.read_metadata(path).metadata if path.endswith(".parquet") else table.schema.metadata
    columns = {name: [None if v is None or v != v else v for v in table.column(name).to_pylist()] for name in table.column_names}
    types = {field.name: str(field.type) for field in table.schema}
    print(json.dumps({"types": types, "columns": columns, "said": json.loads(said[b"windrow:match"])}))


def tum(path):
    """associate.py: all pairs less than 0.02 s apart, the closest first, each stamp once."""
    rows = [line.split() for line in open(path) if not line.startswith("#")]
    first, second = [float(row[0]) for row in rows], [float(row[2]) for row in rows]
    pairs = sorted((abs(a - b), a, b) for a in first for b in second if abs(a - b) < 0.02)
    free = (set(first), set(second))
    found = []
    for _, a, b in pairs:
        if a in free[0] and b in free[1]:
            free[0].remove(a)
            free[1].remove(b)
            found.append((a, b))
    print(json.dumps(sorted(found)))


if __name__ == "__main__":
    {"match": match, "map": index_map, "tum": tum}[sys.argv[1]](*sys.argv[2:])
