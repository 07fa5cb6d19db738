#!/usr/bin/env bats
# deeds.bats - what ibfleet azure does to named instances, in batches, and takes up again

load ../e2e/azure

: "${BUILD:?is not set: make check-azure does it}"

setup()
{
    STATE=$BATS_TEST_TMPDIR/state
    mkdir -p "$STATE"
    IBFLEET_PID=''
}
teardown()
{
    [ -z "$IBFLEET_PID" ] || kill -9 "$IBFLEET_PID" 2>/dev/null || true
    azure_keep "$STATE"
    azure_stop
}

# A scenario, in which Azure is asked again at once how it goes, and a fleet file that leads
# to it: Azure by its own name through the proxy.
azure() # < SCENARIO
{
    azure_start < <(jq '.operations = {"retryAfter": 0} + .operations')
    printf '%s\n' "$AZURE_BEARER" >"$BATS_TEST_TMPDIR/token"
    cat >"$BATS_TEST_TMPDIR/fleet.ini" <<INI
[azure]
vmss = hpc/ib
subscription = $AZURE_SUB
cloud = public
credential = token
token = $BATS_TEST_TMPDIR/token
metadata = $AZURE_METADATA
ca_bundle = $AZURE_CA
INI
}

ibfleet_azure() # WORD...
{
    https_proxy=$AZURE_PROXY no_proxy='' timeout 120 "$BUILD/ibfleet" azure "$@" \
        --fleet "$BATS_TEST_TMPDIR/fleet.ini" --state "$STATE" --max-age 0 </dev/null
}
# As the operator types it, unasked; words in $output, status in $status.
deed() { run ibfleet_azure "$@" --yes --progress none; echo "$output"; }
# In the background, until it is killed.
deed_begins() # WORD...
{
    https_proxy=$AZURE_PROXY no_proxy='' "$BUILD/ibfleet" azure "$@" --yes --progress none \
        --fleet "$BATS_TEST_TMPDIR/fleet.ini" --state "$STATE" --max-age 0 \
        </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    IBFLEET_PID=$!
}
deed_dies()
{
    kill -9 "$IBFLEET_PID"
    wait "$IBFLEET_PID" 2>/dev/null || true
    IBFLEET_PID=''
}
deed_ends() # STATUS
{
    local is=0
    wait "$IBFLEET_PID" || is=$?
    IBFLEET_PID=''
    output=$(cat "$BATS_TEST_TMPDIR/out")
    echo "$output"
    [ "$is" = "$1" ]
}
says() { grep -qF -- "$1" <<<"$output"; }

# How often something was done to an instance: done_to restart 2
done_to() { azure_notes "$1" | jq --arg id "$2" '[.[] | select(.id == $id)] | length'; }
state_of() { azure_ask state | jq -r --arg id "$1" ".\"hpc/ib\".instances[] | select(.id == \$id) | .$2"; }
ids_accepted() { azure_notes accepted | jq -r '.[].did'; }
journal() { sqlite3 "$STATE/journal.db" "$1"; }

TWO='{"sets":[{"name":"ib","count":2}]}'
FLEX='{"sets":[{"name":"ib","mode":"Flexible","instances":[{"name":"ib_a","computer":"ib0"},{"name":"ib_b","computer":"ib1"}]}]}'
RESTART='POST ~/virtualMachineScaleSets/{set}/virtualMachines/{id}/restart'

# ---- one test an action -------------------------------------------------------------------

@test "restart: named instances, and no others" {
    azure <<<'{"sets":[{"name":"ib","count":3}]}'
    deed restart 'ib[000000-000001]'
    [ "$status" = 0 ]
    says "2 restarted"
    [ "$(done_to restart 0)" = 1 ]
    [ "$(done_to restart 1)" = 1 ]
    [ "$(done_to restart 2)" = 0 ]
    [ "$(azure_calls "$RESTART")" = 2 ]
}

