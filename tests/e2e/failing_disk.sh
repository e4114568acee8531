# The disk fails or the process dies at the n-th open, write, sync or rename: the exit code says so, nothing partial stands
# under a final name, and the same command afterwards makes the same bytes. Then a disk that is really full.
# SAMPLES places per call and failure are tried.
. "$(dirname "$0")/common.sh"
samples=${SAMPLES:-2}
run=$WORK/run
arguments=(configs/forecast_default.yaml --out "$run" --progress none --quiet --lead 12h --members 3 --set block=2)
forecast_here() { "$MYRIAD" forecast "${arguments[@]}" "$@"; }
all_sums() { (cd "$1" && sha256sum members/*.nc products/*.nc); }

forecast_here >/dev/null
all_sums "$run" >"$WORK/expected"
rm -rf "$run"
MYRIAD_FAULT_DIR=$run MYRIAD_FAULT_COUNTS=$WORK/counts LD_PRELOAD=$INJECTOR "$MYRIAD" forecast "${arguments[@]}" >/dev/null
all_sums "$run" | diff "$WORK/expected" - || fail "counting calls changes the bits"
declare -A calls
for pair in $(cat "$WORK/counts"); do calls[${pair%=*}]=${pair#*=}; done
for call in open write sync rename; do
  [ "${calls[$call]:-0}" -ge 5 ] || fail "only ${calls[$call]:-0} calls of $call were seen: the injector does not work"
done

# intact <what>: every member and product that is there is whole.
intact() {
  local file
  for file in "$run"/members/*.nc "$run"/products/*.nc; do
    [ -e "$file" ] || continue
    grep -q "$(sha256sum "$file" | cut -d' ' -f1)" "$WORK/expected" || fail "$1: $file is partial"
  done
}
# goes_on <what>: without the failure the same command completes the run.
goes_on() {
  forecast_here >/dev/null 2>"$WORK/err" || fail "$1: the command does not go on: $(cat "$WORK/err")"
  all_sums "$run" | diff "$WORK/expected" - || fail "$1: other bits after going on"
  [ -z "$(find "$run" -name '.tmp.*')" ] || fail "$1: temporary files are left: $(find "$run" -name '.tmp.*')"
  "$MYRIAD" validate "$run" >/dev/null || fail "$1: not valid after going on"
}
tried=0
seen=" "
# try <call> <n> <what>
try() {
  local code=0 name="$2th $1: $3"
  rm -rf "$run"
  MYRIAD_FAULT_DIR=$run MYRIAD_FAULT=$1:$2:$3 LD_PRELOAD=$INJECTOR "$MYRIAD" forecast "${arguments[@]}" \
    >/dev/null 2>"$WORK/err" || code=$?
  intact "$name"
  # 0: the call belonged to something the run does without (a heartbeat).
  case $3:$code in
    kill*:137) ;;
    E*:7[347] | short:74) ;;
    E*:0 | short:0) all_sums "$run" | diff "$WORK/expected" - || fail "$name: exit code 0 and other bits" ;;
    *) fail "$name: exit code $code: $(cat "$WORK/err")" ;;
  esac
  [ -d "$run" ] && goes_on "$name"
  seen="$seen$code "
  tried=$((tried + 1))
}
for call in open write sync rename; do
  failures="ENOSPC+ kill"
  [ "$call" = write ] && failures="ENOSPC+ EIO short kill"
  [ "$call" = sync ] && failures="EIO kill"
  [ "$call" = rename ] && failures="EACCES kill killafter"
  for failure in $failures; do
    for i in $(seq "$samples"); do
      # Evenly spread, never the very last calls, which belong to the end of the process.
      try "$call" $((1 + (calls[$call] - 3) * (2 * i - 1) / (2 * samples))) "$failure"
    done
  done
done
for code in 74 137; do
  case $seen in *" $code "*) ;; *) fail "exit code $code never came up in $tried failures" ;; esac
done

# A disk that is really full: a small tmpfs in a mount namespace of its own, where that is allowed.
export -f fail intact goes_on all_sums forecast_here
export run WORK MYRIAD
declare -p arguments >"$WORK/arguments"
full_disk() {
  . "$WORK/arguments"
  local size=256 code met=0 predicted=0
  while true; do
    rm -rf "$run"
    mkdir -p "$run"
    mount -t tmpfs -o "size=${size}k" tmpfs "$run" || exit 99
    code=0
    forecast_here >/dev/null 2>"$WORK/err" || code=$?
    intact "disk of $size KiB"
    if [ "$code" = 0 ]; then
      umount "$run"
      break
    fi
    [ "$code" = 74 ] || fail "a disk of $size KiB: exit code $code, not 74: $(cat "$WORK/err")"
    case $(cat "$WORK/err") in
      *E2647*) predicted=$((predicted + 1)) ;;
      *ENOSPC* | *[Ss]pace*) met=$((met + 1)) ;;
      *) fail "the message does not tell of the full disk: $(cat "$WORK/err")" ;;
    esac
    mount -o remount,size=64m "$run"
    goes_on "disk of $size KiB after freeing space"
    umount "$run"
    size=$((size + (predicted > 0 && met == 0 ? 512 : 128)))
    [ "$size" -lt 20000 ] || fail "no disk is large enough"
  done
  echo "full disk: $predicted times foreseen, $met times met, enough at $size KiB"
  [ "$predicted" -ge 1 ] && [ "$met" -ge 1 ] || fail "the sweep of sizes did not meet both cases"
}
export -f full_disk
code=0
if unshare --mount true 2>/dev/null; then
  unshare --mount bash -eu -c full_disk || code=$?
elif unshare --user --map-root-user --mount true 2>/dev/null; then
  unshare --user --map-root-user --mount bash -eu -c full_disk || code=$?
else
  code=99
fi
[ "$code" = 99 ] && echo "no right to mount a tmpfs here: the full disk was tried by injected failures alone"
[ "$code" = 0 ] || [ "$code" = 99 ] || exit 1
echo "ok: $tried failures, exit codes$(printf '%s\n' $seen | sort | uniq -c | tr -s ' \n' ' ')"
