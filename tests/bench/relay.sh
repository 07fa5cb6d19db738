#!/bin/bash
# relay.sh [TURNS]   1,000 nodes behind one jump host, beside the same nodes without it
#
# The nodes are those of a cheap test server, the jump host is a real sshd; one more node
# swallows whatever wants to connect.  No root needed.  relay.py does the measuring.
set -euo pipefail
cd "$(dirname "$0")/../.."
export BUILD=${BUILD:-$PWD/build}
BATS_TEST_DIRNAME=tests/e2e
load() { . "tests/e2e/$1.bash"; }
load jump
load simulated

NODES=1000
finish()
{
    [ -z "${HOLE:-}" ] || kill "$HOLE"
    simulated_stop
    jump_remove
    [ -z "${SSHD_DIR:-}" ] || rm -rf "$SSHD_DIR"
}
trap finish EXIT
trap 'exit 130' INT TERM

simulated_start $NODES </dev/null
jump_start </dev/null
port=$(sshd_free_port)
black_hole 127.0.0.9 "$port"
{ cat "$IBFLEET_FLEET"; echo "hole = 127.0.0.9:$port"; } >"$SSHD_DIR/hole.ini"
tests/bench/relay.py "$NODES" "$JUMP" "$JUMP_DIR" "$SSHD_DIR" "${1:-5}"
