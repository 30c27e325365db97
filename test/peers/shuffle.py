"""Measures a stored order anew, with numpy and other formulas, and by trying many random orders; prints one JSON object.

    python test/peers/shuffle.py INDEX BATCH PICTURE
"""
import json
import sys
import xml.dom.minidom

import numpy as np
import pyarrow.parquet as pq

TRIALS = 2000


def midranks(values):
    """Ranks from 1 up; those that tie have their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]


def serial(ranks):
    r = ranks - ranks.mean()
    return float((r[:-1] * r[1:]).sum() / (r * r).sum())


def overlaps(trace, begin, end, rows_a, rows_b):
    return (trace[rows_a] == trace[rows_b]) & (begin[rows_a] <= end[rows_b]) & (begin[rows_b] <= end[rows_a])


def in_batches(trace, begin, end, batch):
    """Overlapping pairs in the same batch, pair by pair."""
    a, b = np.triu_indices(batch, 1)
    return sum(int(overlaps(trace, begin, end, at + a, at + b).sum()) for at in range(0, len(trace) - batch + 1, batch))


def distinct(groups, batch):
    whole = len(groups) // batch * batch
    return np.array([len(np.unique(each)) for each in groups[:whole].reshape(-1, batch)])


def expected_distinct(groups, batch):
    """Σ (1 − C(N−n, b) / C(N, b)), the quotient as a product over the batch."""
    n = len(groups)
    counts = np.unique(groups, return_counts=True)[1]
    missed = np.ones(len(counts))
    for i in range(batch):
        missed *= np.maximum(0, n - counts - i) / (n - i)
    return float((1 - missed).sum())


def main(index, batch, picture):
    table = pq.read_table(index).filter(pq.read_table(index)["split"].to_numpy(zero_copy_only=False) == "train")
    column = lambda name: table[name].to_numpy(zero_copy_only=False)
    number = lambda name: np.unique(column(name).astype(str), return_inverse=True)[1]
    trace, entity, begin, end = number("trace_id"), number("entity"), column("t_start"), column("t_end")
    days = np.floor(begin / 86400).astype(np.int64)
    n = len(begin)
    place = np.arange(n)
    time = midranks(begin)
    groups = {"entities": entity, "traces": trace, "days": days}
    found = {
        "time_rank": float(np.corrcoef(place, time)[0, 1]),
        "entity_rank": float(np.corrcoef(place, midranks(entity))[0, 1]),
        "trace_rank": float(np.corrcoef(place, midranks(trace * 1e11 + (begin - begin.min())))[0, 1]),
        "time_serial": serial(time),
        "same_entity_neighbours": int((entity[1:] == entity[:-1]).sum()),
        "overlapping_neighbours": int(overlaps(trace, begin, end, place[1:], place[:-1]).sum()),
        "overlapping_in_batch": in_batches(trace, begin, end, batch),
    }
    for name, of in groups.items():
        counts = distinct(of, batch)
        found[f"{name}_per_batch"] = float(counts.mean())
        found[f"fewest_{name}"] = int(counts.min())
    expected = {f"{name}_per_batch": expected_distinct(of, batch) for name, of in groups.items()}
    rng = np.random.default_rng(1)
    tried = {name: [] for name in ("time_serial", "same_entity_neighbours", "overlapping_neighbours", *(f"fewest_{g}" for g in groups))}
    for _ in range(TRIALS):
        order = rng.permutation(n)
        e = entity[order]
        tried["time_serial"].append(serial(time[order]))
        tried["same_entity_neighbours"].append((e[1:] == e[:-1]).sum())
        tried["overlapping_neighbours"].append(overlaps(trace, begin, end, order[1:], order[:-1]).sum())
        # One batch: what the mean and spread of the poorest one's row are of.
        for name, of in groups.items():
            tried[f"fewest_{name}"].append(len(np.unique(of[order[:batch]])))
    in_batch = []
    for _ in range(TRIALS // 10):
        order = rng.permutation(n)
        in_batch.append(in_batches(trace[order], begin[order], end[order], batch))
    tried["overlapping_in_batch"] = in_batch
    xml.dom.minidom.parse(picture)
    print(json.dumps({
        "samples": n,
        "found": found,
        "expected": expected,
        "tried": {name: [float(np.mean(v)), float(np.std(v)), len(v)] for name, v in tried.items()},
    }))


main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
