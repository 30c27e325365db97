"""Parquet and its other readers and writers.

`parquet.py check DIR`: opens the files of DIR/facts.json by pyarrow, DuckDB and polars, and compares types, values, statistics,
page index, null counts and metadata with the facts. `parquet.py write DIR`: writes files by each of them, in several forms;
`parquet.py wide DIR`: wide windows by pyarrow.
"""
import json
import math
import os
import sys

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

ARROW = {
    "bool": pa.bool_(), "i8": pa.int8(), "u8": pa.uint8(), "i16": pa.int16(), "u16": pa.uint16(), "i32": pa.int32(),
    "u32": pa.uint32(), "i64": pa.int64(), "u64": pa.uint64(), "f16": pa.float16(), "f32": pa.float32(),
    "f64": pa.float64(), "str": pa.string(), "bytes": pa.binary(), "json": pa.string(),
}


def values_of(column):
    """A column's expected values: 64-bit integers come as text, bytes as hexadecimal, NaN as "NaN"."""
    kind = column["kind"]

    def one(value):
        if value is None:
            return None
        if kind in ("i64", "u64"):
            return int(value)
        if kind == "bytes":
            return bytes.fromhex(value)
        if kind in ("f16", "f32", "f64"):
            return float(value)
        return value

    return [[one(v) for v in row] if isinstance(row, list) else one(row) for row in column["values"]]


def same(a, b):
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (math.isnan(a) and math.isnan(b))
    return a == b


def agree(name, reader, column, expected, got):
    assert len(expected) == len(got), (name, reader, column, len(expected), len(got))
    for row, (a, b) in enumerate(zip(expected, got)):
        assert same(a, b), (name, reader, column, row, a, b)


def check_pyarrow(path, fact):
    name = fact["file"]
    file = pq.ParquetFile(path, page_checksum_verification=True)
    meta = file.metadata
    assert meta.num_rows == fact["rows"], name
    assert meta.num_row_groups == fact["groups"], (name, meta.num_row_groups)
    for key, value in fact["metadata"].items():
        assert meta.metadata[key.encode()] == value.encode(), (name, key)
    table = file.read()
    for column in fact["columns"]:
        field = table.schema.field(column["name"])
        size = column.get("size")
        kind = ARROW[column["kind"]]
        if size is not None:
            assert field.type == pa.list_(pa.field("element", kind, nullable=False), size), (name, field)
            assert not field.type.value_field.nullable
        elif column["kind"] != "json":
            assert field.type == kind, (name, field)
        assert field.nullable == column["nullable"], (name, field)
        got = table[column["name"]].to_pylist()
        if column["kind"] == "json":
            got = [None if v is None else json.loads(v) for v in got]
        agree(name, "pyarrow", column["name"], values_of(column), got)
        check_statistics(name, meta, column)
    # A range of the file alone, through the page index.
    if fact["rows"] > 0:
        import pyarrow.dataset as ds

        first = fact["columns"][0]["name"]
        assert ds.dataset(path).count_rows() == fact["rows"], (name, first)


def check_statistics(name, meta, column):
    """Flat columns have null counts, bounds and both indexes; lists have the offset index."""
    if column.get("size") is not None:
        for group in range(meta.num_row_groups):
            chunk = next(c for c in columns_of(meta, group) if c.path_in_schema.split(".")[0] == column["name"])
            assert chunk.has_offset_index and not chunk.has_column_index, (name, column["name"])
        return
    expected = values_of(column)
    row = 0
    for group in range(meta.num_row_groups):
        chunk = next(c for c in columns_of(meta, group) if c.path_in_schema == column["name"])
        part = expected[row:row + meta.row_group(group).num_rows]
        row += len(part)
        stats = chunk.statistics
        assert chunk.has_offset_index, (name, column["name"])
        assert stats.null_count == sum(v is None for v in part), (name, column["name"], stats)
        ordered = [v for v in part if v is not None and not (isinstance(v, float) and math.isnan(v))]
        if column["kind"] in ("json", "f16"):
            continue
        assert stats.has_min_max == bool(ordered), (name, column["name"], stats)
        if not ordered:
            continue
        least, most = min(ordered), max(ordered)
        if column["kind"] == "str":
            least, most = (sorted((v.encode() for v in ordered))[i] for i in (0, -1))
            assert stats.min.encode() <= least and most <= stats.max.encode(), (name, column["name"], stats)
        elif column["kind"] == "bytes":
            assert stats.min <= least and most <= stats.max, (name, column["name"], stats)
        else:
            assert (stats.min, stats.max) == (least, most), (name, column["name"], stats)
        assert chunk.has_column_index, (name, column["name"])


