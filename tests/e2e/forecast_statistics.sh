# Statistics made while an ensemble runs: equal to what its member files and `myriad verify` say, whatever happens to members.
. "$(dirname "$0")/common.sh"
climate="climatology: configs/default/climatology.nc"
# Every family of scores, of few members as well as of all.
scores="{families: [quantiles, gaussian, pairs, spread_skill, regional_mean, energy, variogram, artefacts, ensemble_size], energy_members: 4,
  events: [{channel: t850, value: 0, units: degC}, {channel: z500, relation: below, value: 5400}, {channel: t500, value: 1, units: sigma}], event_bins: 3,
  tails: [{channel: t850, value: 10, units: degC}]}"
forecast run --members 7 --overwrite --set output.quantize=false --set 'statistics.quantiles=[0.1,0.5]' \
  --set 'statistics.exceedance=[{channel: t850, relation: below, value: 0, units: degC}]' \
  --set 'statistics.ensemble_sizes=[2,7]' \
  --set "statistics.verify={analysis: [configs/default/truth.nc], $climate, spectrum_members: 3, scores: $scores}"
"$MYRIAD" verify configs/verify_default.yaml --quiet --progress none --out "$WORK/verify" --set "forecasts=[$WORK/run]" \
  --set 'channels=[u850,v850,t850,q850,u500,v500,t500,z500,u250,v250,sp]' --set spectra.members=3 --set "scores=$scores" >/dev/null
"$MPIEXEC" -n 3 "$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/ranks" $small --members 7 --set block=1 \
  --set output.quantize=false --set statistics.tile_mb=0.02 --set output.members=none \
  --set "statistics.verify={analysis: [configs/default/truth.nc], $climate, spectrum_members: 3, scores: $scores}" >/dev/null
/usr/bin/python3 - "$WORK" <<'P' || fail "statistics disagree"
import glob, sys
import netCDF4, numpy
work = sys.argv[1]

# Scores: the same bits as those of verify.
ours, ranks, theirs = (netCDF4.Dataset(f"{work}/{name}") for name in
                       ("run/products/scores.nc", "ranks/products/scores.nc", "verify/scores.nc"))
compared = 0
for name, variable in theirs.variables.items():
    # Verify alone looks at both components of a wind together.
    if variable.dtype.kind != "f" or name == "lead_time" or "_kinetic_energy_" in name or "_enstrophy_" in name:
        continue
    for other in (ours, ranks):
        a, b = numpy.ma.filled(variable[:], -1.0), numpy.ma.filled(other[name][:], -1.0)
        assert a.tobytes() == b.tobytes(), (name, a, b)
    compared += 1
assert compared > 600, compared
assert all((0 < ranks["health_" + name][:]).all() and (ranks["health_" + name][:] <= 1).all() for name in ("order_p", "group_p"))

# Maps: plain arithmetic on the member files.
files = [netCDF4.Dataset(f) for f in sorted(glob.glob(work + "/run/members/*.nc"))]
product = netCDF4.Dataset(work + "/run/products/ensemble.nc")
levels = {850: "t"}
t = numpy.stack([f["t"][:, list(f["plev_2"][:] if "plev_2" in f.variables else f["plev"][:]).index(85000.0)] for f in files])
x = t.astype("f8")
def close(name, value, tolerance):
    difference = abs(product[name][:] - value).max()
    assert difference <= tolerance, (name, difference)
close("t850_mean", x.mean(0), 2e-5)
close("t850_stddev", x.std(0, ddof=1), 2e-5)
assert (product["t850_min"][:] == t.min(0)).all() and (product["t850_max_member"][:] == t.argmax(0)).all()
close("t850_p10", numpy.quantile(x, 0.1, axis=0), 2e-5)
close("t850_p50", numpy.quantile(x, 0.5, axis=0), 2e-5)
events = [name for name in product.variables if name.startswith("t850_prob_below")]
assert len(events) == 1, events
close(events[0], (x - 273.15 < 0).mean(0), 1e-6)
close("t850_expected_max_2", 2 * x.mean(0) - sum(numpy.minimum(x[i], x[j]) for i in range(7) for j in range(7)) / 49, 1e-4)
P

