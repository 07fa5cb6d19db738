# face.bash - the agent alone on a machine of the captured ones: what it is told, how it ends
#
#   load face
#   machine TREE; agent install ...; ended 0 ok; says "..."

load node

bats_require_minimum_version 1.5.0
: "${BUILD:=build}"
BUILD=$(realpath "$BUILD")

setup()
{
    AGENT=$BUILD/ibfleet-agent
    SERVICE=
    TREES=$PWD/tests/data/trees
    node_make
    export IBFLEET_METADATA=never TREES
}
teardown()
{
    [ -z "$SERVICE" ] || kill $SERVICE 2>/dev/null || true
    node_remove
}

# TREE   this node is that machine
machine()
{
    rm -rf "$NODE"/{sys,proc}
    mkdir -p "$NODE/var/log/azure"
    cp -r "$BUILD/trees/$1/." "$NODE/"
    mkdir -p "$NODE/proc/sys/kernel/random"
    echo boot-1 >"$NODE/proc/sys/kernel/random/boot_id"
}

# A machine without an HCA that gets Soft-RoCE on eth1, and has it once `rdma` was run.
soft()
{
    machine bare
    node_tool rdma <<'T'
for part in sys var/lib/dpkg proc/modules; do
    cp -r "$TREES/soft-roce/$part" "$IBFLEET_ROOT/$(dirname "$part")/"
done
T
    SOFT=(--driver inbox --rxe eth1)
}

# DAY   the machine's metadata service has it
metadata()
{
    "$BATS_TEST_DIRNAME/metadata-service" "$NODE/asked" "$1" >"$NODE/port" 2>"$NODE/noise" 3>&- &
    SERVICE=$!
    wait_until 10 test -s "$NODE/port"
    export IBFLEET_METADATA=http://127.0.0.1:$(cat "$NODE/port")
}

agent()
{
    run timeout 100 "$AGENT" "$@"
    echo "\$ ibfleet-agent $*"
    echo "$output"
    echo "exit $status"
}

says() { [[ "$output" == *"$1"* ]]; }
says_not() { [[ "$output" != *"$1"* ]]; }
calls() { grep -c "^$1" "$NODE/calls" || true; }
STATUS_FILE=var/log/azure/ib-vmext-status

# EXIT CODE [TEXT]   what the last one ended with, here and in the status file
ended()
{
    [ "$status" = "$1" ]
    cat "$NODE/$STATUS_FILE"
    [[ "$(cat "$NODE/$STATUS_FILE")" =~ ^20[0-9-]+T[0-9:]+Z\ ${OPERATION:-install}\ $1\ $2\ .*"${3:-}" ]]
    [ "$(wc -l <"$NODE/$STATUS_FILE")" = 1 ]
}

# EXIT CODE [TEXT] -- OPTIONS...   so does an install end, and so does its plan
install_ends()
{
    local want=("$1" "$2" "${3:-}")
    shift $(($# < 3 ? $# : 3))
    rm -f "$NODE/$STATUS_FILE"
    agent install --plan "$@"
    [ "$status" = "${want[0]}" ]
    [ ! -e "$NODE/$STATUS_FILE" ]
    agent install "$@"
    ended "${want[@]}"
}
