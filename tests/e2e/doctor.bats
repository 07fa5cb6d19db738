#!/usr/bin/env bats
# doctor.bats - what a doctor says of a controller, well and with one thing wrong at a time

load fleet

setup()
{
    fleet_start
    fleet_node ib1
    fleet_node ib2
    unset SSH_AUTH_SOCK
}
teardown()
{
    [ -z "${SSH_AGENT_PID:-}" ] || kill "$SSH_AGENT_PID" 2>/dev/null || true
    fleet_remove
}

# What it says about a thing: LEVEL and words.
of() { jq -r --arg about "$1" '.checks[] | select(.about == $about) | .level + " " + .words' "$SSHD_DIR/out"; }
advice() { jq -r --arg about "$1" '.checks[] | select(.about == $about) | .advice' "$SSHD_DIR/out"; }
is_bad() # THING WORDS   it alone is bad, and says so
{
    ibfleet doctor --json
    [ "$status" = 1 ]
    keeps_to doctor
    [ "$(ask '.level')" = bad ]
    [ "$(ask '.checks[] | select(.level == "bad") | .about' | sort -u)" = "$1" ]
    [[ "$(of "$1")" == *"$2"* ]]
    [ -n "$(advice "$1")" ]
}

@test "all that matters is looked at, nothing is made, no node is asked" {
    local connections
    wait_until 10 grep -q Connection "$SSHD_LOG" # the look whether sshd is up
    connections=$(grep -c Connection "$SSHD_LOG" || true)
    ibfleet doctor --json
    [ "$status" = 0 ]
    [ -z "$err" ]
    keeps_to doctor
    [ "$(ask '.checks | map(.about) | unique | map(select(. != "libssh2")) | join(" ")')" = \
        "agent clock disk fleet file journal key known hosts locale open files program ssh client ssh-agent state folder terminal" ]
    [ "$(of 'fleet file')" = "ok $IBFLEET_FLEET: 2 nodes, 0 groups" ]
    [ "$(of key)" = "ok $SSHD_KEY, from its file" ]
    [[ "$(of 'known hosts')" == "ok $SSHD_KNOWN_HOSTS: 1 lines, 0 of them hashed, "* ]]
    [[ "$(of 'state folder')" == "ok $STATE, made when it is needed" ]]
    sum=$(sha256sum "$BUILD/ibfleet-agent")
    [[ "$(of agent)" == *"SHA-256 ${sum:0:16}..."* ]]
    [ ! -e "$STATE" ]
    [ "$(grep -c Connection "$SSHD_LOG" || true)" = "$connections" ]
    ibfleet doctor
    [ "$status" = 0 ]
    says "ok    journal       0 runs"
}

@test "one thing wrong at a time is found, named, and has advice" {
    mv "$SSHD_KEY" "$SSHD_KEY.away"
    is_bad key "$SSHD_KEY: No such file"
    ssh-keygen -q -t ed25519 -N secret -f "$SSHD_KEY" <<<y >/dev/null
    is_bad key "has a passphrase"
    mv -f "$SSHD_KEY.away" "$SSHD_KEY"
    mkdir "$STATE"
    sqlite3 "$STATE/journal.db" 'pragma user_version = 99; create table run (id)'
    is_bad journal "written by a newer ibfleet"
    rm -r "$STATE"
    : >"$STATE"
    is_bad "state folder" "$STATE: Not a directory"
    rm "$STATE"
    echo '[nonsense]' >>"$IBFLEET_FLEET"
    is_bad "fleet file" "$IBFLEET_FLEET:"
}

@test "too few open files for the fleet, and no agent beside the program" {
    mkdir "$SSHD_DIR/bin"
    cp "$BUILD/ibfleet" "$SSHD_DIR/bin"
    BUILD=$SSHD_DIR/bin is_bad agent "there is no ibfleet-agent in $SSHD_DIR/bin"
    printf '%s\n' '[nodes]' 'many[1-100]' >>"$IBFLEET_FLEET"
    (ulimit -n 128 && is_bad "open files" "128 allowed: enough for 64 nodes at once, the fleet has 102")
}

