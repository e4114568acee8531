# The whole program with --device cuda, its library replaced by one that runs the text of the kernels on the host: forecasts
# agree with those of the cpu to rounding, and do not depend on how members share blocks;
# a short training and its scores go the same way, and what a GPU cannot do is refused.
. "$(dirname "$0")/common.sh"
on_gpu() { LD_PRELOAD=$EMULATION "$MYRIAD" "$@" --device cuda --quiet --progress none >/dev/null; }
forecast=(forecast configs/forecast_default.yaml --lead 6h --members 2 --set "output.channels=[z500,t850]" --set scratch.kind=memory)
"$MYRIAD" "${forecast[@]}" --out "$WORK/cpu" --quiet --progress none >/dev/null
on_gpu "${forecast[@]}" --out "$WORK/one" --set block=1 || fail "a forecast with blocks of one"
on_gpu "${forecast[@]}" --out "$WORK/two" --set block=2 || fail "a forecast with blocks of two"
# Attributes name the device; the fields of any blocks are the same bits. The device copies states as late as it may: a step that
# changed them while they leave would show.
for member in mem00000 mem00001; do
  cmp "$WORK/one/members/$member.nc" "$WORK/two/members/$member.nc" || fail "$member depends on the block"
done
cmp "$WORK/one/products/ensemble.nc" "$WORK/two/products/ensemble.nc" || fail "statistics depend on the block"
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

# Formats: what they change in a step of the control is small beside the step's own error (2 % are wanted, sfno.md 11; bf16 takes up to 4 in so narrow a network), is there, and is named in the file.
step=(forecast configs/forecast_default.yaml --lead 6h --members 0-1 --set "output.channels=[z500,t850,u250]" --set output.quantize=false)
"$MYRIAD" "${step[@]}" --out "$WORK/exact" --quiet --progress none >/dev/null
for precision in tf32 half mixed; do
  on_gpu "${step[@]}" --out "$WORK/$precision" --set precision=$precision || fail "a forecast in $precision"
  ncdump -h "$WORK/$precision/members/mem00000.nc" | grep -q "MYRIAD_precision = \"$precision\"" || fail "the file does not tell $precision"
done
/usr/bin/python3 - "$WORK" <<'P' || fail "a reduced format changes a step by too much, or nothing"
import sys
import netCDF4
import numpy as np

truth = netCDF4.Dataset("configs/default/truth.nc")
def step(folder):
    file = netCDF4.Dataset(f"{sys.argv[1]}/{folder}/members/mem00000.nc")
    dates = [netCDF4.num2date(f["time"][:], f["time"].units) for f in (file, truth)]
    at = list(dates[1]).index(dates[0][-1])
    fields = {"gh": "z500", "t": "t850", "u": "u250"}
    return {n: np.asarray(file[n][-1], float).squeeze() for n in fields}, {n: np.asarray(truth[t][at], float) for n, t in fields.items()}
area = np.cos(np.radians(np.asarray(truth["lat"][:])))[:, None]
rms = lambda x: np.sqrt((area * x * x).mean())
exact, valid = step("exact")
for precision, low, high in (("tf32", 1e-4, 0.01), ("half", 1e-4, 0.01), ("mixed", 1e-3, 0.04)):
    fields, _ = step(precision)
    for name, field in fields.items():
        ratio = rms(field - exact[name]) / rms(exact[name] - valid[name])
        assert low < ratio < high, (precision, name, ratio)
P

# Training: losses of both devices agree; the weights are those of a run of its own, not a copy.
cat >"$WORK/train.yaml" <<'Y'
out: unset
data: {training: [configs/default/truth.nc], validation: [configs/default/truth.nc], channels: [z500, t850]}
model: {input_times: 2, embed_dim: 8, layers: 1}
validation: {leads: [6h, 24h], starts: 2}
log_every: 1
stages: [{name: one, steps: 3, batch: 2, learning_rate: 1.0e-3, warmup_steps: 2}]
Y
"$MYRIAD" train "$WORK/train.yaml" --out "$WORK/train_cpu" --seed 4 --quiet --progress none >/dev/null
on_gpu train "$WORK/train.yaml" --out "$WORK/train_gpu" --seed 4 || fail "a training"
on_gpu train "$WORK/train.yaml" --out "$WORK/train_tf32" --seed 4 --set precision=tf32 || fail "a training in tf32"
for pair in "gpu 1e-4" "tf32 5e-3"; do
  /usr/bin/python3 - "$WORK/train_cpu" "$WORK/train_${pair% *}" "${pair#* }" <<'P' || fail "trainings of cpu and ${pair% *} differ by more than rounding"
import csv
import sys
bound = float(sys.argv[3])
same = True
for name in ("loss.csv", "validation.csv"):
    a, b = (list(csv.reader(open(f"{folder}/{name}"))) for folder in sys.argv[1:3])
    assert len(a) == len(b) > 1 and a[0] == b[0], name
    for x, y in zip(a[1:], b[1:]):
        for u, v, column in zip(x, y, a[0]):
            if "second" in column or "time" in column:
                continue
            try:
                u, v = float(u), float(v)
            except ValueError:
                assert u == v, (name, u, v)
                continue
            assert abs(u - v) <= bound * abs(u) + 1e-12, (name, column, u, v)
            same = same and abs(u - v) <= 1e-6 * abs(u)
assert bound < 1e-3 or not same, "nothing was rounded"
P
done

# Scores and statistics of the same members: of a verification, and of a running ensemble with every reducer.
for device in cpu cuda; do
  LD_PRELOAD=$EMULATION "$MYRIAD" verify configs/verify_default.yaml --out "$WORK/scored_$device" --set "forecasts=[$WORK/one]" \
    --set 'channels=[z500,t850]' --device $device --quiet --progress none --porcelain --table full >"$WORK/scores_$device" || fail "a verification on $device"
