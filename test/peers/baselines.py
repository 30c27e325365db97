"""The errors of the baselines on a dataset's validation split, from its Parquet files alone: numpy, after the words of the specification (§10, §11).

    python baselines.py DATASET INPUT_LENGTH known|median

Prints JSON with the names that `windrow baseline ais --json` has under `forecasts`. Written to share no formula's shape with the library:
destinations by §10, lines fitted by numpy, a turn integrated by Gauss-Legendre quadrature.
"""

import json
import sys

import numpy as np
import pyarrow.parquet as pq

R = 6371008.8
KNOT = 1852 / 3600


def wrap(degrees):
    return (degrees + 180) % 360 - 180


def haversine(lat1, lon1, lat2, lon2):
    p1, p2 = np.radians(lat1), np.radians(lat2)
    h = np.sin((p2 - p1) / 2) ** 2 + np.cos(p1) * np.cos(p2) * np.sin(np.radians(lon2 - lon1) / 2) ** 2
    return 2 * R * np.arcsin(np.sqrt(np.minimum(1, h)))


def destination(lat, lon, bearing, metres):
    """Great circle; bearing in radians, arrays of steps."""
    delta = metres / R
    p1 = np.radians(lat)
    sin2 = np.sin(p1) * np.cos(delta) + np.cos(p1) * np.sin(delta) * np.cos(bearing)
    p2 = np.arcsin(np.clip(sin2, -1, 1))
    dlon = np.arctan2(np.sin(bearing) * np.sin(delta) * np.cos(p1), np.cos(delta) - np.sin(p1) * np.sin(p2))
    return np.degrees(p2), wrap(lon + np.degrees(dlon))


def fit(times, values):
    return np.polyfit(times, values, 1)[0]


def tail(past):
    """Times and rows of the last nine positions, from the first of them on."""
    rows = past[-9:]
    return np.concatenate([[0.0], np.cumsum(rows[1:, 4])]), rows


def persist(past, tau):
    return np.full_like(tau, past[-1, 0]), np.full_like(tau, past[-1, 1])


def dead_reckoning(past, tau):
    lat, lon, sog, cog, _ = past[-1]
    return destination(lat, lon, np.radians(cog), min(sog, 60) * KNOT * tau)


def constant_velocity(past, tau):
    times, rows = tail(past)
    if times[-1] < 1:
        return persist(past, tau)
    lat, lon = past[-1, :2]
    north = R * np.radians(rows[:, 0] - lat)
    east = R * np.radians(wrap(rows[:, 1] - lon)) * np.cos(np.radians(lat))
    vn, ve = fit(times, north), fit(times, east)
    return destination(lat, lon, np.arctan2(ve, vn), np.hypot(vn, ve) * tau)


NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
FADE = 300.0
PANEL = 100.0
PANELS = 120


def cv_turn(past, tau):
    times, rows = tail(past)
    if times[-1] < 1:
        return dead_reckoning(past, tau)
    lat, lon, sog, cog, _ = past[-1]
    turn = np.concatenate([[0.0], np.cumsum(wrap(np.diff(rows[:, 3])))])
    rate = np.radians(np.clip(fit(times, turn), -1, 1))

    def velocity(t):
        return np.exp(1j * (np.radians(cog) + rate * FADE * -np.expm1(-t / FADE)))

    def integral(start, end):
        half = (end - start) / 2
        points = start[:, None] + half[:, None] * (1 + NODES)
        return half * (velocity(points) @ WEIGHTS)

    edges = np.arange(PANELS + 1) * PANEL
    whole = np.concatenate([[0], np.cumsum(integral(edges[:-1], edges[1:]))])
    # After 40 times the fading nothing turns any more.
    near = np.minimum(tau, edges[-1])
    panel = np.minimum((near // PANEL).astype(int), PANELS - 1)
    moved = whole[panel] + integral(edges[panel], near) + (tau - near) * velocity(np.array(1e9))
    return destination(lat, lon, np.angle(moved), min(sog, 60) * KNOT * np.abs(moved))


BASELINES = [persist, dead_reckoning, constant_velocity, cv_turn]


def after(seconds, tau, errors):
    """The error at a time, or None where the nearest report is over a tenth of it away."""
    if np.min(np.abs(tau - seconds)) > 0.1 * seconds:
        return None
    return float(np.interp(seconds, tau, errors))


def figures(errors, vessels, squares=None):
    if len(errors) == 0:
        return None
    errors = np.asarray(errors)
    by = {}
    for vessel, error in zip(vessels, errors):
        by.setdefault(vessel, []).append(error)
    metres = {
        "mean": errors.mean(),
        "median": np.quantile(errors, 0.5),
        "p90": np.quantile(errors, 0.9),
        "rmse": np.sqrt((errors**2).mean()),
        "vessel_mean": np.mean([np.mean(each) for each in by.values()]),
    }
    return {
        "samples": len(errors),
        "metres": metres,
        "nmi": {name: value / 1852 for name, value in metres.items()},
        "beyond_10_nmi": (errors > 18520).mean(),
        "degrees_mse": None if squares is None else np.mean(squares),
    }


def main(folder, length, protocol):
    flat = pq.read_table(f"{folder}/validation.parquet")["features"].combine_chunks().flatten()
    index = pq.read_table(f"{folder}/index.parquet", columns=["split", "entity"]).to_pydict()
    vessels = [entity for split, entity in zip(index["split"], index["entity"]) if split == "validation"]
    windows = flat.to_numpy().reshape(len(vessels), -1, 5).astype(np.float64)
    horizon = windows.shape[1] - length
    steps = sorted({step for step in (1, 10, 100, 400, 800) if step <= horizon} | {horizon})
    out = {}
    for baseline in BASELINES:
        errors, squares, times = [], [], {600: [], 3600: [], 10800: []}
        for window, vessel in zip(windows, vessels):
            past, truth = window[:length], window[length:]
            tau = np.cumsum(truth[:, 4])
            known = tau if protocol == "known" else np.arange(1, horizon + 1) * np.median(past[1:, 4])
            lat, lon = baseline(past, known)
            error = haversine(lat, lon, truth[:, 0], truth[:, 1])
            errors.append(error)
            squares.append(((lat - truth[:, 0]) ** 2 + (lon - truth[:, 1]) ** 2) / 2)
            for seconds, found in times.items():
                value = after(seconds, tau, error)
                if value is not None:
                    found.append((value, vessel))
        errors, squares = np.array(errors), np.array(squares)
        taus = np.cumsum(windows[:, length:, 4], axis=1)
        at = lambda k: figures(errors[:, k - 1], vessels, squares[:, k - 1])
        out[baseline.__name__] = {
            "steps": [{"step": k, "mean_seconds": taus[:, k - 1].mean(), "errors": at(k)} for k in steps],
            "times": [
                {"seconds": seconds, "errors": figures([e for e, _ in found], [v for _, v in found])}
                for seconds, found in times.items()
            ],
            "ade": figures(errors.mean(axis=1), vessels),
            "fde": at(horizon),
        }
    print(json.dumps(out, default=float))


main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
