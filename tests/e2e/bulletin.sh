# scripts/bulletin.py draws PNG pictures of a verification; skipped where matplotlib or cartopy is not installed.
. "$(dirname "$0")/common.sh"
/usr/bin/python3 -c 'import cartopy, matplotlib, netCDF4' 2>/dev/null || {
  echo "skipped: install python3-matplotlib python3-cartopy python3-netcdf4"
  exit 125
}
forecast run --members 6
"$MYRIAD" verify configs/verify_default.yaml --quiet --progress none --out "$WORK/run" --set "forecasts=[$WORK/run]" \
  --set 'report.map_leads=[24h]' --set 'channels=[t850]' >/dev/null
export MPLCONFIGDIR=$WORK/matplotlib
/usr/bin/python3 scripts/bulletin.py "$WORK/run" "$WORK/pictures" --dpi 60 >"$WORK/names"
# Mean, spread, error, probability, three places, errors.
[ "$(wc -l <"$WORK/names")" = 8 ] || fail "$(cat "$WORK/names")"
/usr/bin/python3 - $(cat "$WORK/names") <<'P' || fail "a picture is empty"
import sys
import matplotlib.image
for path in sys.argv[1:]:
    picture = matplotlib.image.imread(path)
    assert picture.shape[0] > 150 and picture.shape[1] > 300, (path, picture.shape)
    colours = {tuple(pixel) for pixel in picture[::4, ::4].reshape(-1, picture.shape[2])}
    assert len(colours) > 12, (path, len(colours))
P
(cd "$WORK/pictures" && sha256sum -- *.png) >"$WORK/first"
/usr/bin/python3 scripts/bulletin.py "$WORK/run" "$WORK/pictures" --dpi 60 >/dev/null
(cd "$WORK/pictures" && sha256sum --quiet -c "$WORK/first") || fail "the same command makes other pictures"
/usr/bin/python3 scripts/bulletin.py "$WORK/nowhere" "$WORK/pictures" 2>"$WORK/message" && fail "a missing run is accepted"
grep -q "report.nc is not there" "$WORK/message" || fail "the message does not name what is missing"
/usr/bin/python3 scripts/bulletin.py "$WORK/run" "$WORK/pictures" --channels z999 2>/dev/null && fail "an unknown channel is accepted"
echo ok