@test "restart: a machine of a Flexible set" {
    azure <<<"$FLEX"
    deed restart ib1
    [ "$status" = 0 ]
    [ "$(azure_calls 'POST ~/virtualMachines/{vm}/restart')" = 1 ]
    [ "$(azure_notes restart | jq -r '.[].instance')" = ib_b ]
}

@test "reimage: the plan says that the OS disk is lost" {
    azure <<<"$TWO"
    deed reimage ib000001 --plan
    [ "$status" = 0 ]
    says "the OS disk of each is lost"
    [ "$(azure_notes accepted)" = "[]" ]
    deed reimage ib000001
    [ "$status" = 0 ]
    [ "$(done_to reimage 1)" = 1 ]
    [ "$(done_to reimage 0)" = 0 ]
}

@test "redeploy" {
    azure <<<"$TWO"
    deed redeploy ib000000
    [ "$status" = 0 ]
    [ "$(done_to redeploy 0)" = 1 ]
    [ "$(done_to redeploy 1)" = 0 ]
}

@test "start: what is deallocated, and not what runs" {
    azure <<<'{"sets":[{"name":"ib","instances":[{"power":"deallocated"},{}]}]}'
    deed start 'ib[000000-000001]' --batch 2
    [ "$status" = 0 ]
    says "1 started"
    says "1 so before"
    [ "$(state_of 0 power)" = running ]
    [ "$(done_to start 1)" = 0 ]
}

@test "upgrade: the set's model onto those that lack it, one call each, never an empty list" {
    azure <<<'{"sets":[{"name":"ib","count":3}]}'
    deed upgrade 'ib[000000-000002]'
    [ "$status" = 0 ]
    says "3 so before"
    azure_steer set '{"set":"hpc/ib","model":true}'
    deed upgrade 'ib[000000-000001]'
    [ "$status" = 0 ]
    says "2 upgraded"
    [ "$(azure_calls 'POST ~/virtualMachineScaleSets/{set}/manualupgrade')" = 2 ]
    [ "$(azure_notes accepted | jq -c '[.[].body.instanceIds]')" = '[["0"],["1"]]' ]
    [ "$(state_of 2 model)" = 1 ]
}

@test "protect, and unprotect: both kinds of protection, on Uniform and Flexible sets" {
    local set
    for set in "$TWO" "$FLEX"; do
        azure <<<"$set"
        local node=ib000001
        [ "$set" = "$TWO" ] || node=ib1
        deed protect "$node"
        [ "$status" = 0 ]
        says "1 protected"
        [ "$(state_of 1 protection.protectFromScaleIn)" = true ]
        [ "$(state_of 1 protection.protectFromScaleSetActions)" = true ]
        [ "$(state_of 0 protection)" = "{}" ]
        deed protect "$node"
        says "1 so before"
        deed unprotect "$node"
        [ "$status" = 0 ]
        [ "$(state_of 1 protection.protectFromScaleSetActions)" = false ]
        azure_stop
    done
}

# ---- what the operator sees ------------------------------------------------------------------

@test "nobody named is refused, and a name that is in no set" {
    azure <<<"$TWO"
    deed restart
    [ "$status" = 2 ]
    says "which instances?"
    deed restart ib000009
    [ "$status" = 2 ]
    says "ib000009"
    [ "$(azure_notes accepted)" = "[]" ]
}

@test "without --yes and a terminal nothing is done" {
    azure <<<"$TWO"
    run ibfleet_azure restart ib000000 --progress none
    [ "$status" = 2 ]
    says "--yes does it unasked"
    [ "$(azure_notes accepted)" = "[]" ]
}

