# scripts/launch.sh: stopping is forwarded as USR1, a killed rank is named, codes are mapped, the same command goes on.
. "$(dirname "$0")/common.sh"
launch=scripts/launch.sh
run=(-- "$MYRIAD" forecast configs/forecast_default.yaml --progress none --quiet --lead 120h --members 16 --set block=2)
code_of() { local code=0; "$@" || code=$?; echo "$code"; }
# until_alive <folder> <ranks>: wait for the heartbeats of a started run.
until_alive() {
  local tries=0
  while [ "$(find "$WORK/$1" -maxdepth 1 -name 'heartbeat.*' 2>/dev/null | wc -l)" -lt "$2" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 200 ] || fail "no heartbeats in $1"
    sleep 0.05
  done
}

$launch -n 2 "${run[@]}" --out "$WORK/straight" >/dev/null 2>&1 || fail "an undisturbed run failed"
sums straight >"$WORK/expected"
[ -z "$(find "$WORK/straight" -name 'heartbeat.*')" ] || fail "an orderly end left heartbeats"

grep -q '"finished".*"cost":{"ranks":2,"cores":2,.*"core_hours":.*"kwh_estimate"' "$WORK/straight/run.manifest" || fail "no cost in the manifest"
# Background processes of a script ignore INT; a user's command does not.
for signal in TERM INT; do
  env --default-signal=INT $launch -n 2 "${run[@]}" --out "$WORK/$signal" >/dev/null 2>"$WORK/$signal.log" &
  pid=$!
  until_alive "$signal" 2
  kill -"$signal" "$pid"
  code=0
  wait "$pid" || code=$?
  [ "$code" = 75 ] || { cat "$WORK/$signal.log"; fail "$signal gave $code, not 75"; }
  grep -q '"stopped".*"cost"' "$WORK/$signal/run.manifest" || fail "a stopped start has no cost"
  grep -q "signal SIGUSR1" "$WORK/$signal.log" || fail "$signal did not reach the ranks as USR1"
  $launch -n 3 "${run[@]}" --out "$WORK/$signal" >/dev/null 2>&1 || fail "the run stopped by $signal did not go on"
  sums "$signal" | diff "$WORK/expected" - || fail "the run stopped by $signal has other bits"
done

$launch -n 3 "${run[@]}" --out "$WORK/killed" >/dev/null 2>"$WORK/killed.log" &
pid=$!
until_alive killed 3
victim=$(sed -E 's/.*"pid":([0-9]+).*/\1/' "$WORK/killed/heartbeat.1")
kill -9 "$victim"
code=0
wait "$pid" || code=$?
[ "$code" = 75 ] || { cat "$WORK/killed.log"; fail "a killed rank gave $code, not 75"; }
grep -q "rank 1 on host $(uname -n) (pid $victim) died" "$WORK/killed.log" || {
  cat "$WORK/killed.log"
  fail "the dead rank is not named"
}
$launch -n 2 "${run[@]}" --out "$WORK/killed" --overwrite >/dev/null 2>"$WORK/resumed.log" || {
  cat "$WORK/resumed.log"
  fail "the run with a dead rank did not go on"
}
sums killed | diff "$WORK/expected" - || fail "the run with a dead rank has other bits"
[ -z "$(find "$WORK/killed" -name 'heartbeat.*')" ] || fail "heartbeats of the dead rank are left"

[ "$(code_of $launch -n 1 -- "$MYRIAD" forecast configs/forecast_default.yaml --out "$WORK/x" --set nonsense=1 2>/dev/null)" = 78 ] ||
  fail "the program's own code is not passed on"
[ "$(code_of $launch --with none -- sh -c 'exit 3')" = 3 ] || fail "3 is not passed on"
[ "$(code_of $launch --with none --degraded-ok -- sh -c 'exit 3' 2>/dev/null)" = 0 ] || fail "--degraded-ok has no effect"
[ "$(code_of $launch --with none -- sh -c 'kill -SEGV $$' 2>/dev/null)" = 70 ] || fail "a crash is not 70"
[ "$(code_of $launch --with none -- "$WORK/no-such-program" 2>/dev/null)" = 69 ] || fail "a missing program is not 69"
[ "$(code_of $launch --nonsense 2>/dev/null)" = 64 ] || fail "an unknown option is not 64"
# Without --out the run directory comes from the configuration.
sed "s|^out:.*|out: \"$WORK/from file\"|" configs/forecast_default.yaml >"$WORK/own.yaml"
$launch -n 1 -- "$MYRIAD" forecast "$WORK/own.yaml" $small --members 1 2>&1 >/dev/null | grep -q "run directory $WORK/from file" ||
  fail "the run directory of the configuration is not found"
echo ok
