#!/usr/bin/env bash
# Check and measure the cuda backend on this machine's GPU and leave one folder of results for docs/bench/.
# Usage: gpu_check.sh RESULTS      from the folder that scripts/gpu_bundle.sh made (a copy lies in it)
# In order: the device; every op, its gradient and the golden network against plain loops in fp64; a forecast on cpu and gpu; the
# same bits twice and in any block; with two GPUs or more, a training and a forecast on two of them whose data go through NCCL against
# those over MPI, bit by bit; benchmarks, with PyTorch on the same GPU where python3 has it. Each step is told as passed, skipped or
# FAILED; the exit code is the number of failures. MYRIAD_DEVICE_LIBRARY replaces the backend's library (tests use an emulation;
# GPU_CHECK_GPUS is then the number of its devices).
set -u
here=$(cd "$(dirname "$0")" && pwd)
[ -x "$here/bin/myriad" ] || { echo "gpu_check.sh: no bin/myriad beside it (make the folder with scripts/gpu_bundle.sh)" >&2; exit 64; }
[ $# -eq 1 ] || { echo "usage: gpu_check.sh RESULTS" >&2; exit 64; }
mkdir -p "$1"
results=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$here" || exit 70
export LD_LIBRARY_PATH=$here/lib:/usr/local/cuda/lib64${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
# Processes of this machine alone, without an MPI installation.
export OPAL_PREFIX=$here OMPI_MCA_mca_component_path=$here/openmpi OMPI_MCA_ess_singleton_isolated=1 OMPI_MCA_plm=isolated \
  OMPI_MCA_btl=self,vader OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_ALLOW_RUN_AS_ROOT=1 \
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export MYRIAD_SOURCE_DIR=$here OPENBLAS_NUM_THREADS=1
myriad() { LD_PRELOAD=${MYRIAD_DEVICE_LIBRARY:-} "$here/bin/myriad" "$@"; }
failures=0
# step <name> <command...>: its output goes to RESULTS/<name>.txt.
step() {
  local name=$1 begin=$SECONDS
  shift
  if "$@" >"$results/$name.txt" 2>&1; then
    echo "$name: passed ($((SECONDS - begin)) s)"
  else
    echo "$name: FAILED ($((SECONDS - begin)) s)"
    tail -n 5 "$results/$name.txt" | sed 's/^/    /'
    failures=$((failures + 1))
  fi
}
# gpu_test <program>: a test program whose cases on the device are named cuda.
gpu_test() {
  LD_PRELOAD=${MYRIAD_DEVICE_LIBRARY:-} "$here/bin/$1" --gtest_filter="${GPU_TEST_FILTER:-*cuda*}" --gtest_brief=1
}
forecast() {
  local folder=$1
  shift
  myriad forecast configs/forecast_default.yaml --out "$work/$folder" --quiet --progress none --lead "${GPU_CHECK_LEAD:-240h}" "$@"
}
machine() {
  date -u
  echo "commit $(cat COMMIT)"
  uname -a
  nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm,clocks.mem --format=csv 2>/dev/null || echo "no nvidia-smi"
  grep -m1 'model name' /proc/cpuinfo
  myriad version
}
# The gpu's member 0 against the cpu's as if it were the truth: small errors that grow as any rounding does.
precisions=${GPU_CHECK_PRECISIONS:-f32 tf32 half mixed}
agreement() {
  local precision
  forecast cpu --members 1-2 || return 1
  for precision in $precisions; do
    echo "precision $precision"
    forecast "gpu_$precision" --members 1-2 --device cuda --set precision="$precision" &&
      myriad verify --out "$work/verify_$precision" --set "forecasts=[$work/gpu_$precision]" \
        --set "analysis=[$work/cpu/members/mem00001.nc]" --set 'channels=[z500,t850]' --set control=none --progress none --quiet \
        --table full || return 1
  done
}
same_bits() {
  local members=${GPU_CHECK_MEMBERS:-4} precision run
  for precision in $precisions; do
    echo "precision $precision"
    rm -rf "$work"/bits_*
    for run in twice1:4 twice2:4 single:1; do
      forecast "bits_${run%:*}" --members "$members" --device cuda --set block="${run#*:}" --set precision="$precision" || return 1
    done
    (cd "$work/bits_twice1/members" && sha256sum ./*.nc) >"$work/sums" && cat "$work/sums" &&
      (cd "$work/bits_twice2/members" && sha256sum --quiet -c "$work/sums") &&
      (cd "$work/bits_single/members" && sha256sum --quiet -c "$work/sums") || return 1
  done
}
# on_two <transport> <arguments...>: two ranks, each on a GPU of its own.
on_two() {
  local transport=$1
  shift
  "$here/bin/mpirun" -n 2 env LD_PRELOAD="${MYRIAD_DEVICE_LIBRARY:-}" "$here/bin/myriad" "$@" --device cuda --transport "$transport" \
    --progress none
}
ranks() {
  cat >"$work/train.yaml" <<'Y'
out: unset
data: {training: [configs/default/truth.nc], channels: [z500, t850]}
model: {input_times: 1, embed_dim: 8, layers: 1}
stages: [{name: one, steps: 3, batch: 2, learning_rate: 1.0e-3}]
Y
  myriad train "$work/train.yaml" --out "$work/train_one" --device cuda --quiet --progress none || return 1
  for transport in nccl mpi; do
    on_two "$transport" train "$work/train.yaml" --out "$work/train_$transport" || return 1
    cmp "$work/train_one/model.safetensors" "$work/train_$transport/model.safetensors" || return 1
    on_two "$transport" forecast configs/forecast_default.yaml --out "$work/forecast_$transport" --lead "${GPU_CHECK_LEAD:-240h}" \
      --members "${GPU_CHECK_MEMBERS:-4}" --set block=1 --set output.members=none || return 1
  done
  cmp "$work/forecast_nccl/products/ensemble.nc" "$work/forecast_mpi/products/ensemble.nc"
}
gpus=${GPU_CHECK_GPUS:-$(nvidia-smi --list-gpus 2>/dev/null | wc -l)}
torch_has_gpu() { python3 -c 'import sys, torch; sys.exit(0 if torch.cuda.is_available() else 1)' 2>/dev/null; }

step machine machine
step ops gpu_test backend_ops_gpu_test
step network gpu_test model_sfno_gpu_test
step same_bits same_bits
step agreement agreement
if [ "$gpus" -ge 2 ]; then
  step ranks ranks
else
  echo "ranks: skipped ($gpus GPU(s); NCCL is compared with MPI on two)"
fi
seconds=${BENCH_SECONDS:-1}
if [ "$seconds" != 0 ]; then
  for name in sfno sht crps scores ops hens; do
    step "bench_$name" myriad bench "$name" --backend cuda --json --seconds "$seconds"
  done
  # Where the time of a step goes: forecasts, then training.
  stages() { myriad bench stages --backend cuda --json --seconds "$seconds" "$@"; }
  step stages_default stages --network default --batch 1,16 --pass folded
  for precision in f32 tf32 half mixed; do
    step "stages_hens_$precision" stages --network hens --batch 1,4,8,16 --pass folded --precision "$precision"
  done
  step stages_training_default stages --network default --batch 4,16 --pass training
  for precision in f32 tf32; do
    step "stages_training_one_degree_$precision" stages --network one_degree --batch 1,4 --pass training --precision "$precision"
  done
  torch_has_gpu && step bench_torch python3 bench_sfno_torch.py --device cuda
fi
echo "$failures failed; results in $results"
exit "$failures"
