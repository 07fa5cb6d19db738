# scheduler.bash - one scheduler-tool, told line by line, before the Slurm of slurm.bash
#
#   load scheduler
#   setup_file()    { scheduler_slurm 6; }
#   teardown_file() { scheduler_slurm_stop; }
#   setup()         { scheduler_prepare; }
#   teardown()      { scheduler_clean; }
#
#   scheduler_start nodes=n[1-6] strategy=drain     it is ready, or the test fails
#   tell take n[1-2]
#   hears 'taken n1'                                a whole line, within 60 seconds
#
# Whatever it prints is in $OUT; each call of scontrol is a line in $CALLS.

load slurm

# What follows lies below $SLURM_DIR, and each test finds Slurm as it was.
scheduler_slurm() # NODES
{
    slurm_start "$1"
    slurm_settle
    cp "$SLURM_CONF" "$SLURM_DIR/conf.as-was"
}

scheduler_slurm_stop()
{
    local file pid
    for file in "$SLURM_DIR"/slurm*.pid; do
        [ ! -e "$file" ] || SLURM_PIDS="$SLURM_PIDS $(<"$file")"
    done
    slurm_stop
}

scheduler_prepare()
{
    OUT=$BATS_TEST_TMPDIR/out CALLS=$BATS_TEST_TMPDIR/calls TOOL=
    mkdir -p "$BATS_TEST_TMPDIR/bin"
    : >"$CALLS"
    wrap scontrol <<END
echo "\$*" >>"$CALLS"
exec $(type -P scontrol) "\$@"
END
}

# A program of Slurm's, by what stands on stdin instead.
wrap() # NAME
{
    { echo '#!/bin/sh'; cat; } >"$BATS_TEST_TMPDIR/bin/$1.new"
    chmod +x "$BATS_TEST_TMPDIR/bin/$1.new"
    mv "$BATS_TEST_TMPDIR/bin/$1.new" "$BATS_TEST_TMPDIR/bin/$1"
}

calls() { grep -c -e "$1" "$CALLS" || true; }

scheduler_open() # WORD...   without waiting for anything
{
    mkfifo "$BATS_TEST_TMPDIR/in"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH "$BUILD/tests/e2e/scheduler-tool" "$@" \
        <"$BATS_TEST_TMPDIR/in" >"$OUT" 2>&1 3>&- 4>&- &
    TOOL=$!
    exec 7>"$BATS_TEST_TMPDIR/in"
}

scheduler_start()
{
    scheduler_open "$@"
    hears ready
}

tell() { echo "$*" >&7; }

said() { grep -qxF -e "$1" "$OUT"; }
said_like() { grep -q -e "$1" "$OUT"; }
hears() { wait_until 60 said "$1" || { cat "$OUT" >&2; return 1; }; }
hears_like() { wait_until 60 said_like "$1" || { cat "$OUT" >&2; return 1; }; }

# It closes, and nothing of it is left.
scheduler_end()
{
    exec 7>&-
    rm -f "$BATS_TEST_TMPDIR/in"
    wait "$TOOL"
    TOOL=
}

# Its death, in the middle of what it does.
scheduler_die()
{
    kill -9 "$TOOL"
    wait "$TOOL" || true
    exec 7>&-
    rm -f "$BATS_TEST_TMPDIR/in"
    mv "$OUT" "$OUT.before"
    TOOL=
}

scheduler_clean()
{
    local id reservation
    [ -z "${TOOL:-}" ] || kill -9 "$TOOL" 2>/dev/null || true
    exec 7>&- || true
    cp "$SLURM_DIR/conf.as-was" "$SLURM_CONF"
    slurm_answers || slurm_again
    scontrol reconfigure
    scancel -u "$(id -un)"
    rm -f "$SLURM_DIR"/jobs/*
    for reservation in $(scontrol -o show reservation | sed -n 's/^ReservationName=\([^ ]*\).*/\1/p'); do
        scontrol delete "reservationname=$reservation"
    done
    for ((i = 1; i <= SLURM_NODES; i++)); do
        slurmd_runs "n$i" || slurmd_start "n$i"
        scontrol update "nodename=n$i" state=resume 2>/dev/null || true
    done
    slurm_settle
}

slurm_settled() { [ "$(scontrol show node | grep -c '^   State=IDLE ')" = "$SLURM_NODES" ]; }
slurm_settle() { wait_until 60 slurm_settled; }

# A change of slurm.conf, for this test only.
slurm_set() # KEY=VALUE...
{
    local word
    for word; do
        sed -i "/^${word%%=*}=/d" "$SLURM_CONF"
        sed -i "/^ClusterName=/a $word" "$SLURM_CONF"
    done
    scontrol reconfigure
}

state_is() { [ "$(state_of "$1")" = "$2" ]; }

# ---- daemons ---------------------------------------------------------------------------

slurmd_pid() { cat "$SLURM_DIR/slurmd.$1.pid" 2>/dev/null; }
slurmd_runs() { kill -0 "$(slurmd_pid "$1")" 2>/dev/null; }
is_gone() { ! kill -0 "$1" 2>/dev/null || [ "$(ps -o stat= -p "$1" | cut -c1)" = Z ]; }

slurmd_stop() # NODE
{
    local pid
    pid=$(slurmd_pid "$1")
    kill "$pid"
    wait_until 30 is_gone "$pid"
}

slurmd_start() # NODE [-b]   -b: as if the node had just booted
{
    "$(slurm_program slurmd)" -D -N "$@" >>"$SLURM_DIR/out" 2>&1 </dev/null 3>&- 4>&- 7>&- &
    wait_until 30 slurmd_runs "$1"
}

ctld_stop()
{
    local pid
    pid=$(<"$SLURM_DIR/slurmctld.pid")
    kill "$pid"
    wait_until 30 is_gone "$pid"
}

slurm_again()
{
    "$(slurm_program slurmctld)" -D >>"$SLURM_DIR/out" 2>&1 </dev/null 3>&- 4>&- 7>&- &
    wait_until 60 slurm_answers
}
