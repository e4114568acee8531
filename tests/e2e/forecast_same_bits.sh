# One forecast, many ways to run it: the same bytes.
. "$(dirname "$0")/common.sh"
forecast one --members 12
sums one >"$WORK/expected"
[ "$(wc -l <"$WORK/expected")" = 12 ] || fail "12 members expected"

for ranks in 2 4; do
  "$MPIEXEC" -n "$ranks" "$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/ranks$ranks" $small --members 12 \
    --set block=3 >/dev/null
  sums "ranks$ranks" | diff "$WORK/expected" - || fail "$ranks ranks and another block size change the bits"
done

# Products are reduced from the members of all ranks: same bytes whatever the ranks, the cut and where scratch lies.
product() { sha256sum "$WORK/$1/products/ensemble.nc" | cut -d' ' -f1; }
expected_product=$(product one)
for ranks in 2 4; do
  [ "$(product "ranks$ranks")" = "$expected_product" ] || fail "$ranks ranks change the statistics"
done
forecast memory --members 12 --set scratch.kind=memory --set statistics.tile_mb=0.01
sums memory | diff "$WORK/expected" - || fail "scratch in memory changes the bits"
[ "$(product memory)" = "$expected_product" ] || fail "scratch in memory or another cut of the tiles changes the statistics"
forecast by_lead --members 12 --set order=lead --set block=5
sums by_lead | diff "$WORK/expected" - || fail "the order by lead changes the bits"
[ "$(ls "$WORK/by_lead/products/" | grep -c '^ensemble_.*nc$')" = 5 ] || fail "one product per lead expected"
/usr/bin/python3 - "$WORK" <<'P' || fail "products by lead differ from those of the whole forecast"
import glob, sys
import netCDF4
whole = netCDF4.Dataset(sys.argv[1] + "/one/products/ensemble.nc")
for i, name in enumerate(sorted(glob.glob(sys.argv[1] + "/by_lead/products/ensemble_*.nc"))):
    part = netCDF4.Dataset(name)
    for variable in ("z500_mean", "q850_stddev", "u250_max_member"):
        assert (part[variable][0] == whole[variable][i]).all(), (name, variable)
P

# Dates beside each other and analyses of different age.
archive="--set output.every=12h --members 3 --set initial.files=[configs/default/truth.nc]"
"$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/dates" --progress none --quiet $archive --lead 24h --set start=null \
  --set 'starts=[2003-01-16T00Z,2003-01-18T12Z]' >/dev/null
"$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/date" --progress none --quiet $archive --lead 24h --start 2003-01-18T12Z >/dev/null
for member in 0 1 2; do
  ncdump "$WORK/dates/2003-01-18T12Z/members/mem0000$member.nc" | grep -v "id = \|config_sha256\|^netcdf" >"$WORK/a"
  ncdump "$WORK/date/members/mem0000$member.nc" | grep -v "id = \|config_sha256\|^netcdf" >"$WORK/b"
  cmp -s "$WORK/a" "$WORK/b" || fail "member $member differs when another date is forecast beside it"
done
"$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/lagged" --progress none --quiet $archive --lead 24h --start 2003-01-18T12Z \
  --set 'lags=[0h,12h]' --set perturbation.kind=none >/dev/null
"$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/older" --progress none --quiet $archive --start 2003-01-18T00Z \
  --lead 36h --set perturbation.kind=none >/dev/null
/usr/bin/python3 - "$WORK" <<'P' || fail "a lagged member is not the forecast from its older analysis"
import sys
import netCDF4
lagged = netCDF4.Dataset(sys.argv[1] + "/lagged/members/mem00002.nc")
older = netCDF4.Dataset(sys.argv[1] + "/older/members/mem00002.nc")
newer = netCDF4.Dataset(sys.argv[1] + "/lagged/members/mem00000.nc")
assert (lagged["time"][:] == older["time"][1:]).all()
assert (lagged["gh"][:] == older["gh"][1:]).all()
assert (lagged["gh"][:] != newer["gh"][:]).any()
P

forecast fewer --members 5
sums fewer | diff <(head -n 5 "$WORK/expected") - || fail "members of a smaller ensemble differ"
forecast single --members 9-9
[ "$(sums single)" = "$(grep mem00009 "$WORK/expected")" ] || fail "member 9 run alone differs"
forecast grown --members 16
sums grown | head -n 12 | diff "$WORK/expected" - || fail "growing the ensemble changes existing members"

forecast other --members 3 --seed 2
sums other | grep -q "$(grep mem00001 "$WORK/expected" | cut -d' ' -f1)" && fail "another seed gives the same member"
(cd "$WORK/one/members" && sha256sum --quiet -c ./*.sha256) || fail "sidecars do not verify"
# A device that is not there is refused, never replaced.
code=0
forecast gpu --members 1 --device cuda 2>/dev/null || code=$?
[ "$code" = 69 ] || { [ "$code" = 0 ] && [ -e /dev/nvidia0 ]; } || fail "--device cuda: exit code $code, not 69"
# Threads are set or refused, never ignored, and change nothing.
code=0
forecast threads --members 1 --threads 2 2>/dev/null || code=$?
case $code in
  0) [ "$(sums threads)" = "$(head -n 1 "$WORK/expected")" ] || fail "two threads change the bits" ;;
  69) ;;
  *) fail "--threads 2: exit code $code, neither 0 nor 69" ;;
esac
echo ok
