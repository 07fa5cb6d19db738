#!/usr/bin/env bats
# policy.bats - how a rollout goes through a fleet: batches, limits, and who stops it
#
# What the keys mean is tested without nodes (test_policy and its neighbours); here is that
# the program does what they say, and what an administrator sees of it.

load rollout

setup_file() { sim_trees; }

setup()
{
    fleet_start 'rxe = eth1' </dev/null
    for n in 1 2 3 4 5 6; do sim_node ib$n; done
    fleet_policy 'order = name'
}
teardown() { fleet_remove; }

fleet_policy() { printf '%s\n' '[policy]' "$@" >>"$IBFLEET_FLEET"; }

fails() { echo "install disk-full no room on /var" >"$SSHD_DIR/$1/trouble"; } # NODE

# What another terminal sees; $out and $err stay the first one's.
state_of() # NODE
{
    "$BUILD/ibfleet" status "$RUN" --json --state "$STATE" | jq -r --arg n "$1" '.nodes[] | select(.name == $n).state'
}
state_is() { [ "$(state_of "$1")" = "$2" ]; }
run_is_there() { RUN=$("$BUILD/ibfleet" status --json --state "$STATE" | jq -er '.runs[-1].run'); }

# Events of the run, in order: "NODE STATE".
moves() { jq -r 'select(.to) | "\(.node) \(.to)"' "$SSHD_DIR/out"; }

# The most nodes that were between claiming and their end at once.
most_under_way()
{
    moves | awk '$2 == "claiming" { n++; if (n > most) most = n } $2 ~ /^(done|failed|skipped)$/ { n-- } END { print most }'
}

# No node of the second list is begun before all of the first have ended.
comes_before() # NODES NODES
{
    moves | awk -v first=" $1 " -v then=" $2 " '
        index(first, " " $1 " ") && $2 ~ /^(done|failed|skipped)$/ { ended++ }
        index(then, " " $1 " ") && $2 == "claiming" && ended < split(first, all, " ") { bad = 1 }
        END { exit bad }'
}

# ---- batches -------------------------------------------------------------------------------

@test "ramp: a batch is begun when the one before it has ended" {
    ibfleet rollout -a --plan --ramp '1, 2, 50%'
    [ "$status" = 0 ]
    says "batch 1: 1 node ib1"
    says "batch 2: 2 nodes ib[2-3]"
    says "batch 3: 3 nodes ib[4-6]"
    says "about "
    ibfleet rollout -a --yes --ramp '1, 2, 50%' --ndjson
    [ "$status" = 0 ]
    comes_before "ib1" "ib2 ib3"
    comes_before "ib2 ib3" "ib4 ib5 ib6"
    [ "$(jq -r 'select(.happened == "batch").text' "$SSHD_DIR/out" | xargs)" = "batch 1 of 3 batch 2 of 3 batch 3 of 3" ]
}

@test "max_unavailable: no more are under way, whatever the window says" {
    ibfleet rollout -a --yes --max-unavailable 34% --ndjson
    [ "$status" = 0 ]
    [ "$(most_under_way)" = 2 ] # 34 % of 6, rounded down
    [ "$(moves | grep -c ' done$')" = 6 ]
}

@test "max_unavailable_leaf: of each leaf no more" {
    printf '%s\n' '[groups]' 'a = ib[1-3]' 'b = ib[4-6]' '[group:a]' 'leaf = A' '[group:b]' 'leaf = B' >>"$IBFLEET_FLEET"
    ibfleet rollout -a --yes --max-unavailable-leaf 1 --ndjson
    [ "$status" = 0 ]
    comes_before "ib1" "ib2"
    comes_before "ib2" "ib3"
    comes_before "ib4" "ib5"
    [ "$(most_under_way)" = 2 ]
}

@test "canary: the rest waits until another terminal says promote" {
    ibfleet_begin rollout -a --yes --canary ib2 --promote manual
    wait_until 20 run_is_there
    wait_until 30 state_is ib2 done
    wait_until 20 grep -q 'waits for promote' "$SSHD_DIR/err"
    [ "$(state_of ib1)" = planned ]
    "$BUILD/ibfleet" promote --state "$STATE" | grep -q "run $RUN: promote is asked of"
    ibfleet_end
    [ "$status" = 0 ]
    says "6 done"
}

@test "canary: coverage takes one of each kind; one that fails stops the rest" {
    printf '%s\n' '[groups]' 'b = ib[4-6]' '[group:b]' 'leaf = B' >>"$IBFLEET_FLEET"
    fails ib4
    ibfleet rollout -a --canary coverage --plan
    says "batch 1, the canaries: 2 nodes ib[1,4]"
    ibfleet rollout -a --yes --canary coverage
    [ "$status" = 3 ]
    warns "a canary has failed"
    says "1 failed, 1 done, 4 planned"
    [ ! -e "$SSHD_DIR/ib2/claim" ]
}

# ---- what stops it ----------------------------------------------------------------------------

