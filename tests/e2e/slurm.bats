#!/usr/bin/env bats
# slurm.bats - groups of a real Slurm, by the file that ClusterShell ships and without it

load groups
load slurm

setup_file() { slurm_start 8; }
teardown_file() { slurm_stop; }

setup() { groups_prepare; }

# What a test has done to Slurm is undone, also when it failed.
teardown()
{
    local id
    rm -f "$BATS_TEST_TMPDIR/bin/sinfo"
    for id in "$SLURM_DIR"/jobs/*; do
        [ ! -e "$id" ] || slurm_job_end "${id##*/}"
    done
    scontrol update NodeName=n[1-8] State=RESUME 2>/dev/null || true
    wait_until 60 slurm_idle
}

same() # EXPRESSION...: as nodeset says, and that is not nothing
{
    local expression
    for expression; do
        means "$expression" "$(/usr/bin/python3 /usr/bin/nodeset -f "$expression")"
        [ -n "$out" ]
    done
}

@test "partitions, states, jobs and users, by the file that ClusterShell ships" {
    job=$(slurm_job 'n[1-3]')
    shipped slurm
    means_both @slurmpart:debug 'n[1-8]'
    means_both @sp:gpu,@sp:cloud 'cloud[1-2],n[7-8]'
    means_both "@slurmjob:$job" 'n[1-3]'
    means_both '@sj:*' 'n[1-3]'
    means_both "@sp:debug!@sj:$job" 'n[4-8]'
    means_both "@su:$(id -un)" 'n[1-3]'
    means_both @slurmstate:mixed 'n[1-3]'
    means_both '@sp:*&@st:mixed^n3' 'n[1-2]'
    same '@sp:*' '@st:*' @@sp @@st @@sj @@su '@st:idle' '@sp:debug&@st:idle'
}

@test "partitions, states and jobs without any file" {
    job=$(slurm_job 'n[2-5]')
    means @slurm:gpu 'n[7-8]'
    means '@slurm:*' 'cloud[1-2],n[1-8]'
    means "@slurmjob:$job" 'n[2-5]'
    means '@slurm:debug&@slurmstate:idle' 'n[1,6-8]'
    means "@slurm:debug!@slurmjob:$job" 'n[1,6-8]'
    slurm_job_end "$job"
    means '@slurm:debug&@slurmstate:idle' 'n[1-8]'
}

@test "a node that is drained, is down or has a flag is found under its plain state" {
    shipped slurm
    scontrol update NodeName=n4 State=DRAIN Reason=test
    scontrol update NodeName=n[5-6] State=DOWN Reason=test
    wait_until 60 slurm_is n4 drained
    wait_until 60 slurm_is n5 down
    means_both @slurmstate:drained n4
    means_both @slurmstate:down 'n[5-6]'
    means_both '@sp:debug&@st:idle' 'n[1-4,7-8]' # for sinfo -t a drained node is idle, too
    means_both '@sp:debug&@st:idle!@st:drained' 'n[1-3,7-8]'
    sinfo -h -p cloud -o %T | grep -q '~' # powered down: idle~
    same @@st @st:idle
    means '@slurm:cloud&@slurmstate:idle' 'cloud[1-2]'
}

@test "of which groups a node is, as nodeset -l says" {
    job=$(slurm_job 'n[7-8]')
    shipped slurm
    ibfleet nodes n7 --groups
    [ "$status" = 0 ]
    for source in sp st sj su; do
        sed -n "s/^@$source:\([^ ]*\) .*/\1/p" "$SSHD_DIR/out" | sort >ours
        /usr/bin/python3 /usr/bin/nodeset -l -s "$source" n7 | sed "s/^@$source://" | sort >theirs
        diff ours theirs
        [ -s theirs ]
    done
}

@test "what scontrol reads is what was meant" {
    for text in 'n[1-8]!n[3-5]' 'r[1-2]n[01-12]-ib0,login' 'a[1-3]b[08-11]'; do
        ibfleet nodes "$text" --format slurm
        [ "$status" = 0 ]
        scontrol show hostnames "$out" | sort >theirs
        ibfleet nodes "$text" --expand
        sort "$SSHD_DIR/out" | diff - theirs
    done
}

@test "a job and a partition that are not there are refused by Slurm's words or as nobody" {
    refused @slurmjob:999999 "group source slurmjob: 'squeue -h -j 999999 -o %N' ended with 1: slurm_load_jobs error: Invalid job id"
    ibfleet nodes @slurm:nosuch --count
    [ "$out" = 0 ]
    warns "means no node at all"
    refused @slurmstate:nosuch "group source slurmstate: 'sinfo -h -o %N -t nosuch' ended with 1"
    program sinfo <<<'exit 127'
    refused @slurm:debug "group source slurm: 'sinfo -h -o %N -p debug' ended with 127"
}
