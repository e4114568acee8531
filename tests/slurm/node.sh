# Sourced by the tests: a Slurm of one node (or of NODES virtual ones, n1, n2... on this machine), as the user who runs the test, with its own ports and folder, gone at the end.
# Needs slurmctld, slurmd and sbatch; no munge, no systemd, no configuration of the machine is touched.
for program in slurmctld slurmd sbatch; do
  if ! PATH=$PATH:/usr/sbin command -v "$program" >/dev/null; then
    echo "SKIPPED: $program is not installed (scripts/setup.sh installs slurm-wlm)"
    exit "${SKIPPED:-77}"
  fi
done
PATH=$PATH:/usr/sbin
# The folder's path must be short: sockets below it are limited to 108 characters.
node=$(mktemp -d /tmp/myriad-slurm-XXXXXX)
mkdir -p "$node/state" "$node/spool" "$node/log"
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 20000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}
user=$(id -un)
name=$(uname -n)
cat >"$node/slurm.conf" <<C
ClusterName=myriad
SlurmctldHost=$name(127.0.0.1)
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/none
# A requeued job is held back as long as its credential lives, two minutes unless told otherwise.
AuthInfo=cred_expire=5
CredType=cred/none
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=bf_interval=2,sched_interval=2,batch_sched_delay=0,sched_min_interval=100000
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$node/completed
ReturnToService=2
KillWait=5
MinJobAge=600
SlurmctldPort=$(free_port)
SlurmdTimeout=${SLURMD_TIMEOUT:-300}
StateSaveLocation=$node/state
SlurmdSpoolDir=$node/spool/%n
SlurmctldPidFile=$node/slurmctld.pid
SlurmdPidFile=$node/slurmd-%n.pid
SlurmctldLogFile=$node/log/slurmctld
SlurmdLogFile=$node/log/slurmd-%n
SlurmdParameters=config_overrides
C
names=()
for i in $(seq "${NODES:-1}"); do
  names+=("n$i")
  mkdir -p "$node/spool/n$i"
  echo "NodeName=n$i NodeHostname=$name NodeAddr=127.0.0.1 Port=$(free_port) CPUs=8 RealMemory=2000" >>"$node/slurm.conf"
done
echo "PartitionName=main Nodes=$(IFS=,; echo "${names[*]}") Default=YES State=UP" >>"$node/slurm.conf"
export SLURM_CONF=$node/slurm.conf
daemons=()
stop_node() {
  local result=$?
  set +e
  scancel --full --state=RUNNING 2>/dev/null
  scancel --state=PENDING 2>/dev/null
  for _ in $(seq 50); do
    [ -n "$(squeue --noheader 2>/dev/null)" ] || break
    sleep 0.1
  done
  for pid in "${daemons[@]}"; do kill -TERM "$pid" 2>/dev/null; done
  for _ in $(seq 50); do
    kill -0 "${daemons[@]}" 2>/dev/null || break
    sleep 0.1
  done
  for pid in "${daemons[@]}"; do kill -KILL "$pid" 2>/dev/null; done
  wait 2>/dev/null
  rm -rf "$node"
  exit "$result"
}
trap stop_node EXIT
slurmctld -D -f "$SLURM_CONF" >"$node/log/controller" 2>&1 &
daemons+=($!)
for i in "${names[@]}"; do
  slurmd -D -f "$SLURM_CONF" -N "$i" >"$node/log/$i" 2>&1 &
  daemons+=($!)   # daemons[k] is that of node nk
done
show_logs() { tail -n 30 "$node"/log/*; squeue; }
for _ in $(seq 200); do
  [ "$(sinfo --noheader --format='%T %D' 2>/dev/null)" = "idle ${#names[@]}" ] && break
  sleep 0.1
done
[ "$(sinfo --noheader --format='%T %D' 2>/dev/null)" = "idle ${#names[@]}" ] || { show_logs; fail "Slurm did not start"; }

# detail <job> <field>: a field of `scontrol show job`.
detail() { scontrol --oneliner show job "$1" | head -n 1 | tr ' ' '\n' | sed -n "s/^$2=//p" | head -n 1; }
# ended <job...>: wait until none of the jobs is in the queue any more.
ended() {
  local list tries=0
  list=$(IFS=,; echo "$*")
  while [ -n "$(squeue --noheader --jobs="$list" --states=PENDING,RUNNING,COMPLETING,SUSPENDED,CONFIGURING 2>/dev/null)" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || { show_logs; fail "job(s) $list did not end in a minute"; }
    sleep 0.1
  done
}
submit() { sbatch --parsable "$@" | cut -d';' -f1; }
