#!/usr/bin/env bats
# scheduler.bats - nodes are taken out of a real Slurm's service under running jobs, and given back

load scheduler

setup_file() { scheduler_slurm 6; }
teardown_file() { scheduler_slurm_stop; }
setup() { scheduler_prepare; }
teardown() { scheduler_clean; }

nodes_as_text() { sinfo -N -h -o '%N %T %E' | sort -u; }

job_is() { [ "$(squeue -h -t all -j "$1" -o %T)" = "$2" ]; }
job_was_requeued() { scontrol show job "$1" | grep -q 'Restarts=[1-9]'; }

@test "a batch is one drain and one undrain, its jobs end by themselves, and all is as before" {
    nodes_as_text >before
    job=$(slurm_job 'n[2-3]')
    scheduler_start 'nodes=n[1-6]'
    tell take 'n[1-4]'
    hears 'taken n1'
    hears 'taken n4'
    [ "$(state_of n2)" = MIXED+DRAIN ]
    [ "$(reason_of n2)" = 'ibfleet:R1: driver' ]
    if said 'taken n2'; then false; fi
    tell see 'n[2,5]'
    hears_like '^see n2 draining ours debug 0 ibfleet:R1: driver'
    hears_like '^see n5 free - debug,gpu 0 '
    job_is "$job" RUNNING
    slurm_job_end "$job"
    hears 'taken n2'
    hears 'taken n3'
    job_is "$job" COMPLETED
    if job_was_requeued "$job"; then false; fi
    tell give 'n[1-4]'
    hears 'given n1'
    hears 'given n2'
    hears 'given n3'
    hears 'given n4'
    scheduler_end
    nodes_as_text | diff before -
    [ "$(calls '^update .*state=drain')" = 1 ]
    [ "$(calls '^update nodename=n\[1-4\] state=drain reason=ibfleet:R1: driver$')" = 1 ]
    [ "$(calls '^update .*state=undrain$')" = 1 ]
    [ "$(calls '^update')" = 2 ]
}

@test "a suspended job is a job, though its node is idle" {
    job=$(slurm_job n1)
    scontrol suspend "$job"
    wait_until 30 state_is n1 IDLE
    scheduler_start nodes=n1
    tell see n1
    hears_like '^see n1 busy'
    tell take n1
    wait_until 30 state_is n1 IDLE+DRAIN
    tell look
    sleep 1
    if said 'taken n1'; then false; fi
    scontrol resume "$job"
    slurm_job_end "$job"
    hears 'taken n1'
    scheduler_end
}

@test "a node that someone else drained, or that is down, is neither drained nor resumed, and its reason stays" {
    scontrol update nodename=n1 state=drain reason='NHC: no ib0'
    job=$(slurm_job n2)
    scontrol update nodename=n2 state=drain reason='replace the disk'
    scontrol update nodename=n3 state=down reason='power supply'
    scheduler_start 'nodes=n[1-4]'
    tell found 'n[1-4]'
    hears 'found n1 drained: NHC: no ib0'
    hears 'found n2 draining: replace the disk'
    hears 'found n3 down: power supply'
    hears 'found n4 free'
    tell take 'n[1-4]'
    hears 'taken n1'
    hears 'taken n3'
    hears 'taken n4'
    if said 'taken n2'; then false; fi
    slurm_job_end "$job"
    hears 'taken n2'
    tell give 'n[1-4]'
    hears 'given n1'
    hears 'given n2'
    hears 'given n3'
    hears 'given n4'
    hears "note n1 stays out of service, which is somebody else's doing: drained, NHC: no ib0"
    scheduler_end
    [ "$(state_of n1)" = IDLE+DRAIN ]
    [ "$(reason_of n1)" = 'NHC: no ib0' ]
    [ "$(state_of n2)" = IDLE+DRAIN ]
    [ "$(reason_of n2)" = 'replace the disk' ]
    [ "$(state_of n3)" = DOWN ]
    [ "$(reason_of n3)" = 'power supply' ]
    [ "$(calls '^update')" = 2 ]
    [ "$(calls 'nodename=n4 ')" = 2 ]
}

@test "a node that someone drains again while we have it stays drained, and that is told" {
    scheduler_start 'nodes=n[1-2]'
    tell take 'n[1-2]'
    hears 'taken n1'
    hears 'taken n2'
    scontrol update nodename=n1 state=drain reason='a human was here'
    tell give 'n[1-2]'
    hears 'given n1'
    hears 'given n2'
    hears "note n1 stays out of service, which is somebody else's doing: drained, a human was here"
    scheduler_end
    [ "$(reason_of n1)" = 'a human was here' ]
    state_is n2 IDLE
}

