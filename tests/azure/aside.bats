#!/usr/bin/env bats
# aside.bats - what stands beside a rollout on a scale set: automatic repairs, scheduled
# events, the health report of a bad node
#
# The nodes are sim-node behind one sshd, under the addresses that Azure tells.

load ../e2e/fleet
load ../e2e/azure

: "${BUILD:?is not set: make check-azure does it}"

setup_file()
{
    export TREES=$BATS_FILE_TMPDIR
    HOME=$TREES "$BUILD/ibfleet-agent" detect --json --root "$BATS_TEST_DIRNAME/../data/trees/bare" |
        jq -c '.physical_host = "GGBB0042117"' >"$TREES/before"
    HOME=$TREES "$BUILD/ibfleet-agent" detect --json --root "$BATS_TEST_DIRNAME/../data/trees/soft-roce" |
        jq -c '.physical_host = "GGBB0042117"' >"$TREES/after"
}

setup() { fleet_start 'rxe = eth1' '[policy]' 'window = 8' </dev/null; }

teardown()
{
    azure_keep "$STATE" "$SSHD_DIR/out" "$SSHD_DIR/err" 2>/dev/null || true
    azure_stop
    fleet_remove
}

# An Azure with this scenario, and a fleet whose nodes are its instances.
azure_fleet() # < SCENARIO
{
    azure_start < <(jq '.operations += {retryAfter: 0}')
    printf '%s\n' "$AZURE_BEARER" >"$SSHD_DIR/token"
    printf '%s\n' '[azure]' "subscription = $AZURE_SUB" 'cloud = public' \
        "token = $SSHD_DIR/token" "metadata = $AZURE_METADATA" "ca_bundle = $AZURE_CA" >>"$IBFLEET_FLEET"
    export https_proxy=$AZURE_PROXY no_proxy=
}

sim_node() # NAME
{
    mkdir "$SSHD_DIR/$1"
    cp "$BATS_TEST_DIRNAME/../e2e/sim-node" "$TREES/before" "$TREES/after" "$SSHD_DIR/$1"
    fleet_node "$1" "$SSHD_PORT" "agent = $SSHD_DIR/$1/sim-node"
}

two_nodes() # [WORD]   more of the set, as JSON members
{
    sim_node ib000000
    sim_node ib000001
    azure_fleet <<<"{\"sets\":[{\"name\":\"ib\",\"count\":2,\"repairs\":true,\"instances\":[{\"address\":\"127.0.0.1\"},{\"address\":\"127.0.0.1\"}]${1:-}}]}"
}

repairs() { azure_ask state | jq -r '."hpc/ib".repairs'; }
asked() { azure_calls 'POST ~/virtualMachineScaleSets/{set}/setOrchestrationServiceState'; }
notes() { find "$STATE/repairs" -name '*.json' 2>/dev/null | wc -l; }
are() { [ "$(repairs)" = "$1" ]; }
latest() { ibfleet status --json >/dev/null; jq -r '.runs[-1].run' "$SSHD_DIR/out"; }
somebody_suspends()
{
    curl -sS -g --max-time 30 --cacert "$AZURE_CA" -x "" -X POST -H "Authorization: Bearer $AZURE_BEARER" \
        -H 'Content-Type: application/json' -d '{"serviceName":"AutomaticRepairs","action":"Suspend"}' \
        "$AZURE_ARM/subscriptions/$AZURE_SUB/resourceGroups/hpc/providers/Microsoft.Compute/virtualMachineScaleSets/ib/setOrchestrationServiceState?api-version=2024-03-01"
    azure_steer set '{"set":"hpc/ib","repairs":true}'
}

# ---- by hand -----------------------------------------------------------------------------

@test "azure repairs status" {
    azure_fleet <<<'{"sets":[{"name":"ib","count":2,"repairs":true},{"name":"cold","count":1}]}'
    ibfleet azure repairs status --vmss hpc/ib --vmss hpc/cold
    [ "$status" = 0 ]
    [ "$out" = $'automatic repairs of scale set hpc/ib run\nautomatic repairs of scale set hpc/cold are off' ]
    ibfleet azure repairs status --vmss hpc/ib --json
    keeps_to azure_repairs
    [ "$(ask '.sets[0] | .set, .was, .is, .result')" = $'hpc/ib\nrunning\nrunning\nnull' ]
}

