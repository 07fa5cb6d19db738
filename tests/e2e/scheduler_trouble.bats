#!/usr/bin/env bats
# scheduler_trouble.bats - reboots, a Slurm that hangs, dies or refuses, and the command of others

load scheduler

setup_file() { scheduler_slurm 3; }
teardown_file() { scheduler_slurm_stop; }
setup() { scheduler_prepare; }
teardown() { scheduler_clean; }

# ---- reboots -------------------------------------------------------------------------------

rebooted() { [[ $(state_of n1) != *NOT_RESPONDING* ]] && [ "$(scontrol show node n1 | grep -c "BootTime=$1")" = 0 ]; }

# By us, behind Slurm's back: what it makes of that is another thing for each ReturnToService.
reboot_behind_its_back() # ReturnToService STATE-AFTERWARDS
{
    local boot
    slurm_set "ReturnToService=$1" SlurmdTimeout=60
    scheduler_start 'nodes=n[1-2]'
    tell take n1
    hears 'taken n1'
    boot=$(scontrol show node n1 | sed -n 's/.*BootTime=\([^ ]*\) .*/\1/p')
    slurmd_stop n1
    sleep 2 # no machine boots within a second, and Slurm counts in seconds
    slurmd_start n1 -b
    wait_until 30 rebooted "$boot"
    [ "$(state_of n1)" = "$2" ]
    [ "$(reason_of n1)" = 'ibfleet:R1: driver' ]
    tell give n1
    hears 'given n1'
    state_is n1 IDLE
    scheduler_end
}

@test "after a reboot by us with ReturnToService=0 the node is DOWN, is ours, and comes back" {
    reboot_behind_its_back 0 DOWN+DRAIN
    [ "$(calls '^update nodename=n1 state=resume$')" -ge 1 ] # again when a look still finds it DOWN
}

@test "after a reboot by us with ReturnToService=1 the node is DOWN, is ours, and comes back" {
    reboot_behind_its_back 1 DOWN+DRAIN
    [ "$(calls '^update nodename=n1 state=resume$')" -ge 1 ] # again when a look still finds it DOWN
}

@test "after a reboot by us with ReturnToService=2 the node is drained as it was, and comes back" {
    reboot_behind_its_back 2 IDLE+DRAIN
    [ "$(calls '^update nodename=n1 state=undrain$')" = 1 ]
    said_like '^note ReturnToService=2: '
}

@test "a node whose slurmd comes back after it was undrained is DOWN for Slurm, and still brought back" {
    slurm_set ReturnToService=0 SlurmdTimeout=60
    scheduler_start nodes=n1
    tell take n1
    hears 'taken n1'
    slurmd_stop n1 # Slurm has not noticed: for it the node answers
    tell give n1
    undrained() { [ "$(calls state=undrain)" = 1 ]; }
    wait_until 30 undrained
    sleep 2
    if said_like '^given'; then false; fi
    slurmd_start n1 -b
    hears 'given n1'
    [ "$(calls state=resume)" = 1 ]
    state_is n1 IDLE
    scheduler_end
}

@test "a node whose slurmd stays away is given up at the deadline, and by name" {
    scheduler_start nodes=n1 return_ms=3000
    tell take n1
    hears 'taken n1'
    slurmd_stop n1
    scontrol update nodename=n1 state=noresp # sooner than slurmctld's own ping finds it
    tell give n1
    hears_like '^given n1 not-back-in-service: its slurmd does not answer: IDLE+DRAIN+NOT_RESPONDING'
    scheduler_end
}

# As slurmd of the node runs it.
reboot_program()
{
    wrap reboot <<END
node=\$(tr '\\0' ' ' </proc/\$PPID/cmdline)
echo reboot >>$BATS_TEST_TMPDIR/reboots
END
    slurm_set "RebootProgram=$BATS_TEST_TMPDIR/bin/reboot" "$@"
}

