#!/usr/bin/env python3
"""Write the binary seeds of the corpus: make_corpus.py CORPUS_FOLDER

Needs numpy, netCDF4 and h5py. The texts are kept by hand. Files are as small as the formats allow; their values are
valid fields on a 5 x 8 grid with poles, so that a mutation starts from a file the readers accept.
"""

import struct
import sys
from pathlib import Path

import h5py
import netCDF4
import numpy as np

CORPUS = Path(sys.argv[1])
LATITUDES = np.linspace(90.0, -90.0, 5)
LONGITUDES = np.arange(8) * 45.0


def netcdf(name, file_format, packed):
    path = CORPUS / "netcdf" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with netCDF4.Dataset(path, "w", format=file_format) as file:
        file.Conventions = "CF-1.8"
        for axis, size in (("time", 2), ("level", 2), ("lat", 5), ("lon", 8)):
            file.createDimension(axis, size)
        time = file.createVariable("time", "f8", ("time",))
        time.units, time.calendar = "hours since 2003-01-01 00:00:00", "standard"
        time[:] = [0, 6]
        level = file.createVariable("level", "f4", ("level",))
        level.units, level.standard_name, level.positive = "hPa", "air_pressure", "down"
        level[:] = [850, 500]
        lat = file.createVariable("lat", "f8", ("lat",))
        lat.units, lat.standard_name = "degrees_north", "latitude"
        lat[:] = LATITUDES
        lon = file.createVariable("lon", "f8", ("lon",))
        lon.units, lon.standard_name = "degrees_east", "longitude"
        lon[:] = LONGITUDES
        dims = ("time", "level", "lat", "lon")
        if packed:
            t = file.createVariable("t", "i2", dims, fill_value=-32768)
            t.set_auto_maskandscale(False)
            t.scale_factor, t.add_offset = 0.01, 260.0
            t[:] = np.arange(160).reshape(2, 2, 5, 8)
        else:
            t = file.createVariable("t", "f4", dims)
            t[:] = 250.0 + np.arange(160).reshape(2, 2, 5, 8) / 10.0
        t.units, t.standard_name = "K", "air_temperature"


def ensemble(name, axes, latitudes, longitudes):
    """axes: name -> (values, units, standard_name) of start, lead and member in any order."""
    path = CORPUS / "ensemble" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as file:
        horizontal = {"latitude": (latitudes, "degrees_north", "latitude"),
                      "longitude": (longitudes, "degrees_east", "longitude")}
        for axis, (values, units, standard_name) in {**axes, **horizontal}.items():
            file.createDimension(axis, len(values))
            variable = file.createVariable(axis, "f8", (axis,))
            if units:
                variable.units = units
            if standard_name:
                variable.standard_name = standard_name
            variable[:] = values
        t = file.createVariable("t850", "i2", (*axes, "latitude", "longitude"), fill_value=-32768)
        t.set_auto_maskandscale(False)
        t.units, t.scale_factor, t.add_offset = "K", 0.01, 260.0
        t[:] = np.arange(t.size).reshape(t.shape)


def makani(name, annotated):
    path = CORPUS / "makani" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w", libver="earliest") as file:
        file["fields"] = np.full((2, 2, 5, 8), 280.0, dtype="f4")
        if annotated:
            file["timestamp"] = np.array([1514764800.0, 1514786400.0])
            file["channel"] = np.array([b"t2m", b"t850"], dtype="S4")
            file["lat"], file["lon"] = LATITUDES, LONGITUDES


def grid():
    folder = CORPUS / "grid"
    folder.mkdir(parents=True, exist_ok=True)
    gauss = np.degrees(np.arcsin(np.polynomial.legendre.leggauss(6)[0]))[::-1]
    lobatto = np.degrees(np.arcsin([1.0, 0.6546536707079771, 0.0, -0.6546536707079771, -1.0]))
    for name, values in (("poles", LATITUDES), ("gauss", gauss), ("lobatto", lobatto), ("south_first", gauss[::-1])):
        (folder / name).write_bytes(struct.pack(f"<{len(values)}d", *values))
    (folder / "name").write_bytes(b"legendre-gauss")


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def message(kind, payload, epoch=3, fragment=0, step=7, numel=0, version=1):
    header = b"WXC1" + struct.pack("<HHIIQII", version, kind, epoch, fragment, step, numel, len(payload))
    return header + payload + struct.pack("<I", crc32c(header + payload))


def messages():
    folder = CORPUS / "message"
    folder.mkdir(parents=True, exist_ok=True)
    floats = struct.pack("<4f", 1.0, -2.5, 0.0, 3e38)
    (folder / "stream").write_bytes(message(0x2100, floats, fragment=5, numel=4) + message(0x0300, b"") +
                                    message(0x2200, floats, numel=4))
    # Control of an elastic run, one file each (numbers of training/elastic/protocol.hpp).
    digest, address = bytes(range(16)), b"127.0.0.1:4711"
    text = struct.pack("<H", len(address)) + address
    bits = struct.pack("<I", 4) + b"\x01\x00\x01\x01"
    entry = struct.pack("<IBI", 2, 1, 0) + text
    for name, kind, payload in (("hello", 0x10, struct.pack("<IQ", 2, 7) + digest + struct.pack("<I", 4) + text),
                                ("membership", 0x13, struct.pack("<I", 2) + entry + entry),
                                ("ready", 0x14, b"\x01" + digest + bits + bits),
                                ("open", 0x15, struct.pack("<I4I", 2, 0, 1, 1, 0xFFFFFFFF)),
                                ("vote", 0x17, b"\x01\x00" + digest)):
        (folder / name).write_bytes(message(kind << 8, payload))
    (folder / "cut").write_bytes(message(0x2100, floats, numel=4)[:-9])
    (folder / "long").write_bytes(message(0x2100, b"")[:28] + struct.pack("<I", 0xFFFFFFFF) + bytes(8))
    (folder / "other_version").write_bytes(message(0x2100, floats, version=2))


netcdf("classic.nc", "NETCDF3_CLASSIC", packed=True)
netcdf("offset64.nc", "NETCDF3_64BIT_OFFSET", packed=False)
netcdf("netcdf4.nc", "NETCDF4", packed=True)
SINCE = "hours since 2003-01-01 00:00:00"
ensemble("cf.nc", {"start": ([0, 24], SINCE, "forecast_reference_time"), "period": ([0, 6], "hours", "forecast_period"),
                   "draw": ([0, 1], "1", "realization")}, LATITUDES, LONGITUDES)
ensemble("cfgrib.nc", {"number": ([0, 1], "", ""), "time": ([0], SINCE, ""), "step": ([0, 21600e9], "", "")},
         LATITUDES, LONGITUDES)
ensemble("window.nc", {"time": ([0, 24], SINCE, "time"), "realization": ([0, 1], "", "realization")},
         [48.0, 47.0, 46.0], [358.0, 359.0, 0.0, 1.0])
makani("annotated.h5", annotated=True)
makani("plain.h5", annotated=False)
grid()
messages()
