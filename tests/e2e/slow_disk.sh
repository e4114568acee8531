# The file system keeps a call waiting for DELAY seconds: the log says for which file and when it is over, `myriad status` shows
# it and calls the run alive, and the run ends as if nothing had happened.
. "$(dirname "$0")/common.sh"
delay=${DELAY:-3}
# The default limit is what the long variant is about: beyond half a minute of silence a run would count as hung.
limit=(--set slow_file_limit=1s)
[ "$delay" -lt 30 ] || limit=()
arguments=(configs/forecast_default.yaml --progress none --lead 12h --members 2 --set block=1)
"$MYRIAD" forecast "${arguments[@]}" --out "$WORK/straight" >/dev/null 2>"$WORK/straight.log"
grep -q "slow file\|E1073" "$WORK/straight.log" && fail "an undisturbed run warns: $(cat "$WORK/straight.log")"
expected=$(cd "$WORK/straight" && sha256sum members/*.nc products/*.nc)

# slow <name> <call> <n> <what is slow below the run's folder> <file that must be named> <rank that waits>
# Only files that begin with the fourth argument count. The delays pass beside each other.
slow() {
  local run=$WORK/$1 code=0 pid launcher=()
  [ "$6" = 0 ] || launcher=("$MPIEXEC" -n 2)
  MYRIAD_FAULT_DIR=$run/$4 MYRIAD_FAULT=$2:$3:delay$delay ${launcher[@]+"${launcher[@]}"} env LD_PRELOAD="$INJECTOR" \
    "$MYRIAD" forecast "${arguments[@]}" ${limit[@]+"${limit[@]}"} --out "$run" \
    --log-dir "$WORK/$1.logs" >/dev/null 2>"$WORK/$1.err" &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    "$MYRIAD" status "$run" --porcelain >>"$WORK/$1.states" 2>/dev/null || true
    [ -e "$run/status.json" ] && cat "$run/status.json" >>"$WORK/$1.json" 2>/dev/null
    sleep 0.5
  done
  wait "$pid" || code=$?
  echo "$code" >"$WORK/$1.code"
}
# told <as for slow>
told() {
  local name="$1: slow $2 of $4" log=$WORK/$1.logs/rank-000$6.log
  [ "$(cat "$WORK/$1.code")" = 0 ] || fail "$name: exit code $(cat "$WORK/$1.code"): $(cat "$WORK/$1.err")"
  grep -q "warning E1073: $2 of $WORK/$1/$5 has taken" "$WORK/$1.err" || fail "$name: no warning on stderr: $(cat "$WORK/$1.err")"
  grep -q "warning E1073: $2 of $WORK/$1/$5 has taken" "$log" || fail "$name: no warning that names $5: $(cat "$log")"
  grep -q "$2 of $WORK/$1/$5 is over" "$log" || fail "$name: not said that it is over: $(cat "$log")"
  grep -q "slow file action(s) took" "$log" || fail "$name: no total: $(cat "$log")"
  grep -q "\"state\":\"running\".*\"waiting_for\":\[.*{\"rank\":$6,\"file\":\"$WORK/$1/$5\",\"operation\":\"$2\"" "$WORK/$1.states" ||
    fail "$name: status does not show it: $(tail -n 3 "$WORK/$1.states")"
  grep -q '"state":"hung"' "$WORK/$1.states" && fail "$name: the run was called hung"
  grep -q '"slow_file_seconds":[1-9]' "$WORK/$1/run.manifest" || fail "$name: the manifest does not hold the time"
  (cd "$WORK/$1" && sha256sum members/*.nc products/*.nc) | diff <(echo "$expected") - || fail "$name: other bits"
  grep -q waiting_for "$WORK/$1/status.json" && fail "$name: status.json still shows the wait at the end"
  [ -z "$(find "$WORK/$1" -name '.tmp.*')" ] || fail "$name: temporary files are left"
}
cases=("scratch write 5 scratch/fields scratch/fields[.a-z]* 0"
       "member_write write 20 members/.tmp. members/mem0000[01].nc 0"
       "member_sync sync 1 members/.tmp. members/mem0000[01].nc 0"
       "member_rename rename 1 members/mem00001.nc members/mem00001.nc 0"
       "manifest_sync sync 2 run.manifest run.manifest 0"
       "other_rank rename 1 members/mem00001.nc members/mem00001.nc 1")
for one in "${cases[@]}"; do
  # shellcheck disable=SC2086
  slow $one &
done
wait
# shellcheck disable=SC2086
for one in "${cases[@]}"; do told $one; done
grep -q '"waiting_for"' "$WORK/member_write.json" || fail "status.json does not show the wait of the writing thread"
"$MYRIAD" status "$WORK/member_write" | grep -q waiting && fail "a run that is done waits"
echo "ok: ${#cases[@]} delays of $delay s"
