# The templates of configs/slurm on a real Slurm: array, dependencies, preemption and time limit with requeue, the same bits.
. "$(dirname "$0")/../e2e/common.sh"
. "$(dirname "$0")/node.sh"
export MYRIAD MYRIAD_LAUNCH_OPTIONS="--with mpirun"
log="--chdir=$PWD --time=10"
sums_of() { (cd "$1" && find . -name 'mem*.nc' -printf '%f\n' | sort | while read -r f; do sha256sum <"$(find . -name "$f")"; done); }
until_alive() {
  local tries=0
  while ! ls "$1"/heartbeat.* >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || { cat "$WORK"/*.log; show_logs; fail "no heartbeats in $1"; }
    sleep 0.05
  done
}
flags="--quiet --lead 72h --set block=2"
# shellcheck disable=SC2086
mpirun -n 2 "$MYRIAD" forecast configs/forecast_default.yaml --progress none $flags --members 24 --out "$WORK/straight" >/dev/null
sums_of "$WORK/straight" >"$WORK/expected"

# Time limit: Slurm warns up to a minute early and looks every half minute, so 119 s before a limit of two minutes is within
# half a minute. Until then the rank is held, then it finishes its step.
# shellcheck disable=SC2086
limited=$(submit $log --time=2 --signal=B:USR1@119 --ntasks=1 --output="$WORK/%x-%j.log" configs/slurm/forecast.sbatch \
  configs/forecast_default.yaml $flags --members 24 --out "$WORK/limited")
until_alive "$WORK/limited"
held=$(sed -E 's/.*"pid":([0-9]+).*/\1/' "$WORK/limited/heartbeat.0")
kill -STOP "$held"

# Preemption, under srun where this Slurm has pmix: the ranks stop at a step, the job is requeued, its second life completes it.
# shellcheck disable=SC2086
preempted=$(MYRIAD_LAUNCH_OPTIONS="" submit $log --ntasks=2 --output="$WORK/%x-%j.log" configs/slurm/forecast.sbatch \
  configs/forecast_default.yaml $flags --members 24 --out "$WORK/preempted")
until_alive "$WORK/preempted"
scancel --signal=USR1 --batch "$preempted"

# Meanwhile: an array of four tasks, two at a time, and the scores of all its members when they are there.
# shellcheck disable=SC2086
array=$(submit $log --ntasks=1 --array=0-3%2 --output="$WORK/%x-%A_%a.log" configs/slurm/ensemble_array.sbatch \
  "$WORK/array" 6 configs/forecast_default.yaml $flags)
scores=$(submit $log --output="$WORK/%x-%j.log" --dependency="afterok:$array" --kill-on-invalid-dep=yes configs/slurm/verify.sbatch \
  configs/verify_default.yaml --out "$WORK/array" --set "forecasts=[$WORK/array]" --set 'channels=[z500]')
# A job that fails (unknown key) and one that must not run after it.
bad=$(submit $log --output="$WORK/%x-%j.log" --ntasks=1 configs/slurm/forecast.sbatch configs/forecast_default.yaml \
  --out "$WORK/bad" --set nonsense=1)
never=$(submit $log --output="$WORK/%x-%j.log" --dependency="afterok:$bad" --kill-on-invalid-dep=yes configs/slurm/verify.sbatch \
  configs/verify_default.yaml --out "$WORK/never")

# The chain of one cycle of a suite.
cat configs/daily_default.yaml >"$WORK/daily.yaml"
sed -i -e "s|^out:.*|out: $WORK/suite|" -e 's|launcher: \[\].*|launcher: [scripts/launch.sh, --with, mpirun, -n, "2", --]|' "$WORK/daily.yaml"
# shellcheck disable=SC2046
set -- $(SBATCH_OUTPUT="$WORK/%x-%j.log" configs/slurm/daily.sh "$WORK/daily.yaml" 2003-01-16T00Z --ntasks=2)

tries=0
until grep -q "USR1 received" "$WORK/myriad-forecast-$limited.log"; do
  tries=$((tries + 1))
  [ "$tries" -lt 450 ] || { cat "$WORK/myriad-forecast-$limited.log"; show_logs; fail "no warning before the time limit"; }
  sleep 0.1
done
kill -CONT "$held"
ended "$@" "$limited" "$preempted" "$array" "$scores" "$bad" "$never"
[ "$(detail "$limited" JobState)" = COMPLETED ] || { cat "$WORK"/*.log; fail "the limited job is $(detail "$limited" JobState)"; }
# More than once where a step takes long.
[ "$(detail "$limited" Restarts)" -ge 1 ] || fail "the time limit led to $(detail "$limited" Restarts) restarts"
sums_of "$WORK/limited" | diff "$WORK/expected" - || fail "the limited forecast has other bits"
[ "$(detail "$preempted" JobState)" = COMPLETED ] || { cat "$WORK"/*.log; fail "the preempted job is $(detail "$preempted" JobState)"; }
[ "$(detail "$preempted" Restarts)" = 1 ] || fail "the preempted job was restarted $(detail "$preempted" Restarts) times"
grep -q "restart 1" "$WORK/myriad-forecast-$preempted.log" || fail "the log does not tell the restart"
if srun --mpi=list 2>&1 | grep -q pmix; then
  grep -q "2 rank(s) by srun" "$WORK/myriad-forecast-$preempted.log" || fail "srun was not used"
fi
sums_of "$WORK/preempted" | diff "$WORK/expected" - || fail "the preempted forecast has other bits"
for task in 0 1 2 3; do
  [ "$(detail "${array}_$task" JobState)" = COMPLETED ] || { cat "$WORK"/*.log; fail "task $task is $(detail "${array}_$task" JobState)"; }
done
sums_of "$WORK/array" | diff "$WORK/expected" - || fail "the array has other bits"
[ "$(detail "$scores" JobState)" = COMPLETED ] || { cat "$WORK"/*verify*.log; fail "the scores of the array were not made"; }
[ -s "$WORK/array/report.html" ] || fail "no report of the array"
[ "$(detail "$bad" JobState)" = FAILED ] || fail "the bad job is $(detail "$bad" JobState)"
[ "$(detail "$bad" ExitCode)" = 78:0 ] || fail "the bad job left with $(detail "$bad" ExitCode), not 78"
[ "$(detail "$never" JobState)" = CANCELLED ] || fail "the job after the bad one is $(detail "$never" JobState), not cancelled"
for job in "$@"; do
  [ "$(detail "$job" JobState)" = COMPLETED ] || { cat "$WORK"/myriad-*-2003*.log; fail "job $job of the suite is $(detail "$job" JobState)"; }
done
[ -s "$WORK/suite/20030116T000000Z/verification/report.html" ] || fail "the suite has no report"
grep -q "2 rank(s) by mpirun" "$WORK/suite/20030116T000000Z/logs/forecast.log" || fail "the suite's forecast ran without its launcher"
echo ok
