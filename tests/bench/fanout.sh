#!/bin/bash
# fanout.sh [TURNS]   one command on many nodes: ibfleet beside pdsh, clush, pssh, Ansible
#
# 208 addresses of 127.0.0.0/8 behind 13 real sshd (one listens on 16 at most), whose user
# has an empty home and a plain shell; then 500 behind one cheap test server, so that the
# server is not what takes the time.  No root needed.  fanout.py does the measuring.
set -euo pipefail
cd "$(dirname "$0")/../.."
export BUILD=${BUILD:-$PWD/build}
BATS_TEST_DIRNAME=tests/e2e
load() { . "tests/e2e/$1.bash"; }
load fleet
load simulated

SSHDS=13 EACH=16 SIMULATED=500
pids=()
finish()
{
    simulated_stop
    [ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null || true
    [ -z "${SSHD_DIR:-}" ] || rm -rf "$SSHD_DIR"
}
trap finish EXIT
trap 'exit 130' INT TERM

addresses() { local i; for ((i = 1; i <= EACH; i++)); do echo "127.1.$1.$i"; done; }

sshd_prepare
key=$(cut -d' ' -f1,2 "$SSHD_DIR/host_ed25519.pub")
for ((n = 1; n <= SSHDS; n++)); do
    SSHD_ADDRESSES=$(addresses $n | xargs)
    sshd_start </dev/null
    pids+=("$SSHD_PID")
    for address in $SSHD_ADDRESSES; do
        echo "$address" >>"$SSHD_DIR/real.hosts"
        echo "[$address]:$SSHD_PORT $key" >>"$SSHD_DIR/real.known"
    done
done
SSHD_PID=
tests/bench/fanout.py real "$SSHD_DIR" "$SSHD_PORT" "${1:-5}"

SSHD_PORT=$(sshd_free_port)
simulated_start $SIMULATED </dev/null
sed -n 's/^s[0-9]* = //p' "$IBFLEET_FLEET" >"$SSHD_DIR/simulated.hosts"
cp "$SSHD_KNOWN_HOSTS" "$SSHD_DIR/simulated.known"
tests/bench/fanout.py simulated "$SSHD_DIR" "$SSHD_PORT" "${1:-5}"
