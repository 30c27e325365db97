"""Makes a CSV in MarineCadastre's 17 columns (slim: the first seven) for the benches: seeded smooth walks, by default 10 M rows of 3000 vessels, ordered by time.

    python bench/make-ais.py --out ais10m.csv [--rows 10000000] [--vessels 3000] [--seed 42] [--order time|vessel|random]
        [--columns full|slim]

Prints one JSON line. The walk is that of the peers' data maker, so figures compare with the earlier ones. Needs numpy and polars.
"""
import argparse
import json
import os
import sys
import time

import numpy as np
import polars as pl

CLASSES = [("70", 0), ("80", 0), ("60", 0), ("30", 7), ("31", 0), ("37", 15)]  # VesselType, Status


def walk(rng, w):
    """One smooth track of w reports: lat, lon, sog, cog, dt (s)."""
    dt = np.where(rng.random(w) < 0.9, 10, 60) + rng.integers(-2, 3, w)  # like AIS class A
    dt[0] = 0
    turn = rng.normal(0, 0.4, w).cumsum() * 0.05 + rng.normal(0, 0.2, w)  # slow rate of turn
    cog = np.round((rng.random() * 360 + turn.cumsum()) % 360, 1) % 360
    sog = np.round(np.clip(rng.random() * 18 + rng.normal(0, 0.05, w).cumsum(), 0, 30), 1)
    d = sog * 0.514444 * dt
    lat0 = rng.random() * 8 + 54
    lat = lat0 + (d * np.cos(np.radians(cog)) / 111_320).cumsum()
    lon = rng.random() * 10 + 4 + (d * np.sin(np.radians(cog)) / (111_320 * np.cos(np.radians(lat0)))).cumsum()
    return np.round(lat, 5), np.round(lon, 5), sog, cog, dt


def reports(rows, vessels, seed):
    """The moving columns of every vessel, one after the other, and the table of the vessels' still columns."""
    rng = np.random.default_rng(seed)
    lens = rng.lognormal(0, 0.5, vessels)
    lens = np.maximum(1, (lens / lens.sum() * rows).astype(np.int64))
    lens[-1] = max(1, lens[-1] + rows - lens.sum())
    mmsi = np.sort(rng.choice(np.arange(201_000_001, 775_999_999, 997), vessels, replace=False)).astype(np.uint32)
    total = int(lens.sum())
    cols = {"v": np.empty(total, np.uint32), "t": np.empty(total, np.int64), **{k: np.empty(total) for k in ("lat", "lon", "sog", "cog")}}
    at = 0
    for v in range(vessels):
        n = int(lens[v])
        lat, lon, sog, cog, dt = walk(rng, n)
        start = 1_700_000_000 + int(rng.integers(0, 10**6))
        for name, x in (("v", v), ("t", start + dt.cumsum()), ("lat", lat), ("lon", lon), ("sog", sog), ("cog", cog)):
            cols[name][at : at + n] = x
        at += n
    kind = rng.integers(0, len(CLASSES), vessels)
    length = rng.integers(12, 366, vessels)
    still = pl.DataFrame({
        "v": np.arange(vessels, dtype=np.uint32), "MMSI": mmsi, "VesselName": [f"WINDROW {v}" for v in range(vessels)],
        "IMO": [f"IMO{9_000_000 + v}" for v in range(vessels)], "CallSign": [f"WDR{v:04d}" for v in range(vessels)],
        "VesselType": [CLASSES[k][0] for k in kind], "Status": [str(CLASSES[k][1]) for k in kind], "Length": length,
        "Width": length // 6 + 2, "Draft": np.round(length / 25.0, 1), "Cargo": [CLASSES[k][0] for k in kind],
        "TransceiverClass": ["B" if CLASSES[k][0] == "37" else "A" for k in kind]})
    return pl.DataFrame(cols), still


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--out", required=True)
    ap.add_argument("--rows", type=int, default=10_000_000)
    ap.add_argument("--vessels", type=int, default=3000)
    ap.add_argument("--seed", type=int, default=42)
    ap.add_argument("--order", choices=["time", "vessel", "random"], default="time")
    ap.add_argument("--columns", choices=["full", "slim"], default="full")
    a = ap.parse_args()
    began = time.perf_counter()
    moving, still = reports(a.rows, min(a.vessels, a.rows), a.seed)
    if a.order == "time":
        moving = moving.sort("t", "v")
    elif a.order == "random":
        moving = moving.sample(fraction=1.0, shuffle=True, seed=a.seed)
    with open(a.out, "wb") as f:
        for i in range(0, len(moving), 500_000):
            part = moving.slice(i, 500_000).join(still, on="v", how="left", maintain_order="left")
            part = part.select(
                "MMSI", BaseDateTime=pl.from_epoch("t").dt.strftime("%Y-%m-%dT%H:%M:%S"), LAT="lat", LON="lon", SOG="sog", COG="cog",
                Heading=pl.col("cog").round(0).cast(pl.Int32) % 360, VesselName="VesselName", IMO="IMO", CallSign="CallSign",
                VesselType="VesselType", Status="Status", Length="Length", Width="Width", Draft="Draft", Cargo="Cargo",
                TransceiverClass="TransceiverClass")
            if a.columns == "slim":
                part = part.select(part.columns[:7])
            part.write_csv(f, include_header=i == 0)
    print(json.dumps({"out": a.out, "rows": len(moving), "vessels": len(still), "order": a.order, "bytes": os.path.getsize(a.out),
                      "seconds": round(time.perf_counter() - began, 2)}))


if __name__ == "__main__":
    sys.exit(main())
