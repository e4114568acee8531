# The pages of `myriad verify` and `myriad report` in a browser, their values against the scores that the program prints.
. tests/browser/require_browser.sh
. tests/e2e/common.sh
# A climate of quantiles for t850: normal, the same everywhere.
/usr/bin/python3 - "$WORK/quantiles.nc" <<'P' || fail "no climate could be written"
import sys
from statistics import NormalDist
import netCDF4
import numpy as np
with netCDF4.Dataset("configs/default/climatology.nc") as climate, netCDF4.Dataset(sys.argv[1], "w") as out:
    lat, lon = climate["lat"][:], climate["lon"][:]
    percent = np.array([1, 2, 5, 10, 25, 50, 75, 90, 95, 98, 99], dtype=float)
    mean, deviation = climate["clim_t850"][:][0], climate["std_t850"][:]
    axes = {"month": np.arange(1, 13), "quantile": percent, "lat": lat, "lon": lon}
    for name, values in axes.items():
        out.createDimension(name, len(values))
        out.createVariable(name, "f8", (name,))[:] = values
    out["quantile"].units = "percent"
    data = out.createVariable("t850", "f4", tuple(axes))
    data.units = "K"
    shift = np.array([NormalDist().inv_cdf(p / 100) for p in percent])
    data[:] = mean[None, None] + shift[None, :, None, None] * deviation[None, None] + np.zeros((12, 1, 1, 1))
    out.title = "normal climate of a test"
P
for seed in 1 2; do
  forecast "run$seed" --members 6 --seed "$seed"
  "$MYRIAD" verify configs/verify_default.yaml --out "$WORK/run$seed" --set "forecasts=[$WORK/run$seed]" --progress none \
    --set 'report.map_leads=[12h,24h]' --set 'channels=[z500,t850]' \
    --set 'scores.events=[{channel: t850, relation: below, value: 0, units: degC}, {channel: z500, value: 5500}]' \
    --set "report.climate_quantiles=$WORK/quantiles.nc" --porcelain >"$WORK/scores$seed.tsv"
done
/usr/bin/python3 tests/browser/check_page.py "$CHROMIUM" "$WORK/run1/report.html" "$WORK/scores1.tsv"

for figure in "Reliability: below 0" "Hits and false alarms: below 0" "Reliability: above 5500" "Extreme forecast index" "Shift of the upper tail"; do
  [ "$(grep -o "<figcaption><b>$figure" "$WORK/run1/report.html" | wc -l)" = 2 ] ||
    fail "the page has no figure '$figure' at both leads"
done

# The same page again from the files, byte for byte.
"$MYRIAD" report "$WORK/run1" --out "$WORK/again" >/dev/null
cmp "$WORK/run1/report.html" "$WORK/again/report.html" || fail "myriad report makes another page than myriad verify"

"$MYRIAD" report "$WORK/run1" "$WORK/run2" --out "$WORK/comparison" >/dev/null
/usr/bin/python3 tests/browser/check_page.py "$CHROMIUM" "$WORK/comparison/comparison.html"
echo ok
