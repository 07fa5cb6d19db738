#!/usr/bin/env bats
# check.bats - fabric_check: nodes are measured before they go back into service
#
# Nodes are folders with sim-node for an agent, which says how it is on the fabric; on real
# ports it is tested in the lab.

load rollout

setup_file() { sim_trees; }

setup()
{
    fleet_start 'rxe = eth1' </dev/null
    for n in 1 2 3 4 5 6; do sim_node ib$n; done
    fleet_policy 'order = name' 'fabric_check = yes' 'same_failure = 0' 'consecutive = 0'
}
teardown() { fleet_remove; }

fleet_policy() { printf '%s\n' '[policy]' "$@" >>"$IBFLEET_FLEET"; }
fabric_of() { echo "$2" >"$SSHD_DIR/$1/fabric"; } # NODE dead|slow

# What the run was told, and how each node ended, in order.
told() { jq -r 'select(.happened == "check").text' "$SSHD_DIR/out"; }
ends() { jq -r 'select(.to) | select(.to | test("^(done|failed)$")) | "\(.node) \(.to)"' "$SSHD_DIR/out" | sort | xargs; }
why() { jq -r --arg n "$1" 'select(.node == $n and .to == "failed") | "\(.code): \(.reason)"' "$SSHD_DIR/out"; } # NODE
order_of() { jq -r 'select(.to) | "\(.node) \(.to)"' "$SSHD_DIR/out" | grep -n -m1 "^$1 $2\$" | cut -d: -f1; } # NODE STATE

@test "a good fabric: all are measured, and all are done" {
    ibfleet rollout -a --yes --ndjson
    [ "$status" = 0 ]
    [ "$(ends)" = "ib1 done ib2 done ib3 done ib4 done ib5 done ib6 done" ]
    [ "$(told | head -n 1)" = "15 of 15 pairs of 6 nodes measured, 0 not ok; usual is 96 Gb/s each way and 2.00 us" ]
    for n in 1 2 3 4 5 6; do [ "$(times ib$n met)" -ge 5 ]; [ ! -e "$SSHD_DIR/ib$n/claim" ]; done
}

@test "a node that is dead on the fabric has failed, by name and with what is to be done; the others go on" {
    fabric_of ib4 dead
    ibfleet rollout -a --yes --ndjson
    [ "$status" = 1 ]
    [ "$(ends)" = "ib1 done ib2 done ib3 done ib4 failed ib5 done ib6 done" ]
    [[ $(why ib4) == "fabric-check-failed: ib4 reaches nobody over the fabric: 5 of 5 partners failed"* ]]
}

@test "who failed it is not taken for good when nobody is left to measure it with" {
    fabric_of ib2 dead
    ibfleet rollout ib[1-3] --yes
    [ "$status" = 1 ]
    ibfleet resume --failed --yes --ndjson
    [ "$status" = 1 ]
    [[ $(why ib2) == "fabric-check-failed: it was not well on the fabric before, and nobody is there"* ]]
    ibfleet resume --failed --yes --fabric-check no
    [ "$status" = 0 ]
}

@test "a slow node has failed, too" {
    fabric_of ib2 slow
    ibfleet rollout ib[1-5] --yes
    [ "$status" = 1 ]
    says "not well on the fabric"
    says "ibfleet validate NODE,OTHERS"
    rm "$SSHD_DIR"/ib*/installed
    ibfleet rollout -a --yes --ndjson
    [ "$status" = 1 ]
    [ "$(ends)" = "ib1 done ib2 failed ib3 done ib4 done ib5 done ib6 done" ]
    [[ $(why ib2) == "fabric-check-failed: ib2 is slow"* ]]
}

@test "references: of the first that are good some are kept, and measured with those after them" {
    ibfleet rollout -a --yes --ndjson --ramp '2, 2, 2' --references 1
    [ "$status" = 0 ]
    [ "$(told | sed -n 's/ measured.*//p' | xargs -d '\n')" = "1 of 1 pairs of 2 nodes 3 of 3 pairs of 3 nodes 3 of 3 pairs of 3 nodes" ]
    [ "$(order_of ib1 done)" -gt "$(order_of ib5 checking)" ] # it was kept
    [ "$(order_of ib2 done)" -lt "$(order_of ib3 checking)" ] # it was not
}