@test "azure repairs suspend" {
    azure_fleet <<<'{"sets":[{"name":"ib","count":2,"repairs":true}]}'
    ibfleet azure repairs suspend --vmss hpc/ib --plan
    [ "$status" = 0 ]
    warns "nothing was changed"
    are Running
    ibfleet azure repairs suspend --vmss hpc/ib --json
    [ "$status" = 0 ]
    keeps_to azure_repairs
    [ "$(ask '.sets[0] | .was, .is, .result')" = $'running\nsuspended\ndone' ]
    are Suspended
    [ "$(notes)" = 1 ]
    ibfleet azure repairs suspend --vmss hpc/ib # again: nothing is sent
    [ "$status" = 0 ]
    says "are suspended already, by ibfleet"
    [ "$(asked)" = 1 ]
    ibfleet azure repairs status --vmss hpc/ib
    says "are suspended for operator"
}

@test "azure repairs resume" {
    azure_fleet <<<'{"sets":[{"name":"ib","count":2,"repairs":true}]}'
    ibfleet azure repairs suspend --vmss hpc/ib
    ibfleet azure repairs resume --vmss hpc/ib --json
    [ "$status" = 0 ]
    keeps_to azure_repairs
    [ "$(ask '.sets[0] | .was, .is, .result')" = $'suspended\nrunning\ndone' ]
    are Running
    [ "$(notes)" = 0 ]
}

@test "azure repairs resume leaves alone what we have not suspended" {
    azure_fleet <<<'{"sets":[{"name":"ib","count":2,"repairs":true}],"operations":{"polls":0}}'
    somebody_suspends
    are Suspended
    ibfleet azure repairs resume --vmss hpc/ib
    [ "$status" = 1 ]
    says "were not suspended by ibfleet"
    are Suspended
}

@test "azure repairs in a Flexible set, whose state Azure does not tell" {
    azure_fleet <<<'{"sets":[{"name":"fx","mode":"Flexible","count":1,"repairs":true}]}'
    ibfleet azure repairs status --vmss hpc/fx
    [ "$status" = 0 ]
    says "Azure does not say"
    ibfleet azure repairs suspend --vmss hpc/fx
    [ "$status" = 0 ]
    [ "$(azure_ask state | jq -r '."hpc/fx".repairs')" = Suspended ]
    ibfleet azure repairs resume --vmss hpc/fx
    [ "$status" = 0 ]
    [ "$(azure_ask state | jq -r '."hpc/fx".repairs')" = Running ]
}

@test "a right that is missing, and an operation that fails, are told and noted rightly" {
    azure_fleet <<<'{"sets":[{"name":"ib","count":2,"repairs":true}],"forbidden":["Microsoft.Compute/virtualMachineScaleSets/setOrchestrationServiceState/action"]}'
    ibfleet azure repairs suspend --vmss hpc/ib
    [ "$status" = 1 ]
    warns "setOrchestrationServiceState/action"
    [ "$(notes)" = 0 ]
    azure_steer scenario '{"forbidden":[],"operations":{"retryAfter":0,"outcome":"Failed","code":"InternalExecutionError"}}'
    ibfleet azure repairs suspend --vmss hpc/ib
    [ "$status" = 1 ]
    [ "$(notes)" = 1 ] # it may come about all the same
    azure_steer scenario '{"operations":{"retryAfter":0,"vanish":true}}'
    ibfleet azure repairs suspend --vmss hpc/ib
    [ "$status" = 0 ]
    are Suspended
}

# ---- around a rollout --------------------------------------------------------------------------

@test "a rollout suspends automatic repairs before the first node, and resumes them" {
    two_nodes
    ibfleet rollout --vmss hpc/ib --yes
    [ "$status" = 0 ]
    warns "automatic repairs of scale set hpc/ib are suspended"
    warns "automatic repairs of scale set hpc/ib run again"
    are Running
    [ "$(asked)" = 2 ]
    [ "$(notes)" = 0 ]
    [ "$(wc -l <"$SSHD_DIR/ib000000/installed")" = 1 ]
}

@test "a rollout that fails resumes them, too" {
    two_nodes
    echo "install step-failed says no" >"$SSHD_DIR/ib000000/trouble"
    ibfleet rollout --vmss hpc/ib --yes --max-failures 0 --window 1
    [ "$status" = 3 ]
    are Running
    [ "$(asked)" = 2 ]
    [ "$(notes)" = 0 ]
}

