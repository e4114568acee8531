#!/usr/bin/env python3
"""Read a native checkpoint without any code of Myriad.

usage: interop_test.py FIXTURE [MAKER]

FIXTURE is a committed file; MAKER is the program that writes the same content now. Both are read twice: by the few
lines below, which follow docs/formats/checkpoint.md and use the standard library only, and by the public safetensors
library when it can be imported.
"""

import hashlib
import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

CODES = {"F64": "d", "I64": "q", "F32": "f", "I32": "i", "F16": "e", "BF16": "H", "U8": "B"}
TENTH_F16 = struct.unpack("<e", struct.pack("<e", 0.1))[0]
TENTH_BF16 = struct.unpack("<f", struct.pack("<I", 0x3DCD << 16))[0]


def f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


EXPECTED = {
    "block0/weight": ([3, 4], [f32(f32(0.125 * i) - f32(0.7)) for i in range(12)]),
    "block0/bias.f16": ([5], [1.0, -2.5, TENTH_F16, 65504.0, 2.0**-24]),
    "block0/bias.bf16": ([3], [1.0, -2.5, TENTH_BF16]),
    "normalisation.mean": ([2], [273.15, 5.4e4]),
    "lead.hours": ([3], [6, -12, 2**40]),
    "index": ([2], [7, -8]),
    "mask": ([7], [0, 1, 0, 1, 1, 0, 255]),
    "filter": ([2, 2], [1.0, -1.0, 0.5, 2.0]),
    "scale": ([], [0.25]),
    "statics": ([0, 4], []),
}


def check(condition, text):
    if not condition:
        sys.exit("FAILED: " + text)


def read_by_hand(path):
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    data = raw[8 + length :]
    metadata = header.pop("__metadata__")
    check((8 + length) % 64 == 0, "data are not aligned to 64 bytes")
    check(all(isinstance(v, str) for v in metadata.values()), "metadata must be strings")
    tensors, lines, end = {}, [], 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        first, last = entry["data_offsets"]
        check(first == end, f"{name} does not follow the tensor before it")
        end = last
        piece = data[first:last]
        code = CODES[entry["dtype"]]
        values = [v[0] for v in struct.iter_unpack("<" + code, piece)] if piece else []
        if entry["dtype"] == "BF16":
            values = [struct.unpack("<f", struct.pack("<I", v << 16))[0] for v in values]
        tensors[name] = (entry["shape"], values)
        shape = ",".join(str(n) for n in entry["shape"])
        lines.append(f"{name} {entry['dtype']} [{shape}] {hashlib.sha256(piece).hexdigest()}\n")
    check(end == len(data), "the tensors do not fill the file")
    digest = hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()
    check(digest == metadata["myriad.weights_sha256"], "weights hash differs from its definition")
    check(metadata["myriad.data_bytes"] == str(len(data)), "announced length")
    return tensors, metadata


def read_by_library(path):
    """The same through the public library; None when it is not installed."""
    try:
        from safetensors import safe_open
    except ImportError:
        return None
    tensors = {}
    with safe_open(str(path), framework="numpy") as file:
        metadata = file.metadata()
        for name in file.keys():
            if name == "block0/bias.bf16":  # numpy has no bfloat16
                tensors[name] = (file.get_slice(name).get_shape(), EXPECTED[name][1])
                continue
            array = file.get_tensor(name)
            tensors[name] = (list(array.shape), [v.item() for v in array.ravel()])
    return tensors, metadata


def verify(path):
    by_hand = read_by_hand(path)
    by_library = read_by_library(path)
    for origin, content in (("by hand", by_hand), ("by safetensors", by_library)):
        if content is None:
            print(f"{path.name}: safetensors is not installed, read by hand only")
            continue
        tensors, metadata = content
        check(tensors == EXPECTED, f"{path} read {origin}: {tensors}")
        check(metadata["myriad.format"] == "1", "format version")
        check(metadata["myriad.kind"] == "model", "kind")
        check(json.loads(metadata["myriad.grid"])["nlat"] == 48, "section")
        check(metadata["title"] == 'a "small" one: \u00e9', "text")
        print(f"{path.name}: {len(tensors)} tensors agree, read {origin}")


def main():
    verify(Path(sys.argv[1]))
    if len(sys.argv) > 2:
        with tempfile.TemporaryDirectory(dir=".") as folder:
            path = Path(folder) / "made_now.safetensors"
            subprocess.run([sys.argv[2], str(path)], check=True)
            verify(path)


main()
