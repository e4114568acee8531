# The n-th allocation of memory fails, once or from then on, in C++ code or in C libraries, alone or on one of two ranks:
# the program ends in time with 71 and says what it lacks, nothing partial stands under a final name, and the same command
# afterwards makes the same bytes. SAMPLES places per command and kind of failure are tried.
. "$(dirname "$0")/common.sh"
samples=${SAMPLES:-2}
run=$WORK/run
steady="--progress none --quiet"
cat >"$WORK/train.yaml" <<'Y'
out: unset
data: {training: [configs/default/truth.nc], validation: [configs/default/truth.nc], channels: [z500, t850]}
model: {input_times: 2, embed_dim: 8, layers: 1}
validation: {leads: [6h, 24h], starts: 4}
checkpoint_every: 2
log_every: 2
stages: [{name: one, steps: 4, batch: 4, learning_rate: 1.0e-3, warmup_steps: 2}]
Y
# go <command> <words before the program...>: the command, into $run.
go() {
  local command=$1
  shift
  case $command in
    forecast) "$@" "$MYRIAD" forecast configs/forecast_default.yaml --out "$run" $steady --lead 12h --members 3 --set block=2 ;;
    verify) "$@" "$MYRIAD" verify configs/verify_default.yaml --out "$run" $steady --overwrite --set "forecasts=[$WORK/scored]" ;;
    train) "$@" "$MYRIAD" train "$WORK/train.yaml" --out "$run" $steady --seed 4 ;;
  esac
}
# What is there under a final name, with its hash.
finals() { (cd "$run" && find . -name '.tmp.*' -prune -o \( -name '*.nc' -o -name '*.safetensors' -o -name '*.html' \) -print | sort | xargs -r sha256sum); }

# prepare <command>: its files in $WORK/expected, counts of its allocations in calls[new], calls[malloc], calls[large].
declare -A calls
prepare() {
  local command=$1
  rm -rf "$run" "$WORK/counts"
  go "$command" >/dev/null
  finals >"$WORK/expected"
  [ -s "$WORK/expected" ] || fail "$command leaves no files"
  for least in 0 65536; do
    rm -rf "$run"
    go "$command" env MYRIAD_ALLOCATION_COUNTS="$WORK/counts" MYRIAD_ALLOCATION_LEAST=$least LD_PRELOAD="$INJECTOR" >/dev/null
    finals | diff "$WORK/expected" - || fail "counting allocations changes the bits of $command"
  done
  calls[new]=$(sed -n '1s/new=\([0-9]*\) .*/\1/p' "$WORK/counts")
  calls[malloc]=$(sed -n '1s/.*malloc=//p' "$WORK/counts")
  calls[large]=$(sed -n '2s/.*malloc=//p' "$WORK/counts")
  echo "$command: ${calls[new]} calls of new, ${calls[malloc]} of malloc, ${calls[large]} of them large"
  [ "${calls[new]}" -gt 1000 ] && [ "${calls[malloc]}" -gt 1000 ] && [ "${calls[large]}" -gt 5 ] || fail "the injector does not see the allocations"
}
tried=0
seen=" "
# check <command> <what>: after a failure with exit code $code.
check() {
  local line
  [ "$code" != 124 ] || fail "$2: hangs"
  seen="$seen$code "
  tried=$((tried + 1))
  if [ -d "$run" ]; then
    finals >"$WORK/found"
    while read -r line; do
      grep -qF "$line" "$WORK/expected" || fail "$2 (code $code): not the bits of the undisturbed run: $line: $(cat "$WORK/err")"
    done <"$WORK/found"
    if [ "$code" = 0 ]; then diff "$WORK/expected" "$WORK/found" || fail "$2: exit code 0 and something is missing"; fi
    # A training that has published its model is complete.
    if [ "$1" = train ] && [ -e "$run/model.safetensors" ]; then return; fi
    go "$1" >/dev/null 2>"$WORK/err2" || fail "$2 (code $code): the command does not go on: $(cat "$WORK/err2"), after $(cat "$WORK/err")"
    finals | diff "$WORK/expected" - || fail "$2 (code $code): other bits after going on"
    [ -z "$(find "$run" -name '.tmp.*')" ] || fail "$2: temporary files are left: $(find "$run" -name '.tmp.*')"
  fi
}
# owned: the failed request came from the program or from Kokkos, not from another library.
owned() { grep -vE 'allocation_injector|libc\.so|libstdc' "$WORK/trace" | head -1 | grep -qE "^$MYRIAD\(|kokkos"; }
# try <command> <kind> <n> <+ or nothing>
try() {
  local kind=$2 least="" what="$1: $3th $2${4:+ and all later ones}"
  [ "$2" = large ] && kind=malloc least=:65536
  rm -rf "$run" "$WORK/trace"
  code=0
  go "$1" timeout 60 env MYRIAD_ALLOCATION="$kind:$3$4$least" MYRIAD_ALLOCATION_TRACE="$WORK/trace" LD_PRELOAD="$INJECTOR" \
    >/dev/null 2>"$WORK/err" || code=$?
  if [ "$kind" = new ] || { [ -z "$4" ] && [ "$2" = large ] && owned; }; then
    case $code in
      0) ;;
      71) grep -q "error E[0-9]*: .*out of memory.* (.*GiB left" "$WORK/err" || fail "$what: the message says too little: $(cat "$WORK/err")" ;;
      *) fail "$what: exit code $code, not 71: $(cat "$WORK/err") $(cat "$WORK/trace")" ;;
    esac
  fi
  check "$1" "$what"
}
# place <kind> <i>: the i-th of $samples places, evenly spread.
place() { echo $((1 + calls[$1] * (2 * $2 - 1) / (2 * samples))); }

