# Three virtual nodes, one of which dies with the job on it: Slurm starts the job on another one, which goes on; the same bits.
. "$(dirname "$0")/../e2e/common.sh"
NODES=3 SLURMD_TIMEOUT=10
. "$(dirname "$0")/node.sh"
export MYRIAD MYRIAD_LAUNCH_OPTIONS="--with mpirun"
flags="--quiet --lead 72h --members 24 --set block=2"
# shellcheck disable=SC2086
"$MYRIAD" forecast configs/forecast_default.yaml --progress none $flags --out "$WORK/straight" >/dev/null
# shellcheck disable=SC2086
job=$(submit --chdir="$PWD" --time=10 --ntasks=2 --output="$WORK/%x-%j.log" configs/slurm/forecast.sbatch \
  configs/forecast_default.yaml $flags --out "$WORK/lost")
tries=0
until [ "$(find "$WORK/lost" -maxdepth 1 -name 'heartbeat.*' 2>/dev/null | wc -l)" = 2 ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 300 ] || { cat "$WORK"/*.log; show_logs; fail "no heartbeats"; }
  sleep 0.05
done
first=$(detail "$job" NodeList)
# The node loses power: its daemon, the daemon's shepherd of the job, and all that the job runs.
victims=$(sed -E 's/.*"pid":([0-9]+).*/\1/' "$WORK"/lost/heartbeat.*)
# Found through its own descendants: another Slurm on this machine may have a job of the same number.
shepherd=${victims%%$'\n'*}
until [ "$(cat "/proc/$shepherd/comm")" = slurmstepd ]; do shepherd=$(ps -o ppid= -p "$shepherd" | tr -d ' '); done
tree() { for p in $(pgrep -P "$1"); do tree "$p"; done; echo "$1"; }
# shellcheck disable=SC2046,SC2086
kill -KILL "${daemons[${first#n}]}" $(tree "$shepherd") $victims 2>/dev/null
ended "$job"
[ "$(detail "$job" JobState)" = COMPLETED ] || { cat "$WORK"/*.log; show_logs; fail "the job is $(detail "$job" JobState)"; }
[ "$(detail "$job" NodeList)" != "$first" ] || fail "the job ran on the lost node again"
[ "$(detail "$job" Restarts)" = 1 ] || fail "the job was restarted $(detail "$job" Restarts) times"
(cd "$WORK/straight" && find . -name 'mem*.nc' -exec sha256sum {} + | sort -k 2) >"$WORK/expected"
(cd "$WORK/lost" && find . -name 'mem*.nc' -exec sha256sum {} + | sort -k 2) | diff "$WORK/expected" - || fail "other bits after the loss of a node"
echo ok
