#!/usr/bin/env bats
# drain.bats - a rollout through a cluster that works: a real Slurm, real jobs
#
# Nodes are folders with sim-node for an agent; n1 to n6 are nodes of Slurm too, each with a
# slurmd of its own.

load rollout
load slurm

setup_file()
{
    sim_trees
    slurm_start 6
    scontrol show config | grep -q '^ReturnToService *= 1'
}
teardown_file() { slurm_stop; }

setup()
{
    fleet_start 'rxe = eth1' </dev/null
    for n in 1 2 3 4 5 6; do sim_node n$n; done
    printf '%s\n' '[policy]' 'order = name' >>"$IBFLEET_FLEET"
    before=$(cluster)
}

teardown()
{
    fleet_remove
    local id
    for id in $(squeue -h -o %i); do slurm_job_end "$id"; done
    scontrol update nodename='n[1-6]' state=undrain 2>/dev/null || true
    scontrol update nodename='n[1-6]' state=resume 2>/dev/null || true
    wait_until 60 slurm_idle
}

cluster() { standing 'n[1-6]'; }
as_before() { diff <(echo "$before") <(cluster); }

@test "under jobs: none is lost or requeued, and the cluster is afterwards as before" {
    local job other
    job=$(slurm_job n1)
    other=$(slurm_job n[5-6])
    scontrol update nodename=n4 state=drain reason='bad dimm, ann'
    before=$(cluster)
    ibfleet_begin rollout -a --yes --ndjson
    wait_until 60 is_drained n1
    [[ $(reason_of n1) == ibfleet:*:\ driver ]]
    for n in n2 n3 n4; do wait_until 60 test -e "$SSHD_DIR/$n/boots"; done
    [ ! -e "$SSHD_DIR/n1/installed" ] # its job runs
    slurm_job_end "$job"
    slurm_job_end "$other"
    ibfleet_end
    [ "$status" = 0 ]
    [ "$(jq -r 'select(.to == "done").node' "$SSHD_DIR/out" | sort | xargs)" = "n1 n2 n3 n4 n5 n6" ]
    [ "$(job_state "$job") $(restarts "$job") $(job_state "$other") $(restarts "$other")" = "COMPLETED 0 COMPLETED 0" ]
    as_before
    [ "$(reason_of n4)" = 'bad dimm, ann' ]
    [ "$(jq -r 'select(.node == "n2").to // empty' "$SSHD_DIR/out" | xargs)" = \
        "probing planned claiming staging draining installing rebooting verifying undraining releasing done" ]
}

@test "on_timeout: who is busy too long is put back as it was, and passed over" {
    local job
    job=$(slurm_job n1)
    before=$(cluster)
    ibfleet rollout n[1-2] --yes --drain-deadline 3s
    [ "$status" = 1 ]
    says "1 skipped, 1 done"
    [ ! -e "$SSHD_DIR/n1/installed" ]
    [ ! -e "$SSHD_DIR/n1/claim" ]
    [ "$(job_state "$job") $(restarts "$job")" = "RUNNING 0" ]
    as_before
    slurm_job_end "$job"
    ibfleet resume --failed --yes
    [ "$status" = 0 ]
    [ "$(times n1 installed)" = 1 ]
}

@test "on_failure: who failed stays drained by us, and comes back when it is well" {
    echo "install disk-full no room on /var" >"$SSHD_DIR/n2/trouble"
    ibfleet rollout n[1-2] --yes
    [ "$status" = 1 ]
    is_drained n2
    ! is_drained n1 || false
    [[ $(reason_of n2) == ibfleet:* ]]
    rm "$SSHD_DIR/n2/trouble"
    ibfleet resume --failed --yes
    [ "$status" = 0 ]
    as_before
}

@test "what cannot be downloaded is known before the node is drained" {
    echo "stage download-failed no such package" >"$SSHD_DIR/n2/trouble"
    ibfleet rollout n2 --yes --ndjson
    [ "$status" = 1 ]
    [ "$(jq -r '.to // empty' "$SSHD_DIR/out" | xargs)" = "probing planned claiming staging giving-up failed" ]
    as_before
}

@test "on_failure = undrain: who failed runs jobs again" {
    echo "install disk-full no room on /var" >"$SSHD_DIR/n2/trouble"
    ibfleet rollout n[1-2] --yes --on-failure undrain
    [ "$status" = 1 ]
    says "1 failed, 1 done"
    as_before
    [ ! -e "$SSHD_DIR/n2/claim" ]
}

@test "max_unavailable: who is drained by others counts" {
    scontrol update nodename='n[5-6]' state=drain reason='for ann'
    ibfleet rollout n[1-4] --yes --max-unavailable 3 --ndjson
    [ "$status" = 0 ]
    [ "$(jq -r 'select(.to == "draining" or .to == "done") | .to' "$SSHD_DIR/out" | xargs)" = \
        "draining done draining done draining done draining done" ]
}

