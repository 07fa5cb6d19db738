#!/usr/bin/env bats
# fake.bats - the fake of Azure itself, asked by curl: what it answers is judged by oav

load ../e2e/azure

teardown() { azure_stop; }

GROUP=/subscriptions/$AZURE_SUB/resourceGroups/hpc/providers/Microsoft.Compute
SETS=$GROUP/virtualMachineScaleSets
V=api-version=2024-03-01
IB='{"publisher":"Microsoft.HpcCompute","type":"InfiniBandDriverLinux","typeHandlerVersion":"1.2","autoUpgradeMinorVersion":true,"settings":{}}'

# One call: the status in $code, the headers in $head, the body in $body.
arm() # METHOD PATH [BODY]
{
    local words=()
    [ -z "${3:-}" ] || words=(-H 'Content-Type: application/json' -d "$3")
    code=$(curl -sS -g --max-time 30 --cacert "$AZURE_CA" -X "$1" -D "$AZURE_DIR/head" -o "$AZURE_DIR/body" \
        -w '%{http_code}' -H "Authorization: Bearer $AZURE_BEARER" "${words[@]}" "${2/#\//$AZURE_ARM/}")
    head=$(tr -d '\r' <"$AZURE_DIR/head") body=$(cat "$AZURE_DIR/body")
}

ask() { jq -r "$1" <<<"$body"; }

header() { sed -n "s/^$1: //Ip" <<<"$head"; }

follow() # until the operation that was accepted is over; its status in $state
{
    local url
    url=$(header Azure-AsyncOperation)
    for _ in {1..20}; do
        arm GET "$url"
        state=$(ask .status)
        [ "$state" = InProgress ] || return 0
    done
    return 1
}

@test "a set, its instances page by page, their interfaces: Uniform" {
    azure_start <<<'{"page":2,"sets":[{"name":"ib","count":5,"first":8,"repairs":true,"zones":["1"]}]}'
    arm GET "$SETS/ib?$V"
    [ "$code" = 200 ]
    [ "$(ask '.sku.capacity, .properties.orchestrationMode')" = $'5\nUniform' ]
    next="$SETS/ib/virtualMachines?\$expand=instanceView&$V" names='' pages=0
    while [ "$next" != null ]; do
        arm GET "$next"
        names+=$(ask '.value[].properties.osProfile.computerName')$'\n'
        next=$(ask .nextLink) pages=$((pages + 1))
    done
    [ "$pages" = 3 ]
    [ "$(echo $names)" = 'ib000008 ib000009 ib00000a ib00000b ib00000c' ]
    arm GET "$SETS/ib/networkInterfaces?api-version=2018-10-01"
    [ "$(ask '.value[0].properties.ipConfigurations[0].properties.privateIPAddress')" = 10.0.0.4 ]
    for path in "$SETS?$V" "/subscriptions/$AZURE_SUB/providers/Microsoft.Compute/virtualMachineScaleSets?$V" \
        "/subscriptions/$AZURE_SUB/providers/Microsoft.Compute/locations/westeurope/virtualMachineScaleSets?$V" \
        "$SETS/ib/instanceView?$V" "$SETS/ib/virtualMachines/8?$V&\$expand=instanceView" \
        "$SETS/ib/virtualMachines/8/instanceView?$V" \
        "$SETS/ib/virtualMachines/8/networkInterfaces?api-version=2018-10-01"; do
        arm GET "$path"
        [ "$code" = 200 ]
    done
    arm GET "$SETS/ib/virtualMachines?$V&\$filter=properties/latestModelApplied%20eq%20false"
    [ "$(ask '.value | length')" = 0 ]
}

