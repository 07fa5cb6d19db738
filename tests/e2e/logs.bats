#!/usr/bin/env bats
# logs.bats - the logs that a node has kept of its steps, read from here
#
# ib1 is a folder to its agent (IBFLEET_ROOT), and the logs are laid into it by hand.

load fleet

setup()
{
    fleet_start
    STATE=
    LOGS=$SSHD_DIR/node/var/lib/ibfleet/logs
    mkdir -p "$LOGS"
    printf '%s\n' '#!/bin/sh' 'unset SUDO_UID' "IBFLEET_ROOT=$SSHD_DIR/node exec $BUILD/ibfleet-agent \"\$@\"" >"$SSHD_DIR/agent"
    chmod +x "$SSHD_DIR/agent"
    fleet_node ib1 "$SSHD_PORT" "agent = $SSHD_DIR/agent"
}
teardown() { fleet_remove; }

kept() { cat >"$LOGS/$1" && touch -d "$2" "$LOGS/$1"; } # NAME TIME < TEXT

@test "of the latest run, oldest first; of another; of one step; as JSON" {
    kept 20261101-0900-aaaa.packages.1.log '2026-11-01 09:00:01 UTC' <<<'an old one'
    kept 20261102-0900-bbbb.packages.1.log '2026-11-02 09:00:01 UTC' <<<'E: Could not get lock'
    kept 20261102-0900-bbbb.packages.2.log '2026-11-02 09:00:02 UTC' <<<'Setting up rdma-core'
    kept 20261102-0900-bbbb.modules.1.log '2026-11-02 09:00:03 UTC' <<<'rdma_rxe loaded'
    ibfleet logs ib1
    [ "$status" = 0 ]
    [ "$out" = '=== run 20261102-0900-bbbb, packages, attempt 1, 2026-11-02 09:00:01 UTC, 22 bytes
E: Could not get lock
=== run 20261102-0900-bbbb, packages, attempt 2, 2026-11-02 09:00:02 UTC, 21 bytes
Setting up rdma-core
=== run 20261102-0900-bbbb, modules, attempt 1, 2026-11-02 09:00:03 UTC, 16 bytes
rdma_rxe loaded' ]
    ibfleet logs ib1 --run 20261101-0900-aaaa
    [ "$(tail -n +2 <<<"$out")" = 'an old one' ]
    ibfleet logs ib1 --step modules --json
    keeps_to logs
    [ "$(ask '.node + " " + (.logs | map(.step + " " + .text) | join(","))')" = 'ib1 modules rdma_rxe loaded' ]
}

@test "what they hold moves no terminal, and a long one is told from its end, in whole lines" {
    { seq -f 'line %g of a long log' 20000; printf 'last\033]0;owned\007\342\200\256\233\0x\n'; } |
        kept r1.packages.1.log '2026-11-02 09:00:01 UTC'
    ibfleet logs ib1
    [ "$status" = 0 ]
    "$BATS_TEST_DIRNAME/harmless" "$SSHD_DIR/out"
    [[ "${out%%$'\n'*}" == *", the last "* ]]
    [ "$(sed -n 2p <<<"$out" | grep -c '^line [0-9]* of a long log$')" = 1 ]
    [ "$(tail -1 <<<"$out")" = 'last^[]0;owned^G\u202e\x9b?x' ]
    [ "$(wc -c <"$SSHD_DIR/out")" -lt 140000 ]
    ibfleet logs ib1 --json
    keeps_to logs
}

@test "only files that a step has left are read" {
    ln -s /etc/passwd "$LOGS/r1.packages.1.log"
    mkdir "$LOGS/r1.modules.1.log"
    echo no >"$LOGS/notes.log"
    echo no >"$LOGS/..x.packages.1.log"
    ibfleet logs ib1
    [ "$status" = 2 ]
    [ -z "$out" ]
    [ "$err" = "ibfleet: ib1 keeps no logs of steps" ]
    ibfleet logs ib1 --run r9 --step memlock
    [ "$err" = "ibfleet: ib1 keeps no logs of steps of run r9, step memlock" ]
    rm -r "$LOGS"
    ibfleet logs ib1
    [ "$err" = "ibfleet: ib1 keeps no logs of steps" ]
}

@test "what cannot be asked for, and who cannot be asked" {
    ibfleet logs ib1 --run ../../etc/passwd
    [ "$status" != 0 ]
    warns "ib1: 'run' is not fit for a file name"
    ibfleet logs 'ib[1-9]'
    [ "$status" = 2 ]
    [ "$(wc -l <"$SSHD_DIR/err")" = 1 ]
    ibfleet logs
    [ "$status" = 2 ]
    sshd_stop
    ibfleet logs ib1 --timeout 1
    [ "$status" = 4 ]
    warns "ib1: "
    [ "$(wc -l <"$SSHD_DIR/err")" = 1 ]
}
