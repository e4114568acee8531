#!/usr/bin/env bash
# Forecast the twelve starts of the perfect-model ensemble of 2004 and compare the scores with that ensemble's own.
# Usage: scripts/compare_perfect_model.sh OUT MEMBERS CHECKPOINT...      (run from the repository, after scripts/build.sh)
#
# The archive holds no state before a start, so the checkpoints must have one input time (model.input_times: 1). Members start
# from the unperturbed analyses plus correlated noise of the size of the archive's own initial errors (0.06 sqrt 2 of the variability of
# each channel), with noise of amplitude NOISE (0.65), new every REFRESH (24h), on the weights of DEGREES (32). Prints spread / error and fair CRPS of both and their ratio per lead; leaves
# OUT/scores and OUT/perfect. The archive is looked for in ${MYRIAD_SHARED:-../shared}/data/speedy. Extra options: FORECAST_OPTIONS.
set -eu
out=$1
members=$2
shift 2
archive=${MYRIAD_SHARED:-../shared}/data/speedy
myriad=${MYRIAD:-build/release/pipelines/myriad}
checkpoints=$(printf '%s,' "$@")

/usr/bin/python3 scripts/perfect_model_2004.py "$archive/speedy_t30_ensemble_2004.nc" "$out/data"
starts=$(for month in $(seq -w 1 12); do printf '2004-%s-15T00Z,' "$month"; done)
# Anomaly standard deviations of the channels (data description of the archive).
errors='{u850: {rmse: 4.55}, v850: {rmse: 4.36}, t850: {rmse: 2.79}, q850: {rmse: 0.00124}, u500: {rmse: 6.63}, v500: {rmse: 6.59},
  t500: {rmse: 2.92}, z500: {rmse: 66.7}, u250: {rmse: 8.22}, v250: {rmse: 8.29}, sp: {rmse: 600}}'
# shellcheck disable=SC2086
"$myriad" forecast configs/forecast_default.yaml --quiet --progress none --out "$out/forecast" --members "$members" --lead 360h \
  --set "start=null" --set "starts=[${starts%,}]" --set "checkpoints=[${checkpoints%,}]" --set "initial.files=[$out/data/initial.nc]" \
  --set "perturbation=[{kind: spherical_gaussian, amplitude: ${INITIAL:-0.085}, scale: errors, length_scale_km: ${LENGTH:-1500}, errors: $errors},
    {kind: spectral_weights, amplitude: ${NOISE:-0.65}, degrees: ${DEGREES:-32}, refresh: ${REFRESH:-24h}}]" \
  --set centred_pairs=true --set output.members=all --set output.every=24h --set 'output.channels=[z500,t850,u850]' \
  --set statistics.enabled=false --set scratch.kind=memory ${FORECAST_OPTIONS:-}
"$myriad" verify --quiet --progress none --out "$out/scores" --set "forecasts=[$out/forecast]" --set "analysis=[$out/data/truth.nc]" \
  --set 'channels=[z500,t850,u850]' --set 'leads=[24h,48h,72h,96h,120h,144h,168h,192h,240h,288h,360h]' >"$out/scores.txt"
"$myriad" verify --quiet --progress none --out "$out/perfect" --set "archive=$archive/speedy_t30_ensemble_2004.nc" >"$out/perfect.txt"
/usr/bin/python3 scripts/calibration_table.py --channels z500,t850,u850 --over "$out/perfect/scores.nc" "$out/scores/scores.nc"
