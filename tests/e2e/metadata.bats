#!/usr/bin/env bats
# metadata.bats - what the agent asks Azure's instance metadata service, and each of the bad
# days that this can have: none costs more than its time, nor anything else that is detected

bats_require_minimum_version 1.5.0
: "${BUILD:=build}"
load wait

setup()
{
    AGENT=$BUILD/ibfleet-agent
    ROOM=$(mktemp -d /tmp/ibfleet-metadata.XXXXXX)
    SERVICE=
    unset SUDO_UID IBFLEET_ROOT IBFLEET_METADATA
}
teardown()
{
    [ -z "$SERVICE" ] || kill "$SERVICE" 2>/dev/null || true
    rm -rf "$ROOM"
}

# DAY   start a service that has this day, and have the agent ask it
service()
{
    : >"$ROOM/asked"
    "$BATS_TEST_DIRNAME/metadata-service" "$ROOM/asked" "$1" >"$ROOM/port" 2>"$ROOM/noise" 3>&- &
    SERVICE=$!
    wait_until 10 test -s "$ROOM/port"
    export IBFLEET_METADATA=http://127.0.0.1:$(cat "$ROOM/port")
}

# [TREE]   the facts of it, checked against their schema, and how long they took
detect()
{
    local begin=$EPOCHREALTIME
    timeout 60 "$AGENT" detect --json --root "${1:-tests/data/trees/azure-hb}" >"$ROOM/facts"
    MS=$(((${EPOCHREALTIME/./} - ${begin/./}) / 1000))
    echo "took $MS ms: $(jq -c '[.size, .azure]' "$ROOM/facts")"
    jsonschema -i "$ROOM/facts" tests/data/schema/facts.json
}

fact() { [ "$(jq -c "$1" "$ROOM/facts")" = "$2" ]; }
asked() { grep -c '^GET ' "$ROOM/asked" || true; }

# NAME WORDS   that was the outcome, its sentence has the words, and the rest is told in full
bad_day()
{
    fact .azure.metadata "\"$1\""
    jq -r .azure.metadata_detail "$ROOM/facts" | grep -qF -- "$2"
    fact .size null
    fact .azure.secure_boot null
    fact .azure.events_asked null
    fact '[.hcas[].name]' '["mlx5_an0","mlx5_ib0"]'
    fact .hostname '"hb120-0"'
    fact '.packages | length' 2
}

# ---- good days ---------------------------------------------------------------------------

@test "the instance metadata is asked for and told in full" {
    service ok
    detect
    fact .size '"Standard_HB176rs_v4"'
    fact '.azure | [.metadata, .metadata_detail, .events_asked]' '["ok",null,"ok"]'
    fact '.azure | [.location, .zone, .name, .scale_set]' '["westeurope","2","hbset_3","hbset"]'
    fact '.azure | [.publisher, .offer, .sku, .image_version]' \
        '["almalinux","almalinux-hpc","8_10-hpc-gen2","8.10.2025"]'
    fact '.azure | [.secure_boot, .security_type, .os_type]' '[true,"TrustedLaunch","Linux"]'
    fact .azure.vm_id '"02aab8a4-74ef-476e-8182-f6d2ba4166a6"'
    fact '.azure | [.refused, .events]' '[[],[]]'
}

@test "what is asked has the header that Azure wants and none that it refuses" {
    service ok
    detect
    grep -q $'^GET /metadata/instance/compute?api-version=2021-12-13 HTTP/1.1\r$' "$ROOM/asked"
    grep -q $'^GET /metadata/scheduledevents?api-version=2020-07-01 HTTP/1.1\r$' "$ROOM/asked"
    [ "$(grep -c $'^Metadata: true\r$' "$ROOM/asked")" = 2 ]
    ! grep -qi '^x-forwarded-for' "$ROOM/asked" || false
}

@test "a proxy of the environment is never asked" {
    service ok
    export http_proxy=http://127.0.0.1:9 HTTP_PROXY=http://127.0.0.1:9 \
        all_proxy=http://127.0.0.1:9 ALL_PROXY=http://127.0.0.1:9
    unset no_proxy NO_PROXY
    detect
    fact .azure.metadata '"ok"'
    ! grep -q '^GET http' "$ROOM/asked" || false
}

@test "an answer in chunks is put together" {
    service chunked
    detect
    fact '[.size, .azure.metadata, .azure.events_asked]' '["Standard_HB176rs_v4","ok","ok"]'
}

@test "detect for people tells size, image, Secure Boot and what is pending" {
    service events
    run "$AGENT" detect --root tests/data/trees/azure-hb
    echo "$output"
    [[ "$output" == *"azure      Standard_HB176rs_v4 in westeurope, zone 2, scale set hbset,"* ]]
    [[ "$output" == *"image      almalinux:almalinux-hpc:8_10-hpc-gen2:8.10.2025"* ]]
    [[ "$output" == *"security   secure boot on, type TrustedLaunch"* ]]
    [[ "$output" == *"event      Reboot, Scheduled, not before Mon, 11 Apr 2022 22:26:58 GMT, by Platform"* ]]
    [[ "$output" != *"Freeze"* ]]
}

@test "a pending event of this machine is told, that of its neighbour is not" {
    service events
    detect
    fact '.azure.events | length' 1
    fact '.azure.events[0] | [.type, .status, .source, .duration_s]' '["Reboot","Scheduled","Platform",5]'
}

# ---- who is asked ------------------------------------------------------------------------