done
/usr/bin/python3 - "$WORK" <<'P' || fail "scores of cpu and device differ by more than rounding"
import sys
a, b = ([line.rstrip("\n").split("\t") for line in open(f"{sys.argv[1]}/scores_{device}")] for device in ("cpu", "cuda"))
assert len(a) == len(b) > 50, (len(a), len(b))
for x, y in zip(a[1:], b[1:]):
    assert x[:4] == y[:4]
    assert abs(float(x[4]) - float(y[4])) <= 1e-9 * abs(float(x[4])) + 1e-12, (x, y)
P
cat >"$WORK/statistics.yaml" <<'Y'
quantiles: [0.1, 0.5]
ensemble_sizes: [2, 5]
exceedance: [{channel: z500, relation: above, value: 5500}]
verify: {analysis: [configs/default/truth.nc], climatology: configs/default/climatology.nc, control: include}
Y
every=$(/usr/bin/python3 -c "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))" "$WORK/statistics.yaml")
several=("${forecast[@]/#2/5}")  # the same with five members
"$MYRIAD" "${several[@]}" --out "$WORK/statistics_cpu" --set "statistics=$every" --quiet --progress none >/dev/null || fail "statistics on the cpu"
on_gpu "${several[@]}" --out "$WORK/statistics_gpu" --set "statistics=$every" || fail "statistics on the device"
/usr/bin/python3 - "$WORK" <<'P' || fail "statistics of cpu and device differ by more than the forecasts do"
import sys
import netCDF4
import numpy as np
a, b = (netCDF4.Dataset(f"{sys.argv[1]}/statistics_{device}/products/ensemble.nc") for device in ("cpu", "gpu"))
names = [name for name in a.variables if a[name].ndim == 3]
for wanted in ("z500_mean", "z500_p10", "z500_prob_above_5500", "z500_expected_max_5", "z500_best_error_2", "z500_best_member"):
    assert wanted in names, (wanted, names)
for name in names:
    x, y = np.ma.filled(a[name][:], np.nan).astype(float), np.ma.filled(b[name][:], np.nan).astype(float)
    if "member" in name or "prob" in name or "inside" in name:
        assert np.mean(x != y) < 0.02, (name, np.mean(x != y))  # members of nearly the same value may change places
    else:
        assert np.nanmax(np.abs(x - y)) <= 2e-3 * np.nanstd(x), (name, np.nanmax(np.abs(x - y)), np.nanstd(x))
P

# refused <code> <words> <arguments...>
refused() {
  local wanted=$1 words=$2 code=0
  shift 2
  "$@" >/dev/null 2>"$WORK/err" || code=$?
  [ "$code" = "$wanted" ] || fail "$*: exit code $code, not $wanted: $(cat "$WORK/err")"
  grep -q "$words" "$WORK/err" || fail "$*: not told: $(cat "$WORK/err")"
}
gpu=("$MYRIAD" "${forecast[@]}" --device cuda --out "$WORK/refused" --quiet)
refused 78 E2307 "$MYRIAD" "${forecast[@]}" --out "$WORK/refused" --quiet --set precision=mixed

# Memory: what is predicted is enough, and what is not enough is refused with a setting that is.
refused 71 E2663 env MYRIAD_EMULATED_DEVICE_BYTES=1000000 LD_PRELOAD="$EMULATION" "${gpu[@]}" --set block=2
needed=$(sed -nE 's/.*needs ([0-9]+) MiB of device memory.*/\1/p' "$WORK/err")
less=$(((needed - 1) * 1048576))
refused 71 "E2663.*set block: 1" env MYRIAD_EMULATED_DEVICE_BYTES=$less LD_PRELOAD="$EMULATION" "${gpu[@]}" --set block=2
MYRIAD_EMULATED_DEVICE_BYTES=$less on_gpu "${forecast[@]}" --out "$WORK/fits" --set block=1 || fail "the block of the message does not fit"
MYRIAD_EMULATED_DEVICE_BYTES=$((needed * 1048576)) on_gpu "${forecast[@]}" --out "$WORK/exactly" --set block=2 ||
  fail "a block does not fit into the memory that was predicted"

# Lead by lead, the models of all checkpoints stay on the device.
for order in member lead; do
  refused 71 E2663 env MYRIAD_EMULATED_DEVICE_BYTES=1000000 LD_PRELOAD="$EMULATION" "${gpu[@]}" --set block=1 --set order=$order
  sed -nE 's/.*needs ([0-9]+) MiB of device memory.*/\1/p' "$WORK/err" >"$WORK/needed_$order"
done
one=$(cat "$WORK/needed_member") both=$(cat "$WORK/needed_lead")
[ "$both" -gt "$one" ] || fail "two models lead by lead need $both MiB, one $one"
MYRIAD_EMULATED_DEVICE_BYTES=$((both * 1048576)) on_gpu "${forecast[@]}" --out "$WORK/leads" --set block=1 --set order=lead ||
  fail "two models lead by lead do not fit into the memory that was predicted"

refused 78 E2607 env LD_PRELOAD="$EMULATION" "${gpu[@]}" --set backend=reference
refused 69 E2282 env LD_PRELOAD="$EMULATION" "${gpu[@]}" --threads 2
echo 'int nothing;' | "${CC:-gcc}" -shared -fPIC -x c - -Wl,-soname,libmyriad_cuda.so -o "$WORK/libmyriad_cuda.so"
refused 69 "E2281.*another version" env LD_PRELOAD="$WORK/libmyriad_cuda.so" "${gpu[@]}"
echo ok
