# Every command of the README between ```sh fences that starts with `myriad` runs; the report and the scores are there.
. "$(dirname "$0")/common.sh"
bin=$WORK/bin
mkdir -p "$bin" "$WORK/run"
ln -s "$MYRIAD" "$bin/myriad"
PATH=$bin:$PATH
# The commands write into demo-run and runs: let them do so in a folder of the test.
ln -s "$PWD/configs" "$WORK/run/configs"
count=0
while IFS= read -r command; do
  echo "+ $command"
  (cd "$WORK/run" && bash -c "set -e; $command") >"$WORK/output" 2>&1 || { cat "$WORK/output"; fail "$command"; }
  count=$((count + 1))
done < <(sed -n '/^```sh/,/^```/p' README.md docs/*.md | grep -E '^(mpirun .* )?myriad ')
[ "$count" -ge 8 ] || fail "only $count documented commands found"
report=$WORK/run/demo-run/report.html
[ -s "$report" ] || fail "no report"
grep -qE '(src|href)="https?://' "$report" && fail "the report loads something from the network"
grep -q '<svg' "$report" || fail "the report has no figures"
cdo -s ntime "$WORK/run/demo-run/members/mem00001.nc" >/dev/null 2>&1 || fail "cdo cannot read a member"
/usr/bin/python3 - "$WORK/run/demo-run" <<'P' || fail "xarray cannot read the output"
import glob, sys
import xarray
folder = sys.argv[1]
members = sorted(glob.glob(folder + "/members/*.nc"))
# open_mfdataset does the same; it needs dask, which is not installed for this test.
ensemble = xarray.concat([xarray.open_dataset(member) for member in members], dim="realization")
assert ensemble["gh"].dims[0] == "realization", ensemble["gh"].dims
assert 4500 < float(ensemble["gh"].mean()) < 6500
assert ensemble["forecast_period"].dtype.kind == "m", ensemble["forecast_period"].dtype
product = xarray.open_dataset(folder + "/products/ensemble.nc")
# The product is made of unrounded states, the files hold rounded ones.
gh = ensemble["gh"].isel(plev_4=0)
assert abs(product["z500_mean"].values - gh.mean("realization").values).max() < 0.6
spread = gh.astype("float64").std("realization", ddof=1).values
assert abs(product["z500_stddev"].values - spread).max() < 2e-2 * spread.max()
scores = xarray.open_dataset(folder + "/scores.nc")
assert any(name.startswith("z500") for name in scores), list(scores)
P
echo ok
