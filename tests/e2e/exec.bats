#!/usr/bin/env bats
# exec.bats - what exec can be told beside the command, against one real sshd
#
# All nodes are that sshd, so a command finds out by --subst which node it runs on.

load fleet

setup()
{
    number=$((100000 + RANDOM)) # of seconds that nobody else sleeps
    sshd_prepare
    mkdir "$SSHD_DIR/bin"
    fleet_start <<<"SetEnv PATH=$SSHD_DIR/bin:/usr/bin:/bin"
    STATE= # nothing here has any
    for node in ib1 ib2 ib3; do fleet_node $node; done
}
teardown()
{
    fleet_remove
    are_gone $number || kill -KILL $(pgrep -f "sleep $number")
}

# ---- lines, and what goes where ----------------------------------------------------------

@test "the node is put into the command, and lines come without label" {
    ibfleet exec -N --subst -a -- echo '%h %n %u 100%%'
    [ "$status" = 0 ]
    [ "$(sort <<<"$out")" = $'ib1 0 tester 100%\nib2 1 tester 100%\nib3 2 tester 100%' ]
    ibfleet exec --subst -a -- date +%s
    [ "$status" = 2 ]
    warns "'%s' stands for nothing"
}

@test "quiet says nothing of commands that failed, but of nodes that are off" {
    fleet_node off1 1
    ibfleet exec -q -a -- 'exit 3'
    [ "$status" = 1 ]
    [ "$(head -n 1 "$SSHD_DIR/err")" = "1 node off1: not reachable (not-reachable)" ]
    [[ "$err" != *ib1* ]]
}

@test "only what differs is shown, as diff would" {
    ibfleet exec --diff --subst -a -- 'seq 10; echo %h | grep -v ib2 | tr 13 0'
    [ "$status" = 0 ]
    [ "$out" = $'--- 2 nodes ib[1,3]\n+++ 1 node ib2\n@@ -8,4 +8,3 @@\n 8\n 9\n 10\n-ib0' ]
    ibfleet exec --diff -a -- seq 10
    [ "$out" = '=== 3 nodes ib[1-3]: no difference' ]
}

@test "each node's output goes byte by byte into files of its own, old ones replaced" {
    mkdir "$SSHD_DIR/into"
    echo old >"$SSHD_DIR/into/ib1.out"
    ibfleet exec -b --outdir "$SSHD_DIR/into" --subst -a -- 'printf "%h\033\377\n\0"; echo e >&2'
    [ "$status" = 0 ]
    printf 'ib1\033\377\n\0' | cmp - "$SSHD_DIR/into/ib1.out"
    [ "$(cat "$SSHD_DIR"/into/ib{1,2,3}.err | xargs)" = "e e e" ]
    says "=== 1 node ib2"
    fleet_node off1 1
    ibfleet exec --outdir "$SSHD_DIR/into" off1,ib1 -- true
    [ -e "$SSHD_DIR/into/off1.out" ]
    [ ! -s "$SSHD_DIR/into/ib1.out" ]
}

@test "a file for a node's output follows no link" {
    mkdir "$SSHD_DIR/into"
    echo precious >"$SSHD_DIR/precious"
    ln -s "$SSHD_DIR/precious" "$SSHD_DIR/into/ib1.out"
    ibfleet exec --outdir "$SSHD_DIR/into" ib1 -- echo here
    [ "$status" = 0 ]
    [ "$(cat "$SSHD_DIR/precious")" = precious ]
    [ ! -L "$SSHD_DIR/into/ib1.out" ]
    [ "$(cat "$SSHD_DIR/into/ib1.out")" = here ]
}

@test "a folder for output that cannot be is told before any node is reached" {
    ibfleet exec --outdir "$SSHD_DIR/no/where" -a -- true
    [ "$status" = 2 ]
    warns "--outdir $SSHD_DIR/no/where: No such file or directory"
    ibfleet exec --outdir "$SSHD_KEY" -a -- true
    [ "$status" = 2 ]
    warns "--outdir $SSHD_KEY: Not a directory"
    mkdir -p "$SSHD_DIR/into/ib2.err"
    ibfleet exec --outdir "$SSHD_DIR/into" -a -- true
    [ "$status" = 8 ]
    warns "$SSHD_DIR/into/ib2.err: Is a directory"
    ! grep -q Accepted "$SSHD_LOG" || false
}

# ---- status --------------------------------------------------------------------------------

@test "the largest status of the commands is ours if asked" {
    ibfleet exec -S --subst -a -- 'exit 4%n'
    [ "$status" = 42 ]
    fleet_node off1 1
    ibfleet exec -S -a -- true
    [ "$status" = 255 ]
}

