#!/usr/bin/env bash
# Run a Myriad command on several ranks so that nothing is lost when the job is stopped or a rank dies.
# Usage: scripts/launch.sh [options] -- myriad VERB [arguments...]
#   -n N              ranks (default: SLURM_NTASKS, else 1)
#   --with LAUNCHER   mpirun, srun or none (default: srun inside a Slurm job whose srun knows pmix, else mpirun)
#   --run-dir DIR     run directory with the heartbeats (default: what --out or the configuration says)
#   --requeue         in a Slurm job: requeue it when it was stopped in time or a rank died
#   --max-restarts N  requeue at most N times (default 20)
#   --degraded-ok     leave with 0 for a complete but degraded result, so that jobs with afterok go on
# TERM, INT and USR1 become USR1 for the ranks: Open MPI's mpirun would kill them a second after TERM or INT.
# Exit codes are those of the program (docs/exit-codes.md); 75 also for a rank that was killed. See docs/operations.md.
set -u
ranks=${SLURM_NTASKS:-1} with="" run_dir="" requeue=no max_restarts=20 degraded_ok=no
say() { echo "launch: $*" >&2; }
usage() { say "$1 (see the head of $0)"; exit 64; }
while [ $# -gt 0 ]; do
  case "$1" in
    -n|--with|--run-dir|--max-restarts)
      [ $# -ge 2 ] || usage "$1 needs a value"
      case "$1" in
        -n) ranks=$2 ;; --with) with=$2 ;; --run-dir) run_dir=$2 ;; --max-restarts) max_restarts=$2 ;;
      esac
      shift 2 ;;
    --requeue) requeue=yes; shift ;;
    --degraded-ok) degraded_ok=yes; shift ;;
    --) shift; break ;;
    *) usage "unknown option '$1'" ;;
  esac
done
[ $# -ge 1 ] || usage "no command after --"
case "$ranks$max_restarts" in *[!0-9]*) usage "-n and --max-restarts take numbers" ;; esac
[ "$ranks" -ge 1 ] || usage "-n must be at least 1"

if [ -z "$with" ]; then
  with=mpirun
  if [ -n "${SLURM_JOB_ID:-}" ] && srun --mpi=list 2>&1 | grep -q pmix; then with=srun; fi
fi
case "$with" in
  mpirun) command=(mpirun -n "$ranks" "$@") ;;
  srun) command=(srun --mpi=pmix --kill-on-bad-exit=1 -n "$ranks" "$@") ;;
  none) [ "$ranks" = 1 ] || usage "--with none means one rank"; command=("$@") ;;
  *) usage "unknown launcher '$with'" ;;
esac

# find_run_dir <myriad> <verb> [arguments...]: --out if given, else the effective configuration's `out`.
find_run_dir() {
  local program=$1 verb=${2:-} config="" sets=()
  shift $(($# < 2 ? $# : 2))
  while [ $# -gt 0 ]; do
    case "$1" in
      --out) echo "${2:-}"; return ;;
      --out=*) echo "${1#--out=}"; return ;;
      --set) sets+=(--set "${2:-}"); shift ;;
      --set=*) sets+=("$1") ;;
      *.yaml|*.yml) [ -n "$config" ] || config=$1 ;;
    esac
    shift
  done
  [ -n "$config" ] || return 0
  "$program" config show "$verb" "$config" ${sets[@]+"${sets[@]}"} 2>/dev/null |
    sed -nE 's/^out: *("?)([^#"]*[^#" ])\1 *#.*/\2/p' | head -n 1
}
[ -n "$run_dir" ] || run_dir=$(find_run_dir "$@")

marker=$(mktemp)     # its age tells this job's heartbeats from those of an earlier one
found=$(mktemp)      # the ranks that were found dead
trap 'rm -f "$marker" "$found"' EXIT

# value <key> <line>: a number or text of a heartbeat's JSON line.
value() {
  local rest=${2#*\""$1"\":}
  rest=${rest%%[,\}]*}
  rest=${rest#\"}
  echo "${rest%\"}"
}
# A process that is gone (or a zombie) while its heartbeat is still there was killed: an orderly end removes the file.
watch_ranks() {
  local file line pid state
  while kill -0 "$1" 2>/dev/null; do
    for file in "$run_dir"/heartbeat.*; do
      [ "$file" -nt "$marker" ] || continue
      IFS= read -r line <"$file" || continue
      case "$line" in *"\"host\":\"$(uname -n)\""*) ;; *) continue ;; esac
      pid=$(value pid "$line")
      state=$(sed -nE 's/^State:[[:space:]]*(.).*/\1/p' "/proc/$pid/status" 2>/dev/null)
      case "$state" in ""|Z|X) [ -e "$file" ] && echo "$line" >>"$found" ;; esac
    done
    [ -s "$found" ] && return
    sleep 0.2
  done
} 2>/dev/null
# The heartbeats that are left after the job; the oldest first.
oldest_heartbeat() {
  local file
  # shellcheck disable=SC2012
  ls -tr "$run_dir"/heartbeat.* 2>/dev/null | while IFS= read -r file; do
    [ "$file" -nt "$marker" ] && head -n 1 "$file" && break
  done
}

