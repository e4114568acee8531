"""Ensembles as other centres write them, all with the same numbers, beside the archive that is their measure.

Usage: make_ensembles.py FOLDER
"""

import os
import sys

import numpy
import xarray

rng = numpy.random.default_rng(20260727)
starts = numpy.array(["2003-01-15", "2003-01-25", "2003-02-04"], "datetime64[ns]")
hours = numpy.array([0, 24, 48])
leads = hours.astype("timedelta64[h]").astype("timedelta64[ns]")
members = numpy.arange(4)
latitudes = numpy.degrees(numpy.arcsin(numpy.polynomial.legendre.leggauss(8)[0]))[::-1]
longitudes = numpy.arange(16) * 22.5
SCALE, OFFSET = 0.01, 280.0


def packed_like(values):
    """Numbers that 16-bit packing keeps: what the packed file holds is what the others hold."""
    stored = numpy.rint((values - OFFSET) / SCALE)
    return (stored * SCALE + OFFSET).astype("float32")


valid = numpy.unique((starts[:, None] + leads[None, :]).ravel())
truth = packed_like(280 + 10 * rng.standard_normal((valid.size, 8, 16)))
truth_of = numpy.stack([[truth[numpy.searchsorted(valid, s + t)] for t in leads] for s in starts])
noise = rng.standard_normal((3, 4, 3, 8, 16))
forecast = packed_like(truth_of[:, None] + (0.5 + hours / 48)[:, None, None] * noise)  # start, member, lead, lat, lon
other = packed_like(forecast - 20)  # at 500 hPa

out = sys.argv[1]
os.makedirs(out + "/split", exist_ok=True)
os.makedirs(out + "/zarr/t", exist_ok=True)
open(out + "/zarr/.zgroup", "w").write('{"zarr_format": 2}')


def write(dataset, name, **encoding):
    dataset.to_netcdf(f"{out}/{name}.nc", encoding=encoding)


def ensemble(names, levels=None):
    """t over (start, member, lead, [level,] lat, lon) under other names."""
    start, member, lead, level, lat, lon = names
    dims = [start, member, lead, lat, lon]
    values = forecast
    coords = {start: starts, member: members, lead: leads, lat: latitudes, lon: longitudes}
    if levels is not None:
        dims.insert(3, level)
        values = numpy.stack([other, forecast], axis=3)
        coords[level] = levels
    return xarray.Dataset({"t": (dims, values, {"units": "K"})}, coords)


def described(dataset, **standard_names):
    for name, standard_name in standard_names.items():
        dataset[name].attrs["standard_name"] = standard_name
    return dataset


# The measure: our own archive and an analysis series.
archive = xarray.Dataset(
    {
        "t850": (("start", "realization", "lead", "lat", "lon"), forecast, {"units": "K"}),
        "t850_truth": (("start", "lead", "lat", "lon"), truth_of, {"units": "K"}),
        "t850_control": (("start", "lead", "lat", "lon"), numpy.repeat(truth_of[:, :1], 3, axis=1), {"units": "K"}),
    },
    {"start": starts, "realization": members, "lead": hours.astype("float64"), "lat": latitudes, "lon": longitudes},
)
write(archive, "archive")
analysis = xarray.Dataset({"t850": (("time", "lat", "lon"), truth, {"units": "K"})},
                          {"time": valid, "lat": latitudes, "lon": longitudes})
analysis["time"].attrs["standard_name"] = "time"
write(analysis, "analysis")

cf = ensemble(("forecast_reference_time", "realization", "forecast_period", "plev", "latitude", "longitude"),
              [50000.0, 85000.0])
described(cf, forecast_reference_time="forecast_reference_time", realization="realization",
          forecast_period="forecast_period", plev="air_pressure")
cf["plev"].attrs["units"] = "Pa"
cf["t"].attrs["standard_name"] = "air_temperature"
write(cf, "cf")
# The names say nothing, the standard names all.
write(cf.rename(forecast_reference_time="a", realization="b", forecast_period="c"), "cf_standard_names")

cfgrib = ensemble(("time", "number", "step", "isobaricInhPa", "latitude", "longitude"), [500.0, 850.0])
write(cfgrib, "cfgrib_names", step={"dtype": "int64", "units": "nanoseconds"})
described(cfgrib, time="forecast_reference_time", number="realization", step="forecast_period", isobaricInhPa="air_pressure")
cfgrib["isobaricInhPa"].attrs["units"] = "hPa"
cfgrib = cfgrib.assign_coords(valid_time=(("time", "step"), starts[:, None] + leads[None, :]))
cfgrib["valid_time"].attrs["standard_name"] = "time"
write(cfgrib, "cfgrib")
raw = ensemble(("time", "number", "step", "isobaricInhPa", "latitude", "longitude"), [500.0, 850.0])
write(raw.assign_coords(step=leads.astype("int64")), "cfgrib_raw_nanoseconds")  # as decode_times=False leaves it

wb2 = ensemble(("time", "number", "prediction_timedelta", "level", "latitude", "longitude"), [500, 850])
wb2 = wb2.rename(t="temperature").isel(latitude=slice(None, None, -1))
write(wb2.transpose("time", "prediction_timedelta", "number", "level", "longitude", "latitude"), "wb2")

