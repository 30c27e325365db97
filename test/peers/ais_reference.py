"""A second implementation of the AIS rules (parse, clean, trips, derive, windows, split, order), written from the words of the specification alone.

    python test/peers/ais_reference.py INPUT... [--columns mmsi,t,lat,lon] [--stride 32] [--seed 42] [--val 0.003] [--test 0]
        [--split-by vessel|time|vessel+time] [--max-gap 14400] [--sog-max 60] [--jump-max 80] [--from T] [--to T]
        [--dump DIR] [--verdicts FILE]

Prints one JSON object: counters, trips, windows, first_in_order, train_sha256_of_lat_lon_dt_in_order.
`--dump` writes windows.f32 (float32 [n, window, 5], every split, in key order) and windows.csv (key, trip, start, split).
`--verdicts` writes a line an input row: file, line, keep or the reason it was dropped. Plain and slow on purpose. Needs numpy and xxhash.
"""
import argparse
import bisect
import collections
import csv
import datetime
import gzip
import hashlib
import json
import math
import os
import re
import struct

import numpy as np
import xxhash

KNOT = 1852 / 3600
RADIUS = 6371008.8
ALIASES = {
    "t": ["t", "basedatetime", "base_date_time", "timestamp", "unix_s", "time", "datetime"], "mmsi": ["mmsi"],
    "lat": ["lat", "latitude"], "lon": ["lon", "longitude", "long"], "sog": ["sog"], "cog": ["cog"], "heading": ["heading"],
    "msg_type": ["msg_type"], "mobile": ["type of mobile"]}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(\.\d+)?Z?")
DANISH = re.compile(r"(\d\d)/(\d\d)/(\d{4}) (\d\d):(\d\d):(\d\d)(\.\d+)?")

Point = collections.namedtuple("Point", "t lat lon sog cog heading row")


class Bad(Exception):
    """A cell that is no number or no date."""


# --- geodesy, section 10

def haversine(a, b):
    f1, f2 = math.radians(a.lat), math.radians(b.lat)
    s1, s2 = math.sin((f2 - f1) / 2), math.sin(math.radians(b.lon - a.lon) / 2)
    return 2 * RADIUS * math.asin(math.sqrt(min(1.0, s1 * s1 + math.cos(f1) * math.cos(f2) * s2 * s2)))


def bearing(a, b):
    f1, f2, dl = math.radians(a.lat), math.radians(b.lat), math.radians(b.lon - a.lon)
    y, x = math.sin(dl) * math.cos(f2), math.cos(f1) * math.sin(f2) - math.sin(f1) * math.cos(f2) * math.cos(dl)
    return math.degrees(math.atan2(y, x)) % 360


def implied(a, b):
    """Metres and knots between two points; the time between them is at least one second."""
    d = haversine(a, b)
    return d, d / max(abs(b.t - a.t), 1.0) / KNOT


# --- reading, section 1

def lines_of(path):
    """The physical lines of a file, so that a broken row cannot swallow its neighbours."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as f:
        for i, line in enumerate(f, 1):
            text = line.decode("utf-8-sig" if i == 1 else "utf-8", "replace").rstrip("\r\n")
            if text:
                yield i, text


def cells(text):
    return next(csv.reader([text])) if '"' in text else text.split(",")


def number(text):
    """A float, None where there is no value (empty or NaN)."""
    text = text.strip()
    if text == "" or text.lower() == "nan":
        return None
    if not NUMBER.fullmatch(text):
        raise Bad(text)
    return float(text)


def instant(text):
    """Seconds since 1970 UTC. 23:59:60 is the second that follows."""
    text = text.strip()
    if NUMBER.fullmatch(text):
        return float(text)
    if m := ISO.fullmatch(text):
        y, mo, d = m[1], m[2], m[3]
    elif m := DANISH.fullmatch(text):
        y, mo, d = m[3], m[2], m[1]
    else:
        raise Bad(text)
    h, mi, s, frac = int(m[4]), int(m[5]), int(m[6]), float(m[7] or 0)
    leap = (h, mi, s) == (23, 59, 60)
    try:
        at = datetime.datetime(int(y), int(mo), int(d), h, mi, 59 if leap else s, tzinfo=datetime.timezone.utc)
    except ValueError:
        raise Bad(text) from None
    return at.timestamp() + leap + frac


def rows_of(path, columns):
    """Yields (line, cells by name or None where the row does not fit the header)."""
    names = columns
    for line, text in lines_of(path):
        row = cells(text)
        if names is None:
            given = [c.strip().lstrip("#").strip().lower() for c in row]
            names = [next((k for k, a in ALIASES.items() if c in a), c) for c in given]
            continue
        yield line, dict(zip(names, row)) if len(row) == len(names) else None


# --- one row, sections 2 and 3.1 to 3.5

def mmsi_class(mmsi):
    """Why a number is no ship's, or None."""
    if not 0 < mmsi <= 999_999_999:
        return "invalid_mmsi"
    s = f"{mmsi:09d}"
    if len(set(s)) == 1 or s in ("123456789", "987654321") or (s[0] in "234567" and s.endswith("000000")):
        return "placeholder_mmsi"
    if s[0] in "234567":
        return None
    if s[:2] == "00" and s[2] in "234567":
        return "base_station"
    if s[0] == "0" and s[1] in "234567":
        return "group"
    for head, reason in (("111", "sar_aircraft"), ("99", "aton"), ("98", "craft_associated"), ("970", "sart"), ("972", "mob"), ("974", "epirb")):
        if s.startswith(head):
            return reason
    return "invalid_mmsi"


