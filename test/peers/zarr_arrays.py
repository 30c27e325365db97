"""Structured Zarr, the peers' side: `write DIR SEED` makes arrays of many types, chunks and codecs with what they hold beside them;
`read DIR` opens each array of a group with zarr-python 2 and, field by field, tensorstore, and compares it with the bytes beside it."""
import json, os, sys
import numcodecs, numpy as np, zarr

DTYPES = {
    "l5kit-agents": [("centroid", "<f8", (2,)), ("extent", "<f4", (3,)), ("yaw", "<f4"), ("velocity", "<f4", (2,)), ("track_id", "<u8"), ("label_probabilities", "<f4", (17,))],
    "l5kit-scenes": [("frame_index_interval", "<i8", (2,)), ("host", "<U16"), ("start_time", "<i8"), ("end_time", "<i8")],
    "matrix": [("m", "<f8", (3, 3)), ("b", "?"), ("u", "u1")],
    "big": [("a", ">i4"), ("b", ">f8", (2,)), ("c", ">u2"), ("t", ">U3")],
    "texts": [("s", "S7"), ("u", "<U5"), ("v", "V4"), ("us", "<U2", (3,)), ("ss", "S3", (2, 2))],
    "padded": {"names": ["a", "b"], "formats": ["<i4", "<f8"], "offsets": [4, 16], "itemsize": 32},
    "nested": [("p", [("x", "<f4"), ("y", ">i2"), ("q", [("z", "<u8")])]), ("w", "<i8")],
    "structures": [("p", [("x", "<f4"), ("y", "<i2", (2,))], (2, 3)), ("e", "i1")],
    "odd": [("h", "<f2"), ("c", "<c8"), ("d", "<c16"), ("t", "<M8[ns]"), ("dt", "<m8[s]")],
    "wide": [("w", "<f4", (70,))],
    "plain-f4": "<f4",
    "plain-i8": ">i8",
    "plain-bool": "?",
    "plain-u1": "u1",
    "plain-text": "<U4",
}
COMPRESSORS = [
    *(numcodecs.Blosc(name, level, shuffle, blocksize=block)
      for name, level, shuffle, block in [
          ("lz4", 5, 1, 0), ("lz4", 1, 0, 0), ("lz4", 9, 2, 0), ("lz4", 5, 1, 512), ("lz4", 0, 1, 0), ("lz4hc", 5, 1, 0), ("lz4hc", 9, 2, 0),
          ("blosclz", 5, 1, 0), ("blosclz", 9, 0, 0), ("blosclz", 5, 2, 1024), ("zstd", 3, 1, 0), ("zstd", 1, 2, 0), ("zlib", 5, 1, 0), ("zlib", 1, 0, 300),
          ("lz4", 5, -1, 0)]),
    numcodecs.Zstd(3), numcodecs.GZip(1), numcodecs.Zlib(6), numcodecs.LZ4(1), None,
]


def some(dtype, n, rng):
    """Values as sensors have them: runs, small numbers, and letters that the type has."""
    if dtype.subdtype:
        base, shape = dtype.subdtype
        return some(base, n * int(np.prod(shape)), rng).reshape((n, *shape))
    out = np.zeros(n, dtype)
    if dtype.names:
        for name in dtype.names: out[name] = some(dtype[name], n, rng)
    elif dtype.kind == "U":
        letters = np.array(list("abcé𝄞\0"), dtype="<U1")
        size = dtype.itemsize // 4
        out[:] = ["".join(letters[rng.integers(0, 6, rng.integers(0, size + 1))]).rstrip("\0") for _ in range(n)]
    elif dtype.kind in "SV":
        out[:] = [bytes(rng.integers(0, 4, dtype.itemsize, dtype=np.uint8)) for _ in range(n)]
    elif dtype.kind == "b": out[:] = rng.integers(0, 2, n)
    elif dtype.kind in "mM": out[:] = rng.integers(0, 2**62, n).astype(dtype)
    elif dtype.kind == "c": out[:] = rng.normal(0, 9, n) + 1j * rng.integers(0, 3, n)
    elif dtype.kind == "f": out[:] = np.where(rng.random(n) < 0.3, 0, rng.normal(0, 100, n))
    else: out[:] = np.sort(rng.integers(0, 100, n)) if rng.random() < 0.5 else rng.integers(0, 100, n)
    return out


def leaves(dtype, prefix=""):
    """(name, path) of each field that is no structure in an array, as windrow names it; texts and bytes apart."""
    for name in dtype.names or ():
        field = dtype[name]
        if field.base.names: yield from leaves(field.base, f"{prefix}{name}.")
        else: yield f"{prefix}{name}"


def column(values, path):
    for name in path.split("."): values = values[name]
    return values


