#!/bin/bash
# rollout.sh [TURNS]   a rollout over 10,000 simulated nodes beside one over 1,000
#
# rollout.py does the measuring; the nodes are in the program itself (rollout_nodes.c).
set -euo pipefail
cd "$(dirname "$0")/../.."
export BUILD=${BUILD:-$PWD/build}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
ssh-keygen -q -t ed25519 -N '' -f "$folder/key" # that nobody logs in with
tests/bench/rollout.py "$folder" "${1:-5}"
