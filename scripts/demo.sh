#!/usr/bin/env bash
# Set everything up, build, make a 64-member ten-day ensemble forecast, score it and write a report.
# Everything lands in demo-run/ (replaced by every run of this script).
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh --build-only
. scripts/environment.sh
scripts/build.sh release -DMYRIAD_TESTS=OFF
myriad=build/release/pipelines/myriad

rm -rf demo-run
mpirun -n "$(nproc)" "$myriad" forecast configs/forecast_calibrated.yaml --members 64 --out demo-run --progress line
"$myriad" verify configs/verify_default.yaml --progress none
echo
echo "Report: $(pwd)/demo-run/report.html"
