# The bad days of a rollout on real machines: real packages, real reboots, real cuts.
load lab
load controller

setup_file() { begin_lab 2; }
teardown_file() { end_lab; }

setup()
{
    export IBFLEET_FLEET=$LAB/fleet.ini STATE=$BATS_FILE_TMPDIR/state
}

# Is dpkg at work on it?  What it needs has been fetched by then, over the cable that may
# be pulled out.
installs() { lab ssh "$1" pgrep -x dpkg; }
has_stack() { lab ssh "$1" dpkg-query -W rdma-core; }
times_installed() { lab ssh "$1" "grep -c ' status installed rdma-core:' /var/log/dpkg.log"; }

# As it came from the shop.
renew() # NODE...
{
    local n

    for n in "$@"; do
        lab kill "$n"
        rm "$LAB/node$n.qcow2"
    done
    lab up 2 3>&-
}

@test "sudo that asks, a changed host key and a node that is off: each has its name" {
    ibfleet rollout node1 --yes --json -l plain
    [ "$status" = 1 ]
    [ "$(ended)" = "node1 failed sudo-wants-password" ]
    sed '1s|[A-Za-z0-9+/]\{8\}$|AAAAAAAA|' "$LAB/known_hosts" >"$BATS_TEST_TMPDIR/known_hosts"
    lab kill 2
    ibfleet rollout -a --plan --json --known-hosts "$BATS_TEST_TMPDIR/known_hosts"
    lab up 2 3>&-
    [ "$status" = 4 ]
    [ "$(ended)" = "node1 failed host-key-changed node2 failed not-reachable" ]
    run ! has_stack 1
}

@test "a full disk fails one node by name; an agent killed meanwhile on the other is no matter" {
    lab fill 1
    begin rollout -a --yes --json
    wait_for 240 installs 2
    lab ssh 2 sudo pkill -9 -f "'^/var/lib/ibfleet/agent/[^ ]* serve'"
    await_controller
    [ "$status" = 1 ]
    [ "$(ended)" = "node1 failed disk-full node2 done ok" ]
    [ "$(times_installed 2)" = 1 ]
    run ! has_stack 1
}

@test "a killed controller's nodes are kept from others, and resume brings them to the end" {
    renew 1
    old=$(boot_id 1)
    begin rollout node1 --yes
    wait_for 240 installs 1
    kill -9 "$CONTROLLER"
    await_controller
    ibfleet status --json
    interrupted=$(jq -r '.runs[-1].run' <<<"$out")
    [ "$(jq -r '.runs[-1].state' <<<"$out")" = interrupted ]
    STATE=$BATS_TEST_TMPDIR/elsewhere ibfleet rollout node1 --yes
    [ "$status" = 6 ]
    [[ $out == *"$interrupted"* ]]
    ibfleet resume "$interrupted" --yes
    [ "$status" = 0 ]
    [ "$(boot_id 1)" != "$old" ]
    [ "$(times_installed 1)" = 1 ]
    ibfleet rollout -a --yes
    [ "$status" = 0 ]
    [[ $out == *"node[1-2]: up to date"* ]]
}

@test "a connection cut and a sudden reset during the install are waited out" {
    renew 1 2
    old=$(boot_id 1)
    begin rollout -a --yes --json
    wait_for 240 installs 1
    lab unplug 1 mgmt
    wait_for 240 installs 2
    lab reset 2
    lab plug 1 mgmt
    await_controller
    [ "$status" = 0 ]
    [ "$(ended)" = "node1 done ok node2 done ok" ]
    [ "$(boot_id 1)" != "$old" ]
    lab ssh 2 'rdma link show rxe0/1 | grep -q ACTIVE'
}

@test "a controller killed while the node boots finds it booted, and does not boot it again" {
    renew 1
    begin rollout node1 --yes --ndjson
    wait_for 300 grep -q '"rebooting"' "$BATS_TEST_TMPDIR/out"
    wait_for 120 grep -aq LAB-STOP "$LAB/node1.log"
    kill -9 "$CONTROLLER"
    await_controller
    ibfleet resume --yes
    [ "$status" = 0 ]
    [ "$(grep -ac LAB-READY "$LAB/node1.log")" = 2 ]
}

@test "a controller lost for good leaves its nodes to who names its run" {
    renew 2
    begin rollout node2 --yes
    wait_for 240 installs 2
    kill -9 "$CONTROLLER"
    await_controller
    ibfleet status --json
    lost=$(jq -r '.runs[-1].run' <<<"$out")
    STATE=$BATS_TEST_TMPDIR/elsewhere
    ibfleet rollout node2 --yes
    [ "$status" = 6 ]
    [[ $out == *"$lost"* ]]
    ibfleet rollout node2 --yes --take-over "$lost"
    [ "$status" = 0 ]
    [ "$(times_installed 2)" = 1 ]
    run ! lab ssh 2 sudo test -e /var/lib/ibfleet/claim
}
