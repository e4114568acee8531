# A forecast from GRIB analyses is that from the same states in NetCDF, up to the packing.
. "$(dirname "$0")/common.sh"
"$MAKE_GRIB" configs/default/initial.nc "$WORK/initial.grib"
mkdir -p "$WORK/split"
(cd "$WORK/split" && grib_copy "$WORK/initial.grib" 'an_[validityDate][validityTime]_[shortName]_[level].grib')
for files in "$WORK/initial.grib" "$WORK/split/*.grib"; do
  rm -rf "$WORK/grib"
  forecast grib --members 1 --set "initial.files=[\"$files\"]" || fail "the forecast from $files"
  forecast netcdf --members 1 --overwrite
  /usr/bin/python3 - "$WORK/grib/members/mem00000.nc" "$WORK/netcdf/members/mem00000.nc" <<'P' || fail "other fields from $files"
import sys, numpy, xarray
grib, netcdf = (xarray.open_dataset(name) for name in sys.argv[1:3])
for name in netcdf.data_vars:
    if netcdf[name].dtype.kind != "f" or netcdf[name].ndim < 3:
        continue
    spread = float(netcdf[name].std())
    difference = float(numpy.abs(grib[name] - netcdf[name]).max())
    assert difference < 5e-3 * spread, (name, difference, spread)
P
done
# What is missing is told as for NetCDF.
code=0
forecast late --members 1 --start 2003-01-16T00Z --set "initial.files=[\"$WORK/initial.grib\"]" 2>"$WORK/late.log" || code=$?
[ "$code" = 66 ] || { cat "$WORK/late.log"; fail "a missing time gave $code, not 66"; }
echo ok
