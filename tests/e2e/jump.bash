# jump.bash - a second sshd, beside that of sshd.bash, as the jump host before it
#
#   setup()    { fleet_start; jump_start; }        # sshd_config of the jump host on stdin
#   teardown() { jump_remove; fleet_remove; }
#
# Sets JUMP ("tester@127.0.0.1:PORT", for -J) JUMP_PORT JUMP_DIR JUMP_HOME JUMP_LOG
# JUMP_PID.  It lets in the same key, has a host key of its own and a home of its own.

load fleet

jump_start()
{
    local keys=$SSHD_DIR/authorized_keys known=$SSHD_KNOWN_HOSTS
    local SSHD_DIR SSHD_HOME SSHD_KEY SSHD_KNOWN_HOSTS SSHD_LOG SSHD_PORT SSHD_PID
    sshd_prepare
    cp "$keys" "$SSHD_DIR/authorized_keys"
    cat "$SSHD_KNOWN_HOSTS" >>"$known"
    if [ -t 0 ]; then sshd_start </dev/null; else sshd_start; fi
    JUMP_DIR=$SSHD_DIR JUMP_HOME=$SSHD_HOME JUMP_LOG=$SSHD_LOG JUMP_PORT=$SSHD_PORT
    JUMP_PID=$SSHD_PID JUMP=tester@127.0.0.1:$SSHD_PORT
}

jump_stop()
{
    [ -z "${JUMP_PID:-}" ] || { kill "$JUMP_PID" && wait "$JUMP_PID"; } 2>/dev/null || true
    JUMP_PID=
}

jump_remove()
{
    jump_stop
    [ -z "${JUMP_DIR:-}" ] || rm -rf "$JUMP_DIR"
}

# The relays that run from its home.
jump_relays() { pgrep -f "^$JUMP_HOME/.cache/ibfleet/ibfleet-agent-[0-9a-f]* relay"; }
jump_is_quiet() { ! jump_relays >/dev/null; }

# Logins at the jump host; does its relay have so many connections?
jump_logins() { grep -c "Accepted publickey" "$JUMP_LOG" || true; }
jump_connects() # AT-LEAST
{
    local relay
    relay=$(jump_relays | head -n 1)
    [ -n "$relay" ] &&
        [ "$(find "/proc/$relay/fd" -lname 'socket:*' 2>/dev/null | wc -l)" -ge "$1" ]
}

# A port that swallows what wants to connect: the queue of who listens is full.
black_hole() # ADDRESS PORT
{
    python3 -c '
import socket, sys, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((sys.argv[1], int(sys.argv[2]))); s.listen(0)
kept = [socket.create_connection(s.getsockname())]
print("full", flush=True); time.sleep(600)
' "$1" "$2" >"$SSHD_DIR/hole" 3>&- &
    HOLE=$!
    wait_until 10 grep -qs full "$SSHD_DIR/hole"
}
