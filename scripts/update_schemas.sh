#!/usr/bin/env bash
# Write configs/schema/<verb>.schema.json from the program, or compare them with it.
# Usage: scripts/update_schemas.sh [--check]   MYRIAD is the program (default: build/release/pipelines/myriad)
set -eu
cd "$(dirname "$0")/.."
case "${1:-}" in
  --check) check=yes ;;
  "") check=no ;;
  *) echo "update_schemas.sh: unknown option '$1' (known: --check)" >&2; exit 64 ;;
esac
program=${MYRIAD:-build/release/pipelines/myriad}
printed=$(mktemp -d)
trap 'rm -rf "$printed"' EXIT
for verb in $("$program" config verbs); do
  "$program" config schema "$verb" >"$printed/$verb.schema.json"
done
if [ "$check" = yes ]; then
  diff -r configs/schema "$printed" || {
    echo "configs/schema differs from what 'myriad config schema' prints (a verb's keys changed):" \
         "run scripts/update_schemas.sh and commit the result" >&2
    exit 1
  }
else
  mkdir -p configs/schema
  rm -f configs/schema/*.schema.json
  cp "$printed"/*.schema.json configs/schema/
fi
