#!/usr/bin/env bash
# Score checkpoints on the held-out year 2003 of the SPEEDY archive: ten-day forecasts from STARTS dates (24), DAYS days
# apart (15), from FIRST on (2003-01-05).
# Usage: scripts/score_2003.sh OUT MEMBERS CHECKPOINT...      (run from the repository, after scripts/build.sh)
# The archive is looked for in ${MYRIAD_SHARED:-../shared}/data/speedy. Extra options: FORECAST_OPTIONS, VERIFY_OPTIONS.
set -eu
out=$1
members=$2
shift 2
archive=${MYRIAD_SHARED:-../shared}/data/speedy
myriad=${MYRIAD:-build/release/pipelines/myriad}
checkpoints=$(printf '%s,' "$@")
start=$(date -u -d "${FIRST:-2003-01-05}" +%s)
for i in $(seq 0 $((${STARTS:-24} - 1))); do
  day=$(date -u -d "@$((start + i * ${DAYS:-15} * 86400))" +%Y-%m-%dT%HZ)
  # shellcheck disable=SC2086
  "$myriad" forecast configs/forecast_default.yaml --quiet --progress none --out "$out/$day" --start "$day" \
    --members "$members" --set "checkpoints=[${checkpoints%,}]" --set "initial.files=[$archive/speedy_t30_2003.nc]" \
    --set output.every=24h ${FORECAST_OPTIONS:-}
done
# shellcheck disable=SC2086
"$myriad" verify configs/verify_default.yaml --progress none --out "$out" --set "forecasts=[$out]" \
  --set "analysis=[$archive/speedy_t30_2003.nc]" --set "climatology=$archive/speedy_t30_climatology.nc" \
  --set 'channels=[z500,t850,u250,u850,v850,q850,u500,v500,t500,v250,sp]' --set 'report.title=Forecasts of 2003' ${VERIFY_OPTIONS:-}
