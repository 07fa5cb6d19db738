#!/bin/bash
# oav.sh DIR   Microsoft's oav into DIR, with npm; prints its cli.js, or why there is none
#
# The version is pinned here; what it depends on is as its own package says.  npm asks the
# registry that it is configured for.
set -u
OAV=4.0.3
MIN_NODE=20
dir=$1
cli=$dir/node_modules/oav/dist/cli.js

major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
if [ "${major:-0}" -lt $MIN_NODE ] || ! command -v npm >/dev/null; then
    echo "oav $OAV needs node $MIN_NODE or later and npm"
    exit 1
fi
if [ "$(node -p "require('$dir/node_modules/oav/package.json').version" 2>/dev/null)" != $OAV ]; then
    mkdir -p "$dir"
    if ! npm install --prefix "$dir" --no-package-lock --no-save --ignore-scripts --no-audit --no-fund \
        "oav@$OAV" >"$dir/npm.log" 2>&1; then
        echo "npm cannot install oav $OAV: $(tail -n 1 "$dir/npm.log")"
        exit 1
    fi
fi
echo "$cli"
