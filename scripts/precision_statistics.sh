#!/usr/bin/env bash
# Ten days of a small ensemble in every precision of a GPU: how far do spectra, spread and mean depend on the formats?
# Usage: scripts/precision_statistics.sh OUT [MEMBERS]      (8 members; run from the repository, after scripts/build.sh)
#
# Runs configs/forecast_default.yaml with `--device cuda` in f32, tf32, half and mixed, and prints the table of
# scripts/precision_statistics.py. The device is the emulated one of the tests, EMULATION (a build's libmyriad_cuda.so of
# tests/support/cuda_emulation), which takes about a second of a core per step of a member; with EMULATION= (empty) it is a real GPU.
# What is there already is not run again. CHECKPOINTS: two networks of width 32; LEADS (24h,120h,240h); FORECAST_OPTIONS: more options.
set -eu
out=$1
members=${2:-8}
myriad=${MYRIAD:-build/release/pipelines/myriad}
emulation=${EMULATION-build/release/tests/support/cuda_emulation/libmyriad_cuda.so}
checkpoints=${CHECKPOINTS:-configs/ensemble/seed11.safetensors,configs/ensemble/seed12.safetensors}
mkdir -p "$out"
for precision in f32 tf32 half mixed; do
  test -e "$out/$precision.done" && continue
  # shellcheck disable=SC2086
  LD_PRELOAD=$emulation "$myriad" forecast configs/forecast_default.yaml --device cuda --quiet --progress none --overwrite \
    --out "$out/$precision" --members "$members" --set precision=$precision --set output.members=all \
    --set "checkpoints=[$checkpoints]" --set "output.leads=[${LEADS:-24h,120h,240h}]" --set output.quantize=false --set statistics.enabled=false \
    --set scratch.kind=memory ${FORECAST_OPTIONS:-} >/dev/null
  touch "$out/$precision.done"
done
/usr/bin/python3 scripts/precision_statistics.py "$out/f32" "$out/tf32" "$out/half" "$out/mixed"
