#!/usr/bin/env bats
# outside.bats - hooks, metrics and the system's log, as others meet them: jq and Python,
# promtool, journald, syslogd

load wait

TOOL=$BUILD/tests/e2e/outside-tool
PROMTOOL=$BATS_TEST_DIRNAME/../../build/deps/promtool
DIR=$BATS_TEST_TMPDIR

KINDS="before-node after-node before-batch after-batch veto"

tool() # WORD...
{
    run timeout 60 "$TOOL" "$@"
    echo "$output"
}

script() # NAME LINE...   in $DIR
{
    printf '%s\n' "${@:2}" >"$DIR/$1"
    chmod +x "$DIR/$1"
}

# ---- hooks -----------------------------------------------------------------------------

@test "the document of every hook keeps to its schema" {
    for kind in $KINDS; do
        echo "$kind"
        "$TOOL" doc "$kind" >"$DIR/doc"
        [ "$(wc -l <"$DIR/doc")" = 1 ]
        "$BATS_TEST_DIRNAME/schema-check" hook <"$DIR/doc"
        [ "$(jq -r .hook "$DIR/doc")" = "$kind" ]
    done
    [ "$("$TOOL" doc after-batch | jq -r '.results[] | select(.state == "failed") | .code')" = verify-failed ]
}

@test "hooks in shell, jq and Python read their document, and what they say is told" {
    script shell '#!/bin/sh' 'jq -r "\"\(.hook) \(.hosts) \(.batch.number)/\(.batch.of)\""'
    tool hook before-batch "$DIR/shell"
    [ "$status" = 0 ]
    [ "$output" = "go, printed 'before-batch ib[1-2] 2/5'" ]
    script python '#!/usr/bin/python3' 'import json, os, sys' 'doc = json.load(sys.stdin)' \
        'assert doc["node"] == os.environ["IBFLEET_NODE"], doc' 'sys.exit("not " + doc["plan"]["steps"][0]["name"])'
    tool hook before-node "$DIR/python"
    [ "$status" = 1 ]
    [ "$output" = "hook-refused: before-node hook $DIR/python: ended with 1: not packages" ]
}

@test "a hook that is not ready is asked again, and one that stays so refuses in the end" {
    script later '#!/bin/sh' "[ -e '$DIR/asked' ] || { : >'$DIR/asked'; echo the chiller is off >&2; exit 75; }"
    tool hook veto "$DIR/later" again_ms=100
    [ "$status" = 0 ]
    [ "${lines[0]}" = "later veto - 2: the chiller is off" ]
    [ "${lines[1]}" = "go, printed ''" ]
    script never '#!/bin/sh' 'exit 75'
    tool hook before-node "$DIR/never" again_ms=50 patience_ms=120
    [ "$status" = 1 ]
    [[ "$output" == *"hook-refused: waited long enough: before-node hook $DIR/never"* ]]
}

@test "what is no program is refused by name before anything is done" {
    : >"$DIR/plain"
    for wrong in "$DIR/plain" "$DIR/nosuch" "$DIR" nosuchprogram; do
        tool hook before-node "$wrong"
        [ "$status" = 2 ]
        [[ "$output" == "usage: "*"$wrong"* ]]
    done
}

# ---- metrics ---------------------------------------------------------------------------

@test "promtool has nothing to say against the metrics" {
    "$TOOL" metrics >"$DIR/metrics"
    run "$PROMTOOL" check metrics <"$DIR/metrics"
    echo "$output"
    [ "$status" = 0 ]
    [ -z "$output" ]
    echo 'ibfleet_wrong{' >>"$DIR/metrics" # it does look
    run "$PROMTOOL" check metrics <"$DIR/metrics"
    [ "$status" != 0 ]
}

@test "the file is what promtool takes, for everybody to read, and nothing is left beside it" {
    (umask 077; tool metrics-file "$DIR/ibfleet.prom")
    "$PROMTOOL" check metrics <"$DIR/ibfleet.prom"
    [ "$(stat -c %a "$DIR/ibfleet.prom")" = 644 ]
    [ "$(ls "$DIR"/ibfleet*)" = "$DIR/ibfleet.prom" ]
    tool metrics-file "$DIR/ibfleet.txt"
    [ "$status" = 2 ]
    [[ "$output" == "usage: $DIR/ibfleet.txt: its name must end in .prom"* ]]
}

# ---- the system's log ------------------------------------------------------------------

# In folders of its own, so that this machine's log is not touched.
in_a_room() # SCRIPT
{
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" unshare -m true || skip "mounts are not ours here"
    # shellcheck disable=SC2016
    "${as_root[@]}" env TOOL="$TOOL" DIR="$DIR" PATH="$PATH" timeout 60 unshare -m bash -euc "
        $(declare -f wait_until)
        $1" 3>&-
}

@test "journald takes every field of ours, and what a node says makes none" {
    in_a_room '
        mount -t tmpfs none /run
        mkdir -p /run/systemd/journal /run/log/journal
        /lib/systemd/systemd-journald >"$DIR/journald" 2>&1 &
        trap "kill $!; wait $! || :" EXIT
        wait_until 20 test -S /run/systemd/journal/socket
        "$TOOL" notices syslog=/nonexistent
        has_all() { [ "$(journalctl -D /run/log/journal -q -o json SYSLOG_IDENTIFIER=ibfleet | wc -l)" = 7 ]; }
        wait_until 20 has_all
        journalctl -D /run/log/journal -q -a -o json SYSLOG_IDENTIFIER=ibfleet >"$DIR/entries"
        journalctl -D /run/log/journal -q -a -o cat MESSAGE_ID=8999459d33b44750930d9ae2f40d270b >"$DIR/failed"'
    [ "$(jq -r .IBFLEET_EVENT "$DIR/entries" | xargs)" = "begun batch node-done node-failed stopped paused ended" ]
    [ "$(jq -r .IBFLEET_RUN "$DIR/entries" | sort -u)" = 20261130-1200-07e9 ]
    [ "$(jq -r 'select(.IBFLEET_EVENT == "node-failed") | .PRIORITY, .IBFLEET_NODE, .IBFLEET_CODE' "$DIR/entries" | xargs)" = "4 ib1 verify-failed" ]
    [ "$(cat "$DIR/failed")" = 'run 20261130-1200-07e9: node ib1 failed: verify-failed: port 1 is down ^[[31m \x9b' ]
}

@test "syslogd takes our line for one of a daemon" {
    in_a_room '
        mount -t tmpfs none /mnt
        : >/mnt/null
        mount --bind /dev/null /mnt/null
        mount --move /mnt /dev
        busybox syslogd -n -O "$DIR/messages" &
        trap "kill $!; wait $! || :" EXIT
        wait_until 20 test -S /dev/log
        "$TOOL" notices journal=/nonexistent
        wait_until 20 grep -q ended "$DIR/messages"'
    [ "$(grep -c 'ibfleet\[[0-9]*\]: run 20261130-1200-07e9' "$DIR/messages")" = 7 ]
    grep -q 'daemon\.warn ibfleet\[[0-9]*\]: run 20261130-1200-07e9: node ib1 failed: verify-failed: port 1 is down' "$DIR/messages"
}