stop="" child=""
# shellcheck disable=SC2317
forward() {
  stop=$1
  say "$1 received; asking the ranks to stop at the next step"
  [ -z "$child" ] || kill -USR1 "$child" 2>/dev/null
}
for signal in TERM INT USR1; do
  # shellcheck disable=SC2064
  trap "forward $signal" "$signal"
done
say "$ranks rank(s) by $with on $(uname -n)${run_dir:+, run directory $run_dir}${SLURM_JOB_ID:+, job $SLURM_JOB_ID}${SLURM_RESTART_COUNT:+, restart $SLURM_RESTART_COUNT}${CUDA_VISIBLE_DEVICES:+, devices $CUDA_VISIBLE_DEVICES}"
# A process group of its own: Ctrl-C at the terminal reaches this script only.
set -m
"${command[@]}" </dev/null &
child=$!
set +m
[ -z "$stop" ] || kill -USR1 "$child" 2>/dev/null
if [ -n "$run_dir" ]; then watch_ranks "$child" & fi
# A trap ends `wait` early: wait until the child is really gone.
while :; do
  wait "$child"
  code=$?
  kill -0 "$child" 2>/dev/null || break
done

# mpirun may return before the ranks that it ended are gone; until then they hold the run directory.
wait_for_ranks() {
  local file line tries=0
  for file in "$run_dir"/heartbeat.*; do
    [ "$file" -nt "$marker" ] || continue
    IFS= read -r line <"$file" || continue
    case "$line" in *"\"host\":\"$(uname -n)\""*) ;; *) continue ;; esac
    while kill -0 "$(value pid "$line")" && [ "$tries" -lt 150 ]; do
      tries=$((tries + 1))
      sleep 0.1
    done
  done
} 2>/dev/null
[ -z "$run_dir" ] || wait_for_ranks

died=no
name_the_dead() {
  local line told=no
  while IFS= read -r line; do
    say "rank $(value rank "$line") on host $(value host "$line") (pid $(value pid "$line")) died at step $(value step "$line")"
    told=yes
  done < <(sort -u "$found")
  if [ "$told" = no ] && [ -n "$run_dir" ]; then
    line=$(oldest_heartbeat)
    if [ -n "$line" ]; then
      say "rank $(value rank "$line") on host $(value host "$line") fell silent first, at step $(value step "$line"), $(value time "$line")"
    fi
  fi
}
result=$code
case "$code" in
  0|3|6[4-9]|7[0-8]) ;;
  129|130|137|138|140|143|152)
    # Killed from outside: by the scheduler, a person or for memory. What is published is whole.
    result=75
    if [ -z "$stop" ]; then
      died=yes
      name_the_dead
      say "a rank was killed (launcher's code $code); the same command goes on. If memory was short use a smaller block"
    fi ;;
  132|134|135|136|139) result=70; name_the_dead; say "a rank crashed (launcher's code $code); this is a bug, please report it" ;;
  *)
    if [ -s "$found" ]; then
      result=75 died=yes
      name_the_dead
      say "the same command goes on"
    else
      result=69
      say "$with failed with code $code (see its message above)"
    fi ;;
esac

# The program stops by itself in time before the end of its job.
near_the_end() {
  [ -n "${SLURM_JOB_END_TIME:-}" ] && [ $((SLURM_JOB_END_TIME - $(date +%s))) -lt 180 ]
}
if [ "$result" = 75 ] && [ "$requeue" = yes ] && [ -n "${SLURM_JOB_ID:-}" ]; then
  if [ "$stop" != USR1 ] && [ "$died" = no ] && ! near_the_end; then
    say "stopped by ${stop:-request}; not requeued"
  elif [ "${SLURM_RESTART_COUNT:-0}" -ge "$max_restarts" ]; then
    say "requeued $max_restarts times already; not again"
  else
    # Slurm ends this script at once, and holds the job back while its credential lives (two minutes by default).
    say "requeueing job $SLURM_JOB_ID"
    scontrol requeue "$SLURM_JOB_ID"
  fi
fi
if [ "$result" = 3 ] && [ "$degraded_ok" = yes ]; then
  say "complete but degraded (3); going on"
  result=0
fi
exit "$result"
