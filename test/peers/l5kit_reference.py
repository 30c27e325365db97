"""l5kit's own selection and samples. Reads a request as JSON from stdin, writes arrays into its folder `out`, prints their shapes.

The scenes are a zarr store, or a folder with `header.json` and one file of raw values a field, from which numpy's structured arrays are built.
Rasterizer, kinematics and torch, which take no part in what is compared, are stood in for."""

import json
import sys
import types
from importlib.util import find_spec
from os.path import dirname, join

import numpy as np

raster = types.ModuleType("l5kit.rasterization")
raster.EGO_EXTENT_HEIGHT, raster.EGO_EXTENT_LENGTH, raster.EGO_EXTENT_WIDTH = 1.8, 4.87, 1.85
raster.Rasterizer = raster.RenderContext = object
sys.modules["l5kit.rasterization"] = raster
kinematic = types.ModuleType("l5kit.kinematic")
kinematic.Perturbation = object
sys.modules["l5kit.kinematic"] = kinematic
dataset = types.ModuleType("l5kit.dataset")
dataset.__path__ = [join(dirname(find_spec("l5kit").origin), "dataset")]
sys.modules["l5kit.dataset"] = dataset

from l5kit.data import filter_agents_by_labels  # noqa: E402
from l5kit.data.filter import filter_agents_by_distance, get_agents_slice_from_frames  # noqa: E402
from l5kit.data.zarr_dataset import AGENT_DTYPE, FRAME_DTYPE, SCENE_DTYPE, TL_FACE_DTYPE  # noqa: E402
from l5kit.dataset.select_agents import get_valid_agents  # noqa: E402
from l5kit.sampling.agent_sampling import generate_agent_sample  # noqa: E402

DTYPES = {"scenes": SCENE_DTYPE, "frames": FRAME_DTYPE, "agents": AGENT_DTYPE, "traffic_light_faces": TL_FACE_DTYPE}


class Nothing:
    """Stands for the rasterizer and its context."""

    def rasterize(self, *_):
        return None

    def raster_from_world(self, *_):
        return np.eye(3)


def from_zarr(path):
    import zarr

    group = zarr.open_group(path, mode="r")
    return {name: group[name][:] for name in DTYPES}


def from_fields(path):
    with open(join(path, "header.json")) as file:
        lengths = json.load(file)
    arrays = {}
    for name, dtype in DTYPES.items():
        array = np.zeros(lengths.get(name, 0), np.dtype(dtype))
        for field in array.dtype.names:
            kind = array.dtype[field]
            if name not in lengths or kind.kind == "U":
                continue
            raw = np.fromfile(join(path, f"{name}.{field}"), kind.base)
            array[field] = raw.reshape((len(array), *kind.shape))
        arrays[name] = array
    return arrays


def select(data, request):
    keys = ("th_agent_prob", "th_yaw_degree", "th_extent_ratio", "th_distance_av")
    thresholds = [request[key] for key in keys]
    mask = np.zeros((len(data["agents"]), 2), np.uint32)
    rejects = {}
    for scene in data["scenes"]:
        # get_valid_agents writes into the frames that it is given.
        copy = types.SimpleNamespace(frames=data["frames"].copy(), agents=data["agents"])
        if scene["frame_index_interval"][0] == scene["frame_index_interval"][1]:
            continue
        part, report, (start, end) = get_valid_agents(scene["frame_index_interval"], copy, *thresholds)
        mask[start:end] = part
        for key, count in report.items():
            rejects[key] = rejects.get(key, 0) + int(count)
    return {"mask": mask}, rejects


def world_velocity(data, frames, state, track):
    """The dataset's field; of the recording car, which has none, its displacement since the frame before."""
    if track >= 0:
        agents = data["agents"][get_agents_slice_from_frames(frames[state])]
        return agents[agents["track_id"] == track][0]["velocity"].astype(np.float64)
    if state == 0:
        return np.zeros(2)
    seconds = float(frames[state]["timestamp"] - frames[state - 1]["timestamp"]) / 1e9
    return (frames[state]["ego_translation"] - frames[state - 1]["ego_translation"])[:2] / seconds


def samples(data, request):
    """One sample an anchor: scene, frame within the scene, track (-1 for the recording car)."""
    columns = {}
    nearest = []
    for scene_index, state, track in request["anchors"]:
        frames = data["frames"][slice(*data["scenes"][scene_index]["frame_index_interval"])]
        sample = generate_agent_sample(
            state,
            frames,
            data["agents"],
            data["traffic_light_faces"],
            None if track < 0 else track,
            Nothing(),
            request["history"],
            request["future"],
            0.1,
            0.5,
            Nothing(),
        )
        for prefix in ("history", "target"):
            for part in ("positions", "yaws", "availabilities"):
                columns.setdefault(f"{prefix}_{part}", []).append(sample[f"{prefix}_{part}"])
        for name in ("world_from_agent", "centroid", "extent", "yaw"):
            columns.setdefault(name, []).append(sample[name])
        columns.setdefault("velocity", []).append(sample["agent_from_world"][:2, :2] @ world_velocity(data, frames, state, track))
        # The neighbours that l5kit's vectorizer takes first: those of the frame, by classes and distance.
        agents = filter_agents_by_labels(data["agents"][get_agents_slice_from_frames(frames[state])])
        agents = filter_agents_by_distance(agents, sample["centroid"], request["radius"])
        ids = [int(i) for i in agents["track_id"] if i != track][: request["neighbours"]]
        nearest.append(ids + [-2] * (request["neighbours"] - len(ids)))
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    return {**arrays, "neighbour_track_ids": np.asarray(nearest, np.int64)}, {}


def main():
    request = json.load(sys.stdin)
    path = request["scenes"]
    data = from_zarr(path) if path.endswith(".zarr") else from_fields(path)
    arrays, said = {"select": select, "samples": samples}[request["do"]](data, request)
    for name, array in arrays.items():
        np.ascontiguousarray(array).tofile(join(request["out"], name))
    print(json.dumps({"said": said, "arrays": {n: [a.dtype.str, list(a.shape)] for n, a in arrays.items()}}))


if __name__ == "__main__":
    main()
