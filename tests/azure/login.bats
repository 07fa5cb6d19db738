#!/usr/bin/env bats
# login.bats - the fake's token endpoint and metadata service, asked by curl and openssl

load ../e2e/azure

teardown() { azure_stop; }

CLIENT=aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb
JWT=urn:ietf:params:oauth:client-assertion-type:jwt-bearer

form() # NAME=VALUE...   the token endpoint; status in $code, answer in $body
{
    local word words=()
    for word in grant_type=client_credentials client_id=$CLIENT \
        scope=https://management.azure.com/.default "$@"; do
        words+=(--data-urlencode "$word")
    done
    code=$(curl -sS --max-time 30 --cacert "$AZURE_CA" -o "$AZURE_DIR/body" -w '%{http_code}' \
        "${words[@]}" "$AZURE_LOGIN/$AZURE_TENANT/oauth2/v2.0/token")
    body=$(cat "$AZURE_DIR/body")
}

denied() # STATUS AADSTS
{
    [ "$code $(jq -r '.error_codes[0]' <<<"$body")" = "$*" ]
}

# Does ARM take what was granted?
is_good()
{
    [ "$code" = 200 ] && [ "$(curl -sS --cacert "$AZURE_CA" -o /dev/null -w '%{http_code}' \
        -H "Authorization: Bearer $(jq -r .access_token <<<"$body")" \
        "$AZURE_ARM/subscriptions/$AZURE_SUB/providers/Microsoft.Compute/virtualMachineScaleSets?api-version=2024-03-01")" = 200 ]
}

url64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

# A signed assertion; its header and claims can be given.
assertion() # [HEADER] [CLAIMS]
{
    local print now text
    print=$(openssl x509 -in "$KEYS/cert.pem" -outform DER | openssl dgst -sha256 -binary | url64)
    now=$(date +%s)
    local head=${1:-"{\"alg\":\"PS256\",\"typ\":\"JWT\",\"x5t#S256\":\"$print\"}"}
    local claims=${2:-"{\"aud\":\"$AZURE_LOGIN/$AZURE_TENANT/oauth2/v2.0/token\",\"iss\":\"$CLIENT\",\"sub\":\"$CLIENT\",\"jti\":\"$RANDOM$RANDOM$RANDOM\",\"nbf\":$now,\"exp\":$((now + 300))}"}
    text=$(url64 <<<"$head").$(url64 <<<"$claims")
    echo "$text.$(printf %s "$text" | openssl dgst -sha256 -sigopt rsa_padding_mode:pss \
        -sigopt rsa_pss_saltlen:digest -sign "${3:-$KEYS/key.pem}" | url64)"
}

keys()
{
    KEYS=$BATS_TEST_TMPDIR
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=app -keyout "$KEYS/key.pem" \
        -out "$KEYS/cert.pem" 2>/dev/null
}

@test "a client secret" {
    azure_start <<<"{\"sets\":[],\"applications\":[{\"clientId\":\"$CLIENT\",\"secret\":\"s3cret~of.the-app\"}]}"
    form client_secret=s3cret~of.the-app
    is_good
    [ "$(jq '.expires_in' <<<"$body")" = 3600 ]
    form client_secret=wrong-secret-of-app
    denied 401 7000215
    form
    denied 401 7000218
    form client_secret=s3cret~of.the-app client_id=$AZURE_SUB
    denied 400 700016
    form client_secret=s3cret~of.the-app scope=https://management.azure.com/
    denied 400 1002012
}

@test "a client certificate: the assertion is verified, part by part" {
    keys
    azure_start <<<"{\"applications\":[{\"clientId\":\"$CLIENT\",\"certificate\":\"$KEYS/cert.pem\"}]}"
    good=$(assertion)
    form client_assertion_type=$JWT client_assertion="$good"
    is_good
    form client_assertion_type=$JWT client_assertion="$good" # a second time
    denied 401 700025
    form client_assertion_type=$JWT client_assertion="$(assertion '' '{"aud":"https://elsewhere"}')"
    denied 401 700023
    form client_assertion_type=$JWT client_assertion="$(assertion '{"alg":"PS256","typ":"JWT","x5t#S256":"x"}')"
    denied 401 700027
    form client_assertion_type=$JWT client_assertion="$(assertion "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"x5t#S256\":\"$(openssl x509 -in "$KEYS/cert.pem" -outform DER | openssl dgst -sha256 -binary | url64)\"}")"
    denied 401 700027
    openssl genrsa -out "$KEYS/other.pem" 2048 2>/dev/null
    form client_assertion_type=$JWT client_assertion="$(assertion '' '' "$KEYS/other.pem")"
    denied 401 700027
    aud=$AZURE_LOGIN/$AZURE_TENANT/oauth2/v2.0/token
    form client_assertion_type=$JWT client_assertion="$(assertion '' "{\"aud\":\"$aud\",\"iss\":\"$CLIENT\",\"sub\":\"$CLIENT\",\"jti\":\"1\",\"nbf\":1,\"exp\":2}")"
    denied 401 700024
    form client_assertion_type=$JWT client_assertion=nonsense
    denied 401 50027
}

