# The bad days of a rollout on real machines.
load lab

setup_file() { begin_lab 2; }
teardown_file() { end_lab; }

setup()
{
    export IBFLEET_FLEET=$LAB/fleet.ini STATE=$BATS_FILE_TMPDIR/state
}

# Its status in $status, what it printed in $out and $err.
ibfleet()
{
    status=0
    "$BUILD/ibfleet" "$@" --state "$STATE" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" \
        </dev/null || status=$?
    out=$(cat "$BATS_TEST_TMPDIR/out") err=$(cat "$BATS_TEST_TMPDIR/err")
    echo "status $status"$'\n'"$out"$'\n'"$err"
}

has_stack() { lab ssh "$1" dpkg-query -W rdma-core; }
ended() { jq -r '.nodes[] | "\(.name) \(.state) \(.code)"' <<<"$out" | xargs; }

@test "sudo that asks, a changed host key and a node that is off: each has its name" {
    ibfleet rollout node1 --yes --json -l plain
    [ "$status" = 1 ]
    [ "$(ended)" = "node1 failed sudo-wants-password" ]
    sed '1s/[A-Za-z0-9+]\{8\}$/AAAAAAAA/' "$LAB/known_hosts" >"$BATS_TEST_TMPDIR/known_hosts"
    lab kill 2
    ibfleet rollout -a --plan --json --known-hosts "$BATS_TEST_TMPDIR/known_hosts"
    lab up 2 3>&-
    [ "$status" = 4 ]
    [ "$(ended)" = "node1 failed host-key-changed node2 failed not-reachable" ]
    run ! has_stack 1
}