@test "a machine that is not Azure's asks nobody" {
    service ok
    detect tests/data/trees/soft-roce
    fact .azure null
    [ "$(asked)" = 0 ]
}

@test "a captured tree asks nobody unless an address is given" {
    detect
    fact .azure null
}

@test "never means that nobody is asked" {
    IBFLEET_METADATA=never detect
    fact .azure null
}

@test "an address that is not loopback is not asked" {
    for address in http://10.1.2.3 http://127.0.0.1:0 http://127.0.0.1:99999 http://127.0.0.1/x \
        https://127.0.0.1 http://localhost http://169.254.169.254 yes; do
        IBFLEET_METADATA=$address detect
        bad_day misdirected "IBFLEET_METADATA must be never, always, or http://127.0.0.1:PORT"
        [ "$MS" -lt 1500 ]
    done
}

@test "under sudo the environment does not say whom to ask" {
    service ok
    SUDO_UID=1000 detect
    fact .azure null
    [ "$(asked)" = 0 ]
}

# ---- bad days ----------------------------------------------------------------------------

@test "metadata absent: no way leads there" {
    export IBFLEET_METADATA=always
    unshare --user --map-root-user --net \
        "$AGENT" detect --json --root tests/data/trees/azure-hb >"$ROOM/facts"
    bad_day absent "no way leads to 169.254.169.254"
}

@test "metadata refused: nobody listens" {
    service ok
    kill "$SERVICE" && wait "$SERVICE" || true
    detect
    bad_day refused "nobody listens at 127.0.0.1"
    [ "$MS" -lt 1500 ]
}

@test "metadata black hole: given up after two seconds" {
    service black-hole
    detect
    bad_day silent "takes no connection within 2 s"
    [ "$MS" -ge 1900 ] && [ "$MS" -lt 3500 ]
}

@test "metadata 404: not asked again" {
    service status:404
    detect
    bad_day not-found "HTTP 404"
    [ "$(asked)" = 1 ]
}

@test "metadata 400: not asked again" {
    service status:400
    detect
    bad_day rejected "HTTP 400"
    [ "$(asked)" = 1 ]
}

@test "metadata 410: asked again until it passes" {
    service once:410
    detect
    fact '[.size, .azure.metadata]' '["Standard_HB176rs_v4","ok"]'
    [ "$(asked)" = 3 ]
}

@test "metadata 410 all the time: given up within ten seconds" {
    service status:410
    detect
    bad_day gone "ask again in 70 s"
    [ "$(asked)" -ge 4 ] && [ "$(asked)" -le 7 ]
    [ "$MS" -lt 11000 ]
}

@test "metadata 429: asked again until it passes" {
    service once:429
    detect
    fact '[.size, .azure.metadata]' '["Standard_HB176rs_v4","ok"]'
}

@test "metadata 429 that wants an hour is not waited for" {
    service later:3600
    detect
    bad_day throttled "HTTP 429"
    [ "$(asked)" = 1 ]
    [ "$MS" -lt 1500 ]
}

@test "metadata 500: asked again until it passes" {
    service once:500
    detect
    fact '[.size, .azure.metadata]' '["Standard_HB176rs_v4","ok"]'
}

@test "metadata slow: no answer costs four seconds" {
    service slow
    detect
    bad_day slow "no whole answer in time"
    [ "$MS" -ge 3900 ] && [ "$MS" -lt 6000 ]
}

@test "metadata slow: bytes that trickle in gain no time" {
    service drip
    detect
    bad_day slow "no whole answer in time"
    [ "$MS" -ge 3900 ] && [ "$MS" -lt 6000 ]
}

@test "metadata truncated: half an answer is none" {
    service truncated
    detect
    bad_day truncated "hung up in the middle"
}

@test "metadata garbage: no HTTP" {
    service garbage
    detect
    bad_day garbage "is not HTTP"
}

@test "metadata garbage: a page instead of a document" {
    service page
    detect
    bad_day garbage "is not its document"
}

@test "metadata garbage: a document that says nothing" {
    service empty
    detect
    bad_day garbage "neither vmSize nor any field we know"
}

@test "metadata too large: announced" {
    service large
    detect
    bad_day too-large "larger than 256 KiB"
}

@test "metadata too large: without end" {
    service endless
    detect
    bad_day too-large "larger than 256 KiB"
}

@test "metadata with numbers for strings is understood" {
    service numbers
    detect
    fact '[.azure.metadata, .azure.zone, .azure.sku, .azure.secure_boot]' '["ok","2","810",false]'
    fact .azure.refused '[]'
}

@test "metadata with absurd fields loses only these and names them" {
    service absurd
    detect
    fact '[.size, .azure.zone, .azure.vm_id, .azure.secure_boot]' '[null,null,null,null]'
    fact .azure.refused '["vmSize","zone","vmId","secureBootEnabled"]'
    fact '[.azure.metadata, .azure.location, .azure.scale_set]' '["ok","westeurope","hbset"]'
}

@test "scheduled events that are slow do not cost the instance" {
    service slow-events
    detect
    fact '[.size, .azure.metadata, .azure.events_asked]' '["Standard_HB176rs_v4","ok","slow"]'
    jq -r .azure.events_detail "$ROOM/facts" | grep -q "2 minutes"
    [ "$MS" -lt 6000 ]
}

@test "scheduled events that are garbage do not cost the instance" {
    service bad-events
    detect
    fact '[.size, .azure.metadata, .azure.events_asked]' '["Standard_HB176rs_v4","ok","garbage"]'
}
