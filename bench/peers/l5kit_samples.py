"""l5kit for bench/l5kit-samples.ts: a process that stays, with the scenes in memory as numpy arrays, which is how l5kit is fastest.

Reads one case a line from stdin: `select FOLDER` selects the agents of the first scene; `samples FOLDER COUNT` makes so many samples, of anchors
spread over all scenes, with history 10, future 50 and an idle rasterizer."""

import argparse
import json
import sys
import time
from os.path import abspath, dirname, join

import numpy as np

sys.path.insert(0, join(dirname(dirname(dirname(abspath(__file__)))), "test", "peers"))
import l5kit_reference as reference  # noqa: E402


def selection(data):
    first = {**data, "scenes": data["scenes"][:1]}
    thresholds = {"th_agent_prob": 0.5, "th_yaw_degree": 30, "th_extent_ratio": 1.1, "th_distance_av": 50}
    arrays, _ = reference.select(first, thresholds)
    counts = arrays["mask"]
    rows = int(data["frames"]["agent_index_interval"][data["scenes"][0]["frame_index_interval"][1] - 1][1])
    return {"done": rows, "sum": int(((counts[:, 0] >= 10) & (counts[:, 1] >= 1)).sum())}


def anchors(data, count):
    """Agents of interest, by chance; a scene, a frame within it, a track."""
    rng = np.random.default_rng(1)
    ends = data["frames"]["agent_index_interval"][:, 1]
    scene_ends = data["scenes"]["frame_index_interval"][:, 1]
    chosen = []
    while len(chosen) < count:
        row = int(rng.integers(0, len(data["agents"])))
        if data["agents"][row]["label_probabilities"][3:16].sum() <= 0.5:
            continue
        frame = int(np.searchsorted(ends, row, side="right"))
        scene = int(np.searchsorted(scene_ends, frame, side="right"))
        state = frame - int(data["scenes"][scene]["frame_index_interval"][0])
        chosen.append((scene, state, int(data["agents"][row]["track_id"])))
    return chosen


def sample_all(data, chosen):
    nothing = reference.Nothing()
    total = 0.0
    for scene, state, track in chosen:
        frames = data["frames"][slice(*data["scenes"][scene]["frame_index_interval"])]
        sample = reference.generate_agent_sample(
            state, frames, data["agents"], data["traffic_light_faces"], track, nothing, 10, 50, 0.1, 0.5, nothing
        )
        total += float(sample["target_availabilities"].sum())
    return {"done": len(chosen), "sum": total}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir")
    parser.add_argument("--n")
    parser.add_argument("--make", action="store_true")
    parser.parse_args()
    print(json.dumps({"l5kit": "1.5", "numpy": np.__version__}), flush=True)
    loaded = {}
    for line in sys.stdin:
        what, folder, *rest = line.split()
        data = loaded.setdefault(folder, None) or reference.from_fields(folder)
        loaded[folder] = data
        chosen = anchors(data, int(rest[0])) if what == "samples" else None
        began, began_cpu = time.perf_counter(), time.process_time()
        done = selection(data) if what == "select" else sample_all(data, chosen)
        print(json.dumps({"seconds": time.perf_counter() - began, "cpu": time.process_time() - began_cpu, **done}), flush=True)


main()
