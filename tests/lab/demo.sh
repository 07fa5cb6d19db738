#!/bin/bash
# demo.sh   the main job, end to end, on four virtual machines
#
# From no RDMA software to a measured fabric: probe, rollout with a reboot,
# the same rollout again, validate.  Ends with the time it took; status 0 only
# when every part did its job.  The lab is taken down whatever happens.
set -u
cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-$PWD/build}
export LAB=$BUILD/demo
export IBFLEET_FLEET=$LAB/fleet.ini
PATH=$BUILD:$PATH
state=$LAB/state
began=$SECONDS

finish()
{
    local status=$?
    tests/lab/lab down >/dev/null 2>&1
    [ $status = 0 ] && echo "demo: all of it took $((SECONDS - began)) s" ||
        echo "demo: FAILED with status $status after $((SECONDS - began)) s; state kept in $LAB" >&2
}
trap finish EXIT
trap 'exit 130' INT TERM

# Runs of the demo are kept with the demo, not among the operator's own.
ibfleet()
{
    case $1 in
    rollout | validate) command ibfleet "$@" --state "$state" ;;
    *) command ibfleet "$@" ;;
    esac
}
# Bold for a person; a log has no use for it.
bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
    bold=$'\033[1m' plain=$'\033[0m'
fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
run() # the command as an administrator would type it, then what it prints
{
    say "\$ $*"
    "$@"
}

say 'Four virtual machines, without any RDMA software'
tests/lab/lab down >/dev/null 2>&1 # what an earlier, killed demo left
rm -rf "$state"
tests/lab/lab up 4 || exit 1
tests/lab/lab fleet >/dev/null || exit 1
sed -i '/^\[defaults\]/a reboot = always' "$IBFLEET_FLEET" # so that the reboot is seen too
boots() { ibfleet exec -a --progress none -- cut -c 1-13 /proc/sys/kernel/random/boot_id | sort; }
before=$(boots) || exit 1

run ibfleet probe -a || exit 1
run ibfleet rollout -a --yes || exit 1
after=$(boots) || exit 1
say 'Each node has booted anew'
paste -d ' ' <(echo "$before") <(echo "$after" | sed 's/.*: /-> /')
[ "$(comm -12 <(echo "$before") <(echo "$after"))" = "" ] || exit 1

run ibfleet rollout -a --yes || exit 1
run ibfleet validate -a || exit 1