@test "on a terminal it asks, and anything but yes changes nothing" {
    azure <<<"$TWO"
    typed n 5
    says "Do that to 1 instance? [y/N]"
    says "nothing was changed"
    [ "$(azure_notes accepted)" = "[]" ]
    [ "$(journal 'SELECT count(*) FROM run')" = 0 ]
    typed y 0
    says "1 restarted"
    [ "$(done_to restart 0)" = 1 ]
}
typed() # ANSWER STATUS
{
    output=$( (sleep 2 && echo "$1" && sleep 3) | https_proxy=$AZURE_PROXY no_proxy='' timeout 60 script -qec \
        "$BUILD/ibfleet azure restart ib000000 --progress none --max-age 0 --fleet $BATS_TEST_TMPDIR/fleet.ini --state $STATE" /dev/null) && status=0 || status=$?
    echo "$output"
    [ "$status" = "$2" ]
}

@test "--plan: sets, instances folded, batches; --json by its schema" {
    azure <<<'{"sets":[{"name":"ib","count":5}]}'
    deed restart 'ib[000000-000004]' --batch 2 --plan
    [ "$status" = 0 ]
    says "restart 5 instances, 2 at once, in 3 batches"
    says "hpc/ib (Uniform)"
    says "ib[000000-000004]"
    ibfleet_azure restart 'ib[000000-000004]' --batch 40% --plan --json 2>/dev/null >"$BATS_TEST_TMPDIR/plan.json"
    "${BATS_TEST_DIRNAME%/azure}/e2e/schema-check" azure_deed <"$BATS_TEST_TMPDIR/plan.json"
    [ "$(jq -c '[.run, .batch, (.instances | length)]' "$BATS_TEST_TMPDIR/plan.json")" = '[null,2,5]' ]
    [ ! -e "$STATE/journal.db" ]
    ibfleet_azure restart ib000000 --yes --json 2>/dev/null >"$BATS_TEST_TMPDIR/result.json"
    "${BATS_TEST_DIRNAME%/azure}/e2e/schema-check" azure_deed <"$BATS_TEST_TMPDIR/result.json"
    [ "$(jq -r '.instances[0].state' "$BATS_TEST_TMPDIR/result.json")" = "done" ]
}

@test "the run stands in status" {
    azure <<<"$TWO"
    deed restart ib000000
    run "$BUILD/ibfleet" status --state "$STATE"
    says azure-restart
}

# ---- batches -----------------------------------------------------------------------------------

@test "a batch is begun when all of the one before are seen well" {
    azure <<<'{"sets":[{"name":"ib","count":4}]}'
    azure_steer instance '{"set":"hpc/ib","do":"change","id":"1","agent":false}'
    deed_begins restart 'ib[000000-000003]' --batch 2
    wait_until 60 restarted 1
    sleep 2 # the agent of one is not back, so the next two are not begun
    [ "$(done_to restart 2)" = 0 ]
    [ "$(azure_calls "$RESTART")" = 2 ]
    azure_steer instance '{"set":"hpc/ib","do":"change","id":"1","agent":true}'
    deed_ends 0
    [ "$(done_to restart 3)" = 1 ]
}
restarted() { [ "$(done_to restart "$1")" = 1 ]; }

@test "failures above --max-failures stop what has not begun" {
    azure <<<'{"sets":[{"name":"ib","count":4}],"operations":{"path":"/0/restart","outcome":"Failed","code":"VMStartTimedOut","message":"it did not come up"}}'
    deed restart 'ib[000000-000003]' --max-failures 0
    [ "$status" = 3 ]
    says "it did not come up"
    says "3 not begun"
    says "ibfleet azure resume "
    [ "$(azure_calls "$RESTART")" = 1 ]
    deed resume
    says "3 restarted"
    [ "$(azure_calls "$RESTART")" = 4 ]
}

# ---- what goes wrong ----------------------------------------------------------------------------

@test "429 in the middle is waited out" {
    azure <<<"$TWO"
    azure_steer faults '{"path":"/restart","method":"POST","after":1,"times":1,"status":429,"retryAfter":1}'
    deed restart 'ib[000000-000001]'
    [ "$status" = 0 ]
    [ "$(done_to restart 0)" = 1 ]
    [ "$(done_to restart 1)" = 1 ]
}

