#!/bin/bash
# run.sh TIER PROGRAM...   run the tests of one tier, count them, say what failed
#
# A program is a cmocka binary (TAP on request) or a .bats file.  $JOBS of them run at
# once (as many as there are cores; 1 where machines measure each other).  Each
# tier adds one line to $TALLY, when that is set, for `make check` to add up.  Ctrl-C and
# SIGTERM end what runs: each program has a session of its own, and time to tidy up.
set -u
# Debian's programs before others of the same name that this machine may have: they are
# what tests/deps.sh installs, and a python3 found by a wrapper takes ten times as long.
PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH
TIDY_S=60 # machines of the lab go down in that
tier=$1
shift
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
passed=0 failed=0
under_way=() # programs, by process
begun=()     # when, in seconds of ours
LONG_S=10    # what takes as long says so, program or test

# In the background, where bash has us ignore Ctrl-C; bats tidies up when it hears one.
start() # PROGRAM
{
    local how=()
    [[ $1 != *.bats ]] || how=(bats --tap --timing)
    CMOCKA_MESSAGE_OUTPUT=TAP exec env --default-signal=INT setsid "${how[@]}" "$1" \
        </dev/null >"$logs/$BASHPID" 2>&1
}

# "ok 3 a slow node is named in 42017ms", of bats: "         42 s  a slow node is named".
list_long() # LOG
{
    sed -nE 's/^ok [0-9]+ (.*) in ([0-9]+)ms( # .*)?$/\2 \1/p' "$1" |
        awk -v long=$LONG_S '$1 >= long * 1000 {
            took = $1 / 1000
            sub(/^[^ ]* /, "")
            printf "       %4d s  %s\n", took, $0
        }'
}

judge() # PROGRAM LOG STATUS SECONDS
{
    local program=$1 log=$2 status=$3 took='' ok bad
    [ "$4" -lt $LONG_S ] || took=" $4 s"
    ok=$(grep -c '^ok ' "$log")
    bad=$(grep -c '^not ok ' "$log")
    # A crash, a sanitizer's finding or an empty run is a failure of its own.
    if [ "$bad" = 0 ] && { [ "$status" != 0 ] || [ "$ok" = 0 ]; }; then
        bad=1
    fi
    passed=$((passed + ok)) failed=$((failed + bad))
    if [ "$bad" != 0 ]; then
        echo "FAILED $program (status $status)$took"
        sed 's/^/    /' "$log"
    else
        echo "ok     $program ($ok)$took"
        [ -z "$took" ] || list_long "$log"
    fi
    rm -f "$log"
}

# In the order in which they end, so that a long one hides no failure.
judge_next()
{
    local pid status=0
    wait -n -p pid || status=$?
    if [ -z "${pid:-}" ]; then # bash may have noticed before
        pid=$(printf '%s\n' "${!under_way[@]}" | head -n 1) status=0
        wait "$pid" || status=$?
    fi
    judge "${under_way[pid]}" "$logs/$pid" $status $((SECONDS - begun[pid]))
    unset "under_way[pid]" "begun[pid]"
}

# True when there was somebody to hear it.
signal_all() # SIGNAL
{
    local pid heard=1
    for pid in "${!under_way[@]}"; do
        kill "-$1" -- "-$pid" 2>/dev/null && heard=0
    done
    return $heard
}

leave() # STATUS
{
    trap '' INT TERM
    echo "$tier: interrupted; waiting for ${#under_way[@]} to end" >&2
    signal_all INT
    for ((s = 0; s < TIDY_S; s++)); do
        signal_all 0 || break
        sleep 1
    done
    signal_all KILL
    exit "$1"
}
trap 'leave 130' INT
trap 'leave 143' TERM

for program in "$@"; do
    start "$program" &
    under_way[$!]=$program begun[$!]=$SECONDS
    [ ${#under_way[@]} -lt "${JOBS:-$(nproc)}" ] || judge_next
done
while [ ${#under_way[@]} -gt 0 ]; do
    judge_next
done
echo "$tier: $passed passed, $failed failed, $SECONDS s"
[ -z "${TALLY:-}" ] || echo "$passed $failed" >>"$TALLY"
[ $failed = 0 ]
