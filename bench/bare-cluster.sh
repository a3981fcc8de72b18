#!/usr/bin/env bash
# The yardstick of the benchmarks: the plainest script that starts the same daemons as `sluice cluster create --start`
# with the `full` preset (a controller, two CPU nodes, one GPU node), and returns when every node is idle.
#
#   bare-cluster.sh start DIR   makes the cluster below DIR; DIR/config/slurm.conf is its configuration
#   bare-cluster.sh stop DIR    ends its daemons
set -euo pipefail

action=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
conf=$dir/config/slurm.conf
port=${BARE_PORT:-31817}
nodes=(cpu-0 cpu-1 gpu-0)

write_files() {
  mkdir -p "$dir"/{config,state,spool,log,run,munge,devices}
  chmod 700 "$dir/munge" "$dir/state"
  head -c 128 /dev/urandom >"$dir/munge/key"
  chmod 400 "$dir/munge/key"
  for i in 0 1 2 3; do ln -sf /dev/null "$dir/devices/gpu$i"; done
  cat >"$conf" <<CONF
ClusterName=bare
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
# A job that is queued again waits until the credential of its first run has expired.
AuthInfo=socket=$dir/munge/socket,cred_expire=15
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd-%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=256
MailProg=/bin/true
ReturnToService=2
MpiDefault=none
GresTypes=gpu
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1
NodeName=cpu-0 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=8 RealMemory=8192 State=UNKNOWN
NodeName=cpu-1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=8 RealMemory=8192 State=UNKNOWN
NodeName=gpu-0 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 3)) CPUs=8 RealMemory=16384 Gres=gpu:fake:4 Feature=gpu State=UNKNOWN
PartitionName=cpu Nodes=cpu-0,cpu-1 Default=YES MaxTime=INFINITE State=UP
PartitionName=gpu Nodes=gpu-0 MaxTime=INFINITE State=UP
CONF
  echo "NodeName=gpu-0 Name=gpu Type=fake File=$dir/devices/gpu[0-3] Flags=no_gpu_env" >"$dir/config/gres.conf"
  printf 'CgroupPlugin=cgroup/v1\nConstrainCores=no\nConstrainRAMSpace=no\n' >"$dir/config/cgroup.conf"
}

wait_for() { # wait_for SECONDS COMMAND...
  local until=$((SECONDS + $1))
  shift
  until "$@" 2>/dev/null; do
    [ $SECONDS -lt $until ] || { echo "bare-cluster: timed out waiting for: $*" >&2; exit 1; }
    sleep 0.01
  done
}
port_open() { : <>"/dev/tcp/127.0.0.1/$port"; }
end_jobs() { # whatever jobs left running: without slurmd nobody else ends it
  local environ pid
  for environ in /proc/[0-9]*/environ; do
    pid=${environ#/proc/}
    grep -qsz "^SLURM_JOB_ID=" "$environ" && grep -qszxF "SLURM_CONF=$conf" "$environ" && kill -KILL "${pid%/environ}" 2>/dev/null
  done
  return 0
}
all_idle() { [ "$(sinfo -h -N -o %T | sort -u)" = idle ]; }

case $action in
start)
  [ -f "$conf" ] || write_files
  export SLURM_CONF=$conf
  setsid munged --foreground --socket="$dir/munge/socket" --key-file="$dir/munge/key" --pid-file="$dir/munge/pid" \
    --seed-file="$dir/munge/seed" --log-file="$dir/log/munged.log" --force >"$dir/log/munged.out" 2>&1 </dev/null &
  echo $! >"$dir/run/munged"
  wait_for 10 test -S "$dir/munge/socket"
  setsid slurmctld -D >"$dir/log/slurmctld.out" 2>&1 </dev/null &
  echo $! >"$dir/run/slurmctld"
  wait_for 20 port_open
  for node in "${nodes[@]}"; do
    mkdir -p "$dir/spool/$node"
    setsid slurmd -D -N "$node" >"$dir/log/slurmd-$node.out" 2>&1 </dev/null &
    echo $! >"$dir/run/slurmd-$node"
  done
  wait_for 60 all_idle
  ;;
stop)
  for daemon in slurmctld slurmd-cpu-0 slurmd-cpu-1 slurmd-gpu-0 munged; do
    [ -f "$dir/run/$daemon" ] || continue
    pid=$(cat "$dir/run/$daemon")
    kill "$pid" 2>/dev/null || true
    wait_for 20 bash -c "! kill -0 $pid"
    rm -f "$dir/run/$daemon"
  done
  end_jobs
  ;;
*)
  echo "usage: bare-cluster.sh start|stop DIR" >&2
  exit 2
  ;;
esac
