#!/usr/bin/env bats
# validate.bats - what validate says when there is nothing to measure with: both nodes
# are this host behind one sshd, and it has no HCA.

load fleet

setup()
{
    fleet_start </dev/null
    fleet_node ib1
    fleet_node ib2
    fleet_node gone 1
    [ -z "$(ls /sys/class/infiniband 2>/dev/null)" ] || skip "this host has an HCA"
}
teardown() { fleet_remove; }

@test "without an HCA nothing is measured: each node says why, and the status is 7" {
    ibfleet validate -w ib1,ib2
    [ "$status" = 7 ]
    [[ "$out" == "NOT MEASURED"* ]]
    says "ib[1-2] did not take part: no RDMA device"
    says "1 pair: one of the two did not take part"
}

@test "its JSON keeps to the schema, also when there is nothing in it" {
    ibfleet validate -a --json
    [ "$status" = 7 ]
    keeps_to validate
    [ "$(ask .verdict)" = bad ]
    [ "$(ask '.pairs | length')" = 3 ]
    [ "$(ask '.nodes[] | select(.name == "gone") | .code')" = not-reachable ]
}

@test "as lines: each pair, then the verdict" {
    ibfleet validate -w ib1,ib2 --ndjson
    [ "$(jq -r .event "$SSHD_DIR/out" | tr '\n' ' ')" = "pair verdict " ]
    tail -n 1 "$SSHD_DIR/out" | "$BATS_TEST_DIRNAME/schema-check" validate
}

@test "a device that is not there is named" {
    ibfleet validate -w ib1,ib2 --hca mlx5_ib7
    [ "$status" = 7 ]
    says "no such device: mlx5_ib7"
}

@test "nobody reached is status 4, and says so of each" {
    ibfleet validate -w gone
    [ "$status" = 4 ]
    says "gone did not take part"
}

@test "a plan asks nobody" {
    sshd_stop
    ibfleet validate -a --plan
    [ "$status" = 0 ]
    says "3 pairs in 3 rounds"
}

@test "a run is in the journal; without a place for one it is still measured" {
    ibfleet validate -w ib1,ib2 --json
    [ "$(sqlite3 "$SSHD_DIR/state/journal.db" 'select kind, state from run')" = "validate|stopped" ]
    run_id=$(ask .run)
    [ "$run_id" = "$(sqlite3 "$SSHD_DIR/state/journal.db" 'select id from run')" ]
    ibfleet status "$run_id"
    says "NOT MEASURED"
    says "ib[1-2] did not take part: no RDMA device"
    ibfleet status "$run_id" --json
    keeps_to status
    [ "$(ask .failed)" = 2 ]
    ibfleet show ib1 --json
    keeps_to show
    rm -rf "$SSHD_DIR/state"
    echo "in the way" >"$SSHD_DIR/state"
    ibfleet validate -w ib1,ib2 --json
    [ "$status" = 7 ]
    [[ "$err" == *"not recorded"* ]]
    [ "$(ask .run)" = null ]
}
