#!/usr/bin/env bats
# machines.bats - nodes of several architectures behind one sshd: each address is a machine
# of its own, of which uname says what we like, and an emulation runs the agent of aarch64

load fleet

# 127.0.0.1 is as it is, .2 is an aarch64, .3 is what nobody has an agent for.
setup()
{
    export SSHD_ADDRESSES="127.0.0.1 127.0.0.2 127.0.0.3"
    sshd_prepare
    uname_says aarch64
    uname_says riscv64
    fleet_start < <(
        login 127.0.0.2 aarch64 "LD_PRELOAD=$BUILD/tests/fake/foreign_exec.so FOREIGN_EXEC=$SSHD_DIR/emulated"
        login 127.0.0.3 riscv64
        echo 'Match all')
    AGENTS=$SSHD_HOME/.cache/ibfleet
    node x86 127.0.0.1
    node arm 127.0.0.2
}
teardown() { fleet_remove; }

uname_says() # MACHINE   with -m alone, as the bootstrap script asks
{
    mkdir -p "$SSHD_DIR/$1"
    printf '#!/bin/sh\n[ "$*" = -m ] || exit 1\necho %s\n' "$1" >"$SSHD_DIR/$1/uname"
    chmod +x "$SSHD_DIR/$1/uname"
}

login() # ADDRESS MACHINE [VARIABLES]
{
    printf 'Match LocalAddress %s\n    SetEnv "PATH=%s:/usr/bin:/bin" %s\n' "$1" "$SSHD_DIR/$2" "${3:-}"
}

node() # NAME ADDRESS
{
    printf '[nodes]\n%s = %s:%s\n' "$1" "$2" "$SSHD_PORT" >>"$IBFLEET_FLEET"
    [ "$2" = 127.0.0.1 ] ||
        echo "[$2]:$SSHD_PORT $(cut -d' ' -f1,2 "$SSHD_DIR/host_ed25519.pub")" >>"$SSHD_KNOWN_HOSTS"
}

digests_of() { sha256sum "$@" | sed 's/ .*//' | sort; }

# What there is beside this ibfleet is ours to say.
own_build() # FILE...
{
    local file
    mkdir "$SSHD_DIR/bin"
    for file in ibfleet "$@"; do cp "$BUILD/$file" "$SSHD_DIR/bin"; done
    BUILD=$SSHD_DIR/bin
}

state_of() { ask ".nodes[] | select(.name == \"$1\") | .state"; }
why_not() { ask ".nodes[] | select(.name == \"$1\") | .code + \" \" + .reason"; }

# How often the agent for aarch64 has run, and nothing else by the emulation.
emulated()
{
    local agent=$AGENTS/ibfleet-agent-$(digests_of "$BUILD/ibfleet-agent.aarch64")
    ! grep -vxF "$agent" "$SSHD_DIR/emulated" || return 1
    grep -cxF "$agent" "$SSHD_DIR/emulated"
}

@test "nodes of two machines are reached in one run, each by its own agent, pushed once" {
    ibfleet probe -a --unprivileged --json
    [ "$status" = 0 ]
    [ "$(state_of x86) $(state_of arm)" = "ok ok" ]
    [ "$(emulated)" = 1 ]
    [ "$(digests_of "$AGENTS"/*)" = "$(digests_of "$BUILD/ibfleet-agent" "$BUILD/ibfleet-agent.aarch64")" ]
    ls -li --full-time "$AGENTS" >"$SSHD_DIR/before"
    ibfleet probe -a --unprivileged --json
    [ "$status" = 0 ]
    [ "$(emulated)" = 2 ]
    ls -li --full-time "$AGENTS" | diff "$SSHD_DIR/before" -
}

@test "a machine that no agent is for is named, and the others are reached" {
    node odd 127.0.0.3
    ibfleet probe -a --unprivileged --json
    [ "$status" = 1 ]
    [ "$(state_of x86) $(state_of arm)" = "ok ok" ]
    [ "$(emulated)" = 1 ]
    [[ "$(why_not odd)" == "not-supported its machine is riscv64, which would need an ibfleet-agent.riscv64"* ]]
}

@test "an agent that is not installed is missed by its name" {
    own_build ibfleet-agent
    ibfleet probe -a --unprivileged --json
    [ "$status" = 1 ]
    [ "$(state_of x86)" = ok ]
    [ ! -e "$SSHD_DIR/emulated" ]
    [[ "$(why_not arm)" == "not-supported its machine is aarch64, and there is no ibfleet-agent.aarch64 beside"*"make arm64"* ]]
}

@test "a file that only has the name of the other agent stops it before any node is asked" {
    own_build ibfleet-agent
    cp "$BUILD/ibfleet-agent" "$BUILD/ibfleet-agent.aarch64"
    ibfleet probe -a --unprivileged
    [ "$status" = 8 ]
    warns "ibfleet-agent.aarch64: it is no program for aarch64"
}

@test "a copy takes the agent of the node's machine, too" {
    echo hello >"$SSHD_DIR/file"
    ibfleet copy "$SSHD_DIR/file" "arm:$SSHD_HOME/"
    [ "$status" = 0 ]
    [ "$(cat "$SSHD_HOME/file")" = hello ]
    [ "$(emulated)" = 1 ]
    [ "$(digests_of "$AGENTS"/*)" = "$(digests_of "$BUILD/ibfleet-agent.aarch64")" ]
}

@test "what is installed is both, and doctor tells of both" {
    make -s -C "${BATS_TEST_DIRNAME%/tests/*}" O="$BUILD" install DESTDIR="$SSHD_DIR/root" PREFIX=/usr
    cmp "$BUILD/ibfleet-agent.aarch64" "$SSHD_DIR/root/usr/libexec/ibfleet-agent.aarch64"
    BUILD=$SSHD_DIR/root/usr/bin ibfleet probe arm --unprivileged --json
    [ "$status" = 0 ]
    [ "$(emulated)" = 1 ]
    BUILD=$SSHD_DIR/root/usr/bin ibfleet doctor --json
    [ "$(ask '[.checks[] | select(.about == "agent") | .words | split(",")[0]] | join("; ")')" = "for x86_64; for aarch64" ]
}