@test "an instance that is deleted meanwhile is told of, and holds up nobody" {
    azure <<<'{"sets":[{"name":"ib","count":3}],"operations":{"polls":2,"retryAfter":1}}'
    deed_begins restart 'ib[000000-000002]' --max-failures 1
    wait_until 60 followed ib000000
    azure_steer instance '{"set":"hpc/ib","do":"disappear","id":"1"}'
    deed_ends 1
    says "is not there any more"
    says "2 restarted, 1 failed" || says "1 failed, 2 restarted"
    [ "$(azure_calls "$RESTART")" = 2 ]
}
followed() { [ "$(journal "SELECT count(*) FROM move WHERE node = '$1' AND to_state = 'following'" 2>/dev/null)" = 1 ]; }

@test "an operation that vanished: what is seen is told, a restart is named" {
    azure <<<'{"sets":[{"name":"ib","count":2}],"operations":{"vanish":true}}'
    deed restart ib000000
    [ "$status" = 1 ]
    says "may have been restarted"
    says "look, and ask again"
    [ "$(azure_calls "$RESTART")" = 1 ]
    azure_steer set '{"set":"hpc/ib","model":true}'
    deed upgrade ib000001
    [ "$status" = 0 ]
    says "1 upgraded"
    [ "$(azure_calls 'POST ~/virtualMachineScaleSets/{set}/manualupgrade')" = 1 ]
}

@test "a restart whose answer was lost is not asked for twice" {
    azure <<<"$TWO"
    azure_steer faults '{"path":"/restart","method":"POST","times":1,"late":true}'
    deed restart ib000000
    [ "$status" = 1 ]
    says "may have been restarted"
    [ "$(azure_calls "$RESTART")" = 1 ]
}

@test "kill -9 in the middle: what Azure had taken is followed, and nothing asked for twice" {
    azure <<<'{"sets":[{"name":"ib","count":4}],"operations":{"seconds":4,"retryAfter":1}}'
    deed_begins restart 'ib[000000-000003]' --batch 2
    wait_until 60 followed ib000000
    wait_until 60 followed ib000001
    deed_dies
    [ "$(azure_calls "$RESTART")" = 2 ]
    azure_steer scenario '{"operations":{"polls":1}}'
    deed resume
    [ "$status" = 0 ]
    says "4 restarted"
    for id in 0 1 2 3; do [ "$(done_to restart "$id")" = 1 ]; done
    [ "$(azure_calls "$RESTART")" = 4 ]
    [ "$(azure_notes accepted | jq length)" = 4 ]
    deed resume
    [ "$status" = 2 ]
    says "no action on a scale set is unfinished"
}

@test "kill -9 between sending and the answer: looked at, or named, never asked for twice" {
    azure <<<'{"sets":[{"name":"ib","count":2}]}'
    azure_steer faults '{"path":"/restart","method":"POST","times":1,"wait":20}'
    deed_begins restart 'ib[000000-000001]' --max-failures 1
    wait_until 60 asking ib000000
    deed_dies
    azure_faults_end
    deed resume
    [ "$status" = 1 ]
    says "may have been restarted: its controller ended before Azure's answer came"
    says "1 restarted"
    [ "$(done_to restart 1)" = 1 ]
}
asking() { [ "$(journal "SELECT state FROM node WHERE name = '$1'" 2>/dev/null)" = asking ]; }

