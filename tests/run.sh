#!/bin/bash
# run.sh TIER PROGRAM...   run the tests of one tier, count them, say what failed
#
# A program is a cmocka binary (TAP on request) or a .bats file.  $JOBS of them run at
# once (as many as there are cores; the lab's, which boot machines, want JOBS=1).  Each
# tier adds one line to $TALLY, when that is set, for `make check` to add up.
set -u
tier=$1
shift
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
passed=0 failed=0 running=0

# Leaves LOG, and LOG.status when it has ended.
start() # PROGRAM LOG
{
    case $1 in
    *.bats) bats --tap "$1" >"$2" 2>&1 ;;
    *) CMOCKA_MESSAGE_OUTPUT=TAP "$1" >"$2" 2>&1 ;;
    esac
    echo $? >"$2.status"
}

judge() # PROGRAM LOG
{
    local program=$1 log=$2 status ok bad
    status=$(cat "$log.status" 2>/dev/null || echo lost)
    ok=$(grep -c '^ok ' "$log")
    bad=$(grep -c '^not ok ' "$log")
    # A crash, a sanitizer's finding or an empty run is a failure of its own.
    if [ "$bad" = 0 ] && { [ "$status" != 0 ] || [ "$ok" = 0 ]; }; then
        bad=1
    fi
    passed=$((passed + ok)) failed=$((failed + bad))
    if [ "$bad" != 0 ]; then
        echo "FAILED $program (status $status)"
        sed 's/^/    /' "$log"
    else
        echo "ok     $program ($ok)"
    fi
    rm -f "$log" "$log.status"
}

# Judge those that have ended, in any order, so that a long one hides no failure.
judge_ended()
{
    local n
    for n in "${!under_way[@]}"; do
        [ -e "$logs/$n.status" ] || continue
        judge "${under_way[n]}" "$logs/$n"
        unset "under_way[n]"
        running=$((running - 1))
    done
}

under_way=()
number=0
for program in "$@"; do
    number=$((number + 1))
    start "$program" "$logs/$number" &
    under_way[$number]=$program
    running=$((running + 1))
    while [ $running -ge "${JOBS:-$(nproc)}" ]; do
        wait -n
        judge_ended
    done
done
wait
judge_ended
echo "$tier: $passed passed, $failed failed"
[ -z "${TALLY:-}" ] || echo "$passed $failed" >>"$TALLY"
[ $failed = 0 ]
