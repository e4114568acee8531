#!/usr/bin/env python3
"""Store the weights of a checkpoint in half precision.

Usage: /usr/bin/python3 scripts/halve_checkpoint.py IN.safetensors OUT.safetensors      (needs python3-numpy, python3-xxhash)

Parameters of the network (names that begin with PREFIXES) and static maps become F16, nearest, ties to even; statistics
keep their precision. Writes the container of docs/formats/checkpoint.md; `myriad inspect OUT` verifies it.
"""
import hashlib
import json
import struct
import sys

import numpy as np
import xxhash

PREFIXES = ("weights.", "static.")
SIZES = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "U8": 1}


def read(path):
    with open(path, "rb") as file:
        raw = file.read()
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + length])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = (entry["dtype"], entry["shape"], raw[8 + length + begin:8 + length + end])
    return metadata, tensors


def halve(name, tensor):
    dtype, shape, data = tensor
    if dtype != "F32" or not name.startswith(PREFIXES):
        return tensor
    half = np.frombuffer(data, "<f4").astype("<f2")
    if not np.isfinite(half).all():
        raise SystemExit(f"{name} holds values beyond the range of F16 (65504)")
    return "F16", shape, half.tobytes()


def identity(tensors):
    lines = [f"{name} {dtype} [{','.join(map(str, shape))}] {hashlib.sha256(data).hexdigest()}\n"
             for name, (dtype, shape, data) in sorted(tensors.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def write(path, metadata, tensors):
    order = sorted(tensors, key=lambda name: (-SIZES[tensors[name][0]], name))
    header, data = {}, b""
    for name in order:
        dtype, shape, content = tensors[name]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        metadata["xxh3:" + name] = xxhash.xxh3_128_hexdigest(content)
        data += content
    metadata["myriad.data_bytes"] = str(len(data))
    metadata["myriad.weights_sha256"] = identity(tensors)
    metadata["myriad.header_xxh3"] = "0" * 32
    text = json.dumps({"__metadata__": metadata, **header}, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-(8 + len(text)) % 64)
    head = struct.pack("<Q", len(text)) + text
    digest = xxhash.xxh3_128_hexdigest(head)
    mark = b'"myriad.header_xxh3":"' + b"0" * 32
    if head.count(mark) != 1:
        raise SystemExit("the entry myriad.header_xxh3 is not unique")
    with open(path, "wb") as file:
        file.write(head.replace(mark, mark[:-32] + digest.encode()) + data)


def main():
    metadata, tensors = read(sys.argv[1])
    write(sys.argv[2], metadata, {name: halve(name, tensor) for name, tensor in tensors.items()})


if __name__ == "__main__":
    main()
