#!/usr/bin/env bash
# Set everything up, build, run the tests. The last line is "N passed, N failed".
# Usage: scripts/test.sh          what continuous integration runs
#        scripts/test.sh --long   the lanes that take longer: sanitizers, long runs
set -eu
cd "$(dirname "$0")/.."
long=no
case "${1:-}" in
  --long) long=yes ;;
  "") ;;
  *) echo "test.sh: unknown option '$1' (known: --long)" >&2; exit 64 ;;
esac
scripts/setup.sh
. scripts/environment.sh

passed=0
failed=0
# run_lane <build folder> <ctest arguments...>: adds the lane's counts to the totals.
run_lane() {
  local folder=$1 log summary total bad
  shift
  log=$(mktemp)
  ctest --test-dir "$folder" --parallel "$(nproc)" --output-on-failure --no-tests=error "$@" 2>&1 | tee "$log" || true
  summary=$(grep -E 'tests failed out of|tests passed' "$log" | tail -n 1)
  rm -f "$log"
  total=$(printf '%s' "$summary" | sed -nE 's/.*out of ([0-9]+).*/\1/p')
  bad=$(printf '%s' "$summary" | sed -nE 's/.*, ([0-9]+) tests? failed.*/\1/p')
  if [ -z "$total" ]; then
    total=1 bad=1
  fi
  passed=$((passed + total - bad))
  failed=$((failed + bad))
}
# run_step <name> <command...>: one check that is not a CTest test.
run_step() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    echo "$name: passed"
  else
    failed=$((failed + 1))
    echo "$name: FAILED"
  fi
}

if [ "$long" = no ]; then
  scripts/build.sh release -DMYRIAD_TESTS=ON -DMYRIAD_REQUIRE_ORACLES=ON
  run_lane build/release --label-exclude 'long|gpu'
  if command -v nvcc >/dev/null || [ -x /usr/local/cuda/bin/nvcc ]; then
    run_step "device code compiles" scripts/cuda_compile.sh build/release
  fi
else
  # What takes minutes: a hundred kills, the disk that fails at hundreds of places.
  scripts/build.sh release -DMYRIAD_TESTS=ON -DMYRIAD_REQUIRE_ORACLES=ON
  run_lane build/release --label-regex long
  # The whole suite again with address and undefined-behaviour sanitizers; leaks of the MPI library are not ours.
  export ASAN_OPTIONS=detect_leaks=0
  scripts/build.sh asan -DMYRIAD_TESTS=ON
  run_lane build/asan --label-regex 'unit|fuzz'
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