@test "a bad node that is alone with a reference is held against, and not the reference" {
    fabric_of ib5 dead
    ibfleet rollout -a --yes --ndjson --ramp '4, 1, 1' --references 1
    [ "$status" = 1 ]
    [ "$(ends)" = "ib1 done ib2 done ib3 done ib4 done ib5 failed ib6 done" ]
}

@test "a first node that is alone is kept, and measured with those that come after it" {
    ibfleet rollout -a --yes --ndjson --canary 1 --soak 1s
    [ "$status" = 0 ]
    [ "$(told | head -n 1)" = "ib1 waits for others to be measured with" ]
    [ "$(told | sed -n 2p)" = "15 of 15 pairs of 6 nodes measured, 0 not ok; usual is 96 Gb/s each way and 2.00 us" ]
    [ "$(times ib1 met)" -ge 5 ]
}

@test "a canary that is not well on the fabric stops the rollout, although it was let stand in" {
    fabric_of ib1 dead
    ibfleet rollout -a --yes --ndjson --canary 1 --ramp '2, 3'
    [ "$status" = 3 ]
    [ "$(ends)" = "ib1 failed ib2 done ib3 done" ]
    warns "a canary has failed"
}

@test "Ctrl-C while a node waits for others to be measured with: it goes on, nothing new is begun" {
    ibfleet_begin rollout -a --yes --canary 1 --promote manual
    wait_until 30 grep -q "check: ib1 waits for others" "$SSHD_DIR/err"
    kill -INT "$CONTROLLER"
    ibfleet_end
    [ "$status" = 5 ]
    warns "check: ib1 goes on unmeasured"
    ibfleet status "$(latest)" --json
    [ "$(ended | grep -c 'done ok')" = 1 ]
    [ ! -e "$SSHD_DIR/ib1/claim" ]
}

@test "one node alone goes on unmeasured, and that is told" {
    ibfleet rollout ib1 --yes
    [ "$status" = 0 ]
    warns "check: ib1 goes on unmeasured: nobody was there to measure it with"
}

@test "a node that cannot be measured at all has failed by its own reason, and holds up nobody" {
    echo 'join verbs ibv_open_device(rxe0): no such file' >"$SSHD_DIR/ib3/trouble"
    ibfleet rollout -a --yes --ndjson
    [ "$status" = 1 ]
    [ "$(ends)" = "ib1 done ib2 done ib3 failed ib4 done ib5 done ib6 done" ]
    [[ $(why ib3) == "verbs: ibv_open_device(rxe0): no such file" ]]
}

@test "on_failure = undrain and rollback hold for it, too" {
    fabric_of ib6 dead
    ibfleet rollout -a --yes --ndjson --on-failure rollback
    [ "$status" = 1 ]
    [ "$(ends)" = "ib1 done ib2 done ib3 done ib4 done ib5 done ib6 failed" ]
    [ "$(order_of ib6 rollback-probing)" -lt "$(order_of ib6 failed)" ]
}

@test "a controller killed while nodes are measured: resume measures them, and installs nothing twice" {
    for n in 1 2 3 4 5 6; do echo 'join timeout no answer' >"$SSHD_DIR/ib$n/trouble"; done
    echo 5 >"$SSHD_DIR/ib6/slow"
    begin_until ib5/boots rollout -a --yes
    wait_until 30 test -e "$SSHD_DIR/ib5/installed"
    kill -9 "$CONTROLLER"
    wait "$CONTROLLER" || true
    rm -f "$SSHD_DIR"/ib*/trouble
    ibfleet resume "$(latest)" --yes --ndjson
    [ "$status" = 0 ]
    for n in 1 2 3 4 5 6; do
        [ "$(times ib$n installed)" = 1 ]
        [ "$(times ib$n met)" -ge 5 ]
    done
}

@test "what leaves no two nodes to be measured is refused before anything has changed" {
    ibfleet rollout -a --yes --max-unavailable 1
    [ "$status" = 2 ]
    warns "fabric_check = yes takes two nodes that are out of service at once, but max_unavailable = 1"
    ibfleet rollout -a --yes --window 1 --references 0
    [ "$status" = 2 ]
    warns "window = 1 and references = 0"
    [ ! -e "$SSHD_DIR/ib1/claim" ]
}

@test "window = 1: each is measured with the references before it" {
    ibfleet rollout -a --yes --ndjson --window 1
    [ "$status" = 0 ]
    [ "$(told | grep -c ' measured, 0 not ok')" = 5 ]
    [ "$(times ib6 met)" -ge 2 ]
}