@test "a reboot through Slurm is ordered once, keeps our reason, and the node stays drained until it is given" {
    reboot_program ResumeTimeout=600
    scontrol update nodename=n2 state=drain reason=someone
    scheduler_start 'nodes=n[1-2]' reboots=yes reboot_ms=600000
    tell take 'n[1-2]'
    hears 'taken n1'
    hears 'taken n2'
    tell reboot 'n[1-2]'
    hears 'rebooting n1'
    hears 'rebooting n2'
    both() { [ "$(wc -l <"$BATS_TEST_TMPDIR/reboots")" = 2 ]; }
    wait_until 30 both
    [ "$(calls '^reboot')" = 1 ]
    [ "$(calls '^reboot n\[1-2\]$')" = 1 ]
    wait_until 30 state_is n1 DOWN+DRAIN+REBOOT_ISSUED
    for n in n1 n2; do slurmd_stop $n; done
    sleep 2
    for n in n1 n2; do slurmd_start $n -b; done
    wait_until 30 state_is n1 IDLE+DRAIN
    [ "$(reason_of n1)" = 'ibfleet:R1: driver : reboot issued' ]
    tell give 'n[1-2]'
    hears 'given n1'
    hears 'given n2'
    state_is n1 IDLE
    [ "$(reason_of n2)" = 'someone : reboot issued' ]
    scheduler_end
}

@test "a reboot that takes longer than ResumeTimeout was warned of, is DOWN for Slurm, and comes back" {
    reboot_program ResumeTimeout=3
    scheduler_start nodes=n1 reboots=yes reboot_ms=600000
    said_like '^note ResumeTimeout is 3 s and a reboot may take 600 s'
    tell take n1
    hears 'taken n1'
    tell reboot n1
    hears 'rebooting n1'
    slurmd_stop n1
    timed_out() { [[ $(reason_of n1) == *'reboot timed out' ]]; }
    wait_until 60 timed_out
    slurmd_start n1 -b
    tell give n1
    hears 'given n1'
    state_is n1 IDLE
    scheduler_end
}

@test "reboots through a Slurm that has no RebootProgram are refused before anything is changed" {
    scheduler_open nodes=n1 reboots=yes
    hears_like "^ready preflight: Slurm of cluster 'test' cannot reboot nodes: RebootProgram is not set"
    [ "$(calls '^show config')" = 1 ]
    [ "$(wc -l <"$CALLS")" = 1 ]
    scheduler_end || true
}

# ---- trouble ------------------------------------------------------------------------------------

refused() # WORDS WORD...
{
    scheduler_open "${@:2}"
    hears_like "^ready $1"
    exec 7>&-
    run wait "$TOOL"
    rm -f "$BATS_TEST_TMPDIR/in"
    TOOL=
}

@test "a Slurm that cannot be used is refused by name: not there, hanging, talking nonsense, another's" {
    wrap scontrol <<<"echo \$\$ >$BATS_TEST_TMPDIR/hanging; exec sleep 600"
    refused 'scheduler-not-answering: scontrol show config: no answer within 1 s; it was ended' nodes=n1 call_ms=1000
    wait_until 30 is_gone "$(<"$BATS_TEST_TMPDIR/hanging")"
    wrap scontrol <<<'echo hello'
    refused 'scheduler-answer: scontrol show config: no ClusterName in the answer' nodes=n1
    wrap scontrol <<<'echo "scontrol: error: it is broken" >&2; exit 3'
    refused 'scheduler-answer: scontrol show config: scontrol: error: it is broken' nodes=n1
    wrap scontrol <<<"printf 'one\n two \n\n' >&2; exit 3"
    refused 'scheduler-answer: scontrol show config: two$' nodes=n1
    wrap scontrol <<<'kill -TERM $$'
    refused 'scheduler-answer: scontrol show config ended with 143 and said nothing' nodes=n1
    wrap scontrol <<END
[ "\$2" != show ] || { echo nonsense; exit 0; }
exec /usr/bin/scontrol "\$@"
END
    refused "scheduler-answer: scontrol show node: not an answer of Slurm's: nonsense" nodes=n1
    rm "$BATS_TEST_TMPDIR/bin/scontrol"
    refused "preflight: none of the 2 nodes (such as other1) is a node of the scheduler of cluster 'test'" 'nodes=other[1-2]'
    PATH=$BATS_TEST_TMPDIR/bin "$BUILD/tests/e2e/scheduler-tool" nodes=n1 </dev/null >"$OUT" 2>&1 || true
    said 'ready no-such-program: scontrol: there is no such program in PATH'
}

