#!/usr/bin/env python3
"""Cut the data of configs/default out of the SPEEDY archive.

Usage: /usr/bin/python3 scripts/make_default_data.py SPEEDY_FOLDER [START]

Writes initial.nc (the two states a two-time model needs, and those that three breeding cycles start from), truth.nc (ten days from START, 6-hourly) and climatology.nc
(annual harmonics and anomaly standard deviation) with the packing of the archive, so that values are unchanged. tp06 is
left out: the default models do not predict it.
"""
import sys
from pathlib import Path

import netCDF4
import numpy as np

CHANNELS = ["u850", "v850", "t850", "q850", "u500", "v500", "t500", "z500", "u250", "v250", "sp"]
LICENCE = "Output of a SPEEDY run made for this project; free to use."


def copy_variable(source, target, name, rows=slice(None)):
    """Copy a variable with its packing; `rows` selects along its first dimension."""
    old = source[name]
    old.set_auto_maskandscale(False)
    fill = getattr(old, "_FillValue", None)
    new = target.createVariable(name, old.dtype, old.dimensions, zlib=True, complevel=9, shuffle=True, fletcher32=True,
                                fill_value=fill)
    new.set_auto_maskandscale(False)
    new.setncatts({key: old.getncattr(key) for key in old.ncattrs() if key != "_FillValue"})
    new[:] = old[rows] if old.dimensions and old.dimensions[0] == "time" else old[:]


def cut_series(archive, path, title, rows):
    with netCDF4.Dataset(archive) as source, netCDF4.Dataset(path, "w", format="NETCDF4") as target:
        target.setncatts({"Conventions": "CF-1.8", "title": title, "license": LICENCE,
                          "source": "SPEEDY T30L8, 64x32 Gaussian grid, year 2003 of a free run"})
        target.createDimension("time", None)
        target.createDimension("lat", len(source.dimensions["lat"]))
        target.createDimension("lon", len(source.dimensions["lon"]))
        for name in ["lat", "lon", "time"] + CHANNELS:
            copy_variable(source, target, name, rows)


def main():
    folder = Path(sys.argv[1])
    start = np.datetime64(sys.argv[2] if len(sys.argv) > 2 else "2003-01-15T00:00")
    out = Path(__file__).resolve().parent.parent / "configs" / "default"
    archive = folder / "speedy_t30_2003.nc"
    with netCDF4.Dataset(archive) as source:
        time = source["time"]
        dates = netCDF4.num2date(time[:], time.units, time.calendar, only_use_cftime_datetimes=False)
        index = int(np.searchsorted(np.array(dates, dtype="datetime64[s]"), start))
    cut_series(archive, out / "initial.nc", "Initial states for the default forecast", slice(index - 4, index + 1))
    cut_series(archive, out / "truth.nc", "What the model did after the default start", slice(index, index + 41))
    with netCDF4.Dataset(folder / "speedy_t30_climatology.nc") as source, \
            netCDF4.Dataset(out / "climatology.nc", "w", format="NETCDF4") as target:
        target.setncatts({"Conventions": "CF-1.8", "title": "SPEEDY climatology 2001-2002", "license": LICENCE})
        for name in ["lat", "lon", "coef"]:
            target.createDimension(name, len(source.dimensions[name]))
        for name in ["lat", "lon"] + [f"{kind}_{channel}" for channel in CHANNELS for kind in ("clim", "std")]:
            copy_variable(source, target, name)


if __name__ == "__main__":
    main()
