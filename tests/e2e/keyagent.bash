# keyagent.bash - a real ssh-agent, for one test
#
#   load keyagent
#   teardown() { keyagent_stop; ... }
#
# Sets SSH_AUTH_SOCK and KEYAGENT_PID.  Needs $SSHD_DIR (sshd.bash) and wait.bash.

keyagent_start()
{
    export SSH_AUTH_SOCK=$SSHD_DIR/agent.sock
    rm -f "$SSH_AUTH_SOCK"
    ssh-agent -D -a "$SSH_AUTH_SOCK" >/dev/null 2>&1 3>&- &
    KEYAGENT_PID=$!
    wait_until 10 test -S "$SSH_AUTH_SOCK"
}

# Hand it a key, with its passphrase if it has one.
keyagent_add() # FILE [PASSPHRASE]
{
    printf '#!/bin/sh\necho "%s"\n' "${2:-}" >"$SSHD_DIR/askpass"
    chmod 700 "$SSHD_DIR/askpass"
    SSH_ASKPASS=$SSHD_DIR/askpass SSH_ASKPASS_REQUIRE=force ssh-add -q "$1" </dev/null
}

keyagent_stop()
{
    [ -z "${KEYAGENT_PID:-}" ] || { kill "$KEYAGENT_PID" && wait "$KEYAGENT_PID"; } 2>/dev/null || true
    unset SSH_AUTH_SOCK
    KEYAGENT_PID=
}
