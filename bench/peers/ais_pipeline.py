"""The peer of the end-to-end bench: AIS CSV to globally shuffled MDS shards with polars, numpy and mosaicml-streaming's MDSWriter.

    python bench/peers/ais_pipeline.py --csv ais10m.csv --out DIR --tmp DIR [--stride 32] [--piles 16] [--workers 2] [--shuffle two-pass|direct]

polars reads, filters, sorts and removes duplicates; jumps and missing values are done as far as whole-column operations go (one pass, no recovery).
`two-pass` deals the windows into pile files by chance and shuffles each pile in memory; `direct` shuffles the numbers of the windows and takes
them from memory, which only works while the positions fit there. Piles are written by a pool of processes, each into its own MDS folder.
Prints one JSON line; peak_mb is the most that the process and its children held together (proportional set size, sampled),
peak_anon_mb the same without pages of mapped files: polars maps the CSV.
"""
import argparse
import json
import multiprocessing
import os
import resource
import shutil
import threading
import time

import numpy as np
import polars as pl
from streaming import MDSWriter
from streaming.base.util import merge_index

W, F = 928, 5
KNOT, RADIUS = 1852 / 3600, 6371008.8
FEATURES = None  # float32 [n, 5] for `direct`: forked children see it without a copy


class Peak(threading.Thread):
    """Samples the memory of this process and its children together."""

    def __init__(self):
        super().__init__(daemon=True)
        self.mb = self.anon_mb = 0.0

    def run(self):
        me = os.getpid()
        while True:
            kib = {"Pss:": 0, "Pss_Anon:": 0}
            for pid in [me, *(c.pid for c in multiprocessing.active_children())]:
                try:
                    with open(f"/proc/{pid}/smaps_rollup") as f:
                        for name, value, *_ in map(str.split, f):
                            if name in kib:
                                kib[name] += int(value)
                except OSError:
                    pass  # a child that has just ended
            self.mb, self.anon_mb = max(self.mb, kib["Pss:"] / 1024), max(self.anon_mb, kib["Pss_Anon:"] / 1024)
            time.sleep(0.1)


def read(path):
    """Clean rows sorted by vessel and time, one a second."""
    rows = pl.scan_csv(path, ignore_errors=True, schema_overrides={
        "MMSI": pl.Int64, "BaseDateTime": pl.String, "LAT": pl.Float64, "LON": pl.Float64, "SOG": pl.Float64, "COG": pl.Float64})
    sog, cog = pl.col("SOG"), pl.col("COG")
    rows = rows.select(
        mmsi=pl.col("MMSI"), t=pl.col("BaseDateTime").str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False).dt.epoch("s"), lat="LAT",
        lon=pl.when(pl.col("LON") == 180).then(-180.0).otherwise(pl.col("LON")),
        sog=pl.when(sog < 102.25).then(sog).cast(pl.Float32), cog=pl.when((cog >= 0) & (cog < 360)).then(cog).cast(pl.Float32),
    ).drop_nulls(["mmsi", "t", "lat", "lon"]).filter(
        pl.col("mmsi").is_between(201_000_001, 775_999_999) & (pl.col("mmsi") % 1_000_000 != 0) & (pl.col("lat").abs() <= 90)
        & (pl.col("lon").abs() <= 180) & ~((pl.col("lat").abs() < 1e-4) & (pl.col("lon").abs() < 1e-4)))
    # One whole-number key: three to nine times as fast as a sort by columns.
    rows = rows.with_columns(key=pl.col("mmsi") * 2**33 + pl.col("t")).sort("key", maintain_order=True).collect(engine="streaming")
    first = (pl.col("key") != pl.col("key").shift(1)).fill_null(True)
    return rows.filter(first & (pl.col("sog").is_null() | ((pl.col("sog") <= 60) & (pl.col("sog") >= 0)))).drop("key")


def metres(lat, lon):
    """Distance of each row from the one before, metres."""
    f, half = np.radians(lat), np.radians(np.diff(lon)) / 2
    s = np.sin(np.diff(f) / 2) ** 2 + np.cos(f[:-1]) * np.cos(f[1:]) * np.sin(half) ** 2
    return np.concatenate([[0.0], 2 * RADIUS * np.arcsin(np.sqrt(np.minimum(1, s)))])