/usr/bin/python3 - "$WORK" <<'P' || fail "families of scores disagree with plain arithmetic"
import glob, sys
import netCDF4, numpy
work = sys.argv[1]
scores = netCDF4.Dataset(work + "/verify/scores.nc")
truth = netCDF4.Dataset("configs/default/truth.nc")
files = [netCDF4.Dataset(f) for f in sorted(glob.glob(work + "/run/members/*.nc"))[1:]]  # without the control
level = list(files[0]["plev_2"][:] if "plev_2" in files[0].variables else files[0]["plev"][:]).index(85000.0)
times = netCDF4.num2date(truth["time"][:], truth["time"].units)
weights = numpy.polynomial.legendre.leggauss(len(truth["lat"][:]))[1] / 2
mean = lambda field: float((weights * field.mean(-1)).sum())
for t, valid in enumerate(netCDF4.num2date(files[0]["time"][:], files[0]["time"].units)):
    x = numpy.stack([f["t"][t, level].astype("f8") for f in files])
    y = truth["t850"][list(times).index(valid)].astype("f4").astype("f8")
    n = len(x)
    def close(name, wanted, tolerance=1e-9):
        found = float(scores[name][0, t])
        assert abs(found - wanted) <= tolerance * max(abs(wanted), 1e-3), (name, t, found, wanted)
    p, o = (x > 273.15).mean(0), (y > 273.15).astype(float)
    for latitude in range(0, len(weights), 5):
        error = (x.mean(0) - y)[latitude]
        for name, wanted in (("ensemble_mean", x.mean(0)[latitude].mean()), ("truth", y[latitude].mean()), ("error", error.mean()),
                             ("rmse", (error ** 2).mean() ** 0.5), ("spread", x.var(0, ddof=1)[latitude].mean() ** 0.5)):
            found = float(scores["t850_zonal_" + name][t, latitude])
            assert abs(found - wanted) <= 1e-9 * max(abs(wanted), 1.0), (name, t, latitude, found, wanted)
    # Winds without small scales: the kinetic energy of all degrees is nearly the area mean.
    u, v = (truth[name][list(times).index(valid)].astype("f4").astype("f8") for name in ("u850", "v850"))
    energy = sum(float(scores[f"wind850_kinetic_energy_{part}_truth"][t].sum()) for part in ("rotational", "divergent"))
    assert abs(energy / mean((u ** 2 + v ** 2) / 2) - 1) < 0.01, (t, energy, mean((u ** 2 + v ** 2) / 2))
    close("t850_brier_above_0_degC", mean((p - o) ** 2))
    close("t850_brier_fair_above_0_degC", mean((p - o) ** 2 - p * (1 - p) / (n - 1)))
    v, w = numpy.maximum(x, numpy.float32(283.15)), numpy.maximum(y, numpy.float32(283.15))
    pairs = sum(abs(v[i] - v[j]) for i in range(n) for j in range(i))
    close("t850_twcrps_fair_above_10_degC", mean(abs(v - w).mean(0) - pairs / (n * (n - 1))), 1e-6)
    quantile = numpy.quantile(x, 0.5, axis=0, method="weibull")
    at = list(scores["probability"][:]).index(0.5)
    found, wanted = float(scores["t850_quantile_score"][0, t, at]), mean(0.5 * abs(y - quantile))
    assert abs(found - wanted) < 1e-9 * wanted + 1e-12, (t, found, wanted)
    X, Y = numpy.array([mean(f) for f in x]), mean(y)
    close("t850_regional_crps_fair", abs(X - Y).mean() - sum(abs(a - b) for a in X for b in X) / (2 * n * (n - 1)), 1e-6)
    d = lambda a, b: numpy.sqrt(mean((a - b) ** 2))
    m = 4
    close("t850_energy_score_fair", sum(d(f, y) for f in x[:m]) / m - sum(d(a, b) for a in x[:m] for b in x[:m]) / (2 * m * (m - 1)), 1e-6)
P

# Packed files hold the same members.
"$MPIEXEC" -n 2 "$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/packed" $small --members 7 --set block=2 \
  --set output.quantize=false --set output.pack=checkpoint >/dev/null
[ "$(cd "$WORK/packed/members" && echo *.nc)" = "checkpoint000.nc checkpoint001.nc" ] || fail "packed files expected"
/usr/bin/python3 - "$WORK" <<'P' || fail "packed members differ"
import sys
import netCDF4
work = sys.argv[1]
for checkpoint in range(2):
    packed = netCDF4.Dataset(f"{work}/packed/members/checkpoint{checkpoint:03}.nc")
    for i, member in enumerate(packed["realization"][:]):
        assert member % 2 == checkpoint
        alone = netCDF4.Dataset(f"{work}/run/members/mem{member:05}.nc")
        assert (packed["z500"][:, i] == alone["gh"][:, 0]).all(), member
        assert (packed["sp"][:, i] == alone["sp"][:]).all(), member
