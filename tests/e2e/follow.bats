#!/usr/bin/env bats
# follow.bats - a rollout that another process runs, as it is seen from other terminals

load rollout
load tmux

setup_file() { sim_trees; }
setup()
{
    fleet_start 'rxe = eth1' '[policy]' 'window = 8' </dev/null
    for n in ib1 ib2 ib3; do sim_node $n; done
    unset NO_COLOR CI
    export TERM=xterm-256color
}
teardown()
{
    [ -z "${FOLLOWER:-}" ] || kill -9 "$FOLLOWER" 2>/dev/null || true
    terminal_close
    fleet_remove
}

slow() { for n in "${@:2}"; do echo "$1" >"$SSHD_DIR/$n/slow"; done; } # SECONDS NODE...
run_id() { sqlite3 "$STATE/journal.db" 'select id from run order by seq desc limit 1'; }

# A rollout in the background, until a node installs.
roll_until() # NODE ARGUMENT...
{
    ibfleet_begin rollout -a --yes "${@:2}"
    wait_until 20 test -e "$SSHD_DIR/$1/installing"
}

# Into a file, in the background.
follow_begin()
{
    "$BUILD/ibfleet" status --follow --state "$STATE" "$@" >"$SSHD_DIR/followed" 2>"$SSHD_DIR/follow-err" \
        </dev/null 3>&- &
    FOLLOWER=$!
}
follower_is_gone() { ! kill -0 "$FOLLOWER" 2>/dev/null; }
follow_end() { wait_until 60 follower_is_gone; follow_status=0; wait "$FOLLOWER" || follow_status=$?; FOLLOWER=; cat "$SSHD_DIR/followed" "$SSHD_DIR/follow-err"; }
follow_once() { follow_begin "$@"; follow_end; }
has_followed() { grep -q -e "$1" "$SSHD_DIR/followed"; }

in_terminal() # COLUMNSxROWS ARGUMENT...
{
    printf '%s\n' 'trap : INT' "\"$BUILD/ibfleet\" status --follow --state '$STATE' ${*:2}" 'echo "status $?"' 'read -r _' >"$SSHD_DIR/start"
    terminal_open "$1" bash "$SSHD_DIR/start"
}

# ---- into a file --------------------------------------------------------------------------

@test "into a file come lines as things happen, until the run is done, and no control of a cursor" {
    slow 8 ib1 ib2 ib3
    roll_until ib3
    follow_begin
    wait_until 20 has_followed "^rollout: run $(run_id) of .* process $CONTROLLER: .*installing"
    wait_until 20 has_followed '^rollout: ib\[1-3\]: installing (3/3)$'
    ibfleet_end
    follow_end
    [ "$follow_status" = 0 ]
    [ "$(LC_ALL=C grep -c $'[\033\r]' "$SSHD_DIR/followed")" = 0 ]
    grep -q "^run $(run_id): done after .* 3 done\$" "$SSHD_DIR/followed"
    [ ! -s "$SSHD_DIR/follow-err" ]
}

@test "a failure is told with its reason, those that are alike once, and the rest goes on" {
    for n in ib1 ib2; do echo "install disk-full no room on /var of $n" >"$SSHD_DIR/$n/trouble"; done
    slow 6 ib3
    roll_until ib3
    follow_begin
    wait_until 20 has_followed '^rollout: failed: .* disk full (disk-full): .*no room on /var of ib[12]'
    kill -0 "$FOLLOWER"
    ibfleet_end
    follow_end
    [ "$follow_status" = 1 ]
    has_followed '^2 nodes ib\[1-2\]: disk full (disk-full)$'
    has_followed '    -> make room'
    has_followed ': failed after .* 2 failed, 1 done$'
    grep -q "ibfleet resume $(run_id) --failed" "$SSHD_DIR/follow-err"
}

@test "--ndjson has the events of the rollout itself, all of them, from the first one" {
    echo "install disk-full no room" >"$SSHD_DIR/ib2/trouble"
    slow 3 ib1
    roll_until ib1 --ndjson
    follow_begin --ndjson
    ibfleet_end
    follow_end
    [ "$follow_status" = 1 ]
    # those of the probe have no run yet, where they are told live
    jq -cS 'select(.to) | .run = null' "$SSHD_DIR/out" | sort >"$SSHD_DIR/told"
    jq -cS '.run = null' "$SSHD_DIR/followed" | sort | diff "$SSHD_DIR/told" -
    [ "$(jq -r 'select(.to == "failed") | .code' "$SSHD_DIR/followed")" = disk-full ]
    [ "$(jq -r .run "$SSHD_DIR/followed" | sort -u)" = "$(run_id)" ]
}

@test "a reader that goes away ends it, and not the run" {
    slow 4 ib1
    roll_until ib1
    "$BUILD/ibfleet" status --follow --ndjson --state "$STATE" </dev/null | head -n 1 >"$SSHD_DIR/followed"
    jq -e .node "$SSHD_DIR/followed"
    kill -0 "$CONTROLLER"
    ibfleet_end
    [ "$status" = 0 ]
}

# ---- how it ends ----------------------------------------------------------------------------

