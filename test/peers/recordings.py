"""What numpy, pandas and pyarrow make of the same recordings, as SHA-256 of float64 or of an array's own bytes."""

import hashlib
import itertools
import json
import pathlib
import sys

import numpy as np
import pandas as pd

TYPES = ["b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"]


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def write_arrays(folder):
    """Random arrays of each type, byte order, order of axes and version of the format; and what they hold, in this machine's order."""
    rng = np.random.default_rng(7)
    found = {}
    shapes = [(0, 3), (5,), (7, 1), (4, 3), (3, 2, 4)]
    for number, (name, order, little) in enumerate(itertools.product(TYPES, "CF", [True, False])):
        shape = shapes[number % len(shapes)]
        dtype = np.dtype(name)
        raw = rng.integers(0, 2 if name == "b1" else 256, size=int(np.prod(shape)) * dtype.itemsize, dtype=np.uint8)
        values = raw.view(dtype).reshape(shape)
        stored = np.asarray(values.astype(dtype.newbyteorder("<" if little else ">")), order=order)
        path = folder / f"{number}.npy"
        with path.open("wb") as file:
            np.lib.format.write_array(file, stored, version=[(1, 0), (2, 0), (3, 0)][number % 3])
        found[path.name] = {"shape": shape, "values": digest(values), "turned": digest(values[::-1])}
    print(json.dumps(found))


def read_arrays(folder):
    found = {}
    for path in sorted(folder.iterdir()):
        array = np.load(path)
        found[path.name] = {
            "type": array.dtype.newbyteorder("=").name,
            "shape": array.shape,
            "fortran": bool(array.flags.f_contiguous and not array.flags.c_contiguous),
            "values": digest(array.astype(array.dtype.newbyteorder("="))),
        }
    print(json.dumps(found))


def real(data):
    """Real recordings, each read as its makers say."""
    found = {}
    tum = np.loadtxt(data / "sync/tum_fr1_xyz/groundtruth.txt")
    found["tum"] = [digest(tum[:, 0]), digest(tum[:, 1:4]), digest(tum[:, 4:])]
    euroc = pd.read_csv(data / "sync/euroc_mh01/leica0/data.csv.gz", float_precision="round_trip")
    found["euroc"] = [digest(euroc.iloc[:, 1:].to_numpy())]
    acc = np.genfromtxt(data / "wearable/empatica_e4/ACC.csv", delimiter=",", skip_header=2)
    found["e4"] = [digest(1560279825.0 + np.arange(len(acc)) / 32.0), digest(acc / 64)]
    segment = data / "driving/comma2k19_seg40"
    for times in sorted((segment / "processed_log").rglob("t")):
        name = str(times.parent.relative_to(segment / "processed_log"))
        found[name] = [digest(np.load(times)), digest(np.load(times.parent / "value"))]
    print(json.dumps(found))


def tables(folder):
    """Tables as pandas writes them, and the seconds that it gives to their times."""
    rng = np.random.default_rng(3)
    stamps = 1_403_636_579_763_555_584 + np.cumsum(rng.integers(1, 10**8, 1000))
    speed = np.where(rng.random(1000) < 0.1, np.nan, rng.normal(size=1000))
    count = pd.array(np.where(np.arange(1000) % 7 == 0, None, np.arange(1000)), dtype="Int32")
    frame = pd.DataFrame({"speed": speed, "count": count, "word": [f"w {i}, æ" for i in range(1000)]})
    whole = pd.DataFrame({"time": pd.to_datetime(stamps)}).join(frame)
    for unit in ["ms", "us", "ns"]:
        whole.assign(time=whole["time"].astype(f"datetime64[{unit}]")).to_parquet(folder / f"{unit}.parquet")
    whole.assign(time=whole["time"].dt.tz_localize("UTC")).to_parquet(folder / "zoned.parquet", compression="zstd")
    frame.assign(time=stamps).to_parquet(folder / "ints.parquet", index=False, row_group_size=100)
    frame.assign(time=stamps).to_csv(folder / "ints.csv", index=False)
    whole.to_csv(folder / "iso.csv", index=False)
    print(json.dumps({"stamps": [str(stamp) for stamp in stamps], "speed": digest(speed)}))


{"write": write_arrays, "read": read_arrays, "real": real, "tables": tables}[sys.argv[1]](pathlib.Path(sys.argv[2]))
