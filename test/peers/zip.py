"""Python's zipfile and zarr-python's ZipStore, for zip.test.ts. Commands: write DIR, read PATH."""

import json
import sys
import zipfile

import numpy
import zarr


def content(i):
    return bytes((i * k) % 251 for k in range(i * 7))


def write(folder):
    for name, method in [("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)]:
        with zipfile.ZipFile(f"{folder}/{name}.zip", "w", method) as file:
            file.comment = b"made by Python PK\x05\x06 and more"
            file.mkdir("folder")
            for i in range(50):
                file.writestr(f"folder/gr\u00fcn-{i}", content(i))
            with file.open("wide", "w", force_zip64=True) as entry:
                entry.write(content(99))
    # Written to what cannot be sought in: sizes stand behind the data.
    class Pipe:
        def __init__(self, path):
            self.file = open(path, "wb")

        def write(self, data):
            return self.file.write(data)

        def flush(self):
            self.file.flush()

        def close(self):
            self.file.close()

    pipe = Pipe(f"{folder}/piped.zip")
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as file:
        for i in range(50):
            file.writestr(f"folder/gr\u00fcn-{i}", content(i))
        file.writestr("wide", content(99))
    pipe.close()
    store = zarr.ZipStore(f"{folder}/zarr.zip", mode="w")
    group = zarr.group(store)
    group.create_dataset("a", data=numpy.arange(1000, dtype="<i4").reshape(10, 100), chunks=(1, 100), compressor=None)
    store.close()


def read(path):
    with zipfile.ZipFile(path) as file:
        bad = file.testzip()
        infos = file.infolist()
        print(
            json.dumps(
                {
                    "bad": bad,
                    "names": [info.filename for info in infos],
                    "sizes": [info.file_size for info in infos],
                    "methods": sorted({info.compress_type for info in infos}),
                    "dates": sorted({str(info.date_time) for info in infos}),
                    "modes": sorted({oct(info.external_attr >> 16) for info in infos}),
                }
            )
        )


def read_zarr(path):
    store = zarr.ZipStore(path, mode="r")
    print(json.dumps(zarr.open_group(store, mode="r")["a"][:].tolist()))


{"write": write, "read": read, "read-zarr": read_zarr}[sys.argv[1]](sys.argv[2])
