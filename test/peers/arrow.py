"""Arrow IPC, and what conversions make, with the tools that people read them with.

`arrow.py check DIR`: opens the Arrow files of DIR/facts.json by pyarrow and polars, and compares types and values with the facts.
`arrow.py write DIR`: writes files by pyarrow and polars in several forms, and DIR/expected.json.
`arrow.py digest PLACE...`: of each place (MDS folder, Parquet or Arrow file, folder of such) the samples and a hash of their values.
"""
import hashlib
import json
import os
import sys

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.ipc as ipc
import pyarrow.parquet as pq

from parquet import ARROW, agree, values_of


def plain(value):
    """A value as the facts have it: 64 bits stay whole numbers, arrays become lists."""
    if isinstance(value, np.ndarray):
        return [plain(v) for v in value.tolist()]
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value


def check_pyarrow(path, fact):
    with pa.memory_map(path) as source:
        reader = ipc.open_file(source)
        assert reader.num_record_batches == fact["batches"], (path, reader.num_record_batches)
        table = reader.read_all()
    table.validate(full=True)
    assert table.num_rows == fact["rows"]
    for column in fact["columns"]:
        field = table.schema.field(column["name"])
        own = ARROW[column["kind"]]
        wanted = pa.list_(pa.field("element", own, False), column["size"]) if "size" in column else own
        found = field.type
        if column["kind"] == "json":
            assert isinstance(found, pa.BaseExtensionType) and found.extension_name == "arrow.json", found
        else:
            assert found == wanted, (path, field, wanted)
        assert field.nullable == column["nullable"], field
        if "unit" in column:
            assert field.metadata[b"windrow:unit"].decode() == column["unit"]
        got = plain(table[column["name"]].to_pylist())
        if column["kind"] == "json":
            got = [json.loads(text) for text in got]
        agree(fact["file"], "pyarrow", column["name"], values_of(column), got)


def check_polars(path, fact):
    names = [c["name"] for c in fact["columns"] if c["kind"] not in ("json",)]
    for frame in (pl.read_ipc(path, columns=names), pl.scan_ipc(path).select(names).collect()):
        assert frame.height == fact["rows"]
        for column in fact["columns"]:
            if column["name"] not in names:
                continue
            agree(fact["file"], "polars", column["name"], values_of(column), plain(frame[column["name"]].to_list()))


def check(folder):
    with open(os.path.join(folder, "facts.json")) as file:
        facts = json.load(file)
    for fact in facts:
        path = os.path.join(folder, fact["file"])
        check_pyarrow(path, fact)
        check_polars(path, fact)
    print(json.dumps({"checked": len(facts)}))


ROWS = 1000


def table(nullable):
    rows = np.arange(ROWS)
    gaps = rows % 7 == 3 if nullable else None
    features = (rows[:, None] + np.arange(40) / 64).astype(np.float32)
    return pa.table({
        "features": pa.FixedSizeListArray.from_arrays(pa.array(features.ravel()), 40, mask=None if gaps is None else pa.array(gaps)),
        "id": pa.array(rows.astype(np.uint64) + np.uint64(2**63), mask=gaps),
        "t": pa.array(rows * -3_000_000_000, pa.timestamp("us"), mask=gaps),
        "small": pa.array((rows % 200 - 100).astype(np.int8), mask=gaps),
        "half": pa.array((rows / 4).astype(np.float16), mask=gaps),
        "ok": pa.array(rows % 3 == 0, mask=gaps),
        "name": pa.array([f"vessel {r % 17}" for r in rows], pa.string(), mask=gaps),
        "far": pa.array(["long enough to lie apart from its view " * (r % 3) + str(r) for r in rows], pa.string(), mask=gaps),
        "raw": pa.array([bytes([r % 256]) * (r % 5) for r in rows], pa.binary(), mask=gaps),
        "fixed": pa.array([bytes([r % 256, 1, 2]) for r in rows], pa.binary(3), mask=gaps),
    })


def dump(path, rows, stream=False, **options):
    with pa.OSFile(path, "wb") as sink:
        chunk = options.pop("chunk", None)
        make = ipc.new_stream if stream else ipc.new_file
        with make(sink, rows.schema, options=ipc.IpcWriteOptions(**options)) as writer:
            writer.write_table(rows, chunk) if chunk else writer.write_table(rows)


