# The main job on four machines: from no RDMA software to a measured fabric.  The
# tests follow each other on the same nodes, as an administrator would go.
load lab

setup_file()
{
    begin_lab 4
    export IBFLEET_FLEET=$LAB/fleet.ini STATE=$BATS_FILE_TMPDIR/state
    sed -i '/^\[defaults\]/a reboot = always' "$IBFLEET_FLEET"
    for n in 1 2 3 4; do boot_id $n; done >"$BATS_FILE_TMPDIR/boots"
}
teardown_file() { end_lab; }

keeps_to() { "$BATS_TEST_DIRNAME/../e2e/schema-check" "$1" <"$BATS_TEST_TMPDIR/out"; }

@test "probe finds four nodes alike, without any RDMA" {
    "$BUILD/ibfleet" probe -a --json >"$BATS_TEST_TMPDIR/out"
    keeps_to probe
    [ "$(jq '[.nodes[] | select(.facts.hcas == []
        and all(.facts.packages[]; .name | test("rdma|ib(verbs|umad|mad)|mlnx|ofed") | not))] | length' \
        "$BATS_TEST_TMPDIR/out")" = 4 ]
}

@test "a plan changes nothing" {
    run -0 "$BUILD/ibfleet" rollout -a --plan --state "$STATE"
    [[ $output == *rdma-core* ]]
    run -0 lab ssh 1 'ls /var/lib/ibfleet; dpkg-query -W rdma-core 2>&1 || true'
    [[ $output == *"no packages found"* ]]
}

@test "a rollout brings all four to a working stack, through a real reboot" {
    run -0 --separate-stderr "$BUILD/ibfleet" rollout -a --yes --state "$STATE" --json
    echo "$output" >"$BATS_TEST_TMPDIR/out"
    keeps_to rollout
    [ "$(jq -r '[.nodes[] | select(.state == "done")] | length' "$BATS_TEST_TMPDIR/out")" = 4 ]
    for n in 1 2 3 4; do
        [ "$(boot_id $n)" != "$(sed -n ${n}p "$BATS_FILE_TMPDIR/boots")" ]
        lab ssh $n 'rdma link show rxe0/1 | grep -q ACTIVE'
    done
}

@test "a second rollout says up to date and changes nothing" {
    for n in 1 2 3 4; do boot_id $n; done >"$BATS_TEST_TMPDIR/before"
    run -0 --separate-stderr "$BUILD/ibfleet" rollout -a --yes --state "$STATE"
    echo "$output"
    [[ $output == *"up to date"* ]]
    for n in 1 2 3 4; do boot_id $n; done | diff - "$BATS_TEST_TMPDIR/before"
}

@test "validate measures six pairs both ways and accuses nobody" {
    run -0 --separate-stderr "$BUILD/ibfleet" validate -a --json --state "$STATE"
    echo "$output" >"$BATS_TEST_TMPDIR/out"
    keeps_to validate
    jq . "$BATS_TEST_TMPDIR/out" | tail -n 40
    [ "$(jq '.pairs | length' "$BATS_TEST_TMPDIR/out")" = 6 ]
    [ "$(jq '[.pairs[] | select(.verdict == "ok" and .bandwidth_gbps.a_to_b > 0
        and .bandwidth_gbps.b_to_a > 0 and .latency_us.p50 > 0)] | length' \
        "$BATS_TEST_TMPDIR/out")" = 6 ]
    # A busy machine may tell of what was slow once and well alone: held against nobody.
    [ "$(jq '[.findings[] | select(.kind != "passing")] | length' \
        "$BATS_TEST_TMPDIR/out")" = 0 ]
}