@test "a node that someone resumes while we have it is drained again before a job is started on it" {
    scheduler_start 'nodes=n[1-2]'
    tell take n1
    hears 'taken n1'
    scontrol update nodename=n1 state=resume
    tell look
    hears 'note n1 has come back into service while it is worked on: it is drained again'
    wait_until 30 state_is n1 IDLE+DRAIN
    tell give n1
    hears 'given n1'
    state_is n1 IDLE
    scheduler_end
}

@test "when-idle: a node with a job is not drained; it is taken when it has none" {
    job=$(slurm_job n1)
    scheduler_start nodes='n[1-2]' strategy=when-idle
    tell take 'n[1-2]'
    hears 'taken n2'
    [ "$(state_of n1)" = MIXED ]
    slurm_job_end "$job"
    hears 'taken n1'
    [ "$(state_of n1)" = IDLE+DRAIN ]
    scheduler_end
}

# The wrapper starts a job between the look and the drain.
@test "when-idle: a job that slips in is let run, and the node is undrained and waited for" {
    wrap scontrol <<END
echo "\$*" >>"$CALLS"
if [ "\$1 \$3" = "update state=drain" ] && [ ! -e $BATS_TEST_TMPDIR/slipped ]; then
    touch $BATS_TEST_TMPDIR/slipped $SLURM_DIR/jobs/slipped
    PATH=/usr/bin:/bin sbatch -o /dev/null -w n1 --wrap 'while [ -e $SLURM_DIR/jobs/slipped ]; do sleep 0.2; done'
    while [ -z "\$(squeue -h -t R -w n1)" ]; do sleep 0.1; done
fi
exec /usr/bin/scontrol "\$@"
END
    scheduler_start nodes=n1 strategy=when-idle
    tell take n1
    wait_until 30 [ -e "$BATS_TEST_TMPDIR/slipped" ]
    undrained() { [ "$(calls 'state=undrain')" = 1 ] && state_is n1 MIXED; }
    wait_until 30 undrained
    if said 'taken n1'; then false; fi
    rm "$SLURM_DIR/jobs/slipped"
    hears 'taken n1'
    scheduler_end
}

@test "at the deadline a busy node is skipped, or fails, and is in service again" {
    job=$(slurm_job n1)
    scheduler_start nodes=n1 deadline_ms=1500 on_timeout=skip
    tell take n1
    hears_like '^taken n1 skipped-busy: its jobs have not ended within 1 s$'
    wait_until 30 state_is n1 MIXED
    scheduler_end
    scheduler_start nodes=n1 deadline_ms=1500 on_timeout=fail strategy=when-idle
    tell take n1
    hears_like '^taken n1 jobs-left: '
    [ "$(calls 'state=drain')" = 1 ] # of the first one; when-idle has never drained it
    state_is n1 MIXED
    job_is "$job" RUNNING
    slurm_job_end "$job"
    scheduler_end
}

@test "force: what is left is requeued by Slurm, its processes are waited for, and the node comes back" {
    slurm_set KillWait=3
    job=$(slurm_job n1) other=$(slurm_job n2)
    scheduler_start 'nodes=n[1-2]' deadline_ms=1500 on_timeout=force
    tell take n1
    wait_until 30 state_is n1 DOWN+DRAIN
    [ "$(reason_of n1)" = 'ibfleet:R1: driver' ]
    if said 'taken n1'; then false; fi
    hears 'taken n1'
    job_was_requeued "$job"
    job_is "$other" RUNNING
    scancel "$job"
    tell give n1
    hears 'given n1'
    state_is n1 IDLE
    slurm_job_end "$other"
    scheduler_end
}

@test "force leaves the jobs of a node alone that someone else drained" {
    job=$(slurm_job n1)
    scontrol update nodename=n1 state=drain reason='someone'
    scheduler_start nodes=n1 deadline_ms=1000 on_timeout=force
    tell take n1
    hears_like '^taken n1 jobs-left: somebody else'
    job_is "$job" RUNNING
    [ "$(reason_of n1)" = someone ]
    slurm_job_end "$job"
    scheduler_end
}

reservation_nodes() { scontrol -o show reservation | sed -n 's/^ReservationName=ibfleet_R1_1 .* Nodes=\([^ ]*\) .*/\1/p'; }
reservation_starts() { SLURM_TIME_FORMAT=%s scontrol -o show reservation | sed -n 's/.*StartTime=\([0-9]*\) .*/\1/p'; }
has_nodes() { [ "$(reservation_nodes)" = "$1" ]; }