def write(folder):
    os.makedirs(folder, exist_ok=True)
    written = []
    for nullable in (False, True):
        rows = table(nullable)
        suffix = "_nullable" if nullable else ""
        forms = {
            "plain": lambda path: dump(path, rows),
            "batches": lambda path: dump(path, rows, chunk=137),
            "zstd": lambda path: dump(path, rows, compression="zstd", chunk=300),
            "lz4": lambda path: dump(path, rows, compression="lz4", chunk=300),
            "pandas": lambda path: feather.write_feather(rows, path),
            "slices": lambda path: dump(path, pa.concat_tables([rows.slice(0, 13), rows.slice(13, 500), rows.slice(513)])),
            "stream": lambda path: dump(path, rows, stream=True, chunk=99),
            "feather": lambda path: feather.write_feather(rows, path, compression="zstd"),
            "large": lambda path: dump(path, rows.set_column(6, "name", rows["name"].cast(pa.large_string())).set_column(8, "raw", rows["raw"].cast(pa.large_binary()))),
            "views": lambda path: dump(path, rows.set_column(7, "far", rows["far"].cast(pa.string_view())).set_column(8, "raw", rows["raw"].cast(pa.binary_view())), chunk=400),
            "dictionary": lambda path: dump(path, rows.set_column(6, "name", rows["name"].dictionary_encode()), chunk=250, unify_dictionaries=True),
            "small_index": lambda path: dump(path, rows.set_column(6, "name", rows["name"].cast(pa.dictionary(pa.int8(), pa.string()))), compression="zstd", unify_dictionaries=True),
            "deltas": lambda path: dump(path, deltas(rows), emit_dictionary_deltas=True),
            "legacy": lambda path: dump(path, rows, use_legacy_format=True),
            "polars": lambda path: pl.from_arrow(rows.drop(["half", "fixed"])).write_ipc(path, compression="uncompressed"),
            "polars_zstd": lambda path: pl.from_arrow(rows.drop(["half", "fixed"])).write_ipc(path, compression="zstd"),
        }
        for form, make in forms.items():
            name = f"{form}{suffix}.arrow"
            make(os.path.join(folder, name))
            written.append({"file": name, "nullable": nullable})
    print(json.dumps(written))


def deltas(rows):
    """Batches whose dictionary grows."""
    whole = rows["name"].combine_chunks()
    words = whole.dictionary_encode().dictionary
    parts = []
    for start in range(0, ROWS, 250):
        own = whole.slice(start, 250)
        words_now = words if start else words.slice(0, 17)
        indices = pa.compute.index_in(own, value_set=words_now)
        parts.append(pa.DictionaryArray.from_arrays(indices, words_now))
    return rows.set_column(6, "name", pa.chunked_array(parts))


def digest_rows(rows):
    """Features and ids of samples in order."""
    h, count = hashlib.sha256(), 0
    for features, ident, name in rows:
        h.update(np.ascontiguousarray(features, np.float32).tobytes() + np.uint64(ident).tobytes() + name.encode())
        count += 1
    return {"samples": count, "sha256": h.hexdigest()}


def arrow_rows(table):
    column = table["features"].combine_chunks()
    assert pa.types.is_fixed_size_list(column.type)
    features = np.asarray(column.values if not hasattr(column, "flatten") else column.flatten()).reshape(len(column), -1)
    return zip(features, table["id"].to_pylist(), table["name"].to_pylist())


def polars_rows(frame):
    return zip(frame["features"].to_numpy(), frame["id"].to_list(), frame["name"].to_list())


def digest(place):
    if os.path.isdir(place) and os.path.exists(os.path.join(place, "index.json")):
        from streaming import StreamingDataset
        from streaming.base.util import clean_stale_shared_memory
        clean_stale_shared_memory()
        data = StreamingDataset(local=place, shuffle=False, batch_size=1, validate_hash="xxh64")
        found = {"streaming": digest_rows((data[i]["features"], data[i]["id"], data[i]["name"]) for i in range(len(data)))}
        del data
        clean_stale_shared_memory()
        return found
    files = [os.path.join(place, n) for n in sorted(os.listdir(place))] if os.path.isdir(place) else [place]
    if files[0].endswith(".parquet"):
        read, scan = pq.read_table, pl.read_parquet
    else:
        read, scan = lambda f: ipc.open_file(f).read_all(), lambda f: pl.read_ipc(f)
    return {"pyarrow": digest_rows(arrow_rows(pa.concat_tables(map(read, files)))), "polars": digest_rows(polars_rows(pl.concat(map(scan, files))))}


if __name__ == "__main__":
    if sys.argv[1] == "digest":
        print(json.dumps({place: digest(place) for place in sys.argv[2:]}))
    else:
        {"check": check, "write": write}[sys.argv[1]](sys.argv[2])