P
cdo -s ntime "$WORK/packed/members/checkpoint000.nc" >/dev/null 2>&1 || fail "cdo cannot read a packed file"
"$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/packed" $small --members 7 --set output.quantize=false \
  --set output.pack=checkpoint >"$WORK/again.log" || fail "rerun of a complete packed forecast"

# Member files may hold a box, also one across Greenwich.
forecast box --members 2 --set output.quantize=false --set 'output.region={south: 30, north: 72, west: -30, east: 45}'
/usr/bin/python3 - "$WORK" <<'P' || fail "the box differs from the globe"
import sys
import netCDF4
box, globe = (netCDF4.Dataset(f"{sys.argv[1]}/{run}/members/mem00001.nc") for run in ("box", "run"))
rows = [k for k, value in enumerate(globe["latitude"][:]) if 30 <= value <= 72]
columns = [j % 64 for j in range(-5, 9)]
assert list(box["latitude"][:]) == list(globe["latitude"][rows])
assert list(box["longitude"][:]) == [5.625 * j for j in range(-5, 9)]
assert (box["latitude_bnds"][:] == globe["latitude_bnds"][rows]).all()
assert (box["sp"][:] == globe["sp"][:][:, rows][:, :, columns]).all()
assert box.geospatial_lon_min == -28.125 and box.geospatial_lat_max < 72
P
cdo -s ntime "$WORK/box/members/mem00001.nc" >/dev/null 2>&1 || fail "cdo cannot read a box"

# Many members: folders of 256, hashes in the manifest only.
"$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/many" --progress none --quiet --lead 6h --members 130,255-257 \
  --set output.sidecars=never --set 'output.channels=[z500]' --set perturbation.kind=none >/dev/null
[ "$(cd "$WORK/many/members" && find . -name '*.nc*' | LC_ALL=C sort | paste -sd' ')" = \
  "./00256/mem00256.nc ./00256/mem00257.nc ./mem00130.nc ./mem00255.nc" ] || fail "folders of 256 without sidecars expected"
"$MYRIAD" validate "$WORK/many" >/dev/null || fail "files in folders do not validate"

# Members that become unstable are given up alone: the rest is published and named, exit code 3.
code=0
"$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/lost" --progress none --lead 24h --members 4 \
  --set perturbation.kind=spherical_gaussian --set perturbation.amplitude=1e30 >/dev/null 2>"$WORK/lost.log" || code=$?
[ "$code" = 3 ] || fail "lost members: exit code $code, not 3"
[ "$(cd "$WORK/lost/members" && echo *.nc)" = mem00000.nc ] || fail "only the control should be published"
grep -q 'E2650: member 3 lead ' "$WORK/lost.log" || fail "the lost member is not named"
# The measurement of verification's memory runs and says what it found.
MYRIAD=$MYRIAD scripts/verify_memory.sh "$WORK/memory" 12 2 3 | grep -qE '^[0-9]+ s, peak [0-9]+ MiB$' || fail "verify_memory.sh"
# The comparison of precisions reads member files: an ensemble differs from itself by nothing.
/usr/bin/python3 scripts/precision_statistics.py "$WORK/run" "$WORK/run" >"$WORK/precision" || fail "precision_statistics.py fails"
grep -qE '^run +[0-9]+h +0.0000 +0.000 +0.00 +0.00$' "$WORK/precision" || fail "an ensemble differs from itself: $(tail -2 "$WORK/precision")"
ncdump -v members "$WORK/lost/products/ensemble.nc" | grep -q 'members = 1' || fail "the statistics count lost members"
"$MYRIAD" validate "$WORK/lost" >/dev/null || fail "what is left does not validate"
code=0
"$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/no_files" $small --members 4 --set output.members=none \
  --set perturbation.kind=spherical_gaussian --set perturbation.amplitude=1e30 >/dev/null 2>&1 || code=$?
[ "$code" = 3 ] || fail "lost members without files: exit code $code, not 3"
cmp -s "$WORK/no_files/products/ensemble.nc" "$WORK/lost/products/ensemble.nc" || fail "files change the statistics"
code=0
"$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/too_few" $small --members 4 --set min_members=2 \
  --set perturbation.kind=spherical_gaussian --set perturbation.amplitude=1e30 >/dev/null 2>&1 || code=$?
[ "$code" = 76 ] || fail "too few members left: exit code $code, not 76"
code=0
forecast nothing --members 4 --set output.members=none --set statistics.enabled=false 2>/dev/null || code=$?
[ "$code" = 78 ] || fail "a forecast that leaves nothing behind: exit code $code, not 78"
echo ok