@test "a rollout touches no node whose repairs it may not suspend, unless it is told to" {
    two_nodes
    azure_steer scenario '{"forbidden":["Microsoft.Compute/virtualMachineScaleSets/setOrchestrationServiceState/action"]}'
    ibfleet rollout --vmss hpc/ib --yes
    [ "$status" != 0 ]
    warns "--keep-repairs"
    [ ! -e "$SSHD_DIR/ib000000/installed" ]
    ibfleet rollout --vmss hpc/ib --yes --keep-repairs
    [ "$status" = 0 ]
    are Running
}

@test "what somebody else has suspended, a rollout leaves suspended" {
    two_nodes
    azure_steer scenario '{"operations":{"polls":0}}'
    somebody_suspends
    ibfleet rollout --vmss hpc/ib --yes
    [ "$status" = 0 ]
    warns "not by ibfleet: they will be left so"
    are Suspended
    [ "$(asked)" = 1 ]
}

@test "a killed controller's repairs are resumed by the one that takes up its run" {
    two_nodes
    for n in ib000000 ib000001; do echo 4 >"$SSHD_DIR/$n/slow"; done
    ibfleet_begin rollout --vmss hpc/ib --yes
    wait_until 30 test -e "$SSHD_DIR/ib000000/claim"
    kill -9 "$CONTROLLER"
    wait "$CONTROLLER" 2>/dev/null || true
    CONTROLLER=
    are Suspended
    [ "$(notes)" = 1 ]
    ibfleet azure repairs status --vmss hpc/ib
    says "are suspended for $(basename "$(find "$STATE/repairs" -name '*.json')" .json | cut -d- -f2-)"
    ibfleet resume --yes
    [ "$status" = 0 ]
    are Running
    [ "$(notes)" = 0 ]
    [ "$(asked)" = 2 ]
}

@test "a paused rollout keeps them suspended, and says so" {
    two_nodes
    for n in ib000000 ib000001; do echo 4 >"$SSHD_DIR/$n/slow"; done
    ibfleet_begin rollout --vmss hpc/ib --yes
    wait_until 30 test -e "$SSHD_DIR/ib000000/claim"
    kill -INT "$CONTROLLER"
    sleep 1
    kill -INT "$CONTROLLER"
    ibfleet_end
    [ "$status" = 5 ]
    warns "stay suspended"
    are Suspended
    ibfleet resume --yes
    [ "$status" = 0 ]
    are Running
}

@test "a controller that was killed while it resumed them: resume does it" {
    two_nodes
    echo 3 >"$SSHD_DIR/ib000000/slow"
    ibfleet_begin rollout --vmss hpc/ib --yes
    wait_until 30 test -e "$SSHD_DIR/ib000000/claim"
    azure_steer faults '{"path":"setOrchestrationServiceState","times":1,"drop":true,"wait":60}'
    wait_until 60 grep -qs leaving -r "$STATE/repairs"
    kill -9 "$CONTROLLER"
    wait "$CONTROLLER" 2>/dev/null || true
    CONTROLLER=
    are Suspended
    ibfleet resume "$(latest)"
    [ "$status" = 0 ]
    are Running
    [ "$(notes)" = 0 ]
    ibfleet azure repairs resume --vmss hpc/ib
    [ "$status" = 0 ]
}

@test "Ctrl-C while Azure suspends them leaves all as it was" {
    two_nodes
    azure_steer faults '{"path":"setOrchestrationServiceState","times":1,"wait":3}'
    ibfleet_begin rollout --vmss hpc/ib --yes
    wait_until 30 grep -qs asked -r "$STATE/repairs"
    kill -INT "$CONTROLLER"
    ibfleet_end
    [ "$status" = 5 ]
    warns "nothing was changed"
    are Running
    [ "$(notes)" = 0 ]
    [ ! -e "$SSHD_DIR/ib000000/claim" ]
    [ ! -e "$SSHD_DIR/ib000000/installed" ]
}

# ---- scheduled events --------------------------------------------------------------------------

@test "scheduled events are told with the nodes that they will meet" {
    azure_fleet <<<'{"sets":[{"name":"ib","count":2}],"self":{"set":"hpc/ib","id":"0"},"events":[{"EventId":"e1","EventType":"Redeploy","ResourceType":"VirtualMachine","Resources":["ib_1"],"EventStatus":"Scheduled","NotBefore":"Mon, 30 Nov 2026 22:26:58 GMT","Description":"","EventSource":"Platform","DurationInSeconds":9}]}'
    ibfleet azure status --vmss hpc/ib
    [ "$status" = 0 ]
    says "ib000001"
    says "Redeploy"
    ibfleet rollout --vmss hpc/ib --plan --timeout 1
    warns "node ib000001: Azure has a Redeploy for it (Scheduled, not before Mon, 30 Nov 2026 22:26:58 GMT)"
    [ "$(azure_notes 'events%20started')" = '[]' ]
}

