#!/usr/bin/env bats
# link.bats - the agent on a node over a real sshd: brought there, started, asked, lost

load link

setup() { sshd_prepare; }
teardown() { sshd_remove; }

FOLDER() { echo "$SSHD_HOME/.cache/ibfleet"; }

# An agent as large as the real one.
large_agent()
{
    AGENT=$SSHD_DIR/large-agent
    { cat "$BATS_TEST_DIRNAME/fake-agent"; printf '#'; head -c 3000000 /dev/zero | tr '\0' x; } >"$AGENT"
}

# A sudo of our own, first in the path of the login.
fake_sudo() # SCRIPT-LINE
{
    mkdir -p "$SSHD_DIR/bin"
    printf '#!/bin/sh\n%s\n' "$1" >"$SSHD_DIR/bin/sudo"
    chmod +x "$SSHD_DIR/bin/sudo"
    sshd_start <<<"SetEnv PATH=$SSHD_DIR/bin:/usr/bin:/bin"
}

# As a user that is not root's name, with sudo.
privileged() { link unprivileged=no sudo=yes "$@"; }

# ---- the road up -----------------------------------------------------------------

@test "the agent is pushed, greets and answers" {
    sshd_start </dev/null
    link ask=one,two
    [ "$status" = 0 ]
    says "state sending the agent"
    says 'answer one {"ask":"one"}'
    says 'answer two {"ask":"two"}'
    says "frames 3 3"
}

@test "an agent that is there is not pushed again" {
    sshd_start </dev/null
    link
    [ "$status" = 0 ]
    link
    [ "$status" = 0 ]
    ! says "sending the agent" || false
}

@test "every login shell reads the start line alike" {
    tried=0
    for shell in sh dash bash zsh tcsh fish busybox; do
        SSHD_SHELL=$(command -v $shell) || continue
        [ $shell != busybox ] || { ln -s "$SSHD_SHELL" "$SSHD_DIR/ash"; SSHD_SHELL=$SSHD_DIR/ash; }
        sshd_start </dev/null
        rm -rf "$(FOLDER)"
        echo "with $SSHD_SHELL"
        link
        [ "$status" = 0 ]
        says "state sending the agent"
        link
        [ "$status" = 0 ]
        ! says "sending the agent" || false
        sshd_stop
        tried=$((tried + 1))
    done
    [ $tried -ge 4 ]
}

@test "a login that prints is passed over" {
    SSHD_SHELL=/bin/bash
    printf 'echo Welcome to the machine; echo "disk 97 %% full" >&2; printf "no newline"\n' >"$SSHD_HOME/.bashrc"
    sshd_start </dev/null
    link
    [ "$status" = 0 ]
    says "sending the agent"
}

@test "a login that reads its stdin does not eat the agent" {
    SSHD_SHELL=/bin/bash
    echo 'read -t 0.3 -r answer' >"$SSHD_HOME/.bashrc"
    sshd_start </dev/null
    link
    [ "$status" = 0 ]
}

@test "a large agent arrives whole while the keys are changed under it" {
    sshd_start <<<"RekeyLimit 64K"
    large_agent
    link agent="$AGENT"
    [ "$status" = 0 ]
    says "sending the agent"
    cmp "$AGENT" "$(FOLDER)"/ibfleet-agent-*
}

@test "many nodes are reached at once, within the width" {
    sshd_start </dev/null
    link count=40 width=8
    [ "$status" = 0 ]
    [ "$(grep -c 'Accepted publickey' "$SSHD_LOG")" = 40 ]
    [ -z "$(grep lost <<<"$output")" ]
}

@test "only the newest agents are kept, and nothing half written" {
    mkdir -p "$(FOLDER)"
    touch -d "2020-01-09" "$(FOLDER)/ibfleet-agent-07.XyZabc" "$(FOLDER)/ibfleet-agent-notes"
    touch "$(FOLDER)/ibfleet-agent-08.XyZabc"
    for i in 1 2 3 4 5; do touch -d "2020-01-0$i" "$(FOLDER)/ibfleet-agent-0$i"; done
    sshd_start </dev/null
    link
    [ "$status" = 0 ]
    [ -x "$(echo "$(FOLDER)"/ibfleet-agent-????????????????????????????????????????????????????????????????)" ]
    rm "$(FOLDER)"/ibfleet-agent-????????????????????????????????????????????????????????????????
    [ "$(cd "$(FOLDER)" && echo *)" = "ibfleet-agent-04 ibfleet-agent-05 ibfleet-agent-08.XyZabc ibfleet-agent-notes" ]
}

