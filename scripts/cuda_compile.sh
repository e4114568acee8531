#!/usr/bin/env bash
# Compile the device code with nvcc for the architectures we support. Needs no GPU and no driver.
set -eu
cd "$(dirname "$0")/.."
command -v nvcc >/dev/null || export PATH="$PATH:/usr/local/cuda/bin"
cmake --preset cuda-compile -DMYRIAD_TESTS=OFF >build/cuda-configure.log 2>&1 || { cat build/cuda-configure.log >&2; exit 1; }
cmake --build --preset cuda-compile --target myriad_cuda --parallel "$(nproc)"