@test "the first failure stops the rest if asked: status 3" {
    ibfleet exec -k -f 1 --json --subst -a -- 'echo %h; test %n != 1'
    [ "$status" = 3 ]
    keeps_to exec
    [ "$(ask '.nodes[] | .name, .state, .code' | xargs)" = \
        "ib1 ok ok ib2 failed command-failed ib3 not-run failure-budget" ]
    [ "$(ask '.nodes[2].reason')" = "not started: ib2 failed" ]
}

@test "each node that ends is one object per line" {
    fleet_node off1 1
    ibfleet exec --ndjson --subst -a -- 'echo %h; exit %n'
    [ "$status" = 1 ]
    [ "$(wc -l <"$SSHD_DIR/out")" = 4 ]
    [ "$(ask '"\(.schema) \(.name) \(.code) \(.status)"' | sort)" = \
"ibfleet.exec-event/1 ib1 ok 0
ibfleet.exec-event/1 ib2 command-failed 1
ibfleet.exec-event/1 ib3 command-failed 2
ibfleet.exec-event/1 off1 not-reachable null" ]
}

# ---- sudo ----------------------------------------------------------------------------------

fake_sudo() { printf '#!/bin/sh\n%s\n' "$1" >"$SSHD_DIR/bin/sudo"; chmod +x "$SSHD_DIR/bin/sudo"; }

@test "sudo gets the whole line, in every login shell" {
    fake_sudo '[ "$1 $2" = "-n --" ] || exit 99; shift 2; AS=root exec "$@"'
    ibfleet exec --sudo ib1 -- printenv AS
    [ "$out" = "ib1: root" ]
    local line
    read -r line <<'LINE'
printf "%s|" "$AS!" 'a\b' "it's" "$(echo 100%)"; (exit 5)
LINE
    for shell in bash dash zsh tcsh fish; do
        command -v $shell || continue
        sshd_stop
        SSHD_SHELL=$(command -v $shell)
        sshd_start <<<"SetEnv PATH=$SSHD_DIR/bin:/usr/bin:/bin"
        ibfleet exec -N --sudo ib1 -- "$line"
        [ "$out" = "root!|a\\b|it's|100%|" ]
        warns "exit status 5"
    done
}

@test "sudo that wants a password is told with what to do" {
    fake_sudo 'echo "sudo: a password is required" >&2; exit 1'
    ibfleet exec -b --sudo -a -- id
    [ "$status" = 1 ]
    warns "3 nodes ib[1-3]: sudo wants a password (sudo-wants-password)"
    warns "NOPASSWD"
}

# ---- input ---------------------------------------------------------------------------------

# As ibfleet(), but with what comes on stdin.
ibfleet_fed()
{
    status=0
    timeout -k 5 120 "$BUILD/ibfleet" "$@" >"$SSHD_DIR/out" 2>"$SSHD_DIR/err" || status=$?
    ibfleet_said
}

@test "every node reads all of our input, from a file and through a pipe" {
    head -c 3000000 /dev/urandom >"$SSHD_DIR/data"
    local sum
    sum=$(sha256sum <"$SSHD_DIR/data")
    ibfleet_fed exec -b --stdin -a -- sha256sum <"$SSHD_DIR/data"
    [ "$out" = "=== 3 nodes ib[1-3]"$'\n'"$sum" ]
    ibfleet_fed exec -b --stdin -a -- sha256sum < <(cat "$SSHD_DIR/data")
    [ "$out" = "=== 3 nodes ib[1-3]"$'\n'"$sum" ]
    ibfleet_fed exec -b --stdin -a -- wc -c </dev/null
    [ "$out" = $'=== 3 nodes ib[1-3]\n0' ]
}

@test "a node that does not read its input is no leak, one that ends early no failure" {
    head -c 30000000 /dev/zero >"$SSHD_DIR/data"
    ibfleet_fed exec -a --stdin --timeout 60 -- 'sleep 0.3; head -c 5 | wc -c' <"$SSHD_DIR/data"
    [ "$status" = 0 ]
    [ "$(sort <<<"$out")" = $'ib1: 5\nib2: 5\nib3: 5' ]
}

@test "without being asked it does not touch its input" {
    { "$BUILD/ibfleet" exec ib1 -- cat; cat; } <<<"still there" >"$SSHD_DIR/out"
    [ "$(cat "$SSHD_DIR/out")" = "still there" ]
}

# ---- whom we end ---------------------------------------------------------------------------

# Sleeps of $number seconds, which are not to be stopped by SIGHUP, SIGTERM or the end of
# their output.
stubborn() { echo "trap '' HUP TERM PIPE; (setsid sleep $1 </dev/null >/dev/null 2>&1 &); sleep $1; echo again; sleep $1; sleep $1"; }
# Until it says "up", then ended: whatever the login takes, it runs.
ibfleet_interrupt() # ARGS...
{
    ibfleet_begin exec "$@"
    wait_until 30 grep -q up "$SSHD_DIR/out"
    kill -INT "$CONTROLLER"
    wait_until 20 grep -q 'once more ends them' "$SSHD_DIR/err"
    kill -INT "$CONTROLLER"
    ibfleet_end
    [ "$status" = 5 ]
}
are_gone() { ! pgrep -f "sleep $1" >/dev/null; }

@test "a command that took too long leaves nothing behind, whatever it ignores" {
    ibfleet exec -b --timeout 4 -a -- "$(stubborn $number)"
    [ "$status" = 1 ]
    warns "3 nodes ib[1-3]: no answer in time (timeout)"
    warns "not ended within 4 s; its processes were ended"
    are_gone $number
    # but for those of other connections
    sleep $number &
    local other=$!
    ibfleet_interrupt ib1 -- 'echo up; sleep 100'
    warns "its processes were ended"
    kill $other
}

@test "a node that floods and ignores the end is ended while it floods" {
    ibfleet exec -b ib1 -- "trap '' HUP TERM PIPE; sleep $number & while :; do echo flooding flooding flooding flooding; done"
    warns "1 node ib1: too much output (too-much-output)"
    warns "its processes were ended"
    are_gone $number
}

@test "the first failure, and a second interrupt, end what runs" {
    ibfleet exec -k --subst -a -- "[ %n != 1 ] || exit 7; echo up; $(stubborn $number)"
    [ "$status" = 3 ]
    are_gone $number
    ibfleet_interrupt ib1 -- "echo up; $(stubborn $number)"
    are_gone $number
}

@test "every login shell reads the reaper alike" {
    for shell in bash dash zsh tcsh fish; do
        command -v $shell || continue
        sshd_stop
        SSHD_SHELL=$(command -v $shell)
        sshd_start </dev/null
        ibfleet_interrupt ib1 -- "sh -c 'trap \"\" TERM; echo up; sleep $number; sleep $number'"
        warns "its processes were ended"
        are_gone $number
    done
}

@test "through OpenSSH it is ended by a second login, if the server takes our mark" {
    ibfleet_interrupt --ssh openssh --ssh-config none ib1 -- "echo up; $(stubborn $number)"
    warns "it may still run on the node"
    kill -KILL $(pgrep -f "sleep $number")
    sshd_stop
    sshd_start <<<"AcceptEnv LANG LC_*"
    ibfleet_interrupt --ssh openssh --ssh-config none ib1 -- "echo up; $(stubborn $number)"
    warns "interrupted while it ran; its processes were ended"
    are_gone $number
}

@test "what the login may not end, or cannot look for, is not told as ended" {
    printf '#!/bin/sh\ncase "$*" in *-*z*) exit 2 ;; esac\nexec /bin/grep "$@"\n' >"$SSHD_DIR/bin/grep"
    chmod +x "$SSHD_DIR/bin/grep"
    ibfleet_interrupt ib1 -- "echo up; exec sleep $number"
    warns "it may still run on the node"
    rm "$SSHD_DIR/bin/grep"
    [ "$(id -u)" = 0 ] || skip "nobody has fewer rights than we"
    # the command is root's, as after its own sudo; the reaper is not
    printf '#!/bin/sh\ncase "$*" in *ibfleet-ended*) exec setpriv --reuid=65534 --clear-groups /bin/sh "$@" ;; esac\nexec /bin/sh "$@"\n' >"$SSHD_DIR/shell"
    chmod +x "$SSHD_DIR/shell"
    sshd_stop
    SSHD_SHELL=$SSHD_DIR/shell sshd_start </dev/null
    chmod a+x "$SSHD_DIR"
    ibfleet_interrupt ib1 -- "echo up; exec sleep $number"
    warns "processes of it that may not be ended still run on the node"
    ! are_gone $number || false
    kill -KILL $(pgrep -f "sleep $number")
}

@test "a command that could not be ended is told as one" {
    sshd_stop
    sshd_start <<<"MaxSessions 1"
    ibfleet_interrupt ib1 -- "echo up; $(stubborn $number)"
    warns "interrupted while it ran; it may still run on the node"
    ! are_gone $number || false
    kill -KILL $(pgrep -f "sleep $number")
}