def write(folder, seed):
    rng = np.random.default_rng(seed)
    group = zarr.open_group(folder, mode="w")
    told = []
    for name, spec in DTYPES.items():
        dtype = np.dtype(spec)
        for _ in range(6):
            compressor = COMPRESSORS[rng.integers(len(COMPRESSORS))]
            rows, chunk = int(rng.choice([0, 1, 5, 300, 3000])), int(rng.choice([1, 7, 100, 1000, 20000]))
            if rows > 1000 and chunk == 1: chunk = 400
            key = f"{name}-{len(told)}"
            values = some(dtype, rows, rng)
            options = {"fill_value": None} if dtype.kind in "cmM" else {}
            z = group.create_dataset(key, shape=(rows,), chunks=(chunk,), dtype=dtype, compressor=compressor, **options)
            z[:] = values.view(z.dtype) if name == "padded" else values  # zarr gives the gaps names
            values = z[:]
            columns = {}
            for path in leaves(values.dtype):
                own = column(values, path)
                if path.startswith("f") and own.dtype.kind == "V" and name == "padded": continue
                if own.dtype.kind == "U" and own.ndim == 1: columns[path] = {"text": own.tolist()}
                elif own.dtype.kind in "SV" and own.ndim == 1: columns[path] = {"bytes": [bytes(v).hex() for v in own]}
                else: columns[path] = {"hex": np.ascontiguousarray(own).astype(own.dtype.newbyteorder("<")).tobytes().hex()}
            with open(os.path.join(folder, f"{key}.bin"), "wb") as f: f.write(values.tobytes())
            told.append({"key": key, "rows": rows, "chunk": chunk, "columns": columns})
    json.dump(told, open(os.path.join(folder, "told.json"), "w"))


def plain(dtype):
    """tensorstore has no structures in structures, no times, no gaps and no texts of 32-bit letters."""
    return dtype.base.names is None and dtype.base.kind not in "mMUV"


def read(folder, like):
    """Compares each array with the one of the same name in `like`: type, chunks, compressor, and decoded bytes, through two readers."""
    import tensorstore as ts
    ours, theirs = zarr.open_group(folder, mode="r"), zarr.open_group(like, mode="r")
    answer = []
    for key, b in theirs.arrays():
        a = ours[key]
        problems = []
        if a.dtype != b.dtype: problems.append(f"dtype {a.dtype} for {b.dtype}")
        if a.chunks != b.chunks or a.shape != b.shape: problems.append(f"chunks {a.chunks} {a.shape} for {b.chunks} {b.shape}")
        if a.compressor != b.compressor: problems.append(f"compressor {a.compressor} for {b.compressor}")
        if dict(a.attrs) != dict(b.attrs): problems.append("attributes")
        x, y = a[:], b[:]
        if x.tobytes() != y.tobytes(): problems.append("bytes differ")
        fields = list(a.dtype.names or [None])
        read_by_ts = 0
        if a.compressor is not None and a.compressor.codec_id == "lz4": fields = []  # a codec that tensorstore has not
        if not all(plain(a.dtype[name] if name else a.dtype) for name in fields): fields = []
        for name in fields:
            base = (a.dtype[name] if name else a.dtype).base
            spec = {"driver": "zarr", "kvstore": {"driver": "file", "path": os.path.join(folder, key)}}
            if name: spec["field"] = name
            try: got = ts.open(spec, open=True, read=True).result()[...].read().result()
            except Exception as e:
                problems.append(f"tensorstore {name}: {e}"); continue
            want = x[name] if name else x
            read_by_ts += 1
            if base.kind == "S": same = np.array_equal(np.ascontiguousarray(got).view("u1").ravel(), np.ascontiguousarray(want).view("u1").ravel())
            else: same = np.array_equal(got, want, equal_nan=base.kind in "fc")
            if not same: problems.append(f"tensorstore {name} differs")
        answer.append({"key": key, "problems": problems, "fields": read_by_ts})
    print(json.dumps(answer))


def values(folder):
    """What zarr-python reads of each array of a group: shape, and the values as little-endian bytes or as texts."""
    answer = {}
    for key, a in zarr.open_group(folder, mode="r").arrays():
        try: x = a[...]
        except Exception as e:
            answer[key] = {"error": str(e)}; continue
        if x.dtype.kind in "UO": answer[key] = {"shape": x.shape, "texts": x.ravel().tolist()}
        elif x.dtype.kind == "S": answer[key] = {"shape": x.shape, "texts": [v.decode() for v in x.ravel()]}
        else: answer[key] = {"shape": x.shape, "hex": np.ascontiguousarray(x).astype(x.dtype.newbyteorder("<")).tobytes().hex()}
    print(json.dumps(answer))


def image(path):
    """The reference image as its bytes, in hexadecimal."""
    import cv2
    print(cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB).tobytes().hex())


if __name__ == "__main__":
    {"write": lambda: write(sys.argv[2], int(sys.argv[3])), "read": lambda: read(sys.argv[2], sys.argv[3]),
     "values": lambda: values(sys.argv[2]), "image": lambda: image(sys.argv[2])}[sys.argv[1]]()
