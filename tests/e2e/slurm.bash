# slurm.bash - a real Slurm on loopback, as whoever runs the test, without systemd or cgroups
#
#   load slurm
#   setup_file()    { slurm_start 8; }     # nodes n1 to n8, each with a slurmd of its own
#   teardown_file() { slurm_stop; }
#
# Partitions: debug with all of them, gpu with the last two, and cloud with cloud[1-2],
# which are powered down, since no machine stands behind them.  Everything lies in
# $SLURM_DIR and listens on 127.0.0.1; munged has a key and a socket of its own.
# $SLURM_CONF is exported, so sinfo, scontrol and sbatch ask this Slurm and no other.
#
# Sets SLURM_DIR SLURM_CONF SLURM_NODES SLURM_PIDS.

load "${BATS_TEST_DIRNAME%/tests/*}/tests/e2e/wait"
load "${BATS_TEST_DIRNAME%/tests/*}/tests/e2e/ports"

slurm_program() # NAME: where Debian has it, which is not in everybody's PATH
{
    PATH=$PATH:/usr/sbin:/sbin type -P "$1" || { echo "$1 is missing: tests/deps.sh install" >&2; return 1; }
}

# All but who the nodes are.
slurm_settings() # PORT
{
    cat <<END
ClusterName=test
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$1
AuthType=auth/munge
AuthInfo=socket=$SLURM_DIR/munge
CredType=cred/munge
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
StateSaveLocation=$SLURM_DIR/state
SlurmctldPidFile=$SLURM_DIR/slurmctld.pid
SlurmctldLogFile=$SLURM_DIR/slurmctld.log
SlurmdSpoolDir=$SLURM_DIR/spool.%n
SlurmdPidFile=$SLURM_DIR/slurmd.%n.pid
SlurmdLogFile=$SLURM_DIR/slurmd.%n.log
PlugStackConfig=/dev/null
MailProg=/bin/true
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
MessageTimeout=60
SlurmdTimeout=600
ReturnToService=1
PrivateData=cloud
END
}

slurm_configure() # NODES
{
    local first
    first=$(free_ports $(($1 + 1)))
    slurm_settings "$first" >"$SLURM_CONF"
    cat >>"$SLURM_CONF" <<END
SuspendProgram=/bin/true
ResumeProgram=/bin/true
SuspendTime=86400
SuspendExcNodes=n[1-$1]
NodeName=n[1-$1] NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=[$((first + 1))-$((first + $1))] CPUs=2
NodeName=cloud[1-2] NodeAddr=127.0.0.1 CPUs=2 State=CLOUD
PartitionName=debug Nodes=n[1-$1] Default=YES MaxTime=INFINITE State=UP
PartitionName=gpu Nodes=n[$(($1 - 1))-$1] MaxTime=INFINITE State=UP
PartitionName=cloud Nodes=cloud[1-2] MaxTime=INFINITE State=UP
END
}

slurm_run() # PROGRAM ARGUMENT...   in the background; its pid joins $SLURM_PIDS
{
    "$@" >>"$SLURM_DIR/out" 2>&1 </dev/null 3>&- 4>&- &
    SLURM_PIDS="${SLURM_PIDS-} $!"
}

slurm_munge()
{
    local munged
    munged=$(slurm_program munged)
    (umask 077 && head -c 128 /dev/urandom >"$SLURM_DIR/key")
    slurm_run "$munged" --foreground --num-threads=2 --key-file="$SLURM_DIR/key" \
        --socket="$SLURM_DIR/munge" --pid-file="$SLURM_DIR/munged.pid" \
        --log-file="$SLURM_DIR/munged.log" --seed-file="$SLURM_DIR/munged.seed"
    wait_until 60 [ -S "$SLURM_DIR/munge" ]
}

slurm_idle() { [ "$(sinfo -h -p debug -t idle -o %D)" = "$SLURM_NODES" ]; } 2>/dev/null
slurm_answers() { scontrol ping | grep -q 'is UP'; } 2>/dev/null

