"""Values between samples by scipy and numpy, and places of rows by abstract-dataloader.

    python model.py < QUESTIONS

Reads JSON: `times` and `queries` in seconds; `vector` [n, 3], `angle` [n] in degrees, `rotation` [n, 4] (scalar last); `lengths` of traces and `rows`
to find. Prints JSON: `vector` by numpy.interp axis by axis, `angle` by numpy.interp of numpy.unwrap, `rotation` as matrices by
scipy.spatial.transform.Slerp, `places` as [trace, row].
"""

import json
import sys

import numpy as np
from abstract_dataloader.abstract import Dataset
from scipy.spatial.transform import Rotation, Slerp


class Trace:
    """Answers with its own number, and the number it is asked for."""

    def __init__(self, number, length):
        self.number, self.length = number, length

    def __len__(self):
        return self.length

    def __getitem__(self, row):
        return [self.number, int(row)]


def main():
    asked = json.load(sys.stdin)
    times, queries = np.array(asked["times"]), np.array(asked["queries"])
    vector = np.array(asked["vector"])
    angle = np.interp(queries, times, np.unwrap(np.array(asked["angle"]), period=360))
    data = Dataset([Trace(i, n) for i, n in enumerate(asked["lengths"])])
    answer = {
        "vector": np.stack([np.interp(queries, times, vector[:, i]) for i in range(3)], axis=1).tolist(),
        "angle": angle.tolist(),
        "rotation": Slerp(times, Rotation.from_quat(asked["rotation"]))(queries).as_matrix().reshape(-1, 9).tolist(),
        "places": [data[row] for row in asked["rows"]],
    }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
