# Bred vectors, correlated noise and perturbed weights together: the same bytes however the members are run.
. "$(dirname "$0")/common.sh"
cat >"$WORK/perturbed.yaml" <<'Y'
out: unused
start: 2003-01-15T00Z
lead: 24h
members: 9
block: 8
seed: 3
checkpoints: [configs/default/seed1.safetensors, configs/default/seed2.safetensors]
initial: {files: [configs/default/initial.nc]}
centred_pairs: true
perturbation:
  - {kind: bred_vectors, amplitude: 1, scale: change}
  - {kind: ar1_noise, amplitude: 0.1, spectrum: matern}
  - {kind: spectral_weights, amplitude: 0.2, refresh: 12h}
Y
run() {
  local folder=$1
  shift
  "$MYRIAD" forecast "$WORK/perturbed.yaml" --out "$WORK/$folder" --progress none --quiet "$@" >/dev/null
}
run one
sums one >"$WORK/expected"
[ "$(wc -l <"$WORK/expected")" = 9 ] || fail "9 members expected"
"$MPIEXEC" -n 2 "$MYRIAD" forecast "$WORK/perturbed.yaml" --out "$WORK/ranks" --progress none --quiet --set block=2 >/dev/null
sums ranks | diff "$WORK/expected" - || fail "ranks and block size change the bits"
# Half a pair alone breeds its own vector.
run alone --members 6-6
[ "$(sums alone)" = "$(grep mem00006 "$WORK/expected")" ] || fail "member 6 run alone differs"
# Every entry of the list has an effect on the fields.
for entry in 0 1 2; do
  run "without$entry" --members 6-6 --set "perturbation[$entry].kind=none"
done
/usr/bin/python3 - "$WORK" <<'P' || fail "a perturbation changes nothing"
import sys
import netCDF4
with_all, *without = (
    netCDF4.Dataset(f"{sys.argv[1]}/{run}/members/mem00006.nc")["gh"][-1] for run in ("one", "without0", "without1", "without2")
)
for entry, field in enumerate(without):
    assert (field != with_all).any(), entry
P
# Stopped on the way and resumed: the weights are perturbed as before.
code=0
run resumed --set order=lead --set checkpoint_every=1 --wall-limit 1s || code=$?
[ "$code" = 0 ] || [ "$code" = 75 ] || fail "exit code $code, neither 0 nor 75"
run resumed --set order=lead --set checkpoint_every=1
sums resumed | diff "$WORK/expected" - || fail "a resumed forecast differs"

/usr/bin/python3 - "$WORK/one" <<'P' || fail "the members are not what was configured"
import sys
import netCDF4
import numpy as np

def member(i, name):
    return netCDF4.Dataset(f"{sys.argv[1]}/members/mem{i:05}.nc")[name][:].astype(float)

control, plus, minus = (member(i, "gh") for i in (0, 4, 6))
departure = np.sqrt(np.mean((plus[0] - control[0]) ** 2))
offset = np.sqrt(np.mean((0.5 * (plus[0] + minus[0]) - control[0]) ** 2))
assert departure > 5.0, departure  # metres: about the change per step
assert offset < 0.05 * departure, (offset, departure)  # rounding of the files
growth = [np.sqrt(np.mean((plus[t] - minus[t]) ** 2)) for t in range(len(plus))]
assert growth[-1] > growth[0], growth
assert (member(4, "q") > -1e-8).all()  # zero, up to the rounding of the normalisation
P
echo ok
