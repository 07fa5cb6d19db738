#!/bin/bash
# check.sh TIER...   run the tiers through make, one after the other, and add up
#
# Ends with one line "N passed, N failed" over all of them.  A tier that could
# not be built counts as one failure.  With $TALLY set the sum goes there too.
set -u
sum=$(mktemp)
trap 'rm -f "$sum"' EXIT
broken=0

for tier in "$@"; do
    before=$(wc -l <"$sum")
    if ! TALLY=$sum "${MAKE:-make}" -s -j"$(nproc)" "$tier" && [ "$(wc -l <"$sum")" = "$before" ]; then
        echo "FAILED $tier could not be run"
        broken=$((broken + 1))
    fi
done
read -r passed failed < <(awk -v b=$broken '{ p += $1; f += $2 } END { print p + 0, f + b }' "$sum")
[ -z "${TALLY:-}" ] || echo "$passed $failed" >>"$TALLY"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
