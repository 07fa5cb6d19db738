#!/usr/bin/env bats
# The agent for nodes of the other architecture, run by qemu's emulation of its user space.

bats_require_minimum_version 1.5.0

setup()
{
    : "${BUILD:?is not set: make e2e does it}"
    ARM=$BUILD/ibfleet-agent.aarch64
}

# What both say, but for the room on a disk that others write to.
facts_by() # TREE COMMAND...
{
    "${@:2}" detect --json --root "$1" | jq -S 'del(.free_bytes)'
}

@test "the agent for aarch64 is one static file" {
    run -0 readelf -hld "$ARM"
    [[ "$output" == *"Machine:"*"AArch64"* ]]
    [[ "$output" != *INTERP* ]]
    [ "$(stat -c %s "$ARM")" -lt 4000000 ]
}

@test "it finds the same on every captured machine as ours does" {
    local tree seen=0
    for tree in "$BUILD"/trees/*/; do
        facts_by "$tree" qemu-aarch64 "$ARM" >"$BATS_TEST_TMPDIR/theirs"
        facts_by "$tree" "$BUILD/ibfleet-agent" >"$BATS_TEST_TMPDIR/ours"
        [ -s "$BATS_TEST_TMPDIR/ours" ]
        diff "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/theirs" || { echo "$tree"; false; }
        seen=$((seen + 1))
    done
    [ $seen -ge 24 ]
}

@test "it greets, says what machine it is on, and ends with its input" {
    printf '#!/bin/sh\nexec qemu-aarch64 %s "$@"\n' "$ARM" >"$BATS_TEST_TMPDIR/agent"
    chmod +x "$BATS_TEST_TMPDIR/agent"
    run -0 timeout 100 "$BATS_TEST_DIRNAME/talk" "$BATS_TEST_TMPDIR/agent" detect ping close
    echo "$output"
    [[ "$output" == *'hello {'*"\"version\": \"$("$BUILD/ibfleet-agent" version | cut -d' ' -f2)\""* ]]
    [[ "$output" == *'"machine": "aarch64"'* ]]
    [[ "$output" == *"answer 2 "* && "$output" == *"exit 0"* ]]
}