def mobile_class(row):
    kind = number(row.get("msg_type", ""))
    by_message = {4: "base_station", 11: "base_station", 9: "sar_aircraft", 21: "aton"}.get(kind)
    if by_message is None and "mobile" in row and row["mobile"].strip() not in ("Class A", "Class B"):
        return "non_vessel"
    return by_message


def position_class(lat, lon):
    if lat is None or lon is None or lat == 91 or lon == 181:
        return "position_unavailable"
    if abs(lat) > 90:
        return "lat_range"
    if abs(lon) > 180:
        return "lon_range"
    return "null_island" if abs(lat) < 1e-4 and abs(lon) < 1e-4 else None


def judge(row, where, opts):
    """(mmsi, point) of a row that may stay, or the reason it may not."""
    if row is None:
        return "parse_error"
    try:
        mmsi = number(row["mmsi"])
        if mmsi is None or mmsi != int(mmsi):
            raise Bad(row["mmsi"])
        t = instant(row["t"])
        lat, lon, sog, cog, heading = (number(row.get(k, "")) for k in ("lat", "lon", "sog", "cog", "heading"))
        kind = mobile_class(row)
    except (Bad, OverflowError):
        return "parse_error"
    why = mmsi_class(int(mmsi)) or kind or position_class(lat, lon)
    if why:
        return why
    if not opts.start <= t <= opts.end:
        return "time_range"
    return int(mmsi), Point(t, lat, -180.0 if lon == 180 else lon, sog if sog is not None and sog < 102.25 else None,
                            cog if cog is not None and 0 <= cog < 360 else None, heading, where)


# --- one vessel, sections 3.6 to 3.9

def in_order(p):
    """Equal times are ordered by the values alone, missing ones last."""
    last = lambda x: (x is None, 0.0 if x is None else x)
    return p.t, p.sog is None, p.cog is None, p.lat, p.lon, last(p.sog), last(p.cog), last(p.heading)


def without_duplicates(points, drop):
    kept, i = [], 0
    while i < len(points):
        j = i
        while j < len(points) and math.floor(points[j].t) == math.floor(points[i].t):
            j += 1
        full = lambda p: p.sog is not None and p.cog is not None
        winner = next((k for k in range(i, j) if full(points[k])), i)
        seen = set()
        for k in range(i, j):
            value = points[k][:5]
            if k != winner:
                drop(points[k], "duplicate_exact" if value in seen else "duplicate_time")
            seen.add(value)
        kept.append(points[winner])
        i = j
    return kept


def with_fair_speed(points, opts, drop):
    kept = []
    for p in points:
        if p.sog is not None and (p.sog == 102.2 or p.sog > opts.sog_max):
            drop(p, "sog_over_limit")
        elif p.sog is not None and p.sog < 0:
            drop(p, "sog_negative")
        else:
            kept.append(p)
    return kept