@test "a controller killed while it drains: resume knows what it found, and gives all back" {
    local job
    job=$(slurm_job n1)
    scontrol update nodename=n3 state=drain reason='bad dimm, ann'
    before=$(cluster)
    ibfleet_begin rollout n[1-3] --yes
    wait_until 60 is_drained n1
    wait_until 60 test -e "$SSHD_DIR/n3/installed"
    kill -9 "$CONTROLLER"
    ibfleet_end
    slurm_job_end "$job"
    ibfleet resume --yes
    [ "$status" = 0 ]
    as_before
    [ "$(reason_of n3)" = 'bad dimm, ann' ]
    for n in 1 2 3; do [ "$(times n$n installed)" = 1 ]; done
}

@test "fabric_check: a reference stays drained for as long as others follow, who fails it stays so" {
    echo dead >"$SSHD_DIR/n5/fabric"
    echo 3 >"$SSHD_DIR/n6/slow"
    ibfleet_begin rollout -a --yes --fabric-check yes --references 1 --ramp '2, 4' --ndjson
    wait_until 60 test -e "$SSHD_DIR/n6/installing"
    is_drained n1
    wait_until 30 not_drained n2
    is_drained n1
    ibfleet_end
    [ "$status" = 1 ]
    not_drained n1
    is_drained n5
    [[ $(reason_of n5) == ibfleet:* ]]
    ibfleet resume --failed --yes --fabric-check no
    [ "$status" = 0 ]
    as_before
}

@test "when-idle: a busy node is not touched before its job has ended, and holds up no other" {
    local job
    job=$(slurm_job n1)
    ibfleet_begin rollout n[1-3] --yes --strategy when-idle --window 1
    wait_until 60 test -e "$SSHD_DIR/n3/installed"
    ! is_drained n1 || false
    slurm_job_end "$job"
    ibfleet_end
    [ "$status" = 0 ]
    as_before
}

@test "a Slurm that does not answer: refused by name before anything has changed" {
    sed 's/^SlurmctldPort=.*/SlurmctldPort=1/; s/^MessageTimeout=.*/MessageTimeout=2/' "$SLURM_CONF" >"$SSHD_DIR/dead.conf"
    SLURM_CONF=$SSHD_DIR/dead.conf ibfleet rollout -a --yes
    [ "$status" != 0 ]
    warns scontrol
    [ ! -e "$SSHD_DIR/n1/claim" ]
    SLURM_CONF=$SSHD_DIR/dead.conf ibfleet rollout n1 --yes --scheduler none
    [ "$status" = 0 ]
}

# ---- another scheduler, and who reboots -----------------------------------------------------

# A scheduler that is a folder: a file of a node's name when it is drained.
other_scheduler()
{
    mkdir "$SSHD_DIR/drains"
    cat >"$SSHD_DIR/other" <<END
#!/bin/bash
doc=\$(cat)
echo "\$1 \$(jq -r '.nodes | join(",")' <<<"\$doc")" >>$SSHD_DIR/told
for n in \$(jq -r '.nodes[]' <<<"\$doc"); do
    case \$1 in
    look) [ -e $SSHD_DIR/drains/\$n ] && echo "\$n drained \$(cat $SSHD_DIR/drains/\$n)" || echo "\$n free" ;;
    drain) jq -r .reason <<<"\$doc" >$SSHD_DIR/drains/\$n ;;
    undrain) rm -f $SSHD_DIR/drains/\$n ;;
    reboot) echo x >>$SSHD_DIR/\$n/boots ;;
    esac
done
END
    chmod 755 "$SSHD_DIR/other"
}

@test "scheduler: a program of the site drains, reboots and undrains, each node once" {
    other_scheduler
    ibfleet rollout n[1-3] --yes --scheduler "$SSHD_DIR/other" --reboot-by scheduler --ndjson
    [ "$status" = 0 ]
    for word in drain reboot undrain; do # each node once, and those that wait in one call
        [ "$(sed -n "s/^$word //p" "$SSHD_DIR/told" | tr ',' '\n' | sort | xargs)" = "n1 n2 n3" ]
    done
    for n in n1 n2 n3; do
        [ "$(times $n boots)" = 1 ]
        [ "$(times $n installed)" = 1 ]
        [ ! -e "$SSHD_DIR/drains/$n" ]
    done
    ! grep -q reboot "$SSHD_DIR/n1/asked" || false
}

@test "reboot_by = scheduler where there is none is refused by name" {
    ibfleet rollout n1 --yes --scheduler none --reboot-by scheduler
    [ "$status" = 2 ]
    warns "reboot_by = scheduler, but there is none"
    [ ! -e "$SSHD_DIR/n1/claim" ]
}
