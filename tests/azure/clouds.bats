#!/usr/bin/env bats
# clouds.bats - each cloud and each kind of credential, as an operator names it
#
# Clouds are reached by their own names, through a proxy that leads these to the fake; what a
# token was asked for, and where, is what the fake has noted.

load ../e2e/fleet
load ../e2e/azure

: "${BUILD:?is not set: make check-azure does it}"

CLIENT=aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb

setup()
{
    sshd_prepare
    fleet_begin
    unset ${!AZURE_CLIENT_@} AZURE_TENANT_ID AZURE_TOKEN_FILE AZURE_SUBSCRIPTION_ID
}

teardown()
{
    azure_keep "$STATE" "$SSHD_DIR/out" "$SSHD_DIR/err" 2>/dev/null || true
    azure_stop
    fleet_remove
}

# An Azure whose sets are one of an instance, and [azure] of the fleet file.
azure_fleet() # SETTING... < SCENARIO
{
    azure_start < <(jq '.sets = [{name: "ib", count: 1}]')
    printf '%s\n' '[azure]' "subscription = $AZURE_SUB" "metadata = $AZURE_METADATA" \
        "ca_bundle = $AZURE_CA" "$@" >>"$IBFLEET_FLEET"
    export https_proxy=$AZURE_PROXY no_proxy=
}

reaches_it() # WORD...
{
    ibfleet azure status --vmss hpc/ib "$@"
    [ "$status" = 0 ]
    says "ib000000"
}

# Its Resource Manager, its login, what its tokens are for.
is_asked() # HOST LOGIN AUDIENCE
{
    local been
    been=$(azure_notes connect | jq -r '[.[].target] | unique | .[]')
    [ "$been" = "$(printf '%s:443\n' "$1" "$2" | sort)" ]
    [ "$(audiences)" = "$3" ]
}

# What tokens were got for, but for the test's own.
audiences() { azure_notes token | jq -r '[.[].audience | select(.)] | unique | .[]'; }

by_secret()
{
    export AZURE_CLIENT_SECRET=s3cret~of.clouds
    azure_secret "$AZURE_CLIENT_SECRET"
    azure_fleet "tenant = $AZURE_TENANT" "client_id = $CLIENT" "$@" \
        <<<"{\"applications\":[{\"clientId\":\"$CLIENT\",\"secret\":\"$AZURE_CLIENT_SECRET\"}]}"
}

# ---- clouds ----------------------------------------------------------------------------------

@test "cloud public" {
    by_secret
    reaches_it --cloud public
    is_asked management.azure.com login.microsoftonline.com https://management.azure.com
}

@test "cloud usgov" {
    by_secret
    reaches_it --cloud usgov
    is_asked management.usgovcloudapi.net login.microsoftonline.us https://management.usgovcloudapi.net
}

@test "cloud china" {
    by_secret
    reaches_it --cloud china
    is_asked management.chinacloudapi.cn login.chinacloudapi.cn https://management.chinacloudapi.cn
}

@test "cloud custom" {
    export AZURE_CLIENT_SECRET=s3cret~of.clouds
    azure_secret "$AZURE_CLIENT_SECRET"
    azure_fleet <<<"{\"applications\":[{\"clientId\":\"$CLIENT\",\"secret\":\"$AZURE_CLIENT_SECRET\"}]}"
    printf '%s\n' 'cloud = custom' "arm = $AZURE_ARM/" "login = $AZURE_LOGIN" "tenant = $AZURE_TENANT" \
        "client_id = $CLIENT" >>"$IBFLEET_FLEET"
    unset https_proxy
    reaches_it
    [ "$(audiences)" = "$AZURE_ARM" ]
    [ "$(azure_notes connect)" = '[]' ]
}

@test "the cloud of this machine, where none is said" {
    export AZURE_CLIENT_SECRET=s3cret~of.clouds
    azure_secret "$AZURE_CLIENT_SECRET"
    azure_fleet "tenant = $AZURE_TENANT" "client_id = $CLIENT" \
        <<<"{\"environment\":\"AzureUSGovernmentCloud\",\"applications\":[{\"clientId\":\"$CLIENT\",\"secret\":\"$AZURE_CLIENT_SECRET\"}]}"
    reaches_it
    is_asked management.usgovcloudapi.net login.microsoftonline.us https://management.usgovcloudapi.net
}