@test "an agent of the node's image is started as it is" {
    cp "$BATS_TEST_DIRNAME/fake-agent" "$SSHD_DIR/installed-agent"
    sshd_start </dev/null
    link installed="$SSHD_DIR/installed-agent"
    [ "$status" = 0 ]
    says "\"path\":\"$SSHD_DIR/installed-agent\""
    [ ! -e "$(FOLDER)" ]
    link installed="$SSHD_DIR/missing"
    [ "$status" = 1 ]
    says "lost agent-not-started: something to start is missing"
    link installed="/tmp/x;reboot"
    says "lost fleet-file: "
}

# ---- what keeps the agent from its place ---------------------------------------------

@test "a damaged agent is replaced" {
    sshd_start </dev/null
    link
    [ "$status" = 0 ]
    echo "# damaged" >>"$(echo "$(FOLDER)"/ibfleet-agent-*)"
    link
    [ "$status" = 0 ]
    says "sending the agent"
    cmp "$BATS_TEST_DIRNAME/fake-agent" "$(FOLDER)"/ibfleet-agent-*
}

@test "an agent that changes on its way is not started" {
    # a head that swaps one byte for another
    mkdir -p "$SSHD_DIR/bin"
    printf '#!/bin/sh\n/usr/bin/head "$@" | tr s S\n' >"$SSHD_DIR/bin/head"
    chmod +x "$SSHD_DIR/bin/head"
    sshd_start <<<"SetEnv PATH=$SSHD_DIR/bin:/usr/bin:/bin"
    link
    [ "$status" = 1 ]
    says "lost agent-not-pushed: the agent arrived damaged"
    [ -z "$(ls "$(FOLDER)")" ]
}

@test "a folder that cannot be made is named" {
    echo "not a folder" >"$SSHD_HOME/.cache"
    sshd_start </dev/null
    link
    [ "$status" = 1 ]
    says "lost agent-not-pushed: the agent's folder cannot be made or written: mkdir: "
}

@test "a full disk is told as one" {
    SSHD_SHELL=/bin/bash
    large_agent
    echo 'ulimit -f 1000; trap "" XFSZ' >"$SSHD_HOME/.bashrc"
    sshd_start </dev/null
    link agent="$AGENT"
    [ "$status" = 1 ]
    says "lost disk-full: not all of the agent could be written"
    [ -z "$(ls "$(FOLDER)")" ]
}

@test "a really full file system is told as one" {
    unshare -rm true 2>/dev/null || skip "no user namespaces here"
    large_agent
    printf '#!/bin/sh\nexec unshare -rm sh -c '\''mount -t tmpfs -o size=1m tmpfs "$HOME" && exec /bin/sh "$@"'\'' sh "$@"\n' >"$SSHD_DIR/shell"
    chmod +x "$SSHD_DIR/shell"
    SSHD_SHELL=$SSHD_DIR/shell
    sshd_start </dev/null
    link agent="$AGENT"
    [ "$status" = 1 ]
    says "lost disk-full: not all of the agent could be written: head: error writing 'standard output': No space left on device"
}

@test "a file system mounted noexec is told as one" {
    unshare -rm true 2>/dev/null || skip "no user namespaces here"
    printf '#!/bin/sh\nexec unshare -rm sh -c '\''mount -t tmpfs -o noexec tmpfs "$HOME" && exec /bin/sh "$@"'\'' sh "$@"\n' >"$SSHD_DIR/shell"
    chmod +x "$SSHD_DIR/shell"
    SSHD_SHELL=$SSHD_DIR/shell
    sshd_start </dev/null
    link
    [ "$status" = 1 ]
    says "lost agent-not-started: the agent may not be started there (file system mounted noexec?)"
}

@test "an agent for another machine is not sent" {
    # a uname that lies
    mkdir -p "$SSHD_DIR/bin"
    printf '#!/bin/sh\necho riscv64\n' >"$SSHD_DIR/bin/uname"
    chmod +x "$SSHD_DIR/bin/uname"
    sshd_start <<<"SetEnv PATH=$SSHD_DIR/bin:/usr/bin:/bin"
    link agent=/bin/true
    [ "$status" = 1 ]
    says "lost not-supported: its machine is riscv64, which would need an ibfleet-agent.riscv64: "
    ! says "sending the agent" || false
}

@test "a login that starts nothing is quoted" {
    sshd_start <<<"ForceCommand echo This account is; printf 'locked \\033[31mdown\\n'; exit 1"
    link
    [ "$status" = 1 ]
    says "lost not-our-protocol: no agent answered (status 1); the login printed: locked ?[31mdown"
}

@test "a login that never stops printing is cut off" {
    sshd_start <<<"ForceCommand yes"
    link
    [ "$status" = 1 ]
    says "lost too-much-output"
}