@test "workload identity: the token that is in the file by now" {
    echo first.federated.token >"$BATS_TEST_TMPDIR/federated"
    azure_start <<<"{\"applications\":[{\"clientId\":\"$CLIENT\",\"federated\":\"$BATS_TEST_TMPDIR/federated\"}]}"
    form client_assertion_type=$JWT client_assertion=first.federated.token
    is_good
    echo second.federated.token >"$BATS_TEST_TMPDIR/federated"
    form client_assertion_type=$JWT client_assertion=first.federated.token
    denied 401 70021
}

@test "the metadata service: a token, the machine, its events; never without its header" {
    azure_start <<<'{"sets":[{"name":"ib","count":2}],"self":{"set":"hpc/ib","id":"1"},"events":[{"EventId":"e1","EventType":"Reboot","ResourceType":"VirtualMachine","Resources":["ib_1"],"EventStatus":"Scheduled","NotBefore":"","Description":"","EventSource":"Platform","DurationInSeconds":9}]}'
    meta() { curl -sS --max-time 30 -w ' %{http_code}' "${@:2}" "$AZURE_METADATA/metadata/$1"; }
    where="identity/oauth2/token?api-version=2023-07-01&resource=https://management.azure.com/"
    body=$(curl -sS -H Metadata:true "$AZURE_METADATA/metadata/$where")
    [ "$(jq -r '.expires_in | type' <<<"$body")" = string ]
    code=200
    is_good
    [ "$(curl -sS -H Metadata:true "$AZURE_METADATA/metadata/instance?api-version=2023-07-01" | jq -r .compute.name)" = ib_1 ]
    [ "$(meta 'instance/compute/vmSize?api-version=2023-07-01&format=text' -H Metadata:true)" = 'Standard_HB120rs_v3 200' ]
    [[ "$(meta 'scheduledevents?api-version=2020-07-01' -H Metadata:true)" == *'"Reboot"'*' 200' ]]
    azure_stop
    AZURE_UNJUDGED=1 azure_start <<<'{"identities":[{"clientId":"one"},{"clientId":"two"}]}'
    [[ "$(meta "$where")" == *' 400' ]]
    [[ "$(meta "$where" -H Metadata:true -H 'X-Forwarded-For: 10.0.0.1')" == *' 400' ]]
    [[ "$(meta "$where" -H Metadata:true)" == *'Multiple user assigned identities exist'*' 400' ]]
    [[ "$(meta "$where&client_id=none" -H Metadata:true)" == *'Identity not found'*' 400' ]]
    [[ "$(meta "$where&client_id=two" -H Metadata:true)" == *' 200' ]]
}

@test "clouds are reached by their own names through the proxy" {
    azure_start <<<'{"sets":[{"name":"ib","count":1}]}'
    for host in management.azure.com management.usgovcloudapi.net management.chinacloudapi.cn; do
        [ "$(curl -sS -x "$AZURE_PROXY" --cacert "$AZURE_CA" -H "Authorization: Bearer $AZURE_BEARER" \
            "https://$host/subscriptions/$AZURE_SUB/resourceGroups/hpc/providers/Microsoft.Compute/virtualMachineScaleSets/ib?api-version=2024-03-01" | jq -r .name)" = ib ]
    done
    [ "$(azure_notes connect | jq -r '.[2].target')" = management.chinacloudapi.cn:443 ]
    run curl -sS -x "$AZURE_PROXY" --cacert "$AZURE_CA" https://elsewhere.invalid/
    [ "$status" != 0 ]
}