@test "an ssh-agent with the key of a locked file; a key that others can read" {
    ssh-keygen -q -t ed25519 -N secret -f "$SSHD_DIR/locked"
    eval "$(ssh-agent 3>&-)" >/dev/null
    ibfleet doctor --json
    [[ "$(of ssh-agent)" == "warn $SSH_AUTH_SOCK: 0 keys" ]]
    cat >"$SSHD_DIR/askpass" <<<$'#!/bin/sh\necho secret'
    chmod +x "$SSHD_DIR/askpass"
    SSH_ASKPASS=$SSHD_DIR/askpass SSH_ASKPASS_REQUIRE=force ssh-add -q "$SSHD_DIR/locked" </dev/null
    sed -i "s|^key = .*|key = $SSHD_DIR/locked|" "$IBFLEET_FLEET"
    chmod 644 "$SSHD_DIR/locked"
    ibfleet doctor --json
    [ "$status" = 0 ]
    [[ "$(of ssh-agent)" == "ok $SSH_AUTH_SOCK: 1 keys" ]]
    [[ "$(of key)" == *"ok $SSHD_DIR/locked, by the ssh-agent"* ]]
    [[ "$(of key)" == *"warn $SSHD_DIR/locked can be read by others (mode 0644)"* ]]
    export SSH_AUTH_SOCK=$SSHD_DIR/gone
    is_bad key "$SSHD_DIR/locked"
    [[ "$(of ssh-agent)" == "warn "* ]]
}

@test "a key that only ssh_config or the OpenSSH client has is no fault" {
    mv "$SSHD_KEY" "$SSHD_DIR/other"
    sed -i '/^key = /d' "$IBFLEET_FLEET"
    export HOME=$SSHD_DIR/home
    mkdir -m 700 -p "$HOME/.ssh"
    is_bad key "no ~/.ssh/id_ed25519"
    echo "IdentityFile $SSHD_DIR/other" >"$SSHD_DIR/ssh_config"
    sed -i "s|^ssh_config = none|ssh_config = $SSHD_DIR/ssh_config|" "$IBFLEET_FLEET"
    ibfleet doctor --json
    [ "$status" = 0 ]
    [ "$(of key)" = "ok ssh_config or the OpenSSH client has one" ]
    install -m 644 "$SSHD_DIR/other" "$HOME/.ssh/id_ed25519"
    ibfleet doctor --json
    [[ "$(of key)" == *"warn $HOME/.ssh/id_ed25519 can be read by others (mode 0644)"* ]]
}

@test "where HOME is not set, the home is the one that the system knows" {
    local home
    home=$(getent passwd "$(id -u)" | cut -d: -f6)
    [ -n "$home" ] || skip "the system knows no home for $(id -u)"
    unset HOME
    sed -i "s|^key = .*|key = ~/ibfleet-no-such-key|" "$IBFLEET_FLEET"
    is_bad key "$home/ibfleet-no-such-key: No such file"
}

@test "an ssh client that fails is told by its own words, one that is not there as that" {
    mkdir "$SSHD_DIR/bin"
    printf '%s\n' '#!/bin/sh' 'echo "No user exists for uid 4711" >&2; exit 255' >"$SSHD_DIR/bin/ssh"
    chmod 755 "$SSHD_DIR/bin/ssh"
    PATH=$SSHD_DIR/bin:$PATH ibfleet doctor --json
    [ "$(of 'ssh client')" = "warn ssh -V fails: No user exists for uid 4711" ]
    rm "$SSHD_DIR/bin/ssh"
    env PATH="$SSHD_DIR/bin" "$BUILD/ibfleet" doctor --json --state "$STATE" >"$SSHD_DIR/out" || true
    [ "$(of 'ssh client')" = "warn not there" ]
}