iri = ensemble(("S", "M", "L", None, "Y", "X")).rename(t="t850").assign_coords(L=hours / 24)
iri["L"].attrs["units"] = "days"
iri["Y"].attrs["units"] = "degree_north"
iri["X"].attrs["units"] = "degree_east"
write(iri.transpose("S", "L", "M", "Y", "X"), "iri")

permuted = ensemble(("init_time", "ensemble_member", "lead_time", None, "lat", "lon")).rename(t="t850")
permuted = permuted.assign_coords(lead_time=("lead_time", hours, {"units": "hours"}), lon=(longitudes + 180) % 360 - 180)
permuted = permuted.sortby("lon").isel(lat=slice(None, None, -1), ensemble_member=[2, 0, 3, 1], init_time=[1, 2, 0])
write(permuted.transpose("lon", "ensemble_member", "lat", "lead_time", "init_time"), "permuted")

packing = {"dtype": "int16", "scale_factor": SCALE, "add_offset": OFFSET, "_FillValue": -32768}
write(cf, "packed", t=packing)

# One file per start and member with valid times, and one per lead.
for s in range(3):
    for m in range(4):
        part = xarray.Dataset({"t850": (("time", "lat", "lon"), forecast[s, m], {"units": "K"})},
                              {"time": starts[s] + leads, "lat": latitudes, "lon": longitudes,
                               "forecast_reference_time": starts[s], "realization": members[m]})
        described(part, time="time", forecast_reference_time="forecast_reference_time", realization="realization")
        write(part, f"split/member_{s}_{m}")
for t in range(3):
    write(cfgrib.isel(step=t).drop_vars("valid_time").assign_coords(valid_time=("time", starts + leads[t])), f"split/lead_{t}")

# What cannot be read, or not without help.
doubtful = ensemble(("time", "realization", "lead_time", None, "lat", "lon")).rename(t="t850")
described(doubtful, time="time")
write(doubtful, "ambiguous")
write(ensemble(("time", "number", "step", None, "lat", "lon")).rename(t="t850", number="draw"), "unknown")
no_lead = xarray.Dataset({"t850": (("time", "realization", "lat", "lon"), forecast[:, :, 0], {"units": "K"})},
                         {"time": starts, "realization": members, "lat": latitudes, "lon": longitudes})
write(described(no_lead, time="time"), "no_lead")
holes = cf.copy(deep=True)
holes["t"].values[1, 2, 1, 1, 3, 5] = numpy.nan
write(holes, "holes")
write(cf.assign_coords(forecast_period=("forecast_period", [0, 1, 2], {"units": "months", "standard_name": "forecast_period"})),
      "months")
write(cf.isel(forecast_period=[0, 1]), "split/incomplete_a")
write(cf.isel(forecast_period=[2], realization=[0, 1, 2]), "split/incomplete_b")


def crps(x, y):
    """Fair CRPS over the first axis, by the double sum."""
    n = len(x)
    pairs = sum(abs(a - b) for a in x for b in x)
    return abs(x - y).mean(0) - pairs / (2 * n * (n - 1))


# Part of the sphere with its truth in the same file; scores with weights cos(latitude), and equal ones, by NumPy.
rows = numpy.arange(60.0, 29.0, -2.5)
columns = numpy.arange(350.0, 381.0, 2.5) % 360
shape = (3, 4, 2, rows.size, columns.size)
observed = (280 + 10 * rng.standard_normal((3, 2, rows.size, columns.size))).astype("float32")
regional = (observed[:, None] + rng.standard_normal(shape)).astype("float32")


def scores_of(weights):
    x, y = regional.astype("float64"), observed.astype("float64")
    area = weights / weights.sum()
    mse = ((x.mean(1) - y) ** 2).mean(-1) @ area  # start, lead
    fair = numpy.stack([[crps(x[s, :, t], y[s, t]).mean(-1) @ area for t in range(2)] for s in range(3)])
    return numpy.sqrt(mse.mean(0)), fair.mean(0)


def part(dataset, name, weights):
    rmse, fair = scores_of(weights)
    dataset.attrs.update(title="part of the sphere", expected_rmse=rmse, expected_crps_fair=fair)
    write(dataset, name)


window = xarray.Dataset(
    {"fcst": (("start", "realization", "lead", "lat", "lon"), regional, {"units": "K"}),
     "obs": (("start", "lead", "lat", "lon"), observed, {"units": "K"})},
    {"start": starts, "realization": members, "lead": leads[1:], "lat": rows, "lon": columns})
part(window.isel(lat=slice(None, None, -1)), "window", numpy.cos(numpy.radians(rows)))
plane = window.rename(lat="y", lon="x").assign_coords(y=numpy.arange(rows.size) * -2000.0, x=numpy.arange(columns.size) * 2000.0)
described(plane, y="projection_y_coordinate", x="projection_x_coordinate")
plane["fcst"].attrs["units"] = plane["obs"].attrs["units"] = "K m2 kg-1 s-1"
part(plane, "plane", numpy.ones(rows.size))
write(plane.isel(y=3, x=4, drop=True), "place")
write(window.assign_coords(lat=rows - 5.0), "window_south")
