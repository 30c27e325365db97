"""Python's mcap package, for mcap.test.ts. Commands: write DIR, read PATH. Chunks packed with zstd need only pyarrow here."""

import json
import struct
import sys
import types

import pyarrow

zstandard = types.ModuleType("zstandard")
zstandard.decompress = lambda data, size: pyarrow.Codec("zstd").decompress(data, size).to_pybytes()
zstandard.compress = lambda data: pyarrow.Codec("zstd").compress(data).to_pybytes()
sys.modules["zstandard"] = zstandard
lz4 = types.ModuleType("lz4")
lz4.frame = types.ModuleType("lz4.frame")
lz4.frame.compress = lambda data: pyarrow.Codec("lz4").compress(data).to_pybytes()
sys.modules["lz4"] = lz4
sys.modules["lz4.frame"] = lz4.frame

from google.protobuf import descriptor_pb2, timestamp_pb2, wrappers_pb2  # noqa: E402
from mcap.reader import make_reader  # noqa: E402
from mcap.writer import CompressionType, IndexType, Writer  # noqa: E402

START = 1_700_000_000_000_000_001


def add_all(writer):
    writer.start(profile="", library="peer")
    schema = json.dumps(
        {"type": "object", "required": ["n"], "properties": {"n": {"type": "number"}, "name": {"type": "string"}}}
    ).encode()
    json_schema = writer.register_schema("J", "jsonschema", schema)
    ros_schema = writer.register_schema("test/R", "ros1msg", b"float64 x\nstring s\nuint8[] raw\n")
    files = descriptor_pb2.FileDescriptorSet()
    for module in (timestamp_pb2, wrappers_pb2):
        module.DESCRIPTOR.CopyToProto(files.file.add())
    proto_schema = writer.register_schema("google.protobuf.Int64Value", "protobuf", files.SerializeToString())
    channels = [
        writer.register_channel("/json", "json", json_schema),
        writer.register_channel("/ros1", "ros1", ros_schema),
        writer.register_channel("/proto", "protobuf", proto_schema),
    ]
    for i in range(300):
        text = f"gr\u00fcn {i}".encode()
        data = [
            json.dumps({"n": i / 8, "name": f"m{i}"}).encode(),
            struct.pack("<dI", i / 8, len(text)) + text + struct.pack("<I", 3) + bytes([i % 256] * 3),
            wrappers_pb2.Int64Value(value=i * 2**50).SerializeToString(),
        ][i % 3]
        time = START + i * 1_000_003
        writer.add_message(channels[i % 3], time, data, time - 5)
    writer.finish()


def write(folder):
    kinds = {
        "plain": {},
        "zstd": {"compression": CompressionType.ZSTD},
        "lz4": {"compression": CompressionType.LZ4},
        "none": {"compression": CompressionType.NONE},
        "unchunked": {"use_chunking": False},
        "no-index": {"index_types": IndexType.NONE},
        "no-summary": {"use_statistics": False, "use_summary_offsets": False, "repeat_channels": False,
                       "repeat_schemas": False, "index_types": IndexType.NONE},
        "no-message-index": {"index_types": IndexType.CHUNK},
    }
    for name, options in kinds.items():
        with open(f"{folder}/{name}.mcap", "wb") as file:
            add_all(Writer(file, chunk_size=2000, **options))
    print(json.dumps(list(kinds)))


def read(path):
    found = {}
    with open(path, "rb") as file:
        # By place, not by time, where they differ.
        for _, channel, message in make_reader(file).iter_messages(log_time_order=False):
            one = found.setdefault(channel.topic, {"log": [], "publish": [], "bytes": 0})
            one["log"].append(str(message.log_time))
            one["publish"].append(str(message.publish_time))
            one["bytes"] += len(message.data)
    print(json.dumps(found))


{"write": write, "read": read}[sys.argv[1]](sys.argv[2])