slurm_controller()
{
    local slurmctld
    slurmctld=$(slurm_program slurmctld)
    slurm_run "$slurmctld" -D
    SLURM_CONTROLLER=$!
    wait_until 60 slurm_answers
}

slurm_prepare() # NODES
{
    SLURM_DIR=$(mktemp -d /tmp/ibfleet-slurm.XXXXXX) SLURM_NODES=$1 SLURM_PIDS=
    export SLURM_DIR SLURM_NODES SLURM_CONF=$SLURM_DIR/slurm.conf
    chmod 755 "$SLURM_DIR" # munged wants that others can go to its socket
    mkdir "$SLURM_DIR"/{state,jobs}
}

slurm_start() # NODES
{
    local slurmd i
    slurmd=$(slurm_program slurmd)
    slurm_prepare "$1"
    slurm_configure "$1"
    slurm_munge && slurm_controller || { slurm_complain; return 1; }
    for ((i = 1; i <= $1; i++)); do
        mkdir "$SLURM_DIR/spool.n$i"
        slurm_run "$slurmd" -D -N "n$i"
    done
    wait_until 120 slurm_idle || { slurm_complain; return 1; }
    export SLURM_PIDS SLURM_CONTROLLER
}

slurm_complain()
{
    tail -n 20 "$SLURM_DIR"/out "$SLURM_DIR"/*.log >&2
    sinfo -N >&2 || true
}

# A job on all of these nodes; its id when it runs.  It ends with slurm_job_end, or with
# $SLURM_DIR, so that nothing is left when Slurm itself has died.
slurm_job() # HOSTLIST
{
    local id
    id=$(sbatch --parsable -o /dev/null -w "$1" -N "$(scontrol show hostnames "$1" | wc -l)" <<END
#!/bin/sh
: >$SLURM_DIR/jobs/\$SLURM_JOB_ID
while [ -e $SLURM_DIR/jobs/\$SLURM_JOB_ID ]; do sleep 0.2; done
END
    ) && wait_until 60 [ -e "$SLURM_DIR/jobs/$id" ] && echo "$id"
}

# ---- how it stands ----------------------------------------------------------------------

state_of() { scontrol show node "$1" | sed -n 's/^ *State=\([^ ]*\).*/\1/p'; }
reason_of() { scontrol show node "$1" | sed -n 's/^ *Reason=\(.*\) \[.*/\1/p'; }
is_drained() { [[ $(state_of "$1") == *DRAIN* ]]; }
not_drained() { ! is_drained "$1"; }
job_state() { scontrol show job "$1" | sed -n 's/^ *JobState=\([^ ]*\).*/\1/p'; }
restarts() { scontrol show job "$1" | sed -n 's/.* Restarts=\([0-9]*\).*/\1/p'; }

# "NODE STATE" of each, without what passes by itself.
standing() # HOSTLIST
{
    scontrol -o show node "$1" | sed -E 's/.*NodeName=(\S+) .* State=(\S+) .*/\1 \2/; s/\+(COMPLETING|NOT_RESPONDING)//g; s/ALLOCATED|MIXED/IDLE/'
}

slurm_job_gone() { [ -z "$(squeue -h -j "$1" 2>/dev/null)" ]; }
slurm_job_end() # ID
{
    rm -f "$SLURM_DIR/jobs/$1"
    wait_until 60 slurm_job_gone "$1"
}

slurm_is() # NODE STATE: as sinfo says it, without flags
{
    [ "$(sinfo -h -n "$1" -o %T | tr -d '*~#!%$@+^-' | sort -u)" = "$2" ]
}

slurm_stop()
{
    local id pid
    [ -n "${SLURM_DIR:-}" ] || return 0
    for id in "$SLURM_DIR"/jobs/*; do
        [ ! -e "$id" ] || slurm_job_end "${id##*/}" || true
    done
    for pid in $SLURM_PIDS; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in $SLURM_PIDS; do
        wait_until 30 slurm_ended "$pid" || kill -9 "$pid" || true
    done
    rm -rf "$SLURM_DIR"
}

slurm_ended() { ! kill -0 "$1" 2>/dev/null || [ "$(ps -o stat= -p "$1" | cut -c1)" = Z ]; }