@test "who has no rights is refused before anything is changed" {
    [ "$(id -u)" = 0 ] || skip "needs root, to be somebody else"
    chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR/bin" 2>/dev/null || true
    cp "$BUILD/tests/e2e/scheduler-tool" "$SLURM_DIR/tool"
    run setpriv --reuid=65534 --regid=65534 --clear-groups "$SLURM_DIR/tool" nodes=n1 </dev/null
    [[ "$output" == *'ready preflight: Slurm does not let this user drain nodes ('*'Invalid user id'* ]]
    state_is n1 IDLE
}

@test "slurmctld killed in the middle of a take and of a give: both go on when it is back, nothing twice" {
    slurm_set MessageTimeout=2
    job=$(slurm_job n1)
    scheduler_start 'nodes=n[1-2]' call_ms=2000 deadline_ms=120000
    tell take n1
    wait_until 30 state_is n1 MIXED+DRAIN
    ctld_stop
    tell take n2
    sleep 3
    slurm_again
    hears 'taken n2'
    slurm_job_end "$job"
    hears 'taken n1'
    [ "$(squeue -h -t all -j "$job" -o %T)" = COMPLETED ]
    ctld_stop
    tell give 'n[1-2]'
    sleep 3
    slurm_again
    hears 'given n1'
    hears 'given n2'
    state_is n1 IDLE
    state_is n2 IDLE
    [ "$(calls 'nodename=n1 state=drain')" = 1 ]
    [ "$(calls 'nodename=n2 state=drain')" = 1 ]
    scheduler_end
}

@test "slurmctld that stays away fails a take at its deadline, by name" {
    scheduler_start nodes=n1 call_ms=1000 deadline_ms=4000
    ctld_stop
    tell take n1
    hears_like '^taken n1 scheduler-not-answering: scontrol show node: '
    scheduler_end
}

@test "a drain that hangs was done nevertheless: the next look says so, and it is not done again" {
    wrap scontrol <<END
echo "\$*" >>"$CALLS"
/usr/bin/scontrol "\$@" || exit
[ "\$1" != update ] || { echo \$\$ >$BATS_TEST_TMPDIR/hanging; exec sleep 600; }
END
    scheduler_start nodes=n1 call_ms=1500
    tell take n1
    hears 'taken n1'
    [ "$(calls '^update')" = 1 ]
    wait_until 30 is_gone "$(<"$BATS_TEST_TMPDIR/hanging")"
    scheduler_end
}

@test "a node that is refused does not keep the others: they are taken, and it is tried again" {
    wrap scontrol <<END
echo "\$*" >>"$CALLS"
if [ "\$1 \$3" = "update state=drain" ] && [ ! -e $BATS_TEST_TMPDIR/half ]; then
    touch $BATS_TEST_TMPDIR/half
    /usr/bin/scontrol update nodename=n1 state=drain "\$4"
    echo 'slurm_update error: Invalid node state specified' >&2
    exit 1
fi
exec /usr/bin/scontrol "\$@"
END
    scheduler_start 'nodes=n[1-2]'
    tell take 'n[1-2]'
    hears 'taken n1'
    hears 'taken n2'
    [ "$(calls 'nodename=n2 state=drain')" = 1 ]
    scheduler_end
}

@test "a drain that Slurm refuses again and again fails at the deadline, by Slurm's words" {
    wrap scontrol <<END
echo "\$*" >>"$CALLS"
[ "\$1" != update ] || { echo 'slurm_update error: Invalid node state specified' >&2; exit 1; }
exec /usr/bin/scontrol "\$@"
END
    scheduler_start nodes=n1 deadline_ms=2500
    tell take n1
    hears 'taken n1 scheduler-answer: scontrol update: slurm_update error: Invalid node state specified'
    [ "$(calls '^update')" -le 5 ] # with growing pauses
    state_is n1 IDLE
    scheduler_end
}

@test "rights that are lost in the middle end the take at once, by name" {
    wrap scontrol <<END
[ "\$1" != update ] || { echo 'slurm_update error: Invalid user id' >&2; exit 1; }
exec /usr/bin/scontrol "\$@"
END
    scheduler_start nodes=n1
    tell take n1
    hears 'taken n1 scheduler-refused: scontrol update: slurm_update error: Invalid user id'
    scheduler_end
}