# ---- the health report -----------------------------------------------------------------------------

@test "azure health reports what a validation has proved, and on which host" {
    for n in 1 2 3 4; do sim_node ib00000$n; done
    azure_fleet <<<'{"sets":[{"name":"ib","first":1,"count":4}]}'
    "$BUILD/tests/e2e/logbook-tool" "$STATE" 4 names=ib00000 slow=2 >/dev/null
    ibfleet rollout ib000002 --vmss hpc/ib --yes
    [ "$status" = 0 ]
    ibfleet azure health ib000001 --vmss hpc/ib --plan
    [ "$status" = 2 ]
    warns "has proved nothing against it alone"
    ibfleet azure health ib000002 --vmss hpc/ib --plan --json
    [ "$status" = 0 ]
    keeps_to azure_health
    [ "$(ask '.nodes[0] | .category, .sent')" = $'ib-performance\nfalse' ]
    [[ "$(ask '.nodes[0].body.properties.impactDescription')" == *ib000002* ]]
    [ "$(ask '.nodes[0].body.properties.additionalProperties.PhysicalHostName')" = GGBB0042117 ]
    name=$(ask '.nodes[0].report')
    ibfleet azure health ib000002 --vmss hpc/ib --yes
    [ "$status" = 0 ]
    says "reported as $name"
    ibfleet azure health ib000002 --vmss hpc/ib --yes # the same report again is the same
    [ "$(azure_notes impact | jq -r 'map(.name) | unique | .[]')" = "$name" ]
}

@test "azure health: what was found of a replaced machine is not said of the new one" {
    azure_fleet <<<'{"sets":[{"name":"ib","first":1,"count":4}]}'
    "$BUILD/tests/e2e/logbook-tool" "$STATE" 4 names=ib00000 slow=2 >/dev/null
    ibfleet azure status --vmss hpc/ib
    sleep 1
    azure_steer instance '{"set":"hpc/ib","do":"replace","id":"2","computer":"ib000002"}'
    ibfleet azure health ib000002 --vmss hpc/ib --plan --max-age 0
    [ "$status" = 2 ]
    warns "ib000002: it has taken the place of the machine that validation"
}

@test "azure health" {
    azure_fleet <<<'{"sets":[{"name":"ib","count":2}]}'
    vm=$(azure_ask state | jq -r '."hpc/ib".instances[1].vmId')
    ibfleet azure health ib000001 --vmss hpc/ib --plan
    [ "$status" = 2 ]
    warns "ib000001: no validation has measured it"
    ibfleet azure health ib000001 --vmss hpc/ib --plan --category ib-port-flapping --physical-host GGBB0042117
    [ "$status" = 0 ]
    says "PUT /subscriptions/$AZURE_SUB/providers/Microsoft.Impact/workloadImpacts/"
    says '"impactCategory": "Resource.Hpc.Unhealthy.IBPortFlapping"'
    [ "$(azure_notes impact)" = '[]' ]
    ibfleet azure health ib000001 --vmss hpc/ib --category ib-port-flapping
    [ "$status" = 2 ]
    warns "nobody to ask"
    ibfleet azure health ib000001 --vmss hpc/ib --yes --json --category ib-port-flapping --physical-host GGBB0042117
    [ "$status" = 0 ]
    keeps_to azure_health
    [ "$(ask '.nodes[0].sent')" = true ]
    said=$(azure_notes impact | jq -c '.[0].report')
    [ "$said" = "$(jq -c '.nodes[0].body.properties' "$SSHD_DIR/out")" ]
    [ "$(jq -r '.impactedResourceId' <<<"$said")" = "/subscriptions/$AZURE_SUB/resourceGroups/hpc/providers/Microsoft.Compute/virtualMachineScaleSets/ib/virtualMachines/1" ]
    [ "$(jq -r '.additionalProperties | .PhysicalHostName, .VmUniqueId' <<<"$said")" = "GGBB0042117"$'\n'"$vm" ]
}

@test "azure health: a subscription that Azure has not admitted is told so" {
    azure_fleet <<<'{"sets":[{"name":"ib","count":1}],"forbidden":["Microsoft.Impact/WorkloadImpacts/write"]}'
    ibfleet azure health ib000000 --vmss hpc/ib --yes --category generic
    [ "$status" = 1 ]
    warns "Microsoft.Impact/WorkloadImpacts/write"
    warns "admit the subscription"
}