@test "machines of a set, by filter; their interfaces: Flexible" {
    azure_start <<<'{"sets":[{"name":"fx","mode":"Flexible","count":2},{"name":"other","mode":"Flexible","count":1,"subnet":"10.0.1.0/24"}]}'
    arm GET "$GROUP/virtualMachines?$V&\$expand=instanceView&\$filter=%27virtualMachineScaleSet/id%27%20eq%20%27$SETS/fx%27"
    [ "$code" = 200 ]
    [ "$(ask '.value | length')" = 2 ]
    name=$(ask '.value[1].name')
    [ "$(ask '.value[1].properties.instanceView.statuses[1].code')" = PowerState/running ]
    arm GET "$GROUP/virtualMachines?$V"
    [ "$(ask '.value | length')" = 3 ]
    arm GET "$SETS/fx/virtualMachines?$V"
    [ "$(ask '.value[1].name')" = "$name" ]
    arm GET "$SETS/fx?$V"
    [ "$(ask .properties.orchestrationMode)" = Flexible ]
    arm GET "$GROUP/virtualMachines/$name?$V&\$expand=instanceView"
    [ "$code" = 200 ]
    arm GET "$GROUP/virtualMachines/$name/instanceView?$V"
    [ "$code" = 200 ]
    arm GET "${GROUP/%Compute/Network}/networkInterfaces?api-version=2024-01-01"
    [ "$(ask '.value | length')" = 3 ]
    arm GET "${GROUP/%Compute/Network}/networkInterfaces/$name-nic?api-version=2024-01-01"
    [ "$(ask '.properties.virtualMachine.id')" = "$GROUP/virtualMachines/$name" ]
    arm GET "${GROUP/%Compute/Network}/virtualNetworks/fx-net?api-version=2024-01-01"
    [ "$(ask '.properties.addressSpace.addressPrefixes[0]')" = 10.0.0.0/16 ]
    arm GET "${GROUP/%Compute/Network}/virtualNetworks/fx-net/subnets/compute?api-version=2024-01-01"
    [ "$(ask '.properties.addressPrefix')" = 10.0.0.0/24 ]
}

@test "an extension: in the model, onto named instances, its exit code told, and out again" {
    azure_start <<<'{"sets":[{"name":"ib","count":3}],"exits":{"2":{"code":11,"message":"Mellanox IB not found"}}}'
    arm PUT "$SETS/ib/extensions/ib-driver?$V" "{\"properties\":$IB}"
    [ "$code" = 201 ]
    [ "$(ask .properties.provisioningState)" = Creating ]
    follow
    [ "$state" = Succeeded ]
    arm GET "$SETS/ib/extensions/ib-driver?$V"
    [ "$(ask .properties.provisioningState)" = Succeeded ]
    [ "$(azure_notes extension)" = '[]' ] # the model alone does nothing to instances
    arm POST "$SETS/ib/manualupgrade?$V" '{"instanceIds":["0","1"]}'
    [ "$code" = 202 ]
    follow
    [ "$state" = Succeeded ]
    arm POST "$SETS/ib/manualupgrade?$V" '{"instanceIds":["2"]}'
    follow
    [ "$state" = Failed ]
    [[ "$(ask .error.message)" == *'Mellanox IB not found'* ]]
    arm GET "$SETS/ib/virtualMachines/2?$V&\$expand=instanceView"
    [ "$(ask '.properties.instanceView.extensions[0].statuses[0].code')" = ProvisioningState/failed/11 ]
    arm GET "$SETS/ib/extensions?$V"
    [ "$(ask '.value | length')" = 1 ]
    arm PATCH "$SETS/ib/extensions/ib-driver?$V" '{"properties":{"forceUpdateTag":"2"}}'
    [ "$code" = 200 ]
    follow
    arm DELETE "$SETS/ib/extensions/ib-driver?$V"
    [ "$code" = 202 ]
    follow
    arm DELETE "$SETS/ib/extensions/ib-driver?$V"
    [ "$code" = 204 ]
}

@test "an extension of one instance and of one machine" {
    azure_start <<<'{"sets":[{"name":"ib","count":1},{"name":"fx","mode":"Flexible","count":1,"subnet":"10.0.1.0/24"}]}'
    arm GET "$GROUP/virtualMachines?$V"
    machine=$(ask '.value[0].name')
    for of in "$SETS/ib/virtualMachines/0" "$GROUP/virtualMachines/$machine"; do
        arm PUT "$of/extensions/ib-driver?$V" "{\"location\":\"westeurope\",\"properties\":$IB}"
        [ "$code" = 201 ]
        follow
        [ "$state" = Succeeded ]
        arm GET "$of/extensions/ib-driver?$V&\$expand=instanceView"
        [ "$(ask .properties.instanceView.statuses[0].code)" = ProvisioningState/succeeded ]
        arm PUT "$of/extensions/ib-driver?$V" "{\"location\":\"westeurope\",\"properties\":$IB}"
        [ "$code" = 200 ]
        follow
        arm PATCH "$of/extensions/ib-driver?$V" '{"properties":{"forceUpdateTag":"2"}}'
        [ "$code" = 200 ]
        follow
        arm GET "$of/extensions?$V"
        [ "$(ask '.value[0].name')" = ib-driver ]
        arm DELETE "$of/extensions/ib-driver?$V"
        [ "$code" = 202 ]
        follow
    done
    # The same settings again run no handler.
    [ "$(azure_notes extension | jq length)" = 4 ]
}

