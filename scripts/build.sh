#!/usr/bin/env bash
# Configure and build. Usage: scripts/build.sh [preset] [cmake options...]   (default preset: release)
set -eu
cd "$(dirname "$0")/.."
preset=${1:-release}
[ $# -gt 0 ] && shift
cmake --preset "$preset" "$@" >"build-$preset.log" 2>&1 || { cat "build-$preset.log" >&2; exit 1; }
rm -f "build-$preset.log"
cmake --build --preset "$preset" --parallel "$(nproc)"
