# A fabric of four nodes, judged: whole, it accuses nobody; whatever is broken on it is
# named, and nothing else.
load lab

setup_file()
{
    begin_lab 4
    for n in 1 2 3 4; do
        lab rxe $n
    done
}
teardown_file() { end_lab; }
teardown()
{
    [ -n "${BATS_TEST_COMPLETED:-}" ] || look_around
    lab heal
}

# What a fabric that is not as it should be looks like from the switch and from each node.
look_around()
{
    local n

    lab fault stats
    for n in 1 2 3 4; do
        echo "node$n:"
        lab ssh $n 'cut -d" " -f1-3 /proc/loadavg; ip -s link show eth1; ip neigh show dev eth1
            sudo rdma link; sudo dmesg | tail -n 4' || true
    done
}

# Sets $status and $out; stderr is in $BATS_TEST_TMPDIR/err.
validate() # OPTION...
{
    status=0
    timeout 900 "$BUILD/ibfleet" validate --fleet "$(lab fleet)" \
        --state "$BATS_TEST_TMPDIR/state" --json "$@" \
        >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" </dev/null || status=$?
    out=$BATS_TEST_TMPDIR/out
    cat "$BATS_TEST_TMPDIR/err"
    ask '.findings[] | "\(.kind) \(.symptom) \(.side) \(.nodes | join(" ")): \(.text)"'
    "$BATS_TEST_DIRNAME/../e2e/schema-check" validate <"$out"
}

ask() { jq -r "$1" "$BATS_TEST_TMPDIR/out"; }

# What is held against somebody: "node slow receiving node2", a line each.
grave()
{
    ask '.findings[] | select(.kind != "passing") |
         "\(.kind) \(.symptom) \(.side) \(.nodes | join(" "))"'
}

words() { ask '[.pairs[] | select(.verdict == "'"$1"'")] | length'; }

@test "a whole fabric accuses nobody, twice" {
    for _ in 1 2; do
        validate -a
        [ -z "$(grave)" ]
        [ "$status" = 0 ]
        [ "$(ask .verdict)" = good ]
        [ "$(words ok)" = 6 ]
        [ "$(ask '[.pairs[] | select(.bandwidth_gbps.a_to_b > 0 and .bandwidth_gbps.b_to_a > 0)] | length')" = 6 ]
    done
}

@test "a slow node is named, and not its partners" {
    lab fault slow 3 8000
    validate -a
    [ "$status" = 1 ]
    [ "$(grave)" = "node slow both node3" ]
    [ "$(words slow)" = 3 ]
    [ "$(ask '.findings[] | select(.kind == "node") | .proved')" = true ]
}

@test "a node that gets slowly is told from one that sends slowly" {
    lab fault slow :2 8000
    validate -a
    [ "$status" = 1 ]
    [ "$(grave)" = "node slow receiving node2" ]
    lab heal
    lab fault slow 2: 8000
    validate -a
    [ "$status" = 1 ]
    [ "$(grave)" = "node slow sending node2" ]
}

@test "a pair that is cut is the path between two good nodes" {
    lab fault cut 1-2
    validate -a
    [ "$status" = 1 ]
    [ "$(grave)" = "pair failed both node1 node2" ]
    [ "$(words failed)" = 1 ]
    [ "$(words ok)" = 5 ]
}

@test "a pair that is cut in the middle of the measurement is named" {
    validate -a --windows 8 --window-ms 400 &
    pid=$!
    end=$((SECONDS + 120))
    until grep -qs measuring "$BATS_TEST_TMPDIR/err"; do
        [ $SECONDS -lt $end ]
        sleep 0.2
    done
    lab fault cut 3-4
    wait $pid
    [ "$(grave)" = "pair failed both node3 node4" ]
    [ "$(words ok)" = 5 ]
}

@test "a node that is dead on the fabric is named once" {
    lab fault cut 4
    validate -a
    [ "$status" = 1 ]
    [ "$(grave)" = "node failed both node4" ]
    [ "$(words failed)" = 3 ]
    [ "$(words ok)" = 3 ]
}

@test "a late node is named" {
    lab fault delay 1 6000 # a round trip of it stays below the ACK timeout
    validate -a
    [ "$status" = 1 ]
    [ "$(grave)" = "node high-latency both node1" ]
}

@test "who may not become root on a node can still measure it" {
    validate -w node1,node2 -l plain --unprivileged
    [ "$status" = 0 ]
    [ "$(words ok)" = 1 ]
}

@test "a node frozen in the middle is left out, and the others are judged" {
    validate -a --windows 8 --window-ms 400 &
    pid=$!
    end=$((SECONDS + 120))
    until grep -qs measuring "$BATS_TEST_TMPDIR/err"; do
        [ $SECONDS -lt $end ]
        sleep 0.2
    done
    lab freeze 2
    wait $pid || true
    lab thaw 2
    [ "$(grave)" = "unreachable failed both node2" ]
    [ "$(ask '.nodes[] | select(.name == "node2") | .state')" = lost ]
    [ "$(words failed)" = 0 ]
    [ "$(ask '[.pairs[] | select(.verdict == "ok" and .a != "node2" and .b != "node2")] | length')" = 3 ]
}

@test "a node that is off takes no part, and the others are judged" {
    lab kill 4
    validate -a
    lab up 4 3>&-
    lab rxe 4
    [ "$status" = 1 ]
    [ "$(grave)" = "unreachable failed both node4" ]
    [ "$(words ok)" = 3 ]
    [ "$(words not-measured)" = 3 ]
    [ "$(ask '.not_tested[0]')" = "3 pairs: one of the two did not take part" ]
}
