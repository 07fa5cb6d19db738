#!/bin/bash
# verbs.sh [TURNS]   how fast we measure a pair, as ratios against perftest, side by side
#
# Two virtual machines of its own, perftest and our measurement on the same pair in
# turn.  Figures are good for comparing within one run, not between machines.
set -euo pipefail
cd "$(dirname "$0")/../.."
export BUILD=${BUILD:-$PWD/build}
export LAB=$BUILD/bench

lab() { tests/lab/lab "$@"; }
trap 'lab down' EXIT
trap 'exit 130' INT TERM

lab down
lab up 2
for n in 1 2; do
    lab rxe $n
    lab ssh $n 'sudo apt-get -qq update &&
        sudo apt-get -qq install -y --no-install-recommends ibverbs-providers perftest' >/dev/null
done
tests/bench/perftest.py 1 2 "${1:-10}"
