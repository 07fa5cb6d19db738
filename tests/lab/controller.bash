# A controller at work on the lab, in the background or not; its runs are kept in $STATE.

teardown() { [ -z "${CONTROLLER:-}" ] || kill -9 "$CONTROLLER" 2>/dev/null || true; }

begin() # ARGUMENT...   in the background, as $CONTROLLER
{
    "$BUILD/ibfleet" "$@" --state "$STATE" >"$BATS_TEST_TMPDIR/out" \
        2>"$BATS_TEST_TMPDIR/err" </dev/null 3>&- &
    CONTROLLER=$!
}

# Its status in $status, what it printed in $out and $err.
await_controller()
{
    status=0
    wait "$CONTROLLER" || status=$?
    CONTROLLER=
    out=$(cat "$BATS_TEST_TMPDIR/out") err=$(cat "$BATS_TEST_TMPDIR/err")
    echo "status $status"$'\n'"$out"$'\n'"$err"
}

ibfleet()
{
    begin "$@"
    await_controller
}

wait_for() # SECONDS COMMAND...
{
    local end=$((SECONDS + $1))

    until "${@:2}" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || { cat "$BATS_TEST_TMPDIR/err"; return 1; }
        sleep 0.5
    done
}

# "node1 done ok node2 failed disk-full"
ended() { jq -r '.nodes[] | "\(.name) \(.state) \(.code)"' <<<"$out" | xargs; }