def columns_of(meta, group):
    return [meta.row_group(group).column(i) for i in range(meta.num_columns)]


def check_duckdb(path, fact):
    con = duckdb.connect()
    for column in fact["columns"]:
        label = column["name"]
        expected = values_of(column)
        got = [row[0] for row in con.execute(f'select "{label}" from read_parquet(?)', [path]).fetchall()]
        if column["kind"] == "json":
            got = [None if v is None else json.loads(v) for v in got]
        agree(fact["file"], "duckdb", label, expected, got)
        if column["kind"] in ("i64", "u64", "i32", "u16", "str") and column.get("size") is None and fact["rows"]:
            # A filter on one value must find it, whatever statistics and page index say.
            wanted = next((v for v in reversed(expected) if v is not None), None)
            if wanted is not None:
                count = con.execute(f'select count(*) from read_parquet(?) where "{label}" = ?', [path, wanted]).fetchone()[0]
                assert count == sum(v == wanted for v in expected), (fact["file"], label, wanted, count)


def check_polars(path, fact):
    frame = pl.read_parquet(path)
    lazy = pl.scan_parquet(path)
    for column in fact["columns"]:
        label = column["name"]
        expected = values_of(column)
        series = frame[label]
        if column.get("size") is not None:
            assert isinstance(series.dtype, pl.Array) and series.dtype.size == column["size"], (fact["file"], series.dtype)
        got = [v.to_list() if isinstance(v, pl.Series) else v for v in series.to_list()]
        if column["kind"] == "json":
            got = [None if v is None else json.loads(v) for v in got]
        agree(fact["file"], "polars", label, expected, got)
        if column["kind"] in ("i64", "u64", "i32", "str") and column.get("size") is None and fact["rows"]:
            wanted = next((v for v in reversed(expected) if v is not None), None)
            if wanted is not None:
                count = lazy.filter(pl.col(label) == pl.lit(wanted, dtype=series.dtype)).collect().height
                assert count == sum(v == wanted for v in expected), (fact["file"], label, wanted, count)


def check(folder):
    with open(os.path.join(folder, "facts.json"), encoding="utf-8") as file:
        facts = json.load(file)
    for fact in facts:
        path = os.path.join(folder, fact["file"])
        check_pyarrow(path, fact)
        check_duckdb(path, fact)
        check_polars(path, fact)
    print(json.dumps({"checked": len(facts), "pyarrow": pa.__version__, "duckdb": duckdb.__version__, "polars": pl.__version__}))


ROWS, SIZE = 1000, 40


def table(nullable):
    """Rows that parquet.test.ts knows: windows[row][k] = row + k / 64, gaps at every seventh row where nullable."""
    rows = np.arange(ROWS)
    windows = (rows[:, None] + np.arange(SIZE)[None, :] / 64).astype(np.float32)
    gaps = (rows % 7 == 3) if nullable else None
    kind = pa.list_(pa.float32(), SIZE)
    features = pa.array([None if nullable and r % 7 == 3 else w.tolist() for r, w in zip(rows, windows)], kind)
    return pa.table({
        "features": features,
        "id": pa.array(rows.astype(np.uint64) + 2**63, pa.uint64(), mask=gaps),
        "t": pa.array(-rows * 3_000_000_000, pa.int64(), mask=gaps),
        "small": pa.array((rows % 200 - 100).astype(np.int8), mask=gaps),
        "x": pa.array(rows / 8, pa.float64(), mask=gaps),
        "ok": pa.array(rows % 3 == 0, pa.bool_(), mask=gaps),
        "name": pa.array([f"vessel {r % 17}" for r in rows], pa.string(), mask=gaps),
        "raw": pa.array([bytes([r % 256]) * (r % 5) for r in rows], pa.binary(), mask=gaps),
        "ids": pa.array([[int(r), int(-r)] for r in rows], pa.list_(pa.int64(), 2)),
    })


