# The whole program with --device cuda, its library replaced by one that runs the text of the kernels on the host: forecasts
# agree with those of the cpu to rounding, and do not depend on how members share blocks.
. "$(dirname "$0")/common.sh"
on_gpu() { LD_PRELOAD=$EMULATION "$MYRIAD" "$@" --device cuda --quiet --progress none >/dev/null; }
forecast=(forecast configs/forecast_default.yaml --lead 6h --members 2 --set "output.channels=[z500,t850]" --set scratch.kind=memory)
"$MYRIAD" "${forecast[@]}" --out "$WORK/cpu" --quiet --progress none >/dev/null
on_gpu "${forecast[@]}" --out "$WORK/one" --set block=1 || fail "a forecast with blocks of one"
on_gpu "${forecast[@]}" --out "$WORK/two" --set block=2 || fail "a forecast with blocks of two"
# Attributes name the device; the fields of any blocks are the same bits.
for member in mem00000 mem00001; do
  cmp "$WORK/one/members/$member.nc" "$WORK/two/members/$member.nc" || fail "$member depends on the block"
done
ncdump -h "$WORK/one/members/mem00001.nc" | grep -qi "cuda" || fail "the file does not tell the device"
/usr/bin/python3 - "$WORK/cpu" "$WORK/one" <<'P' || fail "cpu and gpu differ by more than rounding"
import sys
import netCDF4
import numpy as np
for member in ("mem00000", "mem00001"):
    with netCDF4.Dataset(f"{sys.argv[1]}/members/{member}.nc") as a, netCDF4.Dataset(f"{sys.argv[2]}/members/{member}.nc") as b:
        fields = [name for name in a.variables if a[name].ndim >= 3]
        assert len(fields) == 2, fields
        for name in fields:
            x, y = np.asarray(a[name][:]), np.asarray(b[name][:])
            error = np.abs(x - y).max() / x.std()
            assert error < 1e-3, (member, name, error)  # values are rounded to significant bits before they are written
P
echo ok
