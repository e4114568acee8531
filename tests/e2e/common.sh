# Sourced by the scripts: strict mode, an empty work folder, small helpers.
set -eu
rm -rf "$WORK"
mkdir -p "$WORK"
# Libraries that are loaded before the sanitizers' (a false clock, failing disks) are meant to be.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
small="--progress none --quiet --lead 24h"
fail() { echo "FAILED: $*" >&2; exit 1; }
# forecast <folder> <arguments...>: the default forecast, short.
forecast() {
  local folder=$1
  shift
  "$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/$folder" $small "$@" >/dev/null
}
# sums <folder>: file names and SHA-256 of its members.
sums() { (cd "$WORK/$1/members" && sha256sum ./*.nc); }