@test "a cloud that there is not, and a custom one without an address, are refused" {
    azure_fleet <<<'{}'
    ibfleet azure status --vmss hpc/ib --cloud germany
    [ "$status" = 2 ]
    warns "no such cloud: 'germany'; there are public, usgov, china"
    ibfleet azure status --vmss hpc/ib --cloud custom
    [ "$status" = 2 ]
    warns "arm ="
    [ "$(azure_notes connect)" = '[]' ]
}

# ---- credentials ---------------------------------------------------------------------------------

@test "credential managed-identity" {
    azure_fleet <<<"{\"identities\":[{\"clientId\":\"other\"},{\"clientId\":\"$CLIENT\"}]}"
    ibfleet azure status --vmss hpc/ib --credential managed-identity --cloud public
    [ "$status" = 2 ]
    warns "Multiple user assigned identities exist"
    printf 'client_id = %s\n' "$CLIENT" >>"$IBFLEET_FLEET"
    reaches_it --credential managed-identity --cloud public
    [ "$(audiences)" = https://management.azure.com ]
    [ "$(azure_notes connect | jq -r '[.[].target] | unique | .[]')" = management.azure.com:443 ]
}

@test "credential cli" {
    azure_fleet <<<'{}'
    mkdir "$SSHD_DIR/bin"
    printf '%s\n' '#!/bin/sh' "printf '%s ' \"\$@\" >>$SSHD_DIR/az" \
        "printf '{\"accessToken\":\"%s\",\"expires_on\":%s,\"tokenType\":\"Bearer\"}' \"\$(cat $AZURE_DIR/bearer)\" \$((\$(date +%s) + 3000))" >"$SSHD_DIR/bin/az"
    chmod +x "$SSHD_DIR/bin/az"
    printf %s "$AZURE_BEARER" >"$AZURE_DIR/bearer"
    PATH=$SSHD_DIR/bin:$PATH reaches_it --credential cli --cloud public
    [[ "$(cat "$SSHD_DIR/az")" == *"get-access-token "*"--resource https://management.azure.com/ --subscription $AZURE_SUB "* ]]
}

@test "credential token" {
    azure_fleet <<<'{}'
    printf '%s\n' "$AZURE_BEARER" >"$AZURE_DIR/bearer"
    printf 'token = %s\n' "$AZURE_DIR/bearer" >>"$IBFLEET_FLEET"
    reaches_it --credential token --cloud public
    azure_steer expire '{}'
    ibfleet azure status --vmss hpc/ib --credential token --cloud public --max-age 0
    [ "$status" != 0 ]
    warns "ExpiredAuthenticationToken"
    azure_steer token '{"seconds":3600}' | jq -r .token >"$AZURE_DIR/bearer" # it is read again
    reaches_it --credential token --cloud public --max-age 0
}

@test "credential client-secret" {
    by_secret
    reaches_it --credential client-secret --cloud public
    AZURE_CLIENT_SECRET=wrong~secret.of-ours
    azure_secret "$AZURE_CLIENT_SECRET"
    ibfleet azure status --vmss hpc/ib --credential client-secret --cloud public --max-age 0
    [ "$status" != 0 ]
    warns "AADSTS7000215"
}

@test "credential client-certificate" {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=app -keyout "$BATS_TEST_TMPDIR/key.pem" \
        -out "$BATS_TEST_TMPDIR/cert.pem" 2>/dev/null
    cat "$BATS_TEST_TMPDIR/key.pem" "$BATS_TEST_TMPDIR/cert.pem" >"$BATS_TEST_TMPDIR/both.pem"
    azure_fleet "tenant = $AZURE_TENANT" "client_id = $CLIENT" "certificate = $BATS_TEST_TMPDIR/both.pem" \
        <<<"{\"applications\":[{\"clientId\":\"$CLIENT\",\"certificate\":\"$BATS_TEST_TMPDIR/cert.pem\"}]}"
    reaches_it --credential client-certificate --cloud public
    is_asked management.azure.com login.microsoftonline.com https://management.azure.com
}

@test "credential workload-identity" {
    echo first.federated.token >"$BATS_TEST_TMPDIR/federated"
    azure_fleet "tenant = $AZURE_TENANT" "client_id = $CLIENT" "federated_token = $BATS_TEST_TMPDIR/federated" \
        <<<"{\"applications\":[{\"clientId\":\"$CLIENT\",\"federated\":\"$BATS_TEST_TMPDIR/federated\"}]}"
    reaches_it --credential workload-identity --cloud public
    is_asked management.azure.com login.microsoftonline.com https://management.azure.com
}
