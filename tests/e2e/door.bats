#!/usr/bin/env bats
# door.bats - many nodes at a server that takes few, or nobody, or with few files to open

load fleet

setup()
{
    sshd_prepare
    STATE=
}
teardown()
{
    [ -z "${LISTENER:-}" ] || kill "$LISTENER" 2>/dev/null || true
    fleet_remove
}

# ib1 to ibN, all of them behind one sshd.
crowd() # N MAXSTARTUPS
{
    SSHD_MAX_STARTUPS=$2 fleet_start <<<"LogLevel VERBOSE"
    STATE=
    for ((i = 1; i <= $1; i++)); do fleet_node ib$i; done
}

turned_away() { grep -c 'past MaxStartups' "$SSHD_LOG"; }

@test "MaxStartups 2: all of 40 nodes at one address succeed, each command runs once" {
    crowd 40 2
    ibfleet exec -a -b -- "echo ran >>ran; echo here"
    [ "$status" = 0 ]
    says "40 nodes"
    [ "$(wc -l <"$SSHD_HOME/ran")" = 40 ]
    [ "$(turned_away)" -gt 0 ] # or nothing was tested
    [ "$(turned_away)" -le 80 ]
}

@test "MaxStartups that throws dice: all succeed" {
    crowd 40 3:50:6
    ibfleet exec -a -b -- echo here
    [ "$status" = 0 ]
    [ "$(turned_away)" -gt 0 ]
}

@test "the same through the OpenSSH client, which does not say why it was turned away" {
    crowd 12 2
    ibfleet exec -a --ssh openssh -b -- echo here
    [ "$status" = 0 ]
    [ "$(turned_away)" -gt 0 ]
}

@test "a fixed width does not override what the server takes" {
    crowd 20 2
    ibfleet exec -a -f 20 -b -- echo here
    [ "$status" = 0 ]
}

# In sshd's place: says WORDS to who comes and closes, or nothing and keeps him; a line in
# $SSHD_DIR/came for each.
listen() # WORDS
{
    sshd_stop
    python3 -c '
import socket, sys
kept = []
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(100)
print("ready", flush=True)
while True:
    kept.append(s.accept()[0])
    print("came", flush=True)
    if sys.argv[2]: c = kept.pop(); c.sendall((sys.argv[2] + "\r\n").encode()); c.close()
' "$SSHD_PORT" "$1" >"$SSHD_DIR/came" 3>&- &
    LISTENER=$!
    wait_until 10 grep -q ready "$SSHD_DIR/came"
}
came() { grep -c came "$SSHD_DIR/came"; }
have_come() { [ "$(came)" -ge "$1" ]; }

@test "a server that turns everybody away is given up in words, with few tries" {
    crowd 40 500
    listen "Exceeded MaxStartups"
    ibfleet exec -a --timeout 3 -- echo here
    [ "$status" = 4 ]
    [ -z "$out" ]
    warns "40 nodes ib[1-40]: turned away before the login (turned-away)"
    warns "ADDRESS has turned away "
    warns "MaxStartups"
    have_come 3
    [ "$(came)" -lt 60 ]
}

@test "who waits at the door when it is interrupted is not started" {
    crowd 30 500
    listen ""
    ibfleet_begin exec -a -- echo here
    wait_until 20 have_come 10
    kill -INT "$CONTROLLER"
    wait_until 20 grep -q "10 running, 20 not started; once more ends them" "$SSHD_DIR/err"
    kill -INT "$CONTROLLER"
    ibfleet_end
    [ "$status" = 5 ]
    warns "interrupted before it was started"
    [ "$(came)" = 10 ]
}

@test "a connection that is lost while the command runs does not run it again" {
    crowd 1 500
    ibfleet exec -a -- 'echo ran >>ran; kill -9 $PPID; exec sleep 20'
    [ "$status" = 1 ]
    warns "connection-lost"
    [ "$(wc -l <"$SSHD_HOME/ran")" = 1 ]
}

# ---- open files ------------------------------------------------------------------------

# As ibfleet, with so many files to open at most.
with_files() # N ARGUMENT...
{
    status=0
    (ulimit -n "$1" && exec timeout -k 5 120 "$BUILD/ibfleet" "${@:2}") \
        >"$SSHD_DIR/out" 2>"$SSHD_DIR/err" </dev/null || status=$?
    ibfleet_said
}

@test "exec with too few files for all nodes takes them in turns" {
    crowd 40 500
    with_files 100 exec -a -b -- echo here
    [ "$status" = 0 ]
    says "40 nodes"
    warns "ibfleet: 40 nodes, at most "
    warns " at once: more would need more open files (ulimit -Hn)"
}

@test "too few files to begin with are refused with the numbers" {
    crowd 40 500
    with_files 70 exec -a -- echo here
    [ "$status" = 2 ]
    warns "ibfleet: 16 nodes at once need as many open files, and of the 70 allowed "
    warns "raise the hard limit (ulimit -Hn) or take fewer nodes"
    [ -z "$(grep Accepted "$SSHD_LOG")" ]
}

@test "links stay open, so too few files for all of them are refused" {
    crowd 40 500
    with_files 100 probe -a --unprivileged
    [ "$status" = 2 ]
    warns "ibfleet: 40 nodes at once need as many open files, and of the 100 allowed "
    [ -z "$(grep Accepted "$SSHD_LOG")" ]
}
