"""pyais over logs: `nmea_decode.py LOG...` prints one JSON line a log, the list of its positions and the count of each other type.

Left out is what pyais takes and windrow does not: sentences whose checksum does not hold, more than seven fields, talkers that are no
letters or digits, fill bits that are no digit, payload letters that there are not, and messages too short for what is read of them.
A position is [type, mmsi, lon, lat, speed, course, heading, receive time or null], in degrees rounded as pyais does and knots.
"""
import json
import sys

from pyais import FileReaderStream

# Bits up to the last field that is compared, by type.
NEEDED = {1: 143, 2: 143, 3: 143, 18: 139, 19: 139, 27: 94}


def received(message):
    block = message.tag_block
    if block is None:
        return None
    block.init()
    return float(block.receiver_timestamp) if block.is_valid and block.receiver_timestamp else None


def decoded(path):
    positions, others, names = [], {}, {}
    for message in FileReaderStream(path):
        if not message.is_valid or not message.payload or not message.talker_id.isalnum() or len(message.data_fields) != 5:
            continue
        fill = message.raw.split(b"*")[0].rsplit(b",", 1)[1]
        if fill and not (len(fill) == 1 and fill.isdigit()):
            continue
        if any(byte < 48 or 87 < byte < 96 or byte > 119 for byte in message.payload):
            continue
        kind, bits = message.ais_id, len(message.payload) * 6 - message.fill_bits
        if kind in NEEDED:
            if len(message.bv) < NEEDED[kind]:
                continue
            m = message.decode()
            positions.append([kind, m.mmsi, m.lon, m.lat, m.speed, m.course, getattr(m, "heading", 511), received(message)])
        elif bits >= 6:
            others[kind] = others.get(kind, 0) + 1
            if kind == 5 and len(message.bv) >= 424:
                m = message.decode()
                names[m.mmsi] = [m.shipname, int(m.ship_type), m.to_bow + m.to_stern, m.to_port + m.to_starboard, m.draught]
    return {"positions": positions, "others": others, "names": names}


for path in sys.argv[1:]:
    print(json.dumps(decoded(path)))