@test "named instances are acted upon, and all of them where none is named" {
    azure_start <<<'{"sets":[{"name":"ib","count":3}]}'
    for word in restart reimage redeploy deallocate start; do
        arm POST "$SETS/ib/$word?$V" '{"instanceIds":["1"]}'
        [ "$code" = 202 ]
        follow
        [ "$(azure_notes $word | jq -c 'map(.id)')" = '["1"]' ]
        arm POST "$SETS/ib/virtualMachines/2/$word?$V"
        follow
    done
    [ "$(azure_notes restart | jq length)" = 2 ]
    arm POST "$SETS/ib/restart?$V"
    follow
    [ "$(azure_notes restart | jq length)" = 5 ]
    arm POST "$SETS/ib/restart?$V" '{"instanceIds":[]}'
    follow
    [ "$(azure_notes restart | jq length)" = 8 ]
}

@test "protection, automatic repairs, a patch of the set" {
    azure_start <<<'{"sets":[{"name":"ib","count":2,"repairs":true}]}'
    arm PUT "$SETS/ib/virtualMachines/1?$V" '{"location":"westeurope","properties":{"protectionPolicy":{"protectFromScaleIn":true,"protectFromScaleSetActions":true}}}'
    [ "$code" = 200 ]
    follow
    arm GET "$SETS/ib/virtualMachines/1?$V"
    [ "$(ask .properties.protectionPolicy.protectFromScaleIn)" = true ]
    arm POST "$SETS/ib/restart?$V"
    follow
    [ "$(azure_notes restart | jq -c 'map(.id)')" = '["0"]' ]
    for action in Suspend Resume; do
        arm POST "$SETS/ib/setOrchestrationServiceState?$V" "{\"serviceName\":\"AutomaticRepairs\",\"action\":\"$action\"}"
        follow
        arm GET "$SETS/ib/instanceView?$V"
        states+=" $(ask '.orchestrationServices[0].serviceState')"
    done
    [ "$states" = ' Suspended Running' ]
    arm PATCH "$SETS/ib?$V" '{"sku":{"name":"Standard_HB120rs_v3","tier":"Standard","capacity":4},"tags":{"why":"test"}}'
    [ "$code" = 200 ]
    follow
    arm GET "$SETS/ib/virtualMachines?$V"
    [ "$(ask '.value | length')" = 4 ]
}

@test "operations: by Location, failed, vanished, over at once, ended by time" {
    azure_start <<<'{"sets":[{"name":"ib","count":1}],"operations":{"style":"location","polls":2,"retryAfter":0}}'
    arm POST "$SETS/ib/restart?$V" '{"instanceIds":["0"]}'
    [ -z "$(header Azure-AsyncOperation)" ]
    [ "$(header Retry-After)" = 0 ]
    url=$(header Location)
    arm GET "$url"
    [ "$code" = 202 ]
    arm GET "$url"
    [ "$code" = 200 ]
    azure_steer scenario '{"operations":{"outcome":"Failed","code":"OverconstrainedAllocationRequest","message":"no room"}}'
    arm POST "$SETS/ib/restart?$V" '{"instanceIds":["0"]}'
    follow
    [ "$state $(ask .error.code)" = 'Failed OverconstrainedAllocationRequest' ]
    azure_steer scenario '{"operations":{"vanish":true}}'
    arm POST "$SETS/ib/restart?$V" '{"instanceIds":["0"]}'
    arm GET "$(header Azure-AsyncOperation)"
    [ "$code" = 404 ]
    azure_steer scenario '{"operations":{"polls":0}}'
    arm POST "$SETS/ib/restart?$V" '{"instanceIds":["0"]}'
    [ "$code" = 200 ]
    azure_steer scenario '{"operations":{"seconds":0}}'
    arm POST "$SETS/ib/restart?$V" '{"instanceIds":["0"]}'
    arm GET "$SETS/ib?$V"
    [ "$(azure_notes restart | jq length)" = 4 ] # the failed one had no effect
}

