#!/bin/bash
# azure.sh [TURNS]   a scale set of 1,000 instances asked for: calls and CPU
#
# Azure is the fake of the tests, on loopback.  azure.py does the measuring.
set -euo pipefail
cd "$(dirname "$0")/../.."
export BUILD=${BUILD:-$PWD/build} INSTANCES=1000
BATS_TEST_DIRNAME=$PWD/tests/e2e
BATS_TEST_FILENAME=$0
load() { . "$1.bash"; }
. tests/e2e/azure.bash
trap azure_stop EXIT
trap 'exit 130' INT TERM

azure_start <<<"{\"sets\":[{\"name\":\"ib\",\"count\":$INSTANCES,\"subnet\":\"10.0.0.0/20\",\"network\":[\"10.0.0.0/16\"]}]}"
printf '%s\n' "$AZURE_BEARER" >"$AZURE_DIR/token"
https_proxy=$AZURE_PROXY no_proxy='' AZURE_SUBSCRIPTION_ID=$AZURE_SUB AZURE_TOKEN_FILE=$AZURE_DIR/token \
    CURL_CA_BUNDLE=$AZURE_CA AZURE_CONTROL=$AZURE_CONTROL AZURE_DIR=$AZURE_DIR \
    tests/bench/azure.py "${1:-5}"
