#!/usr/bin/env bash
# Tune the perturbations of an ensemble on January to June 2003 of the SPEEDY archive and report its scores on July to December.
# Usage: scripts/calibrate_2003.sh OUT MEMBERS CHECKPOINT...      (run from the repository, after scripts/build.sh)
#
# Every pair of an amplitude of the initial perturbation (AMPLITUDES) and of the weights' noise (NOISES) is tried with TUNE_MEMBERS
# members from 12 starts, 15 days apart; the pair with the smallest root of the mean squared log of spread / error over z500, t850
# and u250 at days 1, 3, 5, 7 and 10 is then run with MEMBERS members from 12 starts of the second half of the year. Prints a row per
# trial (none when there is one pair only), then the report; leaves OUT/<trial>/scores.nc and OUT/report/{scores.nc,report.html}. Member files are removed unless KEEP=1.
# The perturbations are those of CONFIG (configs/forecast_calibrated.yaml), whose first element is the initial perturbation and whose
# second is the weights' noise. The archive is looked for in ${MYRIAD_SHARED:-../shared}/data/speedy. Extra options: FORECAST_OPTIONS.
set -eu
out=$1
members=$2
shift 2
checkpoints=$(printf '%s,' "$@")
archive=${MYRIAD_SHARED:-../shared}/data/speedy
myriad=${MYRIAD:-build/release/pipelines/myriad}
config=${CONFIG:-configs/forecast_calibrated.yaml}
starts=${STARTS:-12}

# run NAME MEMBERS FIRST_DAY AMPLITUDE NOISE LEADS CHANNELS
run() {
  local first day i
  first=$(date -u -d "$3" +%s)
  for i in $(seq 0 $((starts - 1))); do
    day=$(date -u -d "@$((first + i * 15 * 86400))" +%Y-%m-%dT%HZ)
    # shellcheck disable=SC2086
    "$myriad" forecast "$config" --quiet --progress none --out "$out/$1/$day" --start "$day" --members "$2" \
      --set "checkpoints=[${checkpoints%,}]" --set "initial.files=[$archive/speedy_t30_2003.nc]" \
      --set "perturbation[0].amplitude=$4" --set "perturbation[1].amplitude=$5" --set output.members=all \
      --set "output.leads=[$6]" --set "output.channels=[$7]" --set statistics.enabled=false --set scratch.kind=memory \
      ${FORECAST_OPTIONS:-}
  done
  "$myriad" verify configs/verify_default.yaml --quiet --progress none --out "$out/$1" --set "forecasts=[$out/$1]" \
    --set "analysis=[$archive/speedy_t30_2003.nc]" --set "climatology=$archive/speedy_t30_climatology.nc" \
    --set "channels=[$7]" --set "report.title=Ensemble of 2003" >"$out/$1.txt"
  test "${KEEP:-0}" = 1 || rm -rf "$out/$1"/2003-*
}

mkdir -p "$out"
rm -f "$out/tuning.txt"
for amplitude in ${AMPLITUDES:-0.05 0.1 0.3}; do
  for noise in ${NOISES:-0.45 0.5 0.55}; do
    name=a$amplitude-w$noise
    if test "${AMPLITUDES:-two of} ${NOISES:-two of}" = "$amplitude $noise"; then
      echo "$name 0 (the only pair)" >"$out/tuning.txt"
      continue
    fi
    test -e "$out/$name/scores.nc" || run "$name" "${TUNE_MEMBERS:-17}" 2003-01-05 "$amplitude" "$noise" 24h,72h,120h,168h,240h z500,t850,u250
    /usr/bin/python3 scripts/calibration_table.py --brief "$out/$name/scores.nc" | tee -a "$out/tuning.txt"
  done
done
best=$(sort -k2,2 -g "$out/tuning.txt" | head -1 | cut -d' ' -f1)
echo "chosen: $best"
amplitude=${best#a}
run report "$members" 2003-07-04 "${amplitude%-w*}" "${best#*-w}" 24h,48h,72h,96h,120h,144h,168h,192h,216h,240h \
  z500,t850,u250,u850,v850,q850,u500,v500,t500,v250,sp
/usr/bin/python3 scripts/calibration_table.py "$out/report/scores.nc"
/usr/bin/python3 scripts/power_ratio.py "$out/report/scores.nc"
