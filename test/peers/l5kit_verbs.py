"""L5Kit's own reader, zarr-python 2 and pyarrow on what windrow writes. Prints JSON; called by l5kit-verbs.test.ts."""

import hashlib
import json
import sys
import types
import warnings

import numpy as np

warnings.filterwarnings("ignore")
NAMES = ["scenes", "frames", "agents", "traffic_light_faces"]


def digests(group):
    """Of each array its type, its chunks, its codec, and a hash of its rows."""
    return {
        name: [str(a.dtype.descr), list(a.chunks), str(a.compressor), hashlib.sha256(a[:].tobytes()).hexdigest()]
        for name, a in group.arrays(recurse=True)
    }


def opened(path):
    import zarr

    return zarr.open_group(zarr.ZipStore(path, mode="r") if path.endswith(".zip") else path, mode="r")


def chunked(path):
    """L5Kit's ChunkedDataset: what it finds, and that its own functions cut scenes by the intervals."""
    rasterization = types.ModuleType("l5kit.rasterization")
    rasterization.EGO_EXTENT_HEIGHT, rasterization.EGO_EXTENT_LENGTH, rasterization.EGO_EXTENT_WIDTH = 1.8, 4.87, 1.85
    rasterization.Rasterizer = rasterization.RenderContext = object
    sys.modules["l5kit.rasterization"] = rasterization
    kinematic = types.ModuleType("l5kit.kinematic")
    kinematic.Perturbation = object
    sys.modules["l5kit.kinematic"] = kinematic
    from l5kit.data import ChunkedDataset

    data = ChunkedDataset(path).open()
    last = data.get_scene_dataset(len(data.scenes) - 1)
    interval = last.frames["agent_index_interval"]
    return {
        "scenes": len(data.scenes),
        "frames": len(data.frames),
        "agents": len(data.agents),
        "faces": len(data.tl_faces),
        "last": [len(last.frames), len(last.agents), int(interval[0][0]), int(interval[-1][1])],
        "labels": data.root.attrs["labels"][3],
    }


def tables(folder, path):
    """Whether Parquet tables hold what the arrays hold, and what types they have."""
    import pyarrow.parquet as pq

    group = opened(path)
    types_of = {}
    for name in NAMES:
        table = pq.read_table(f"{folder}/{name}.parquet")
        rows = group[name][:]
        for field in rows.dtype.names:
            column = table[field].combine_chunks()
            types_of[f"{name}.{field}"] = str(column.type)
            flat = column.flatten() if rows[field].ndim > 1 else column
            got = flat.to_numpy(zero_copy_only=False).reshape(rows[field].shape)
            if not np.array_equal(got.astype(rows[field].dtype), rows[field]):
                return {"different": f"{name}.{field}"}
    return {"types": types_of}


def mds(folder):
    """The samples of an MDS folder, as mosaicml-streaming's StreamingDataset gives them: how many, and the shapes of the first."""
    from streaming import StreamingDataset
    from streaming.base.util import clean_stale_shared_memory

    clean_stale_shared_memory()
    data = StreamingDataset(local=folder, shuffle=False, batch_size=1)
    first = data[0]
    return {"samples": len(data), "shapes": {k: list(v.shape) for k, v in first.items() if isinstance(v, np.ndarray)}}


if __name__ == "__main__":
    command, *args = sys.argv[1:]
    answer = {"digests": lambda p: digests(opened(p)), "chunked": chunked, "tables": tables, "mds": mds}[command](*args)
    print(json.dumps(answer))
