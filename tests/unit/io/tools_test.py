"""Our files in other people's programs: ncdump, cdo, xarray. Arguments: make_example_files, golden header."""
import hashlib
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

MAKE, GOLDEN = sys.argv[1], pathlib.Path(sys.argv[2])

for tool, package in (("cdo", "cdo"), ("ncdump", "netcdf-bin"), ("sha256sum", "coreutils")):
    if shutil.which(tool) is None:
        sys.exit(f"{tool} is not installed (scripts/setup.sh installs it; Debian package {package})")
try:
    import numpy as np
    import xarray as xr
except ImportError as error:
    sys.exit(f"{error} under {sys.executable} (scripts/setup.sh installs python3-xarray and python3-netcdf4)")

failures = []


def check(ok, text):
    if not ok:
        failures.append(text)
        print("FAILED:", text)


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    check(done.returncode == 0, f"{' '.join(map(str, command))} exits {done.returncode}: {done.stderr[-400:]}")
    return done.stdout, done.stderr


def area_mean(folder, name, variable):
    """Independent area mean from the cell bounds in the file."""
    with xr.open_dataset(folder / name) as data:
        edges = np.sin(np.radians(data["latitude_bnds"].values))
        weights = np.abs(edges[:, 0] - edges[:, 1]) / 2
        return float((data[variable].isel(time=0).mean("longitude").values * weights).sum())


with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary)
    run(MAKE, folder)
    for name in sorted(p.name for p in folder.glob("*.nc")):
        run("ncdump", "-h", folder / name)
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        check((folder / f"{name}.sha256").read_text() == f"{digest}  {name}\n", f"sidecar of {name}")
    subprocess.run(["sha256sum", "--quiet", "-c", *[p.name for p in folder.glob("*.sha256")]], cwd=folder, check=True)

    header, _ = run("ncdump", "-h", folder / "member_001.nc")
    header = re.sub(r"libnetcdf version [0-9.]+[^\"]*", "libnetcdf version X", header)
    if GOLDEN.read_text() != header:
        check(False, f"ncdump -h differs from {GOLDEN.name}; if the change is meant, replace the file by:\n{header}")

    # cdo: levels, grids, leads, and area means that use the right weights.
    info, _ = run("cdo", "-s", "sinfon", folder / "member_000.nc")
    for text in ("gaussian", "F8", "pressure", "ForecastRefTime =  2001-01-15T00:00:00", "2001-01-15 12:00:00"):
        check(text in info, f"cdo sinfon member: '{text}'\n{info}")
    info, _ = run("cdo", "-s", "sinfon", folder / "regular.nc")
    for text in ("lonlat", "circular", "height"):
        check(text in info, f"cdo sinfon regular: '{text}'\n{info}")
    info, _ = run("cdo", "-s", "sinfon", folder / "hens.nc")
    check("levels=13" in info and "100000 to 5000 Pa" in info, f"cdo sinfon hens: levels\n{info}")
    for name, variable in (("member_000.nc", "sp"), ("regular.nc", "t2m")):
        out, err = run("cdo", "-s", "outputf,%.9g", "-fldmean", "-seltimestep,1", f"-selname,{variable}", folder / name)
        check("constant grid cell area" not in err, f"cdo weights all points of {name} alike: {err}")
        reference = area_mean(folder, name, variable)
        check(math.isclose(float(out.split()[-1]), reference, rel_tol=2e-6), f"cdo fldmean {name}: {out} vs {reference}")
    run("cdo", "-s", "ensmean", *sorted(folder.glob("member_*.nc")), folder / "mean.out")
    info, _ = run("ncdump", "-h", folder / "mean.out")
    check("leadtime" in info, "cdo ensmean keeps the lead time")
    run("cdo", "-s", "remapbil,r36x19", "-selname,t", folder / "member_000.nc", folder / "remapped.out")
    run("cdo", "-s", "sinfon", folder / "product.nc")

    # xarray: coordinates, decoded times, members side by side.
    with xr.open_dataset(folder / "member_000.nc") as data:
        check(str(data["time"].values[1]) == "2001-01-15T06:00:00.000000000", "xarray time")
        check(data["forecast_period"].dtype == "timedelta64[ns]", f"forecast_period is {data['forecast_period'].dtype}")
        check(str(data["forecast_reference_time"].values) == "2001-01-15T00:00:00.000000000", "forecast_reference_time")
        for coordinate in ("realization", "forecast_reference_time", "forecast_period", "plev", "latitude", "longitude"):
            check(coordinate in data.coords, f"{coordinate} is a coordinate")
        check(data["u"].dims == ("time", "plev", "latitude", "longitude"), f"dims {data['u'].dims}")
        check(data["u"].attrs["units"] == "m s-1" and data["u"].attrs["quantization_nsb"] == 10, "attributes of u")
        check(not any(bool(np.isnan(data[name]).any()) for name in ("u", "t", "q", "gh", "sp", "tp06")), "no NaN")
        grouped = data["u"].sel(plev=50000.0).load()
    with xr.open_dataset(folder / "by_channel.nc") as data:
        check(bool((data["u500"].values == grouped.values).all()), "both groupings hold the same values")
        check("plev_500hPa" in data["u500"].coords, "scalar pressure coordinate")
    members = [xr.open_dataset(path) for path in sorted(folder.glob("member_*.nc"))]
    with xr.combine_nested(members, concat_dim="realization") as data:
        check(data["u"].sizes["realization"] == 3, "members stack along realization")
        check(list(data["realization"].values) == [0, 1, 2], f"realization {data['realization'].values}")
    with xr.open_dataset(folder / "product.nc") as data:
        check(int(np.isnan(data["t850_mean"]).sum()) == 2, "missing values of the product")
        check([str(v, "ascii") if isinstance(v, bytes) else str(v) for v in data["channel"].values] == ["z500", "t850"],
              f"labels {data['channel'].values}")
        check(data["lead_time"].dtype == "timedelta64[ns]", f"lead_time is {data['lead_time'].dtype}")
        check(float(data["rmse"][1, 2]) == 6.0, "rmse table")

print(f"{len(failures)} failures")
sys.exit(1 if failures else 0)
