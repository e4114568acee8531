#!/usr/bin/env bash
# Compile the device code with nvcc for the architectures we support and hold every kernel against kernels/cuda_budget.txt. Needs no
# GPU and no driver. Usage: scripts/cuda_compile.sh [BUILD]    (a build tree with MYRIAD_CUDA; default: build/cuda-compile, configured)
set -eu
cd "$(dirname "$0")/.."
command -v nvcc >/dev/null || export PATH="$PATH:/usr/local/cuda/bin"
build=${1:-build/cuda-compile}
mkdir -p build
log=build/cuda-compile.log
if [ $# -eq 0 ]; then
  cmake --preset cuda-compile -DMYRIAD_TESTS=OFF >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
fi
cmake --build "$build" --target myriad_cuda --parallel "$(nproc)" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
# Beside every object lies what ptxas said of it, also when a compiler cache gave it.
objects=$(find "$build/kernels/CMakeFiles/myriad_cuda.dir" -name '*.cu.o')
[ -n "$objects" ] || { echo "cuda_compile.sh: no device code in $build (was it configured with MYRIAD_CUDA?)" >&2; exit 1; }
for object in $objects; do
  [ -e "$object.ptxas" ] || { echo "cuda_compile.sh: $object.ptxas is missing: remove the object and build again" >&2; exit 1; }
  cat "$object.ptxas"
done >"$log"
/usr/bin/python3 scripts/cuda_budget.py kernels/cuda_budget.txt "$log"