def features(rows, max_gap):
    """float32 [n, 5] of all trips, and the rows at which trips begin, with n at the end."""
    mmsi, t, lat, lon = (rows[c].to_numpy() for c in ("mmsi", "t", "lat", "lon"))
    dt, d = np.diff(t, prepend=t[:1]), metres(lat, lon)
    same = np.diff(mmsi, prepend=-1) == 0
    ok = ~(same & (d > 1000) & (d > 80 * KNOT * np.maximum(dt, 1)))
    if not ok.all():
        rows = rows.filter(pl.Series(ok))
        mmsi, t, lat, lon = (rows[c].to_numpy() for c in ("mmsi", "t", "lat", "lon"))
        dt, d = np.diff(t, prepend=t[:1]), metres(lat, lon)
        same = np.diff(mmsi, prepend=-1) == 0
    inside = same & (dt <= max_gap)
    x = np.empty((len(t), F), np.float32)
    x[:, 0], x[:, 1], x[:, 4] = lat, lon, np.where(inside, dt, 0)
    for column, name in ((2, "sog"), (3, "cog")):
        value = rows[name].to_numpy()
        gone = np.flatnonzero(np.isnan(value))
        x[:, column] = value
        before = np.maximum(gone - 1, 0)
        if name == "sog":
            x[gone, column] = np.where(inside[gone] & (dt[gone] <= 600), np.minimum(60, d[gone] / np.maximum(dt[gone], 1) / KNOT), 0)
        else:
            f1, f2, dl = np.radians(lat[before]), np.radians(lat[gone]), np.radians(lon[gone] - lon[before])
            theta = np.arctan2(np.sin(dl) * np.cos(f2), np.cos(f1) * np.sin(f2) - np.sin(f1) * np.cos(f2) * np.cos(dl))
            x[gone, column] = np.where(inside[gone], np.degrees(theta) % 360, 0)
    return x, np.append(np.flatnonzero(~inside), len(t))


def writer(folder):
    return MDSWriter(out=folder, columns={"features": "bytes"}, compression="zstd:1", size_limit=1 << 26)


def write_pile(job):
    """Shuffles the windows of one pile and writes them as one MDS folder. Returns its number of windows."""
    k, pile, folder, seed = job
    rng = np.random.default_rng([seed, k])
    with writer(folder) as out:
        if isinstance(pile, str):
            x = np.fromfile(pile, np.uint8).reshape(-1, W * F * 4)
            for i in rng.permutation(len(x)):
                out.write({"features": x[i].tobytes()})
            os.remove(pile)
            return len(x)
        for s in pile:
            out.write({"features": FEATURES[s : s + W].tobytes()})
        return len(pile)


def scatter(x, starts, piles, tmp, seed):
    """Deals the windows into pile files; returns the files."""
    names = [os.path.join(tmp, f"pile{k:03d}.f32") for k in range(piles)]
    files = [open(name, "wb", buffering=1 << 20) for name in names]
    for s, k in zip(starts.tolist(), np.random.default_rng(seed).integers(0, piles, len(starts)).tolist()):
        files[k].write(x[s : s + W].data)
    for f in files:
        f.close()
    return names


def main():
    global FEATURES
    ap = argparse.ArgumentParser()
    for name in ("csv", "out", "tmp"):
        ap.add_argument("--" + name, required=True)
    for name, default in (("stride", 32), ("piles", 16), ("workers", 2), ("seed", 42), ("max-gap", 14400)):
        ap.add_argument("--" + name, type=int, default=default)
    ap.add_argument("--shuffle", choices=["two-pass", "direct"], default="two-pass")
    a = ap.parse_args()
    shutil.rmtree(a.out, ignore_errors=True)
    os.makedirs(a.tmp, exist_ok=True)
    peak = Peak()
    peak.start()
    marks = [time.perf_counter()]
    mark = lambda: marks.append(time.perf_counter())
    rows = read(a.csv)
    mark()
    x, trips = features(rows, a.max_gap)
    del rows
    starts = np.concatenate([np.arange(b, e - W + 1, a.stride) for b, e in zip(trips, trips[1:])] or [np.empty(0, np.int64)])
    mark()
    if a.shuffle == "two-pass":
        piles = scatter(x, starts, a.piles, a.tmp, a.seed)
        n = len(x)
        del x
    else:
        FEATURES, n = x, len(x)
        piles = np.array_split(np.random.default_rng(a.seed).permutation(starts), a.piles)
    mark()
    jobs = [(k, pile, os.path.join(a.out, f"worker_{k:03d}"), a.seed) for k, pile in enumerate(piles)]
    with multiprocessing.get_context("fork").Pool(a.workers) as pool:
        windows = sum(pool.imap_unordered(write_pile, jobs, 1))
        pool.close()
        pool.join()
    merge_index(a.out, keep_local=True)
    mark()
    assert windows == len(starts)
    took = dict(zip(("read_s", "features_s", "scatter_s", "gather_s"), np.round(np.diff(marks), 2).tolist()))
    print(json.dumps({
        "peer": "polars+numpy+MDSWriter", "shuffle": a.shuffle, "workers": a.workers, "piles": a.piles, "rows_kept": n, "windows": windows,
        "raw_bytes": windows * W * F * 4, "bytes": sum(os.path.getsize(os.path.join(r, f)) for r, _, fs in os.walk(a.out) for f in fs),
        **took, "total_s": round(marks[-1] - marks[0], 2), "peak_mb": round(peak.mb, 1), "peak_anon_mb": round(peak.anon_mb, 1),
        "peak_rss_self_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "peak_rss_child_mb": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1)}))


if __name__ == "__main__":
    main()