def without_jumps(points, opts, drop, counters):
    """The kept points, and the set of rows before which a trip is cut."""
    def jump(a, b):
        d, v = implied(a, b)
        return v > opts.jump_max and d > 1000

    kept, waiting, cuts, rejected = [], [], set(), set()
    for p in points:
        if not kept or not jump(kept[-1], p):
            kept.append(p)
            waiting = []
            continue
        waiting.append(p)
        rejected.add(p.row)
        last = waiting[-5:]
        if len(last) == 5 and not any(jump(last[i], last[j]) for i in range(5) for j in range(i + 1, 5)):
            kept += last
            rejected -= {q.row for q in last}
            cuts.add(last[0].row)
            counters["jump_cut"] += 1
            waiting = []
    hours = collections.defaultdict(lambda: [0, 0])
    for p in points:
        hours[p.t // 3600][0] += 1
        if p.row in rejected:
            hours[p.t // 3600][1] += 1
            drop(p, "speed_jump")
    stay, cut = [], False
    for p in kept:
        cut = cut or p.row in cuts
        n, r = hours[p.t // 3600]
        if n >= 20 and r > 0.2 * n:
            drop(p, "mmsi_conflict")
            continue
        if cut:
            cuts.add(p.row)
            cut = False
        stay.append(p)
    return stay, cuts


# --- trips and derived values, sections 3.10 and 4

def trips_of(points, cuts, borders, opts):
    trips = []
    for i, p in enumerate(points):
        prev = points[i - 1] if i else None
        if prev is None or p.t - prev.t > opts.max_gap or p.row in cuts or bisect.bisect_right(borders, p.t) != bisect.bisect_right(borders, prev.t):
            trips.append([])
        trips[-1].append(p)
    return trips


def features_of(trip, opts, counters):
    """float32 [n, 5]: lat, lon, sog, cog, dt."""
    n = len(trip)
    sog, cog = [p.sog for p in trip], [p.cog for p in trip]
    for i, p in enumerate(trip):
        if p.sog is None:
            counters["sog_derived"] += 1
            near = [q for q in (trip[i - 1] if i else None, trip[i + 1] if i + 1 < n else None) if q and abs(q.t - p.t) <= 600]
            sog[i] = min(implied(near[0], p)[1], opts.sog_max) if near else 0.0
        if p.cog is None:
            counters["cog_derived"] += 1
            if i and haversine(trip[i - 1], p) >= 10:
                cog[i] = bearing(trip[i - 1], p)
    first = next((c for c in cog if c is not None), 0.0)
    for i in range(n):
        if cog[i] is None:
            cog[i] = cog[i - 1] if i else first
    dt = [0.0] + [b.t - a.t for a, b in zip(trip, trip[1:])]
    out = np.array([[p.lat for p in trip], [p.lon for p in trip], sog, cog, dt], np.float64).astype(np.float32).T.copy()
    out[out[:, 1] >= 180, 1] = -180
    out[out[:, 3] >= 360, 3] = 0
    return out


# --- split and order, section 8

def unit(seed, mmsi):
    h = 0x811C9DC5
    for b in f"{seed}:{mmsi}".encode():
        h = (h ^ b) * 0x01000193 & 0xFFFFFFFF
    h = (h ^ h >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    h = (h ^ h >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return (h ^ h >> 16) / 2**32


def borders_of(vessels, opts):
    """Times at which validation begins and test begins, as quantiles of the points' times."""
    if opts.split_by == "vessel":
        return []
    times = sorted(p.t for points, _ in vessels.values() for p in points)
    at = lambda share: times[min(len(times) - 1, math.floor((1 - share) * len(times)))]
    both = [at(opts.val + opts.test)] if times else []
    return both + [at(opts.test)] if times and opts.test and opts.split_by == "time" else both


def side_of(mmsi, trip, borders, opts):
    """The split of a trip, or None where it lies between the splits."""
    u = unit(opts.seed, mmsi)
    by_vessel = "validation" if u < opts.val else "test" if u < opts.val + opts.test else "train"
    if opts.split_by == "vessel":
        return by_vessel
    part = bisect.bisect_right(borders, trip[0].t)
    if opts.split_by == "time":
        return ("train", "validation" if opts.val else "test", "test")[part]
    return by_vessel if (by_vessel == "train") == (part == 0) else None


def reference(opts):
    counters, verdicts, vessels = collections.Counter(), [], collections.defaultdict(list)

    def drop(point, reason):
        counters[reason] += 1
        verdicts[point.row][2] = reason

    for path in opts.inputs:
        latest = {}
        for line, row in rows_of(path, opts.columns):
            counters["input"] += 1
            verdicts.append([os.path.basename(path), line, "keep"])
            found = judge(row, len(verdicts) - 1, opts)
            if isinstance(found, str):
                counters[found] += 1
                verdicts[-1][2] = found
                continue
            mmsi, p = found
            counters["reordered"] += p.t < latest.get(mmsi, -math.inf)
            latest[mmsi] = max(p.t, latest.get(mmsi, -math.inf))
            vessels[mmsi].append(p)
    for mmsi, points in sorted(vessels.items()):
        points = with_fair_speed(without_duplicates(sorted(points, key=in_order), drop), opts, drop)
        vessels[mmsi] = without_jumps(points, opts, drop, counters)
    counters["kept"] = sum(v[2] == "keep" for v in verdicts)

    borders, windows, samples, trip_count = borders_of(vessels, opts), collections.Counter(), [], 0
    for mmsi, (points, cuts) in sorted(vessels.items()):
        for trip in trips_of(points, cuts, borders, opts):
            trip_count += 1
            features = features_of(trip, opts, counters)
            side = side_of(mmsi, trip, borders, opts)
            if side is None:
                windows["between_splits"] += 1
                windows["between_splits_points"] += len(trip)
                continue
            if len(trip) < opts.window:
                windows["trip_short"] += 1
                windows["trip_short_points"] += len(trip)
                continue
            name, used = f"{mmsi}-{math.floor(trip[0].t)}", np.zeros(len(trip), bool)
            for start in range(0, len(trip) - opts.window + 1, opts.stride):
                key = xxhash.xxh64_intdigest(name.encode() + struct.pack("<Q", start), opts.seed)
                samples.append((key, name, start, side, features[start : start + opts.window]))
                used[start : start + opts.window] = True
                windows[side] += 1
            windows["used_points"] += int(used.sum())
    samples.sort(key=lambda s: s[:3])
    return counters, windows, trip_count, samples, verdicts


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("inputs", nargs="+")
    ap.add_argument("--columns", type=lambda s: s.split(","))
    for name, default in (("stride", 32), ("seed", 42), ("window", 928)):
        ap.add_argument("--" + name, type=int, default=default)
    for name, default in (("val", 0.003), ("test", 0.0), ("max-gap", 14400.0), ("sog-max", 60.0), ("jump-max", 80.0)):
        ap.add_argument("--" + name, type=float, default=default)
    ap.add_argument("--from", dest="start", type=instant, default=-math.inf)
    ap.add_argument("--to", dest="end", type=instant, default=math.inf)
    ap.add_argument("--split-by", choices=["vessel", "time", "vessel+time"], default="vessel")
    ap.add_argument("--dump")
    ap.add_argument("--verdicts")
    opts = ap.parse_args()
    counters, windows, trips, samples, verdicts = reference(opts)
    digest = hashlib.sha256()
    for s in samples:
        if s[3] == "train":
            digest.update(s[4][:, [0, 1, 4]].tobytes())
    if opts.dump:
        os.makedirs(opts.dump, exist_ok=True)
        with open(os.path.join(opts.dump, "windows.f32"), "wb") as f, open(os.path.join(opts.dump, "windows.csv"), "w") as names:
            names.write("key,trip,start,split\n")
            for key, name, start, side, x in samples:
                f.write(x.tobytes())
                names.write(f"{key:016x},{name},{start},{side}\n")
    if opts.verdicts:
        with open(opts.verdicts, "w") as f:
            f.write("file,line,verdict\n")
            f.writelines(f"{a},{b},{c}\n" for a, b, c in verdicts)
    nonzero = lambda c: {k: v for k, v in sorted(c.items()) if v}
    print(json.dumps({
        "counters": nonzero(counters), "windows": nonzero(windows), "trips": trips,
        "first_in_order": [[f"{s[0]:016x}", *s[1:4]] for s in samples[:8]],
        "train_sha256_of_lat_lon_dt_in_order": digest.hexdigest() if windows["train"] else None}))


if __name__ == "__main__":
    main()
