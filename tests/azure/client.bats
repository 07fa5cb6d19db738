#!/usr/bin/env bats
# client.bats - our client of Azure against the fake, by the real host names through a proxy

load ../e2e/azure

: "${BUILD:?is not set: make check-azure does it}"

teardown() { azure_stop; }

CLIENT=aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb
WORKLOAD=aaaaaaaa-0000-1111-2222-cccccccccccc
GROUP=/subscriptions/-/resourceGroups/hpc/providers/Microsoft.Compute
IB=$GROUP/virtualMachineScaleSets/ib
V=2024-03-01

# arm-tool as the operator's ibfleet would ask; its words in $said, its status in $status.
ask() # WORD...
{
    status=0
    said=$(https_proxy="$AZURE_PROXY" no_proxy= \
        timeout 120 "$BUILD/tests/e2e/arm-tool" "$@" cloud=public subscription="$AZURE_SUB" \
        ca_bundle="$AZURE_CA" metadata="$AZURE_METADATA" 2>&1) || status=$?
    echo "$said"
}
ask_with_token()
{
    printf '%s\n' "$AZURE_BEARER" >"$BATS_TEST_TMPDIR/token"
    ask "$@" token="$BATS_TEST_TMPDIR/token"
}
says() { grep -qF -- "$1" <<<"$said"; }

@test "a call, and a list page by page" {
    azure_start <<<'{"page":2,"sets":[{"name":"ib","count":5}]}'
    ask_with_token call GET "$IB" $V
    [ "$status" = 0 ]
    says 'answer 200 {'
    says "credential token"
    says "sent 1"
    ask_with_token list "$IB/virtualMachines" $V '$expand@instanceView'
    [ "$status" = 0 ]
    [ "$(grep -c '^page 2$' <<<"$said")" = 2 ]
    says "page 1"
    says "pages END"
    says "sent 3"
}

@test "an operation is followed to its end by either header, and taken up again" {
    local style url
    for style in async location; do
        azure_start <<<"{\"sets\":[{\"name\":\"ib\",\"count\":2}],\"operations\":{\"polls\":2,\"style\":\"$style\"}}"
        ask_with_token act POST "$IB/restart" $V 'body={"instanceIds":["0"]}'
        [ "$status" = 0 ]
        says "progress InProgress"
        url=$(sed -n 's/^taken [a-z]* //p' <<<"$said")
        [ -n "$url" ]
        ask_with_token follow "$(sed -n 's/^taken \([a-z]*\) .*/\1/p' <<<"$said")" "$url"
        [ "$status" = 0 ]
        ! says taken || false
        azure_stop
    done
}

@test "an operation that fails says why, and one that is gone is not taken for done" {
    azure_start <<<'{"sets":[{"name":"ib","count":1}],"operations":{"outcome":"Failed","code":"VMExtensionHandlerNonTransientError","message":"it ended with 11"}}'
    ask_with_token act POST "$IB/restart" $V 'body={"instanceIds":["0"]}'
    [ "$status" = 1 ]
    says "failed azure-operation: "
    says "it ended with 11"
    azure_steer scenario '{"operations":{"vanish":true}}'
    ask_with_token act POST "$IB/restart" $V 'body={"instanceIds":["0"]}'
    [ "$status" = 1 ]
    says "failed azure-operation-lost: "
}

@test "429 is waited out, and 503 tried again: calls are counted" {
    azure_start <<<'{"sets":[{"name":"ib","count":1}]}'
    azure_steer faults '[{"path":"virtualMachineScaleSets/ib\\?","times":1,"status":429,"retryAfter":1},{"path":"virtualMachineScaleSets/ib\\?","times":1,"status":503}]'
    ask_with_token call GET "$IB" $V
    [ "$status" = 0 ]
    says "sent 3"
}

@test "what may have been done is not asked for twice" {
    azure_start <<<'{"sets":[{"name":"ib","count":1}]}'
    azure_steer faults '{"path":"restart","times":1,"late":true}'
    ask_with_token act POST "$IB/restart" $V 'body={"instanceIds":["0"]}'
    [ "$status" = 1 ]
    says "failed azure-not-reachable: "
    says "sent 1"
}

@test "a right that is missing, and an object that is not there, by name" {
    azure_start <<<'{"sets":[{"name":"ib","count":1}],"forbidden":["Microsoft.Compute/virtualMachineScaleSets/read"]}'
    ask_with_token call GET "$IB" $V
    [ "$status" = 1 ]
    says "failed azure-forbidden: the object: the right 'Microsoft.Compute/virtualMachineScaleSets/read' is missing"
    ask_with_token call GET "$GROUP/virtualMachines/none" $V
    says "failed azure-not-found: "
}

@test "a certificate of somebody else's is refused" {
    azure_start <<<'{"sets":[{"name":"ib","count":1}]}'
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=else -keyout /dev/null \
        -out "$BATS_TEST_TMPDIR/else.pem" 2>/dev/null
    AZURE_CA=$BATS_TEST_TMPDIR/else.pem ask_with_token call GET "$IB" $V
    [ "$status" = 1 ]
    says "failed azure-certificate: "
    says "sent 1"
}

@test "a token that ends in the middle is got anew, once for all who wait" {
    azure_start <<<"{\"sets\":[{\"name\":\"ib\",\"count\":1}],\"applications\":[{\"clientId\":\"$CLIENT\",\"secret\":\"s3cret~of.ours\"}]}"
    azure_secret s3cret~of.ours
    azure_steer faults '{"path":"virtualMachineScaleSets/ib\\?","times":1,"status":401}'
    export AZURE_CLIENT_SECRET=s3cret~of.ours
    ask call GET "$IB" $V tenant=$AZURE_TENANT client_id=$CLIENT times=5
    [ "$status" = 0 ]
    says "credential client-secret"
    [ "$(grep -c '^answer 200' <<<"$said")" = 5 ]
    says "sent 6"
    [ "$(azure_calls login)" = 2 ]
}

@test "a certificate, a federated token and a managed identity are taken" {
    local keys=$BATS_TEST_TMPDIR
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=app -keyout "$keys/key.pem" \
        -out "$keys/cert.pem" 2>/dev/null
    cat "$keys/key.pem" "$keys/cert.pem" >"$keys/both.pem"
    echo aaa.bbb.ccc >"$keys/federated"
    azure_start <<<"{\"sets\":[{\"name\":\"ib\",\"count\":1}],\"identities\":[{\"system\":true}],\"applications\":[{\"clientId\":\"$CLIENT\",\"certificate\":\"$keys/cert.pem\"},{\"clientId\":\"$WORKLOAD\",\"federated\":\"aaa.bbb.ccc\"}]}"
    ask call GET "$IB" $V credential=client-certificate tenant=$AZURE_TENANT client_id=$CLIENT certificate="$keys/both.pem"
    [ "$status" = 0 ]
    says "credential client-certificate"
    ask call GET "$IB" $V credential=workload-identity tenant=$AZURE_TENANT client_id=$WORKLOAD federated="$keys/federated"
    [ "$status" = 0 ]
    says "credential workload-identity"
    ask call GET "$IB" $V credential=managed-identity
    [ "$status" = 0 ]
    says "credential managed-identity"
}
