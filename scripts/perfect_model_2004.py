#!/usr/bin/env python3
"""Cut the starts and the verifying fields of the perfect-model ensemble out of its archive.

Usage: /usr/bin/python3 scripts/perfect_model_2004.py ENSEMBLE_FILE FOLDER

Writes FOLDER/initial.nc (the unperturbed analyses of all starts, 11 channels) and FOLDER/truth.nc (z500, t850 and u850 of the runs
taken as truth at all leads), with the packing of the archive. The truths start from the analyses plus an error, so
initial.nc is what a forecaster would know.
"""
import sys
from pathlib import Path

import netCDF4
import numpy as np

VERIFIED = ["z500", "t850", "u850"]


def write_series(path, source, times, fields):
    """fields: name -> (values [time, lat, lon], the archive's variable that tells packing and units)."""
    with netCDF4.Dataset(path, "w", format="NETCDF4") as target:
        target.setncatts({"Conventions": "CF-1.8", "title": "SPEEDY T30, perfect-model ensemble of nominal year 2004"})
        target.createDimension("time", len(times))
        for axis in ("lat", "lon"):
            target.createDimension(axis, len(source.dimensions[axis]))
            copy = target.createVariable(axis, "f8", (axis,))
            copy.setncatts({k: source[axis].getncattr(k) for k in source[axis].ncattrs()})
            copy[:] = source[axis][:]
        time = target.createVariable("time", "f8", ("time",))
        time.setncatts({"units": source["start"].units, "calendar": source["start"].calendar, "standard_name": "time", "axis": "T"})
        time[:] = times
        for name, (values, like) in fields.items():
            new = target.createVariable(name, "i2", ("time", "lat", "lon"), zlib=True, shuffle=True, fletcher32=True,
                                        fill_value=like._FillValue)
            new.setncatts({k: like.getncattr(k) for k in like.ncattrs() if k != "_FillValue"})
            new[:] = values


def main():
    archive, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with netCDF4.Dataset(archive) as source:
        starts = np.asarray(source["start"][:])
        leads = np.asarray(source["lead"][:], dtype=float)
        initial = {}
        for name in source.variables:
            if name.endswith("_control") and name.startswith("init_"):
                initial[name[len("init_"):-len("_control")]] = (source[name][:], source[name])
        for name in VERIFIED:
            initial[name] = (source[f"{name}_control"][:, 0], source[name])
        write_series(folder / "initial.nc", source, starts, initial)
        times = (starts[:, None] + leads[None, :]).ravel()
        assert np.all(np.diff(times) > 0), "the runs overlap in time"
        truth = {name: (source[f"{name}_truth"][:].reshape(len(times), *source[name].shape[-2:]), source[name]) for name in VERIFIED}
        write_series(folder / "truth.nc", source, times, truth)


if __name__ == "__main__":
    main()
