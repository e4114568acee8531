# Several ranks on emulated devices: what is exchanged from device to device gives the bits of the exchange over MPI, the choice is
# told, and NCCL that is asked for but missing is an error.
. "$(dirname "$0")/common.sh"
# on_ranks <ranks> <arguments...>
on_ranks() {
  local ranks=$1
  shift
  "$MPIEXEC" -n "$ranks" env LD_PRELOAD="$EMULATION" "$MYRIAD" "$@" --device cuda --progress none
}
# refused <code> <words> <command...>
refused() {
  local wanted=$1 words=$2 code=0
  shift 2
  "$@" >/dev/null 2>"$WORK/err" || code=$?
  [ "$code" = "$wanted" ] || fail "$*: exit code $code, not $wanted: $(cat "$WORK/err")"
  grep -q "$words" "$WORK/err" || fail "$*: not told: $(cat "$WORK/err")"
}
tells() { grep -q "$2" "$WORK/$1" || fail "$1 does not tell '$2': $(cat "$WORK/$1")"; }

cat >"$WORK/train.yaml" <<'Y'
out: unset
data: {training: [configs/default/truth.nc], channels: [z500, t850]}
model: {input_times: 1, embed_dim: 8, layers: 1}
stages: [{name: one, steps: 2, batch: 2, learning_rate: 1.0e-3}]
Y
train() {
  local folder=$1 ranks=$2
  shift 2
  on_ranks "$ranks" train "$WORK/train.yaml" --out "$WORK/$folder" --seed 4 "$@" >/dev/null 2>"$WORK/$folder.log" ||
    fail "training $folder: $(cat "$WORK/$folder.log")"
}
train alone 1
train auto 2
train mpi 2 --transport mpi
MYRIAD_EMULATION_WITHOUT_NCCL=1 train missing 2
tells alone.log "between ranks: none (one rank)"
tells auto.log "between ranks: nccl (emulation of NCCL"
tells mpi.log "between ranks: mpi"
tells missing.log "E2285.*NCCL is hidden from this rank"
for folder in auto mpi missing; do
  cmp "$WORK/alone/model.safetensors" "$WORK/$folder/model.safetensors" || fail "training $folder has other weights"
  cmp "$WORK/alone/loss.csv" "$WORK/$folder/loss.csv" || fail "training $folder has other losses"
done
tells alone/run.manifest '"transport":"none"'
tells auto/run.manifest '"transport":"nccl"'
tells mpi/run.manifest '"transport":"mpi"'
tells missing/run.manifest '"transport":"mpi"'
refused 69 "E2284.*hidden from this rank" env MYRIAD_EMULATION_WITHOUT_NCCL=0 LD_PRELOAD="$EMULATION" "$MYRIAD" train "$WORK/train.yaml" \
  --out "$WORK/refused" --device cuda --transport nccl
refused 69 "E2284.*memory of the host" "$MYRIAD" train "$WORK/train.yaml" --out "$WORK/refused" --transport nccl
[ ! -e "$WORK/refused/model.safetensors" ] || fail "a refused training left a model"

# Statistics over members of both ranks, in bands of a few rows; in the last round one rank is idle.
cat >"$WORK/forecast.yaml" <<Y
out: unset
checkpoints: [$WORK/alone/model.safetensors]
initial: {files: [configs/default/truth.nc]}
start: 2003-01-18T12Z
output: {members: none}
statistics: {channels: [t850, z500], tile_mb: 0.01}
scratch: {kind: memory}
Y
forecast=(forecast "$WORK/forecast.yaml" --lead 12h --members 5 --set block=2)
products() {
  local folder=$1 ranks=$2
  shift 2
  on_ranks "$ranks" "${forecast[@]}" --out "$WORK/$folder" "$@" >/dev/null 2>"$WORK/$folder.log" ||
    fail "forecast $folder: $(cat "$WORK/$folder.log")"
}
products forecast_alone 1
products forecast_auto 2
products forecast_mpi 2 --transport mpi
tells forecast_auto.log "between ranks: nccl (emulation of NCCL"
tells forecast_auto/run.manifest '"transport":"nccl"'
tells forecast_mpi/run.manifest '"transport":"mpi"'
for folder in auto mpi; do
  cmp "$WORK/forecast_alone/products/ensemble.nc" "$WORK/forecast_$folder/products/ensemble.nc" || fail "the products of $folder differ"
done
refused 69 "E2284.*memory of the host" "$MPIEXEC" -n 2 "$MYRIAD" "${forecast[@]}" --out "$WORK/refused" --transport nccl

# Memory of the exchange is planned: two ranks with blocks of 256 receive 512 members, of which each keeps one channel of 8 KiB (4 MiB);
# they send 256 of both (4 MiB), as much as the selected fields take that come to the host over MPI.
large=(forecast "$WORK/forecast.yaml" --lead 12h --members 512 --set block=256 --out "$WORK/refused" --quiet)
needed() {
  refused 71 E2663 env MYRIAD_EMULATED_DEVICE_BYTES=1000000 "$MPIEXEC" -n 2 env LD_PRELOAD="$EMULATION" "$MYRIAD" "$@" --device cuda --progress none
  sed -nE 's/.*needs ([0-9]+) MiB of device memory.*/\1/p' "$WORK/err" | head -n 1
}
over_nccl=$(needed "${large[@]}" --transport nccl)
over_mpi=$(needed "${large[@]}" --transport mpi)
[ $((over_nccl - over_mpi)) -ge 3 ] && [ $((over_nccl - over_mpi)) -le 5 ] || fail "the exchange takes $over_nccl - $over_mpi MiB"
# What is planned is enough, and the exchange is in it.
forecast=(forecast "$WORK/forecast.yaml" --lead 6h --members 128 --set block=64)
enough=$(needed "${forecast[@]}" --out "$WORK/refused" --transport nccl)
MYRIAD_EMULATED_DEVICE_BYTES=$((enough * 1048576)) products forecast_enough 2 --transport nccl
echo ok
