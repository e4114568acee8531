#!/usr/bin/env bash
# Run a Python script with the packages of requirements.txt (scores of other people, as truth for ours).
# Usage: with_oracles.sh FOLDER [SCRIPT ARGUMENTS...]
# Makes the virtual environment FOLDER first unless it is there and made from the present requirements.txt; without SCRIPT that is all.
# Exit code: that of the script; SKIPPED (77 unless set) when the packages cannot be had.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
shift
requirements=$here/requirements.txt
python=/usr/bin/python3
# Tests run side by side: one installs, the others wait for it.
mkdir -p "$(dirname "$folder")"
exec 9>"$folder.lock"
flock 9
wanted=$("$python" --version; cksum <"$requirements")
if [ "$(cat "$folder/made-from" 2>/dev/null)" != "$wanted" ]; then
  rm -rf "$folder"
  # The list is complete, so nothing is left for pip to choose (--no-deps); without Debian's pip there is no ensurepip either.
  if ! { "$python" -m venv --without-pip "$folder" && "$python" -m pip --python "$folder/bin/python" install --quiet --no-deps \
         --no-compile --only-binary :all: --disable-pip-version-check --progress-bar off -r "$requirements"; } >"$folder.log" 2>&1; then
    tail -n 5 "$folder.log" >&2
    echo "with_oracles.sh: the Python packages that are the truth of these tests cannot be installed (see $folder.log)" \
         "scripts/setup.sh installs pip; PyPI or a mirror of it must be reachable once" >&2
    exit "${SKIPPED:-77}"
  fi
  printf '%s' "$wanted" >"$folder/made-from"
fi
exec 9>&-
[ $# -eq 0 ] || exec "$folder/bin/python" "$@"