# ---- root by sudo ------------------------------------------------------------------------

@test "sudo that asks for a password is told with what to do" {
    fake_sudo 'echo "sudo: unable to resolve host node1: Name or service not known" >&2; echo "sudo: a password is required" >&2; exit 1'
    privileged
    [ "$status" = 1 ]
    says "lost sudo-wants-password: sudo asks for a password; allow this user NOPASSWD"
    [ "$(grep -c 'state connecting' <<<"$output")" = 1 ]
}

@test "sudo that refuses is quoted" {
    fake_sudo 'echo "sudo: tester is not in the sudoers file." >&2; exit 1'
    privileged
    [ "$status" = 1 ]
    says "lost sudo-wants-password: sudo refuses: sudo: tester is not in the sudoers file."
}

@test "sudo without a password starts the agent from root's folder" {
    unshare -rm true 2>/dev/null || skip "no user namespaces here"
    fake_sudo '[ "$1" = -n ] || exit 99; shift; exec unshare -rm sh -c "mount -t tmpfs tmpfs /var/lib && exec \"\$@\"" sh "$@"'
    privileged
    [ "$status" = 0 ]
    says '"path":"/var/lib/ibfleet/agent/ibfleet-agent-'
}

# ---- the conversation ----------------------------------------------------------------------

@test "a failure on the node arrives in its own words" {
    sshd_start </dev/null
    link ask=fail
    [ "$status" = 1 ]
    says "failed fail disk-full: no room"
}

@test "a request that is not answered ends at its deadline, the link lives on" {
    sshd_start </dev/null
    link ask=mute,one deadline_ms=300
    [ "$status" = 1 ]
    says 'answer one {"ask":"one"}'
    says "failed mute timeout: no answer to 'mute' within 0.3 s"
    ! says lost || false
}

@test "answers out of order find their requests" {
    sshd_start </dev/null
    link ask=hold,one
    [ "$status" = 0 ]
    [ "$(grep ^answer <<<"$output")" = 'answer one {"ask":"one"}
answer hold {"ask":"hold"}' ]
}

@test "an agent that dies is lost with its last words" {
    sshd_start </dev/null
    link ask=die
    [ "$status" = 1 ]
    says "failed die agent-died: the agent ended (status 3): fake-agent: asked to die"
    says "lost agent-died: the agent ended (status 3): fake-agent: asked to die"
}

@test "an agent that stops in the middle of a message is told so" {
    sshd_start </dev/null
    link ask=cut
    [ "$status" = 1 ]
    says "lost agent-died: the agent ended in the middle of a message (status 0)"
}

@test "garbage ends the link" {
    sshd_start </dev/null
    link ask=garbage
    [ "$status" = 1 ]
    says "lost not-our-protocol: "
}

@test "a flood ends the link" {
    sshd_start </dev/null
    link ask=flood deadline_ms=30000
    [ "$status" = 1 ]
    says "lost too-much-output: it sends without end"
}

@test "an agent of another protocol is refused" {
    sshd_start <<<"SetEnv FAKE_PROTOCOL=99"
    link
    [ "$status" = 1 ]
    says "lost version-mismatch: "
}

@test "a connection that breaks is lost at once" {
    sshd_start </dev/null
    link_until '^up' ask=mute deadline_ms=20000
    begin=$SECONDS
    sshd_break
    wait "$LINK" || true
    cat "$SSHD_DIR/out"
    [ $((SECONDS - begin)) -le 3 ]
    grep -q "^failed mute connection-lost: " "$SSHD_DIR/out"
    grep -q "^lost connection-lost: 127.0.0.1:$SSHD_PORT: the connection broke, running the command" "$SSHD_DIR/out"
}

@test "an agent that is silent too long is pinged, then given up" {
    sshd_start </dev/null
    link_until '^answer' idle_ms=400 hold_ms=20000
    sleep 1.5
    kill -0 "$LINK" # pings were answered
    agent=$(sed -n 's/^up.*"pid":\([0-9]*\).*/\1/p' "$SSHD_DIR/out")
    kill -STOP "$agent"
    wait "$LINK" || true
    kill -KILL "$agent"
    cat "$SSHD_DIR/out"
    grep -q "^lost connection-lost: the agent does not answer: no answer to 'ping'" "$SSHD_DIR/out"
}

@test "the real agent is pushed, detects and answers" {
    sshd_start </dev/null
    link agent="$BUILD/ibfleet-agent" ask=detect,ping deadline_ms=30000
    [ "$status" = 0 ]
    says "sending the agent"
    says 'answer detect {"hostname":'
    link agent="$BUILD/ibfleet-agent"
    [ "$status" = 0 ]
    ! says "sending the agent" || false
}
