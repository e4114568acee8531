#!/usr/bin/env bash
# Make docs/sample_report_2003.html: the report of ensembles of 2003, short enough to be kept in the repository.
# Usage: scripts/sample_report.sh WORK      (run from the repository, after scripts/build.sh)
#
# MEMBERS members (20) and the control from STARTS starts (8), 45 days apart, from 5 January 2003 on, with the perturbations of
# configs/forecast_calibrated.yaml and both embedded checkpoints: eight minutes of processor time. WORK holds forecasts and scores;
# forecasts that are complete stay. The archive is looked for in ${MYRIAD_SHARED:-../shared}/data/speedy.
set -eu
work=$1
archive=${MYRIAD_SHARED:-../shared}/data/speedy
myriad=${MYRIAD:-build/release/pipelines/myriad}
members=${MEMBERS:-20}
first=$(date -u -d 2003-01-05 +%s)
for i in $(seq 0 $((${STARTS:-8} - 1))); do
  day=$(date -u -d "@$((first + i * 45 * 86400))" +%Y-%m-%dT%HZ)
  "$myriad" forecast configs/forecast_calibrated.yaml --quiet --progress none --out "$work/forecasts/$day" --start "$day" \
    --members "$((members + 1))" --set "initial.files=[$archive/speedy_t30_2003.nc]" --set output.every=24h \
    --set output.members=all --set 'output.channels=[z500,t850,u250]' --set statistics.enabled=false
done
"$myriad" verify configs/verify_default.yaml --progress none --overwrite --out "$work/verified" --set "forecasts=[$work/forecasts]" \
  --set "analysis=[$archive/speedy_t30_2003.nc]" --set "climatology=$archive/speedy_t30_climatology.nc" \
  --set 'channels=[z500,t850,u250]' --set 'report.title=Ensembles of 2003' --set 'report.map_leads=[72h,168h]' \
  --set 'scores.events=[{channel: t850, relation: below, value: 0, units: degC}, {channel: u250, value: 30}]' >"$work/scores.txt"
bytes=$(wc -c <"$work/verified/report.html")
[ "$bytes" -le $((2 * 1024 * 1024)) ] || { echo "sample_report.sh: the page has $bytes bytes, more than 2 MiB" >&2; exit 1; }
cp "$work/verified/report.html" docs/sample_report_2003.html
ls -l docs/sample_report_2003.html