@test "consecutive, same_failure, budget_upgraded, max_failures: each stops it, and says so" {
    for n in 1 2 3 4 5 6; do fails ib$n; done
    ibfleet rollout -a --yes --window 1 --consecutive 2
    [ "$status" = 3 ]
    warns "2 nodes in a row have failed (consecutive = 2)"
    says "2 failed, 4 planned"
    ibfleet rollout -a --yes --window 1 --consecutive 0
    [ "$status" = 3 ]
    warns "3 nodes have failed in the same way (same_failure = 3)"
    ibfleet rollout -a --yes --window 1 --consecutive 0 --same-failure 0 --budget-upgraded 50%
    warns "1 of 1 nodes that have ended have failed, more than budget_upgraded = 50%"
    ibfleet rollout -a --yes --window 1 --consecutive 0 --same-failure 0 --max-failures 4
    warns "5 nodes have failed, more than max_failures = 4"
    says "5 failed, 1 planned"
}

@test "budget_fleet: those that failed and stay out count against the whole fleet" {
    fails ib1
    fails ib2
    ibfleet rollout -a --yes --window 1 --budget-fleet 20%
    [ "$status" = 3 ]
    warns "2 of 6 nodes of the fleet are unhealthy, more than budget_fleet = 20%"
    says "2 failed, 4 planned"
}

@test "healthy_deadline: who takes longer has failed" {
    echo 8 >"$SSHD_DIR/ib2/slow"
    ibfleet rollout ib[1-2] --yes --healthy-deadline 4s
    [ "$status" = 1 ]
    says "not well after 4 s (healthy_deadline)"
    says "1 failed, 1 done"
}

# ---- hold, skip, hours ---------------------------------------------------------------------

@test "hold: who is held is not begun, and resume takes them when the mark is gone" {
    ibfleet rollout -a --yes --hold-nodes ib[2-3]
    [ "$status" = 5 ]
    says "held back: 2 nodes ib[2-3]"
    says "4 done, 2 planned"
    [ ! -e "$SSHD_DIR/ib2/installed" ]
    ibfleet resume --yes --hold-nodes none
    [ "$status" = 0 ]
    [ "$(times ib2 installed)" = 1 ]
    [ "$(times ib1 installed)" = 1 ]
}

@test "skip: who is passed over is not even logged in to" {
    touch "$SSHD_DIR/ib3/down"
    ibfleet rollout -a --yes --skip ib3
    [ "$status" = 0 ]
    warns "1 of the nodes are passed over: skip = ib3"
    says "5 done"
}

@test "hours: outside of them it waits and says so, and an interrupt pauses it" {
    local closed
    closed="$(date -d '+3 hours' +%H:00)-$(date -d '+4 hours' +%H:00)"
    ibfleet_begin rollout -a --yes --hours "$closed"
    wait_until 20 grep -q "outside of the hours $closed" "$SSHD_DIR/err"
    kill -INT "$CONTROLLER"
    ibfleet_end
    [ "$status" = 5 ]
    says "6 planned"
}

@test "soak: a node is looked at once more before it is let go" {
    ibfleet rollout ib1 --yes --soak 2s --ndjson
    [ "$status" = 0 ]
    [ "$(moves | cut -d' ' -f2 | xargs)" = "probing planned claiming installing rebooting verifying soaking releasing done" ]
}

# ---- from another terminal -----------------------------------------------------------------

@test "pause begins nothing new; resume goes on" {
    echo 3 >"$SSHD_DIR/ib1/slow"
    ibfleet_begin rollout -a --yes --window 1
    wait_until 20 run_is_there
    wait_until 20 state_is ib1 installing
    "$BUILD/ibfleet" pause "$RUN" --state "$STATE" >/dev/null
    ibfleet_end
    [ "$status" = 5 ]
    warns "pause, says $(id -un)"
    says "1 done, 5 planned"
    ibfleet pause "$RUN"
    [ "$status" = 2 ]
    warns "nobody works on run $RUN: it is paused"
    ibfleet resume --yes
    [ "$status" = 0 ]
    [ "$(times ib1 installed)" = 1 ]
}

@test "abort ends it for good, also when its controller is gone" {
    echo 3 >"$SSHD_DIR/ib1/slow"
    ibfleet_begin rollout -a --yes --window 1
    wait_until 20 run_is_there
    wait_until 20 state_is ib1 installing
    kill -9 "$CONTROLLER"
    ibfleet_end
    ibfleet abort "$RUN"
    [ "$status" = 0 ]
    says "1 done"
    [ ! -e "$SSHD_DIR/ib1/claim" ]
    [ "$(times ib1 installed)" = 1 ]
    ibfleet status
    says aborted
    ibfleet resume "$RUN" --yes
    [ "$status" = 2 ]
    warns "was aborted"
    ibfleet promote "$RUN"
    [ "$status" = 2 ]
}

# ---- a plan that was agreed on ----------------------------------------------------------------