def write(folder):
    os.makedirs(folder, exist_ok=True)
    forms = {
        "default": {},
        "none": {"compression": "none", "use_dictionary": False},
        "zstd_v2": {"compression": "zstd", "data_page_version": "2.0", "use_dictionary": False},
        "gzip_v2_dictionary": {"compression": "gzip", "data_page_version": "2.0"},
        "brotli": {"compression": "brotli", "use_dictionary": False},
        "tiny_pages": {"data_page_size": 500, "write_page_index": True, "write_page_checksum": True, "row_group_size": 300},
        "split": {"use_dictionary": False, "compression": "zstd",
                  "use_byte_stream_split": ["features.list.element", "x", "id", "t"]},
        "delta": {"use_dictionary": False, "column_encoding": {
            "id": "DELTA_BINARY_PACKED", "t": "DELTA_BINARY_PACKED", "small": "DELTA_BINARY_PACKED",
            "name": "DELTA_BYTE_ARRAY", "raw": "DELTA_LENGTH_BYTE_ARRAY"}},
        "no_arrow_schema": {"store_schema": False},
    }
    written = []

    def note(name, nullable):
        written.append({"file": name, "nullable": nullable})

    for nullable in (False, True):
        rows = table(nullable)
        suffix = "_nullable" if nullable else ""
        for form, options in forms.items():
            if nullable and form == "no_arrow_schema":
                continue  # without the Arrow schema, lists with gaps have no length of their own
            name = f"pyarrow_{form}{suffix}.parquet"
            pq.write_table(rows, os.path.join(folder, name), **options)
            note(name, nullable)
        name = f"polars{suffix}.parquet"
        pl.from_arrow(rows).write_parquet(os.path.join(folder, name), row_group_size=400)
        note(name, nullable)
    flat = table(False)
    duckdb.connect().execute(
        f"copy (select * from flat) to '{os.path.join(folder, 'duckdb.parquet')}' (format parquet, compression zstd)")
    note("duckdb.parquet", False)
    print(json.dumps(written))


WIDE_ROWS, WIDE = 300, 4640


def write_wide(folder):
    """Windows of some pages' width in every form that pyarrow writes them: windows[row][k] = row + k / 8192, gaps at every eleventh row."""
    os.makedirs(folder, exist_ok=True)
    rows = np.arange(WIDE_ROWS)
    values = pa.array((rows[:, None] + np.arange(WIDE)[None, :] / 8192).astype(np.float32).ravel())
    written = []
    for codec in ("none", "snappy", "zstd", "gzip"):
        for split in (False, True):
            for version in ("1.0", "2.0"):
                for null in ("never", "element", "list"):
                    kind = pa.list_(pa.field("element", pa.float32(), nullable=null == "element"), WIDE)
                    gaps = pa.array(rows % 11 == 4) if null == "list" else None
                    column = pa.FixedSizeListArray.from_arrays(values, type=kind, mask=gaps)
                    schema = pa.schema([pa.field("features", kind, nullable=null == "list")])
                    name = f"{codec}_{int(split)}_{version}_{null}.parquet"
                    # Pages of many sizes; those of version 1 end inside rows.
                    size = {"never": 1 << 20, "element": 200_000, "list": 70_001}[null]
                    pq.write_table(
                        pa.table([column], schema=schema), os.path.join(folder, name), compression=codec, use_dictionary=False,
                        use_byte_stream_split=split, data_page_version=version, data_page_size=size, row_group_size=200,
                        write_batch_size=1000, write_page_index=null == "element", write_page_checksum=codec == "zstd")
                    written.append({"file": name, "nullable": null == "list"})
    print(json.dumps(written))


if __name__ == "__main__":
    {"check": check, "write": write, "wide": write_wide}[sys.argv[1]](sys.argv[2])
