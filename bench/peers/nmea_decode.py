"""pyais for bench/nmea.ts: a process that stays. Reads one case a line from stdin, `plain|checked PATH`, and decodes the whole file.

`plain` reads a file as pyais's documentation does; `checked` also asks each message whether its checksum holds and when it was received.
"""
import json
import sys
import time

import pyais
from pyais import FileReaderStream

POSITIONS = {1, 2, 3, 18, 19}


def plain(path):
    positions = 0
    for message in FileReaderStream(path):
        if message.decode().msg_type in POSITIONS:
            positions += 1
    return positions


def checked(path):
    positions = 0
    for message in FileReaderStream(path):
        if not message.is_valid:
            continue
        block = message.tag_block
        block.init()
        float(block.receiver_timestamp)
        if message.decode().msg_type in POSITIONS:
            positions += 1
    return positions


def main():
    print(json.dumps({"pyais": pyais.__version__}), flush=True)
    for line in sys.stdin:
        how, path = line.split(maxsplit=1)
        began, began_cpu = time.perf_counter(), time.process_time()
        positions = {"plain": plain, "checked": checked}[how](path.strip())
        took = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - began_cpu, "positions": positions}
        print(json.dumps(took), flush=True)


main()