@test "Ctrl-C: the first lets what is under way end, the second leaves it to Azure" {
    azure <<<'{"sets":[{"name":"ib","count":3}],"operations":{"seconds":5,"retryAfter":1}}'
    deed_begins restart 'ib[000000-000002]'
    wait_until 60 followed ib000000
    kill -INT "$IBFLEET_PID"
    deed_ends 5
    says "1 restarted, 2 not begun"
    [ "$(azure_calls "$RESTART")" = 1 ]

    deed_begins resume
    wait_until 60 followed ib000001
    kill -INT "$IBFLEET_PID"
    sleep 0.5
    kill -INT "$IBFLEET_PID"
    deed_ends 5
    says "1 following"
    says "what 1 had begun goes on at Azure"
    run "$BUILD/ibfleet" status "$(journal 'SELECT id FROM run')" --state "$STATE"
    says "ibfleet azure resume "
    run "$BUILD/ibfleet" resume --run "$(journal 'SELECT id FROM run')" --state "$STATE"
    [ "$status" = 2 ]
    says "is an action on a scale set: ibfleet azure resume "

    deed resume --plan
    says "restart 2 instances, 1 at once, in 2 batches"
    says "ib[000001-000002]"
    deed resume
    [ "$status" = 0 ]
    says "3 restarted"
    [ "$(azure_calls "$RESTART")" = 3 ]
}

@test "what failed in a run is a group of its own" {
    azure <<<'{"sets":[{"name":"ib","count":3}],"operations":{"path":"/1/restart","outcome":"Failed"}}'
    deed restart 'ib[000000-000002]' --batch 3
    [ "$status" = 1 ]
    azure_steer scenario '{"operations":{}}'
    deed redeploy '@latest:failed'
    [ "$status" = 0 ]
    says "1 redeployed"
    [ "$(done_to redeploy 1)" = 1 ]
}

@test "a live run is not taken up, nor one that is no action" {
    azure <<<'{"sets":[{"name":"ib","count":1}],"operations":{"polls":100,"retryAfter":1}}'
    deed_begins restart ib000000
    wait_until 60 followed ib000000
    deed resume "$(journal 'SELECT id FROM run')"
    [ "$status" = 6 ]
    says "is being worked on by"
}

refused() { [ "$(azure_calls fault)" -ge 1 ]; }

@test "where Azure lets only some changes through, the others wait longer than a call may take" {
    azure <<<'{"sets":[{"name":"ib","count":2}]}'
    azure_steer faults '{"method":"POST","path":"/restart","status":429,"code":"TooManyRequests",
        "retryAfter":400}' >/dev/null
    deed_begins restart 'ib[000000-000001]' --batch 2
    wait_until 60 refused
    sleep 1
    [ "$(journal "SELECT count(*) FROM move WHERE to_state = 'failed'")" = 0 ]
    kill -0 "$IBFLEET_PID"
}

@test "a 202 that names no operation is no end: what became of it is looked at" {
    azure <<<'{"sets":[{"name":"ib","count":2}]}'
    azure_steer instance '{"set":"hpc/ib","do":"change","id":"1","power":"deallocated"}' >/dev/null
    azure_steer faults '{"method":"POST","path":"/(restart|start)[?]","status":202,"times":2}' >/dev/null
    deed restart ib000000
    [ "$status" = 1 ]
    says "may have been restarted: Azure does not say where it is followed"
    deed start ib000001 # is looked at, and asked for once more
    [ "$status" = 0 ]
    says "1 started"
    [ "$(state_of 1 power)" = running ]
}

@test "azure resume -x: nothing more is done to whom it names" {
    azure <<<'{"sets":[{"name":"ib","count":4}],"operations":{"seconds":60,"retryAfter":1}}'
    deed_begins restart 'ib[000000-000003]' --max-failures 0
    wait_until 60 followed ib000000
    deed_dies
    azure_steer scenario '{"operations":{"retryAfter":0}}' >/dev/null
    deed resume -x ib000009
    [ "$status" = 2 ]
    says "-x 'ib000009': the run has none of them left"
    deed resume -x 'ib[000000,000002]' --plan
    says "restart 2 instances"
    says "ib[000001,000003]"
    deed resume -x 'ib[000000,000002]'
    [ "$status" = 1 ]
    says "2 failed, 2 restarted"
    says "left out with -x when the run was resumed"
    [ "$(done_to restart 2)" = 0 ]
    [ "$(journal "SELECT state FROM node WHERE name = 'ib000002'")" = failed ]
}