for command in forecast verify train; do
  if [ "$command" = verify ]; then
    run=$WORK/scored
    rm -rf "$run"
    go forecast >/dev/null
    run=$WORK/run
  fi
  prepare "$command"
  for i in $(seq "$samples"); do
    try "$command" new "$(place new "$i")" ""
    try "$command" new "$(place new "$i")" +
    try "$command" large "$(place large "$i")" ""
    try "$command" malloc "$(place malloc "$i")" ""
  done
  try "$command" large 1 +
  if [ "$command" = forecast ]; then
    # One of two ranks: the other must not wait for it. Without malloc even MPI cannot say goodbye.
    what="forecast on 2 ranks: no malloc on rank 1"
    rm -rf "$run"
    code=0
    go forecast timeout 60 "$MPIEXEC" -n 2 env MYRIAD_ALLOCATION="malloc:$((calls[malloc] / 4))+" MYRIAD_ALLOCATION_RANK=1 \
      LD_PRELOAD="$INJECTOR" >/dev/null 2>"$WORK/err" || code=$?
    [ "$code" != 0 ] || fail "$what: exit code 0"
    check forecast "$what"
    for i in $(seq "$samples"); do
      for lasting in "" +; do
        n=$((50 + (calls[new] - 50) * (2 * i - 1) / (2 * samples) * 2 / 3))
        what="forecast on 2 ranks: ${n}th new$lasting of rank 1"
        rm -rf "$run"
        code=0
        go forecast timeout 60 "$MPIEXEC" -n 2 env MYRIAD_ALLOCATION="new:$n$lasting" MYRIAD_ALLOCATION_RANK=1 LD_PRELOAD="$INJECTOR" \
          >/dev/null 2>"$WORK/err" || code=$?
        case $code in
          0) ;;
          71) grep -q "out of memory.*rank 1" "$WORK/err" || fail "$what: the rank is not named: $(cat "$WORK/err")" ;;
          *) fail "$what: exit code $code, not 71: $(cat "$WORK/err")" ;;
        esac
        check forecast "$what"
      done
    done
  fi
done
case $seen in *" 71 "*) ;; *) fail "exit code 71 never came up in $tried failures" ;; esac
echo "ok: $tried failures, exit codes$(printf '%s\n' $seen | sort | uniq -c | tr -s ' \n' ' ')"
