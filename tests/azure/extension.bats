#!/usr/bin/env bats
# extension.bats - ibfleet azure extension, as an operator types it, against the fake; Azure's
# names are reached through a proxy

load ../e2e/azure

: "${BUILD:?is not set: make check-azure does it}"

setup() { SET='~/virtualMachineScaleSets/{set}'; }
teardown()
{
    azure_keep "$BATS_TEST_TMPDIR"/{state,out,err} 2>/dev/null || true
    azure_stop
}

HERE=${BATS_TEST_FILENAME%/*}
LINUX='{"name":"InfiniBandDriverLinux","publisher":"Microsoft.HpcCompute","type":"InfiniBandDriverLinux","typeHandlerVersion":"1.2","autoUpgradeMinorVersion":true,"settings":{}}'
OLD='{"name":"ibdriver","publisher":"Microsoft.HpcCompute","type":"InfiniBandDriverLinux","typeHandlerVersion":"1.1","autoUpgradeMinorVersion":true,"settings":{"keep":"this"}}'
WINDOWS='{"name":"InfiniBandDriverWindows","publisher":"Microsoft.HpcCompute","type":"InfiniBandDriverWindows","typeHandlerVersion":"1.5","autoUpgradeMinorVersion":true,"settings":{}}'

begin() # < SCENARIO, whose operations are asked about without a pause
{
    azure_start < <(jq -c '.operations |= ((. // {polls: 1}) | if type == "array" then map(. + {retryAfter: 0}) else . + {retryAfter: 0} end)')
    printf '%s\n' "$AZURE_BEARER" >"$BATS_TEST_TMPDIR/token"
    printf '%s\n' '[azure]' "subscription = $AZURE_SUB" 'cloud = public' \
        "token = $BATS_TEST_TMPDIR/token" "ca_bundle = $AZURE_CA" "metadata = $AZURE_METADATA" \
        >"$BATS_TEST_TMPDIR/fleet.ini"
}

# ibfleet azure as it is typed: all it says in $said, of that stdout in $out; its status in $status.
typed() { https_proxy=$AZURE_PROXY no_proxy= exec timeout 120 "$BUILD/ibfleet" azure "$@" \
    --fleet "$BATS_TEST_TMPDIR/fleet.ini" --state "$BATS_TEST_TMPDIR/state"; }
azure() # WORD...
{
    status=0
    (typed "$@") </dev/null >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
    out=$(cat "$BATS_TEST_TMPDIR/out") said=$(cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err")
    printf '%s\n' "$said" "status $status"
}
extension() { azure extension "$@"; }
says() { grep -qF -- "$1" <<<"$said"; }
has() { jq -e "$1" <<<"$out" >/dev/null; }
state() { azure_ask state | jq -r ".[\"hpc/ib\"]$1"; }
# Until the fake has taken so many of these.
await_calls() { wait_until 60 calls_reach "$1" "$2"; }
calls_reach() { [ "$(azure_calls "$1")" -ge "$2" ]; }
keeps_to() { "$HERE/../e2e/schema-check" "$1" <<<"$out"; }

# ---- status ------------------------------------------------------------------------------

@test "azure extension status: who has which version in which state, folded" {
    begin <<<"{\"sets\":[{\"name\":\"ib\",\"count\":4,\"extensions\":[$LINUX]}],\"exits\":{\"2\":11}}"
    extension status --vmss hpc/ib
    [ "$status" = 1 ]
    says "scale set hpc/ib: InfiniBandDriverLinux 1.2 is in its model as 'InfiniBandDriverLinux'"
    grep -qE '^ +3 +InfiniBandDriverLinux +1\.2\.0\.0 +succeeded +latest +0 +ib\[000000-000001,000003\]$' <<<"$said"
    grep -qE '^ +1 +InfiniBandDriverLinux +1\.2\.0\.0 +failed +latest +11 +ib000002$' <<<"$said"
    says "exit code 11: no Mellanox InfiniBand device"
    extension status ib000002 --vmss hpc/ib --json
    [ "$status" = 1 ]
    keeps_to azure_extension
    has '.instances | length == 1 and .[0].exit == 11 and .[0].state == "failed" and .[0].model == "latest"'
}

@test "azure extension status of a Flexible set, and of one without" {
    begin <<<"{\"sets\":[{\"name\":\"ib\",\"mode\":\"Flexible\",\"count\":2,\"extensions\":[$LINUX]},{\"name\":\"bare\",\"count\":2,\"subnet\":\"10.0.1.0/24\"}]}"
    extension status --vmss hpc/ib --vmss hpc/bare --json
    [ "$status" = 0 ]
    keeps_to azure_extension
    has '[.instances[] | select(.node | startswith("ib")) | .state] == ["succeeded", "succeeded"]'
    has '[.instances[] | select(.node | startswith("bare")) | .state] == ["absent", "absent"]'
    has '[.models[].type] == ["InfiniBandDriverLinux", null]'
}

@test "azure extension status: each exit code of Linux is explained" {
    begin <<<"{\"sets\":[{\"name\":\"ib\",\"count\":7,\"extensions\":[$LINUX]}],\"exits\":{\"1\":1,\"2\":10,\"3\":11,\"4\":12,\"5\":13,\"6\":14}}"
    extension status --vmss hpc/ib --json
    [ "$status" = 1 ]
    has '[.instances[].exit] == [0, 1, 10, 11, 12, 13, 14]'
    has '[.instances[] | select(.meaning == null)] == []'
    has '[.instances[] | select(.exit != 0 and .remedy == null)] == []'
    extension status --vmss hpc/ib
    for code in 1 10 11 12 13 14; do
        says "exit code $code: "
    done
}

@test "azure extension status: each exit code of Windows is explained" {
    begin <<<"{\"sets\":[{\"name\":\"ib\",\"count\":6,\"extensions\":[$WINDOWS]}],\"exits\":{\"1\":3010,\"2\":100,\"3\":240,\"4\":840,\"5\":-1}}"
    extension status --vmss hpc/ib --json
    [ "$status" = 1 ]
    has '[.instances[].exit] == [0, 3010, 100, 240, 840, -1]'
    has '.instances[1].state == "succeeded" and (.instances[1].remedy | startswith("restart it"))'
    has '[.instances[] | select(.exit != 0 and .remedy == null)] == []'
}

@test "azure extension status while a handler runs: changing" {
    begin <<<'{"sets":[{"name":"ib","count":2}],"operations":{"seconds":3}}'
    (typed extension add ib000001 --vmss hpc/ib --yes) </dev/null >"$BATS_TEST_TMPDIR/added" 2>&1 3>&- &
    await_calls "PUT $SET/virtualMachines/{id}/extensions/{name}" 1
    extension status --vmss hpc/ib --json
    [ "$status" = 0 ]
    has '[.instances[].state] == ["absent", "changing"]'
    wait $!
    extension status --vmss hpc/ib --json
    has '[.instances[].state] == ["absent", "succeeded"]'
}

# ---- add -----------------------------------------------------------------------------------

@test "azure extension add to a set: the model, then one instance after the other" {
    begin <<<'{"sets":[{"name":"ib","count":3}]}'
    extension add --vmss hpc/ib --yes
    [ "$status" = 0 ]
    says "InfiniBandDriverLinux 1.2 is added to its model"
    [ "$(azure_calls "PUT $SET/extensions/{name}")" = 1 ]
    [ "$(azure_calls "POST $SET/manualupgrade")" = 3 ]
    [ "$(azure_notes action | jq -c '[.[].ids]')" = '[["0"],["1"],["2"]]' ]
    [ "$(state '.instances | map(.runs) | tostring')" = '[1,1,1]' ]
    extension add --vmss hpc/ib --yes
    [ "$status" = 0 ]
    says "as wished already: ib[000000-000002]"
    [ "$(azure_calls "PUT $SET/extensions/{name}") $(azure_calls "POST $SET/manualupgrade")" = '1 3' ]
}

@test "azure extension add: --plan says it, asks nothing of Azure, and nobody says yes unasked" {
    begin <<<'{"sets":[{"name":"ib","count":3,"instances":[{},{},{"power":"deallocated"}]}]}'
    extension add --vmss hpc/ib --plan --batch 2
    [ "$status" = 0 ]
    says "2 instances are brought to the model, 2 at a time, each looked at before the next: ib[000000-000001]"
    says "1 instance of the set is left out"
    extension add --vmss hpc/ib --plan --json
    [ "$status" = 0 ]
    keeps_to azure_extension_plan
    has '.models[0].change == "changes" and .count == 2 and .left_out == 1'
    extension add --vmss hpc/ib
    [ "$status" = 2 ]
    says "nobody to ask"
    [ "$(azure_calls "PUT $SET/extensions/{name}")" = 0 ]
}

@test "azure extension add where the policy does not wait: refused, unless all at once is meant" {
    local mode
    for mode in Automatic Rolling; do
        begin <<<"{\"sets\":[{\"name\":\"ib\",\"count\":2,\"upgrade\":\"$mode\"}]}"
        extension add --vmss hpc/ib --yes
        [ "$status" = 7 ]
        says "its upgrade policy is $mode"
        says "--all-at-once"
        [ "$(azure_calls "PUT $SET/extensions/{name}")" = 0 ]
        extension add --vmss hpc/ib --yes --all-at-once
        [ "$status" = 0 ]
        [ "$(state '.instances | map(.runs) | tostring')" = '[1,1]' ]
        azure_stop
    done
}

@test "azure extension add to a Flexible set" {
    begin <<<'{"sets":[{"name":"ib","mode":"Flexible","count":2}]}'
    extension add --vmss hpc/ib --yes --batch 2
    [ "$status" = 0 ]
    [ "$(azure_calls "PUT $SET/extensions/{name}")" = 1 ]
    [ "$(azure_calls "POST $SET/manualupgrade")" = 2 ]
    [ "$(state '.instances | map(.runs) | tostring')" = '[1,1]' ]
}

@test "azure extension add to machines: one of a Uniform set, one of a Flexible one" {
    begin <<<'{"sets":[{"name":"ib","count":3},{"name":"fx","mode":"Flexible","count":2,"subnet":"10.0.1.0/24"}]}'
    echo '{"note":"it'"'"'s [odd]"}' >"$BATS_TEST_TMPDIR/settings"
    extension add ib000001,fx000000 --vmss hpc/ib,hpc/fx --yes --json --settings "$BATS_TEST_TMPDIR/settings"
    [ "$status" = 0 ]
    keeps_to azure_deed
    [ "$(azure_calls "PUT $SET/virtualMachines/{id}/extensions/{name}")" = 1 ]
    [ "$(azure_calls 'PUT ~/virtualMachines/{vm}/extensions/{name}')" = 1 ]
    [ "$(azure_calls "PUT $SET/extensions/{name}") $(azure_calls "POST $SET/manualupgrade")" = '0 0' ]
    [ "$(state '.instances | map(.runs) | tostring')" = '[0,1,0]' ]
    azure_notes accepted | jq -e '.[0].body.properties.settings.note == "it'"'"'s [odd]"'
    extension add ib000001 --vmss hpc/ib --yes --settings "$BATS_TEST_TMPDIR/settings"
    [ "$status" = 0 ]
    [ "$(azure_calls "PUT $SET/virtualMachines/{id}/extensions/{name}")" = 1 ]
    extension add ib000001 --vmss hpc/ib --yes
    [ "$status" = 7 ]
    says "ib000001: InfiniBandDriverLinux is there already, but otherwise"
}

@test "azure extension add: an instance where it fails is named with what its exit code means" {
    begin <<<'{"sets":[{"name":"ib","count":3}],"exits":{"1":13}}'
    extension add --vmss hpc/ib --yes --max-failures 0
    [ "$status" = 3 ]
    says "machines of this size have no RDMA"
    [ "$(state '.instances | map(.runs) | tostring')" = '[1,1,0]' ]
}

@test "azure extension add: where the model cannot be changed no instance is touched" {
    begin <<<'{"sets":[{"name":"ib","count":2}],"operations":[{"path":"/extensions/","outcome":"Failed","code":"Conflict","message":"somebody else is at it"},{"polls":1}]}'
    extension add --vmss hpc/ib --yes
    [ "$status" = 1 ]
    says "scale set hpc/ib: extension InfiniBandDriverLinux: "
    says "somebody else is at it"
    [ "$(azure_calls "POST $SET/manualupgrade")" = 0 ]
    azure_stop
    begin <<<'{"sets":[{"name":"ib","count":2}],"forbidden":["Microsoft.Compute/virtualMachineScaleSets/extensions/write"]}'
    extension add --vmss hpc/ib --yes
    [ "$status" = 2 ]
    says "the right 'Microsoft.Compute/virtualMachineScaleSets/extensions/write' is missing"
    extension add --vmss hpc/ib --yes --extension-version 9.9
    [ "$status" = 2 ]
    [ "$(azure_calls "POST $SET/manualupgrade")" = 0 ]
}

@test "azure extension add: an operation of the model's that Azure forgets is told by the model" {
    begin <<<'{"sets":[{"name":"ib","count":2}],"operations":[{"path":"/extensions/","vanish":true},{"polls":1}]}'
    extension add --vmss hpc/ib --yes
    [ "$status" = 0 ]
    [ "$(azure_calls "PUT $SET/extensions/{name}") $(azure_calls "POST $SET/manualupgrade")" = '1 2' ]
}

# ---- upgrade ---------------------------------------------------------------------------------

@test "azure extension upgrade of a set keeps its name and its settings" {
    begin <<<"{\"sets\":[{\"name\":\"ib\",\"count\":2,\"extensions\":[$OLD]}]}"
    extension upgrade --vmss hpc/ib --yes
    [ "$status" = 0 ]
    says "ibdriver in its model is changed from version 1.1 to 1.2, its settings stay"
    [ "$(azure_calls "PATCH $SET/extensions/{name}")" = 1 ]
    [ "$(azure_calls "POST $SET/manualupgrade")" = 2 ]
    extension status --vmss hpc/ib --json
    has '[.instances[] | [.name, .version, .state]] | unique == [["ibdriver", "1.2.0.0", "succeeded"]]'
    extension upgrade --vmss hpc/ib --yes
    [ "$status" = 0 ]
    [ "$(azure_calls "PATCH $SET/extensions/{name}") $(azure_calls "POST $SET/manualupgrade")" = '1 2' ]
}

@test "azure extension upgrade of machines; where there is none it is refused" {
    begin <<<"{\"sets\":[{\"name\":\"ib\",\"count\":2,\"extensions\":[$OLD]},{\"name\":\"fx\",\"mode\":\"Flexible\",\"count\":2,\"subnet\":\"10.0.1.0/24\",\"extensions\":[$OLD]},{\"name\":\"bare\",\"count\":1,\"subnet\":\"10.0.2.0/24\"}]}"
    extension upgrade ib000000,fx000001 --vmss hpc/ib,hpc/fx --yes
    [ "$status" = 0 ]
    [ "$(azure_calls "PATCH $SET/virtualMachines/{id}/extensions/{name}")" = 1 ]
    [ "$(azure_calls 'PATCH ~/virtualMachines/{vm}/extensions/{name}')" = 1 ]
    extension upgrade bare000000 --vmss hpc/bare --yes
    [ "$status" = 7 ]
    says "bare000000: InfiniBandDriverLinux is not there: 'extension add' puts it there"
    extension upgrade --vmss hpc/bare --yes
    [ "$status" = 7 ]
    says "is not in its model"
}

# ---- remove ------------------------------------------------------------------------------------

@test "azure extension remove from a set, under whatever name" {
    begin <<<"{\"sets\":[{\"name\":\"ib\",\"count\":3,\"extensions\":[$OLD]}]}"
    extension remove --vmss hpc/ib --yes --batch 50%
    [ "$status" = 0 ]
    says "InfiniBandDriverLinux 1.1 is taken out of its model"
    [ "$(azure_calls "DELETE $SET/extensions/{name}")" = 1 ]
    [ "$(azure_calls "POST $SET/manualupgrade")" = 3 ]
    [ "$(state '.extensions | length')" = 0 ]
    [ "$(state '.instances | map(.extensions | length) | tostring')" = '[0,0,0]' ]
    extension remove --vmss hpc/ib --yes
    [ "$status" = 0 ]
    [ "$(azure_calls "DELETE $SET/extensions/{name}") $(azure_calls "POST $SET/manualupgrade")" = '1 3' ]
}

@test "azure extension remove from machines and from a Flexible set" {
    begin <<<"{\"sets\":[{\"name\":\"ib\",\"count\":2,\"extensions\":[$OLD]},{\"name\":\"fx\",\"mode\":\"Flexible\",\"count\":2,\"subnet\":\"10.0.1.0/24\",\"extensions\":[$LINUX]}]}"
    extension remove ib000001,fx000000 --vmss hpc/ib,hpc/fx --yes
    [ "$status" = 0 ]
    [ "$(azure_calls "DELETE $SET/virtualMachines/{id}/extensions/{name}")" = 1 ]
    [ "$(azure_calls 'DELETE ~/virtualMachines/{vm}/extensions/{name}')" = 1 ]
    [ "$(state '.instances | map(.extensions | length) | tostring')" = '[1,0]' ]
    extension remove --vmss hpc/fx --yes
    [ "$status" = 0 ]
    [ "$(azure_ask state | jq -c '.["hpc/fx"].instances | map(.extensions | length)')" = '[0,0]' ]
}

# ---- killed --------------------------------------------------------------------------------------

kill_when() # ROUTE COUNT WORD...
{
    local route=$1 count=$2
    shift 2
    (typed extension "$@") </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$!
    await_calls "$route" "$count"
    pkill -KILL -P "$pid" || true # timeout's child
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" || true
}

@test "a controller killed while the model changes: the next waits for it and puts nothing twice" {
    begin <<<'{"sets":[{"name":"ib","count":2}],"operations":[{"path":"/extensions/","seconds":4},{"polls":1}]}'
    kill_when "PUT $SET/extensions/{name}" 1 add --vmss hpc/ib --yes
    extension add --vmss hpc/ib --yes
    [ "$status" = 0 ]
    says "soon: Azure is at it"
    [ "$(azure_calls "PUT $SET/extensions/{name}") $(azure_calls "POST $SET/manualupgrade")" = '1 2' ]
}

@test "a controller killed among the instances: resumed, and nothing is applied twice" {
    begin <<<'{"sets":[{"name":"ib","count":4}],"operations":[{"path":"manualupgrade","seconds":2},{"polls":1}]}'
    kill_when "POST $SET/manualupgrade" 2 add --vmss hpc/ib --yes
    azure resume --yes
    [ "$status" = 0 ]
    [ "$(azure_calls "PUT $SET/extensions/{name}") $(azure_calls "POST $SET/manualupgrade")" = '1 4' ]
    [ "$(state '.instances | map(.runs) | tostring')" = '[1,1,1,1]' ]
}

@test "a controller killed among machines: resumed, and nothing is applied twice" {
    begin <<<'{"sets":[{"name":"ib","mode":"Flexible","count":4}],"operations":{"seconds":2}}'
    kill_when 'PUT ~/virtualMachines/{vm}/extensions/{name}' 2 add '@all' --vmss hpc/ib --yes
    azure resume --yes
    [ "$status" = 0 ]
    [ "$(azure_calls 'PUT ~/virtualMachines/{vm}/extensions/{name}')" = 4 ]
    [ "$(state '.instances | map(.runs) | tostring')" = '[1,1,1,1]' ]
}
