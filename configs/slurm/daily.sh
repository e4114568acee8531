#!/usr/bin/env bash
# Submit one cycle of a suite as a chain of jobs: analysis -> forecast -> scores and retention. Prints the job ids.
# Usage: configs/slurm/daily.sh CONFIG CYCLE [options of sbatch for the forecast job...]
#   configs/slurm/daily.sh configs/daily_default.yaml "$(date -u +%Y-%m-%dT00Z)" --ntasks=16 --time=02:00:00
# Call it once per cycle, from cron or scrontab: a repeated call completes what is missing. A job that fails cancels those after it;
# a cycle that starts from an older analysis is complete but degraded, and its chain goes on.
set -eu
if [ $# -lt 2 ]; then
  echo "daily.sh: CONFIG and CYCLE are needed" >&2
  exit 64
fi
config=$1 cycle=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
# stage <name> <stages> <job it waits for> [options of sbatch...]: prints the job id.
stage() {
  local name=$1 stages=$2 after=$3
  shift 3
  [ -z "$after" ] || set -- "$@" "--dependency=afterok:$after" --kill-on-invalid-dep=yes
  sbatch --parsable --job-name="myriad-$name-$cycle" "$@" "$here/daily.sbatch" "$config" --cycle "$cycle" --stages "$stages" |
    cut -d';' -f1
}
analysis=$(stage analysis analysis "")
forecast=$(stage forecast forecast "$analysis" "$@")
scores=$(stage scores verify,prune "$forecast" --time=01:00:00)
echo "$analysis $forecast $scores"
