# The folder for GPU machines is complete and small, and its check tells failures from successes: run here on the emulated device, and
# without any.
. "$(dirname "$0")/common.sh"
XZ_OPT="-0 -T0" scripts/gpu_bundle.sh "$WORK/bundle" "$BUILD" >"$WORK/made" || { cat "$WORK/made"; fail "the bundle"; }
[ "$(stat -c %s "$WORK/bundle.tar.xz")" -le $((60 * 1024 * 1024)) ] || fail "more than 60 MiB: $(cat "$WORK/made")"
# Libraries come from the folder, whatever is installed.
LD_LIBRARY_PATH=$WORK/bundle/lib ldd "$WORK/bundle/bin/myriad" >"$WORK/ldd"
grep "not found" "$WORK/ldd" && fail "libraries are missing"
for library in libmpi libnetcdf libstdc++; do
  grep -q "$library.*$WORK/bundle/lib" "$WORK/ldd" || { cat "$WORK/ldd"; fail "$library does not come from the folder"; }
done
[ -z "$(find "$WORK/bundle" -name 'libnccl*' -o -name 'libcublas*')" ] || fail "CUDA's libraries are in the folder"
export GPU_CHECK_PRECISIONS='f32 half' GPU_CHECK_LEAD=6h GPU_CHECK_MEMBERS=2 BENCH_SECONDS=0 GPU_TEST_FILTER='*Transforms*cuda*:*GoldenSfno*cuda*'
code=0
GPU_CHECK_GPUS=2 MYRIAD_DEVICE_LIBRARY=$EMULATION "$WORK/bundle/gpu_check.sh" "$WORK/results" >"$WORK/log" 2>&1 || code=$?
[ "$code" = 0 ] || { cat "$WORK/log" "$WORK"/results/*.txt; fail "$code steps failed on the emulated device"; }
[ "$(grep -c ': passed' "$WORK/log")" = 6 ] || { cat "$WORK/log"; fail "not six steps"; }
grep -q "between ranks: nccl" "$WORK/results/ranks.txt" || fail "two ranks did not use NCCL"
grep -q "^commit " "$WORK/results/machine.txt" || fail "the results do not name the commit"
if ! [ -e /dev/nvidia0 ]; then
  code=0
  GPU_CHECK_GPUS=0 "$WORK/bundle/gpu_check.sh" "$WORK/none" >"$WORK/log" 2>&1 || code=$?
  [ "$code" = 4 ] || { cat "$WORK/log"; fail "without a GPU $code steps failed, not four"; }
  grep -q "^ranks: skipped" "$WORK/log" || fail "the step for two GPUs is not told as skipped"
  grep -q "E2283\|E2281" "$WORK/none/ops.txt" "$WORK/none/same_bits.txt" || fail "the reason is not told"
fi
echo ok
