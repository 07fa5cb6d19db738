# A cluster that works: six machines with a slurmd each, a real Slurm, jobs on them, and a
# rollout with all that it has: downloads, drains, reboots, a measurement of each batch on
# the fabric, references.  slurmctld is on this host, and so are those who ask it.
load lab
load controller
load ../e2e/slurm

nodes=6

# What each machine's Slurm has to know, and the key of this one.
join_cluster() # N
{
    sed -e 's/^SlurmctldHost=.*/SlurmctldHost=head(10.0.2.102)/' -e 's/^SlurmctldPort=.*/SlurmctldPort=6817/' \
        -e "s/^Slurm\(d\?\)User=.*/Slurm\1User=$owner/" -e "s|^AuthInfo=.*||" -e "s|$SLURM_DIR|/var/spool/slurm|" "$SLURM_CONF" |
        lab ssh "$1" "sudo tee /etc/slurm/slurm.conf >/dev/null
            getent passwd $(id -u) >/dev/null || sudo useradd -u $(id -u) $owner
            sudo install -d /var/spool/slurm && sudo systemctl enable -q munge slurmd" &&
        lab ssh "$1" 'sudo tee /etc/munge/munge.key >/dev/null' <"$SLURM_DIR/key" &&
        lab ssh "$1" sudo systemctl restart munge slurmd
}

setup_file()
{
    local n port pids=

    export LAB_KIND=slurm owner
    begin_lab $nodes
    owner=$([ "$(id -u)" = 0 ] && echo root || echo head)
    slurm_prepare $nodes
    port=$(free_ports 1)
    echo "$port" >"$LAB/slurm.port"
    slurm_settings "$port" >"$SLURM_CONF"
    for ((n = 1; n <= nodes; n++)); do
        echo "NodeName=node$n NodeAddr=127.0.0.1 Port=$(cat "$LAB/node$n.slurmd") CPUs=1"
    done >>"$SLURM_CONF"
    # Ended jobs are remembered until the test has looked; slurmctld talks to each node itself.
    printf '%s\n' MinJobAge=7200 TreeWidth=100 "PartitionName=debug Nodes=node[1-$nodes] Default=YES MaxTime=INFINITE State=UP" >>"$SLURM_CONF"
    slurm_munge && slurm_controller || { slurm_complain; return 1; }
    for ((n = 1; n <= nodes; n++)); do
        join_cluster $n 3>&- &
        pids="$pids $!"
    done
    for n in $pids; do wait "$n"; done
    wait_until 240 slurm_idle || { slurm_complain; return 1; }
    export SLURM_PIDS SLURM_CONTROLLER
}

teardown_file()
{
    slurm_stop
    end_lab
}

setup()
{
    export IBFLEET_FLEET=$LAB/fleet.ini STATE=$BATS_FILE_TMPDIR/state
}

# A drained node that boots is DOWN, too, for Slurm, until whoever has drained it resumes it.
cluster() { standing "node[1-$nodes]" | sed 's/DOWN+DRAIN/IDLE+DRAIN/'; }

# It runs until there is a file on its machine.
begin_job() # HOSTLIST
{
    local id

    id=$(sbatch --parsable -o /dev/null -D /tmp -w "$1" -N "$(scontrol show hostnames "$1" | wc -l)" <<'END'
#!/bin/sh
until [ -e /tmp/end-job ]; do sleep 1; done
END
    ) && wait_for 120 job_is "$id" RUNNING && echo "$id"
}
job_is() { [ "$(job_state "$1")" = "$2" ]; } # ID STATE
end_job() { lab ssh "${1#node}" touch /tmp/end-job; } # NODE, its first

moves() { jq -r 'select(.to) | "\(.node) \(.to)"' "$BATS_TEST_TMPDIR/out"; }
moved() { moves | grep -qx "$1 $2"; } # NODE STATE

@test "a rollout under jobs: none is lost, each node is measured before it is given back, and who fails that stays drained" {
    local first other n

    first=$(begin_job node1)
    other=$(begin_job node[5-6])
    scontrol update nodename=node4 state=drain reason='bad dimm, ann'
    cluster >"$BATS_FILE_TMPDIR/before"
    lab fault cut 3
    begin rollout -a --yes --ndjson --fabric-check yes --references 1 --ramp "2, 4" --max-unavailable 6 --order name
    wait_for 300 moved node2 checking
    job_is "$first" RUNNING # and its node is drained, not taken
    [ "$(state_of node1)" = ALLOCATED+DRAIN ]
    run ! lab ssh 1 dpkg-query -W rdma-core
    end_job node1
    wait_for 600 moved node3 installing
    is_drained node1 || is_drained node2 # the reference
    job_is "$other" RUNNING
    end_job node5
    await_controller
    lab heal
    [ "$status" = 1 ]
    [ "$(moves | grep -cE ' (done|failed)$')" = $nodes ]
    moved node3 failed
    jq -r 'select(.node == "node3" and .to == "failed").reason' "$BATS_TEST_TMPDIR/out" | grep 'node3 reaches nobody over the fabric'
    [ "$(job_state "$first") $(restarts "$first")" = "COMPLETED 0" ]
    [ "$(job_state "$other") $(restarts "$other")" = "COMPLETED 0" ]
    [[ $(reason_of node3) == ibfleet:* ]]
    [ "$(reason_of node4)" = 'bad dimm, ann' ]
    diff <(grep -v node3 "$BATS_FILE_TMPDIR/before") <(cluster | grep -v node3)
    for ((n = 1; n <= nodes; n++)); do
        lab ssh $n sudo rdma link show rxe0/1 | grep -q 'state ACTIVE'
    done
}

@test "what had failed is well: resume gives it back, and the cluster is as it was" {
    ibfleet resume --failed --yes --fabric-check no
    [ "$status" = 0 ]
    diff "$BATS_FILE_TMPDIR/before" <(cluster)
    lab ssh 1 rm -f /tmp/end-job # a boot may have taken it away
    job=$(begin_job node[1-3])
    end_job node1
    wait_for 60 job_is "$job" COMPLETED
}
