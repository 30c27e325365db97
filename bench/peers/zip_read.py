"""Python's zipfile for bench/zip.ts: a process that stays. Reads one case a line from stdin, `open|read|write PATH`.

`open` reads the directory; `read` reads 5000 entries of it in an order by chance, of a zip that is open; `write` writes as many stored entries.
"""
import json
import platform
import random
import sys
import time
import zipfile

READS = 5000


def main():
    print(json.dumps({"python": platform.python_version()}), flush=True)
    for line in sys.stdin:
        how, path = line.split(maxsplit=1)
        path = path.strip()
        if how == "open":
            began = time.perf_counter()
            with zipfile.ZipFile(path) as file:
                count = len(file.namelist())
        elif how == "read":
            with zipfile.ZipFile(path) as file:
                names = random.Random(1).choices(file.namelist(), k=READS)
                began = time.perf_counter()
                count = sum(len(file.read(name)) for name in names)
        else:
            with zipfile.ZipFile(path) as file:
                entries = [(name, file.read(name)) for name in file.namelist()]
            began = time.perf_counter()
            with zipfile.ZipFile(path + ".copy", "w") as file:
                for name, data in entries:
                    file.writestr(name, data)
            count = len(entries)
        print(json.dumps({"seconds": time.perf_counter() - began, "count": count}), flush=True)


main()
