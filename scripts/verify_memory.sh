#!/usr/bin/env bash
# Peak memory and time of `myriad verify` on a large synthetic ensemble.
# Usage: scripts/verify_memory.sh WORK [MEMBERS LEADS CHANNELS]      (1000 40 12, at 64x32; needs 4 GB of disk in WORK)
#
# Writes WORK/archive.nc (kept, and not written again) and prints one line: sizes, seconds, peak of the resident memory.
set -eu
work=$1
members=${2:-1000} leads=${3:-40} channels=${4:-12}
myriad=${MYRIAD:-build/release/pipelines/myriad}
mkdir -p "$work"
/usr/bin/python3 - "$work/archive-$members-$leads-$channels.nc" "$members" "$leads" "$channels" <<'P'
import os, sys
import netCDF4, numpy
path, members, leads, channels = sys.argv[1], *map(int, sys.argv[2:])
if os.path.exists(path):
    raise SystemExit
names = [v + l for l in ("500", "850", "250", "1000", "700", "300", "200", "925", "600", "400") for v in "ztuvq"][:channels]
units = {"z": "m", "t": "K", "u": "m s-1", "v": "m s-1", "q": "kg kg-1"}
nlat, nlon = 32, 64
latitudes = numpy.degrees(numpy.arcsin(numpy.polynomial.legendre.leggauss(nlat)[0]))[::-1]
with netCDF4.Dataset(path + ".part", "w") as f:
    for name, size in (("start", 1), ("realization", members), ("lead", leads), ("lat", nlat), ("lon", nlon)):
        f.createDimension(name, size)
    def axis(name, values, **attributes):
        v = f.createVariable(name, "f8", (name,))
        v[:] = values
        v.setncatts(attributes)
    axis("start", [0], units="hours since 2003-01-15 00:00:00", calendar="standard")
    axis("realization", numpy.arange(members))
    axis("lead", 6.0 * numpy.arange(1, leads + 1), units="hours")
    axis("lat", latitudes, units="degrees_north")
    axis("lon", numpy.arange(nlon) * 360.0 / nlon, units="degrees_east")
    random = numpy.random.default_rng(1)
    for name in names:
        truth = f.createVariable(name + "_truth", "f4", ("start", "lead", "lat", "lon"))
        truth[:] = random.standard_normal((1, leads, nlat, nlon), dtype="f4")
        v = f.createVariable(name, "f4", ("start", "realization", "lead", "lat", "lon"))
        for w in (truth, v):
            w.units = units[name[0]]
        for i in range(members):
            v[0, i] = random.standard_normal((leads, nlat, nlon), dtype="f4")
os.rename(path + ".part", path)
P
cat >"$work/verify.yaml" <<Y
out: $work/verified
archive: $work/archive-$members-$leads-$channels.nc
control: none
Y
# shellcheck disable=SC2086
/usr/bin/python3 - "$myriad" verify "$work/verify.yaml" --quiet --progress none --overwrite ${VERIFY_OPTIONS:-} <<'P'
import resource, subprocess, sys, time
begin = time.time()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(f"{time.time() - begin:.0f} s, peak {peak:.0f} MiB")
P
