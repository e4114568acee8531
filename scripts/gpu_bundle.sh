#!/usr/bin/env bash
# Make a folder that checks and measures Myriad on a bare GPU machine: program, CUDA backend, tests, their libraries and the default
# configuration. Needed there: a driver and CUDA 13's cuFFT and cuBLASLt, and for several GPUs that machine's own NCCL (libnccl.so.2); nothing is
# compiled or installed.
# Usage: scripts/gpu_bundle.sh [FOLDER [BUILD]]     FOLDER: build/gpu-bundle; BUILD: a build tree with MYRIAD_CUDA, default: build/cuda-compile,
#                                                   which is built first (x86-64-v3; tests included)
# Run it there: FOLDER/gpu_check.sh RESULTS
set -eu
cd "$(dirname "$0")/.."
folder=${1:-build/gpu-bundle}
if [ $# -ge 2 ]; then
  build=$2
else
  command -v nvcc >/dev/null || export PATH="$PATH:/usr/local/cuda/bin"
  scripts/build.sh cuda-compile -DMYRIAD_TESTS=ON
  build=build/cuda-compile
fi
rm -rf "$folder"
mkdir -p "$folder/bin" "$folder/lib" "$folder/openmpi" "$folder/configs"
programs="pipelines/myriad tests/unit/backend/backend_ops_gpu_test tests/unit/model/model_sfno_gpu_test"
for program in $programs; do
  cp "$build/$program" "$folder/bin/"
done
cp "$build/kernels/libmyriad_cuda.so" "$folder/lib/"
cp "$(readlink -f "$(command -v mpirun)")" "$folder/bin/mpirun"
# Everything but the C library and its loader (the machine's own) and CUDA's libraries.
components=$(dirname "$(find /usr/lib /usr/lib64 -name 'mca_btl_self.so' 2>/dev/null | head -n 1)")
for component in "$components"/mca_*.so; do
  case $component in *ofi* | *ucx* | *psm* | *openib* | *spml* | *sshmem* | *memheap* | *scoll*) ;;  # fabrics and OpenSHMEM
  *) cp "$component" "$folder/openmpi/" ;; esac
done
keep_out='^(linux-vdso|ld-linux|libc|libm|libdl|librt|libpthread|libresolv|libutil|libcufft|libcublas|libcublasLt|libcuda|libnccl)[-.]'
ldd "$folder"/bin/* "$folder"/openmpi/*.so "$folder/lib/libmyriad_cuda.so" 2>/dev/null | sed -nE 's/^\s*(\S+) => (\/\S+).*/\1 \2/p' | sort -u |
  while read -r soname path; do
    if printf '%s\n' "$soname" | grep -qE "$keep_out"; then continue; fi
    cp --dereference "$path" "$folder/lib/$soname"
  done
strip --strip-unneeded "$folder"/bin/* "$folder"/lib/* "$folder"/openmpi/* 2>/dev/null || true
cp -r configs/default configs/forecast_default.yaml configs/verify_default.yaml "$folder/configs/"
cp scripts/gpu_check.sh scripts/bench_sfno_torch.py "$folder/"
printf '%s\n' "$(git rev-parse HEAD 2>/dev/null || echo unknown)" >"$folder/COMMIT"
XZ_OPT=${XZ_OPT:--3 -T0} tar --create --xz --file "$folder.tar.xz" --directory "$(dirname "$folder")" "$(basename "$folder")"
echo "$folder.tar.xz $(du -m "$folder.tar.xz" | cut -f1) MiB, unpacked $(du -sm "$folder" | cut -f1) MiB"