@test "reservation: it begins when the last job must have ended; nodes leave it one by one" {
    job=$(sbatch --parsable -o /dev/null -w n1 --time=1 --wrap 'sleep 1')
    wait_until 30 job_is "$job" RUNNING
    scontrol update jobid="$job" "endtime=$(date -d '+15 sec' +%FT%T)"
    end=$(SLURM_TIME_FORMAT=%s squeue -h -j "$job" -o %e)
    scheduler_start 'nodes=n[1-3]' strategy=reservation deadline_ms=120000
    tell take 'n[1-3]'
    wait_until 30 has_nodes 'n[1-3]'
    [ "$(reservation_starts)" -ge "$end" ]
    [ "$(reservation_starts)" -le $((end + 2)) ]
    short=$(sbatch --parsable -o /dev/null -w n2 --time=0:01 --wrap true) # there is room for it
    long=$(sbatch --parsable -o /dev/null -w n2 --time=10 --wrap true)    # and none for it
    state_is n2 IDLE || state_is n2 MIXED
    if said_like '^taken'; then false; fi
    [ "$(calls 'state=drain')" = 0 ]
    hears 'taken n2'
    hears 'taken n1'
    hears 'taken n3'
    job_is "$job" COMPLETED
    job_is "$long" PENDING
    scancel "$long" "$short"
    [ "$(calls '^create reservation')" = 1 ]
    [ "$(calls 'state=drain')" = 1 ]
    tell give 'n[1,3]'
    hears 'given n1'
    hears 'given n3'
    has_nodes n2
    tell give n2
    hears 'given n2'
    scontrol show reservation | grep -q 'No reservations'
    scheduler_end
}

@test "reservation: one that a killed controller left is used again, and no second one is made" {
    job=$(slurm_job n1)
    scheduler_start 'nodes=n[1-2]' strategy=reservation
    tell take 'n[1-2]'
    hears 'taken n2'
    scheduler_die
    scheduler_start 'nodes=n[1-2]' strategy=reservation restore=n1=free restore=n2=free
    hears_like '^note reservation ibfleet_R1_1 of this run is still there, with n\[1-2\]'
    tell take 'n[1-2]'
    hears 'taken n2'
    slurm_job_end "$job"
    hears 'taken n1'
    [ "$(calls '^create')" = 1 ]
    tell give 'n[1-2]'
    hears 'given n1'
    hears 'given n2'
    scontrol show reservation | grep -q 'No reservations'
    state_is n1 IDLE
    state_is n2 IDLE
    scheduler_end
}

@test "reservation: a busy node is skipped at the deadline and leaves the reservation" {
    job=$(slurm_job n1)
    scheduler_start 'nodes=n[1-2]' strategy=reservation deadline_ms=3000 on_timeout=skip
    tell take 'n[1-2]'
    hears 'taken n2'
    hears_like '^taken n1 skipped-busy'
    has_nodes n2
    state_is n1 MIXED+RESERVED+MAINTENANCE || state_is n1 MIXED
    slurm_job_end "$job"
    tell give n2
    hears 'given n2'
    scheduler_end
}

@test "a resumed run gives back what the killed one had drained, and nothing else" {
    scontrol update nodename=n3 state=drain reason='someone'
    scheduler_start 'nodes=n[1-3]'
    tell take 'n[1-3]'
    hears 'taken n1'
    hears 'taken n3'
    scheduler_die
    scheduler_start 'nodes=n[1-3]' restore=n1=free restore=n2=free 'restore=n3=drained: someone'
    tell found n3
    hears 'found n3 drained: someone'
    tell give 'n[1-3]'
    hears 'given n1'
    hears 'given n2'
    hears 'given n3'
    state_is n1 IDLE
    state_is n2 IDLE
    [ "$(reason_of n3)" = someone ]
    scheduler_end
}

@test "a give in the middle of a take ends the take, and the node is in service" {
    job=$(slurm_job n1)
    scheduler_start nodes=n1
    tell take n1
    wait_until 30 state_is n1 MIXED+DRAIN
    tell give n1
    hears_like '^taken n1 interrupted: '
    hears 'given n1'
    state_is n1 MIXED
    slurm_job_end "$job"
    scheduler_end
}

@test "nodes that Slurm does not know are taken without a drain, and that is said once" {
    scheduler_start 'nodes=n1,login[1-2]'
    [ "$(grep -c "^note login\[1-2\]: no nodes of the scheduler of cluster 'test': taken without a drain" "$OUT")" = 1 ]
    tell take 'n1,login[1-2]'
    hears 'taken login1'
    hears 'taken login2'
    hears 'taken n1'
    tell give 'n1,login[1-2]'
    hears 'given login2'
    hears 'given n1'
    [ "$(calls '^update')" = 2 ]
    scheduler_end
}
