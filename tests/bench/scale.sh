#!/bin/bash
# scale.sh [TURNS [NODES]]   ten thousand nodes, simulated in one process of their own
#
# scale.py does the measuring; here are the nodes.  Where the limit of open files is
# lower than that takes, there are fewer.
set -euo pipefail
cd "$(dirname "$0")/../.."
export BUILD=${BUILD:-$PWD/build}
BATS_TEST_DIRNAME=tests/e2e
load() { . "tests/e2e/$1.bash"; }
load fleet
load simulated

finish()
{
    simulated_stop
    [ -z "${SSHD_DIR:-}" ] || rm -rf "$SSHD_DIR"
}
trap finish EXIT
trap 'exit 130' INT TERM

nodes=${2:-10000} most=$(ulimit -Hn)
if [ "$most" != unlimited ] && [ "$nodes" -gt $((most - 200)) ]; then
    nodes=$((most - 200))
    echo "only $nodes nodes: ulimit -Hn is $most"
fi

# One in a hundred of each kind of bad ones; what the others do is up to the command.
bad() { local i; for ((i = 100; i <= nodes; i += 100)); do
    printf '%s\n' "$((i - 70)) mute" "$((i - 40)) hang" "$((i - 10)) flood 100"; done; }

sshd_prepare
simulated_start "$nodes" < <(bad)
tests/bench/scale.py "$SSHD_DIR" "$nodes" "$SIMULATED_PID" "${1:-5}"