# ---- the command of another scheduler -----------------------------------------------------------------

# It keeps a file for each node: STATE [REASON].
other_scheduler()
{
    mkdir -p "$BATS_TEST_TMPDIR/nodes"
    wrap other <<'END'
cd "${0%/*}/../nodes" || exit 9
question=$(cat)
echo "$1 $question" >>../questions
nodes=$(echo "$question" | jq -r '.nodes[]')
reason=$(echo "$question" | jq -r .reason)
case $1 in
look) for n in $nodes; do echo "$n $(cat "$n" 2>/dev/null || echo unknown)"; done ;;
drain)
    for n in $nodes; do
        [ "$(cat "$n")" = busy ] && echo "draining $reason" >"$n" || echo "drained $reason" >"$n"
    done ;;
undrain) for n in $nodes; do echo free >"$n"; done ;;
reboot) for n in $nodes; do echo "$n" >>../rebooted; done ;;
esac
[ ! -e ../broken ] || { echo 'warning: x' >&2; echo 'qmgr: no server' >&2; exit 2; }
END
    echo free >"$BATS_TEST_TMPDIR/nodes/a1"
    echo busy >"$BATS_TEST_TMPDIR/nodes/a2"
    echo 'drained someone was here' >"$BATS_TEST_TMPDIR/nodes/a3"
}

@test "the command of another scheduler: taken, rebooted and given, and what it is told follows its schema" {
    other_scheduler
    scheduler_start kind=command "command=$BATS_TEST_TMPDIR/bin/other" 'nodes=a[1-4]'
    hears_like '^note a4: no node of the scheduler: taken without a drain'
    tell take 'a[1-4]'
    hears 'taken a1'
    hears 'taken a3'
    hears 'taken a4'
    if said 'taken a2'; then false; fi
    [ "$(<"$BATS_TEST_TMPDIR/nodes/a2")" = 'draining ibfleet:R1: driver' ]
    echo 'drained ibfleet:R1: driver' >"$BATS_TEST_TMPDIR/nodes/a2"
    hears 'taken a2'
    tell reboot a1
    hears 'rebooting a1'
    [ "$(<"$BATS_TEST_TMPDIR/rebooted")" = a1 ]
    tell give 'a[1-4]'
    hears 'given a1'
    hears 'given a2'
    hears 'given a3'
    hears 'given a4'
    hears "note a3 stays out of service, which is somebody else's doing: drained, someone was here"
    scheduler_end
    [ "$(<"$BATS_TEST_TMPDIR/nodes/a1")" = free ]
    [ "$(<"$BATS_TEST_TMPDIR/nodes/a2")" = free ]
    [ "$(grep -c '^drain ' "$BATS_TEST_TMPDIR/questions")" = 1 ]
    sed 's/^[a-z]* //' "$BATS_TEST_TMPDIR/questions" | while read -r question; do
        "$BATS_TEST_DIRNAME/schema-check" scheduler <<<"$question"
    done
}

@test "the command of another scheduler fails by name: not there, refusing, silent about a node" {
    refused 'no-such-program: the scheduler.s command /nowhere cannot be executed' kind=command command=/nowhere nodes=a1
    other_scheduler
    touch "$BATS_TEST_TMPDIR/broken"
    refused 'scheduler-answer: .*/other look: qmgr: no server' kind=command "command=$BATS_TEST_TMPDIR/bin/other" nodes=a1
    wrap other <<<'echo a1 free'
    refused 'scheduler-answer: look: it says nothing of a2' kind=command "command=$BATS_TEST_TMPDIR/bin/other" 'nodes=a[1-2]'
    wrap other <<<'echo a1 occupied'
    refused "scheduler-answer: look: the state of a1 is to be free, .* not 'occupied'" kind=command "command=$BATS_TEST_TMPDIR/bin/other" nodes=a1
}

@test "without a scheduler everything is taken and given at once" {
    scheduler_start kind=none 'nodes=n[1-2]'
    tell take 'n[1-2]'
    hears 'taken n1'
    hears 'taken n2'
    tell give 'n[1-2]'
    hears 'given n1'
    hears 'given n2'
    scheduler_end
    [ "$(wc -l <"$CALLS")" = 0 ]
}
