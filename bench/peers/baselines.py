"""Baselines in numpy for bench/baselines.ts: a process that stays. Each line of stdin is one run over all windows, of one baseline.

Vectorized over batches of 64 windows, all 800 steps at once: forecasts, haversine distances, and the mean over steps of each sample.
"""
import argparse
import json
import os
import sys
import time

import numpy as np
from mds_write import FEATURES, WINDOW, make

R, KNOT, INPUT, BATCH = 6371008.8, 1852 / 3600, 128, 64


def wrap(degrees):
    return (degrees + 180) % 360 - 180


def haversine(lat1, lon1, lat2, lon2):
    p1, p2 = np.radians(lat1), np.radians(lat2)
    h = np.sin((p2 - p1) / 2) ** 2 + np.cos(p1) * np.cos(p2) * np.sin(np.radians(lon2 - lon1) / 2) ** 2
    return 2 * R * np.arcsin(np.sqrt(np.minimum(1, h)))


def destination(lat, lon, bearing, metres):
    p1, delta = np.radians(lat), metres / R
    sin1, cos1, sin, cos = np.sin(p1), np.cos(p1), np.sin(delta), np.cos(delta)
    sin2 = np.clip(sin1 * cos + cos1 * sin * np.cos(bearing), -1, 1)
    dlon = np.arctan2(np.sin(bearing) * sin * cos1, cos - sin1 * sin2)
    return np.degrees(np.arcsin(sin2)), wrap(lon + np.degrees(dlon))


def persist(past, tau):
    return past[:, -1, 0, None], past[:, -1, 1, None]


def dead_reckoning(past, tau):
    lat, lon, sog, cog, _ = np.moveaxis(past[:, -1, :, None], 1, 0)
    return destination(lat, lon, np.radians(cog), np.minimum(sog, 60) * KNOT * tau)


def constant_velocity(past, tau):
    rows = past[:, -9:]
    t = np.cumsum(rows[:, :, 4], axis=1)
    t = t - t.mean(axis=1, keepdims=True)
    lat, lon = past[:, -1, 0, None], past[:, -1, 1, None]
    north = R * np.radians(rows[:, :, 0] - lat)
    east = R * np.radians(wrap(rows[:, :, 1] - lon)) * np.cos(np.radians(lat))
    square = (t * t).sum(axis=1)
    vn, ve = (t * north).sum(axis=1) / square, (t * east).sum(axis=1) / square
    return destination(lat, lon, np.arctan2(ve, vn)[:, None], np.hypot(vn, ve)[:, None] * tau)


BASELINES = {each.__name__: each for each in (persist, dead_reckoning, constant_velocity)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--n", type=int, default=4000)
    parser.add_argument("--make", action="store_true")
    options = parser.parse_args()
    os.makedirs(options.dir, exist_ok=True)
    path = os.path.join(options.dir, "windows.f32")
    if options.make and not (os.path.exists(path) and os.path.getsize(path) >= options.n * WINDOW * FEATURES * 4):
        make(path, options.n)
    windows = np.fromfile(path, np.float32, options.n * WINDOW * FEATURES).reshape(-1, WINDOW, FEATURES)
    print(json.dumps({"numpy": np.__version__}), flush=True)
    for line in sys.stdin:
        forecast = BASELINES[line.strip()]
        began, total = time.perf_counter(), 0.0
        for at in range(0, len(windows), BATCH):
            batch = windows[at : at + BATCH].astype(np.float64)
            tau = batch[:, INPUT:, 4].cumsum(axis=1)
            lat, lon = forecast(batch[:, :INPUT], tau)
            total += haversine(lat, lon, batch[:, INPUT:, 0], batch[:, INPUT:, 1]).mean(axis=1).sum()
        print(json.dumps({"seconds": time.perf_counter() - began, "mean": total / len(windows)}), flush=True)


if __name__ == "__main__":
    main()