@test "a controller that is killed is told as gone, with the way to go on" {
    slow 4 ib1 ib2 ib3
    roll_until ib3
    follow_begin
    wait_until 20 has_followed installing
    kill -9 "$CONTROLLER"
    follow_end
    [ "$follow_status" = 5 ]
    has_followed ': interrupted: 3 '
    grep -q "process $CONTROLLER, is gone without a last word" "$SSHD_DIR/follow-err"
    grep -q "go on with: ibfleet resume $(run_id)" "$SSHD_DIR/follow-err"
    ibfleet_end
    follow_once "$(run_id)" # long after
    [ "$follow_status" = 5 ]
    ibfleet resume --yes
    follow_once
    [ "$follow_status" = 0 ]
    has_followed ': done after .* 3 done$'
}

@test "who follows learns of the failure budget and of a pause by the exit status" {
    echo "install step-failed says no" >"$SSHD_DIR/ib1/trouble"
    ibfleet rollout -a --yes --window 1 --max-failures 0
    [ "$status" = 3 ]
    follow_once
    [ "$follow_status" = 3 ]
    has_followed ': stopped after .* 1 failed, 2 planned$'
    rm "$SSHD_DIR/ib1/trouble"
    slow 15 ib2 ib3 # for longer than a busy machine takes to see both at it
    ibfleet_begin resume --yes --max-failures 9 --window 8
    for n in ib2 ib3; do wait_until 20 test -e "$SSHD_DIR/$n/installing"; done
    follow_begin
    wait_until 20 has_followed ': 1 failed, 2 installing$'
    kill -INT "$CONTROLLER"
    wait_until 10 grep -q 'once more' "$SSHD_DIR/err"
    kill -INT "$CONTROLLER"
    ibfleet_end
    follow_end
    [ "$status" = 5 ]
    [ "$follow_status" = 5 ]
    has_followed ': paused after .* 2 paused'
}

@test "interrupted, it leaves the run alone and says so" {
    slow 4 ib1
    roll_until ib1
    follow_begin
    wait_until 20 has_followed installing
    kill -INT "$FOLLOWER"
    follow_end
    [ "$follow_status" = 5 ]
    grep -q "run $(run_id) goes on without being looked at" "$SSHD_DIR/follow-err"
    ibfleet_end
    [ "$status" = 0 ]
}

@test "what cannot be followed is told in one line: no run yet, no such run, a validation" {
    mkdir "$STATE"
    follow_once
    [ "$follow_status" = 2 ]
    grep -q 'once it has begun' "$SSHD_DIR/follow-err"
    "$BUILD/tests/e2e/logbook-tool" "$STATE" 4 >"$SSHD_DIR/printed"
    follow_once "$(run_id)"
    [ "$follow_status" = 2 ]
    grep -q "ibfleet status $(run_id)" "$SSHD_DIR/follow-err"
    follow_once # a validation is not the latest rollout
    [ "$follow_status" = 2 ]
    follow_once 20200101-0000-0000
    [ "$follow_status" = 2 ]
    [ "$(wc -l <"$SSHD_DIR/follow-err")" = 1 ]
    ibfleet status --ndjson
    [ "$status" = 2 ]
    ibfleet status --follow --json
    [ "$status" = 2 ]
}

# ---- on a terminal --------------------------------------------------------------------------

@test "on 80x24 a block that redraws itself, with the run, who is slow and what failed" {
    echo "install disk-full no room on /var, which is as long a sentence as will not fit" >"$SSHD_DIR/ib2/trouble"
    slow 12 ib1 ib3
    roll_until ib3
    in_terminal 80x24
    wait_until 30 terminal_shows '^  slowest  ib[13]  installing  0:'
    terminal_shows '^rollout \[#.*\] 1/3 .* 1 failed'
    terminal_shows "^  run      $(run_id) of .* process $CONTROLLER"
    terminal_shows '^  failed   1 node ib2: disk full (disk-full): '
    [ "$(terminal_cursor)" = 0 ]
    terminal_resize 40x12
    wait_until 20 terminal_shows '^rollout \[#*\.*\] 1/3  0:[0-9]*$'
    [ "$(terminal_screen | grep -c '^  run ')" = 1 ]
    terminal_resize 120x4 # bar, states, the two slowest
    wait_until 20 terminal_shows '^rollout \[.* 1/3 .*0:.*failed'
    ! terminal_shows '^  run ' || false
    terminal_resize 80x24
    ibfleet_end
    wait_until 30 terminal_shows '^status 1'
    [ "$(terminal_cursor)" = 1 ]
    ! terminal_shows '^rollout \[' || false
    terminal_shows "^run $(run_id): failed after"
}

@test "Ctrl-C ends the follower, gives the terminal back, and the rollout goes on" {
    slow 6 ib1
    roll_until ib1
    in_terminal 80x24
    wait_until 30 terminal_shows '^rollout \['
    terminal_type C-c
    wait_until 30 terminal_shows '^status 5'
    [ "$(terminal_cursor)" = 1 ]
    ! terminal_shows '^rollout \[' || false
    ibfleet_end
    [ "$status" = 0 ]
}
