#!/bin/bash
# run.sh TIER PROGRAM...   run the tests of one tier, count them, say what failed
#
# A program is a cmocka binary (TAP on request) or a .bats file.  Each tier adds
# one line to $TALLY, when that is set, for `make check` to add up.
set -u
tier=$1
shift
passed=0 failed=0

for program in "$@"; do
    log=$(mktemp)
    case $program in
    *.bats) bats --tap "$program" >"$log" 2>&1 ;;
    *) CMOCKA_MESSAGE_OUTPUT=TAP "$program" >"$log" 2>&1 ;;
    esac
    status=$?
    ok=$(grep -c '^ok ' "$log")
    bad=$(grep -c '^not ok ' "$log")
    # A crash, a sanitizer's finding or an empty run is a failure of its own.
    if [ $bad = 0 ] && { [ $status != 0 ] || [ "$ok" = 0 ]; }; then
        bad=1
    fi
    passed=$((passed + ok)) failed=$((failed + bad))
    if [ "$bad" != 0 ]; then
        echo "FAILED $program (status $status)"
        sed 's/^/    /' "$log"
    else
        echo "ok     $program ($ok)"
    fi
    rm -f "$log"
done
echo "$tier: $passed passed, $failed failed"
[ -z "${TALLY:-}" ] || echo "$passed $failed" >>"$TALLY"
[ $failed = 0 ]
