#!/usr/bin/env bash
# Compile the device code with nvcc for the architectures we support and hold every kernel against kernels/cuda_budget.txt. Needs no
# GPU and no driver.
set -eu
cd "$(dirname "$0")/.."
command -v nvcc >/dev/null || export PATH="$PATH:/usr/local/cuda/bin"
mkdir -p build
log=build/cuda-compile.log
cmake --preset cuda-compile -DMYRIAD_TESTS=OFF -DCMAKE_CUDA_FLAGS="-Xptxas=-v" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
# Clean first: what was compiled before tells nothing of its registers (a compiler cache does).
cmake --build --preset cuda-compile --target myriad_cuda --clean-first --parallel "$(nproc)" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
/usr/bin/python3 scripts/cuda_budget.py kernels/cuda_budget.txt "$log"