@test "sizes, a page at a time; extension images and their versions" {
    azure_start <<<'{"sets":[{"name":"ib"}],"skus":{"count":50,"page":20}}'
    SUB=/subscriptions/$AZURE_SUB/providers/Microsoft.Compute
    next="$SUB/skus?api-version=2021-07-01&\$filter=location%20eq%20%27westeurope%27" count=0
    while [ "$next" != null ]; do
        arm GET "$next"
        count=$((count + $(ask '.value | length'))) next=$(ask .nextLink)
    done
    [ "$count" = 50 ]
    types=$SUB/locations/westeurope/publishers/Microsoft.HpcCompute/artifacttypes/vmextension/types
    arm GET "$types?$V"
    [ "$(ask '.[].name')" = $'InfiniBandDriverLinux\nInfiniBandDriverWindows' ]
    arm GET "$types/InfiniBandDriverLinux/versions?$V&\$orderby=name%20desc&\$top=1"
    [ "$(ask '.[].name')" = 1.2.0.0 ]
    arm GET "$types/InfiniBandDriverLinux/versions/1.2.0.0?$V"
    [ "$(ask .properties.operatingSystem)" = Linux ]
}

@test "instances appear, disappear, are replaced and change their placement group" {
    azure_start <<<'{"sets":[{"name":"ib","count":2}]}'
    old=$(azure_ask state | jq -r '."hpc/ib".instances[1].vmId')
    azure_steer instance '{"set":"hpc/ib","do":"replace","id":"1"}'
    azure_steer instance '{"set":"hpc/ib","do":"appear"}'
    azure_steer instance '{"set":"hpc/ib","do":"disappear","id":"0"}'
    azure_steer instance '{"set":"hpc/ib","do":"change","id":"3","group":"another","power":"deallocated"}'
    arm GET "$SETS/ib/virtualMachines?$V&\$expand=instanceView"
    [ "$(ask '.value[].instanceId')" = $'2\n3' ]
    [ "$(ask '.value[0].properties.vmId')" != "$old" ]
    [ "$(ask '.value[1].properties.instanceView | .placementGroupId, .statuses[1].code')" = $'another\nPowerState/deallocated' ]
    arm GET "$SETS/ib/networkInterfaces?api-version=2018-10-01"
    [ "$(ask '.value[0].properties.ipConfigurations[0].properties.privateIPAddress')" = 10.0.0.5 ]
}

@test "what cannot be: refused in Azure's words" {
    AZURE_UNJUDGED=1 azure_start <<<'{"sets":[{"name":"ib","count":1}],"forbidden":["Microsoft.Compute/skus/*"]}'
    refused() { [ "$code $(ask .error.code)" = "$*" ]; }
    arm GET "$SETS/ib"
    refused 400 MissingApiVersionParameter
    arm GET "$SETS/ib?api-version=2010-01-01"
    refused 400 InvalidApiVersionParameter
    arm GET "$SETS/none?$V"
    refused 404 ResourceNotFound
    arm GET "${SETS/hpc/none}/ib?$V"
    refused 404 ResourceGroupNotFound
    arm GET "${SETS/$AZURE_SUB/$AZURE_TENANT}/ib?$V"
    refused 404 SubscriptionNotFound
    arm GET "/subscriptions/$AZURE_SUB/providers/Microsoft.Compute/skus?api-version=2021-07-01"
    refused 403 AuthorizationFailed
    [[ "$(ask .error.message)" == *"perform action 'Microsoft.Compute/skus/read' over scope"* ]]
    arm POST "$SETS/ib/manualupgrade?$V" '{}'
    refused 400 InvalidParameter
    arm POST "$SETS/ib/restart?$V" '{"instanceIds":["7"]}'
    refused 400 InvalidParameter
    arm PUT "$SETS/ib/virtualMachines/0?$V" '{"properties":{}}'
    refused 400 LocationRequired
    arm PUT "$SETS/ib/extensions/x?$V" '{"properties":{"publisher":"Microsoft.HpcCompute","type":"InfiniBandDriverLinux","typeHandlerVersion":"9.9"}}'
    refused 404 ArtifactNotFound
    arm GET "$GROUP/virtualMachines?$V&\$expand=instanceView"
    refused 400 BadRequest
    AZURE_BEARER=$(azure_steer token '{"audience":"https://graph.microsoft.com"}' | jq -r .token)
    arm GET "$SETS/ib?$V"
    refused 401 InvalidAuthenticationTokenAudience
    azure_steer expire '{}'
    arm GET "$SETS/ib?$V"
    refused 401 ExpiredAuthenticationToken
    [[ "$head" == *'error="invalid_token"'* ]]
    AZURE_BEARER=none
    arm GET "$SETS/ib?$V"
    refused 401 InvalidAuthenticationToken
}