@test "a plan in a file is done, and nothing else" {
    ibfleet rollout -a --plan --ramp '2, 4' -x ib6 -o "$SSHD_DIR/plan.json"
    [ "$status" = 0 ]
    "$BATS_TEST_DIRNAME/schema-check" plan <"$SSHD_DIR/plan.json"
    cp "$SSHD_DIR/ib3/after" "$SSHD_DIR/ib3/before" # done by hand meanwhile
    ibfleet rollout "$SSHD_DIR/plan.json" --yes --ndjson
    [ "$status" = 0 ]
    comes_before "ib1 ib2" "ib4 ib5"
    [ "$(moves | grep -c ' done$')" = 4 ]
    ! moves | grep -q ib6 || false
    ibfleet rollout "$SSHD_DIR/plan.json" --yes --window 1
    [ "$status" = 2 ]
    warns "says what is done, and how"
}

@test "a node that would get something else than was agreed on gets nothing" {
    ibfleet rollout ib[1-2] --plan -o "$SSHD_DIR/plan.json"
    jq '.nodes[0].plan.steps |= .[1:]' "$SSHD_DIR/plan.json" >"$SSHD_DIR/other.json"
    ibfleet rollout "$SSHD_DIR/other.json" --yes --json
    [ "$status" = 1 ]
    [ "$(ended | xargs)" = "ib1 failed not-as-planned ib2 done ok" ]
    [ ! -e "$SSHD_DIR/ib1/claim" ]
    echo '{}' >"$SSHD_DIR/no.json"
    ibfleet rollout "$SSHD_DIR/no.json" --yes
    [ "$status" = 2 ]
    warns "plan $SSHD_DIR/no.json:"
}

# ---- to the outside --------------------------------------------------------------------------

hook() # NAME <SCRIPT
{
    { echo '#!/bin/sh'; cat; } >"$SSHD_DIR/$1"
    chmod 755 "$SSHD_DIR/$1"
    echo "$SSHD_DIR/$1"
}

@test "hooks: before and after each node and batch, in order; a refusal leaves the node alone" {
    local told
    told=$(hook told <<<'echo "$1 $IBFLEET_NODE" >>'"$SSHD_DIR/hooks; "'[ "$1 $IBFLEET_NODE" != "before-node ib2" ] || { echo "locked by ann" >&2; exit 1; }')
    ibfleet rollout ib[1-3] --yes --window 1 --ramp '2,1' --before-node "$told" --after-node "$told" \
        --before-batch "$told" --after-batch "$told" --json
    [ "$status" = 1 ]
    [ "$(ended | xargs)" = "ib1 done ok ib2 failed hook-refused ib3 done ok" ]
    [ "$(jq -r '.nodes[1].reason' "$SSHD_DIR/out" | grep -c 'locked by ann')" = 1 ]
    [ ! -e "$SSHD_DIR/ib2/claim" ]
    # what is of different nodes may be told at the same time
    [ "$(grep -v ib2 "$SSHD_DIR/hooks" | tr '\n' ';')" = "before-batch ;before-node ib1;after-node ib1;after-batch ;before-batch ;before-node ib3;after-node ib3;after-batch ;" ]
    [ "$(grep -v ib1 "$SSHD_DIR/hooks" | tr '\n' ';')" = "before-batch ;before-node ib2;after-node ib2;after-batch ;before-batch ;before-node ib3;after-node ib3;after-batch ;" ]
    ! grep 'waits' "$SSHD_DIR/err" || false
}

@test "before_batch: a refusal begins nothing more" {
    local no
    no=$(hook no <<<'[ "$(jq .batch.number)" = 1 ] || { echo "not today" >&2; exit 1; }')
    ibfleet rollout ib[1-3] --yes --ramp '1,2' --before-batch "$no"
    [ "$status" = 3 ]
    warns "not today"
    says "1 done, 2 planned"
}

@test "veto: while it says no nothing is begun, and wait_deadline pauses the run" {
    local no
    no=$(hook veto <<<'echo "an alert fires" >&2; exit 1')
    ibfleet rollout ib[1-2] --yes --veto "$no" --wait-deadline 2s
    [ "$status" = 5 ]
    warns "says no"
    says "2 planned"
    [ ! -e "$SSHD_DIR/ib1/claim" ]
    ibfleet rollout ib1 --yes --veto /no/such/program
    [ "$status" = 2 ]
    warns "veto: "
}

@test "metrics: a file for node_exporter, whole, with the run's end in it" {
    ibfleet rollout ib[1-2] --yes --metrics "$SSHD_DIR/ibfleet.prom"
    [ "$status" = 0 ]
    grep -q '^ibfleet_rollout_nodes{run="[^"]*",state="done"} 2$' "$SSHD_DIR/ibfleet.prom"
    ibfleet rollout ib[1-2] --yes --metrics "$SSHD_DIR/ibfleet.txt"
    [ "$status" = 2 ]
    warns ".prom"
}
