# The lab's machines as instances of a scale set: found, brought to a working stack and
# measured by --vmss alone, also when one of them has another in its place.  The tests
# follow each other.
load lab
load ../e2e/azure

setup_file()
{
    begin_lab 2
    azure_start <<<'{"sets":[{"name":"ib","count":2,"instances":[
        {"id":"1","computer":"node1","address":"10.9.0.1"},
        {"id":"2","computer":"node2","address":"10.9.0.2"}]}]}'
    printf '%s\n' "$AZURE_BEARER" >"$AZURE_DIR/token"
    export AZURE_DIR AZURE_PID AZURE_HOLD AZURE_CONTROL
    export https_proxy=$AZURE_PROXY no_proxy= AZURE_SUBSCRIPTION_ID=$AZURE_SUB
    export AZURE_TOKEN_FILE=$AZURE_DIR/token CURL_CA_BUNDLE=$AZURE_CA
    export AZURE_POD_IDENTITY_AUTHORITY_HOST=$AZURE_METADATA

    # What Azure cannot know: that they are behind ports of ours.
    export IBFLEET_FLEET=$BATS_FILE_TMPDIR/fleet.ini STATE=$BATS_FILE_TMPDIR/state
    printf '%s\n' '[defaults]' 'user = azure' "key = $LAB/key" 'rxe = eth1' \
        "known_hosts = $BATS_FILE_TMPDIR/known_hosts" 'ssh_config = none' '[nodes]' \
        "node1 = 127.0.0.1:$(cat "$LAB/node1.port")" "node2 = 127.0.0.1:$(cat "$LAB/node2.port")" \
        "node3 = 127.0.0.1:$(cat "$LAB/node2.port")" >"$IBFLEET_FLEET"
}
teardown_file()
{
    azure_stop
    end_lab
}

# Azure is asked each time; keys are learned as an operator does who trusts Azure.
on_set() # COMMAND OPTION...
{
    "$BUILD/ibfleet" "$1" --vmss hpc/ib --max-age 0 --cloud public --credential token \
        --host-keys accept-new --state "$STATE" --progress none "${@:2}" \
        >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" </dev/null || return
}
ask() { jq -r "$1" "$BATS_TEST_TMPDIR/out"; }
shown() { cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err"; }

@test "a rollout brings the instances of a set to a working stack" {
    on_set rollout --yes --json || { shown; false; }
    [ "$(ask '[.nodes[] | "\(.node // .name) \(.state)"] | join(", ")')" = "node1 done, node2 done" ]
}

@test "they are measured" {
    on_set validate --json || { shown; false; }
    [ "$(ask '[.pairs[] | "\(.a) \(.b) \(.verdict)"] | join(", ")')" = "node1 node2 ok" ]
}

@test "a machine in another's place is told, and found without RDMA" {
    lab replace 2 3>&-
    azure_steer instance '{"set":"hpc/ib","do":"replace","id":"2","computer":"node3"}' >/dev/null
    run -7 on_set validate --json
    shown
    grep -q 'scale set hpc/ib: in the place of other machines: node3 (their host keys are new)' \
        "$BATS_TEST_TMPDIR/err"
    grep -q node3 "$BATS_TEST_TMPDIR/out"
    [ "$(grep -c node2 "$BATS_TEST_TMPDIR/out")" = 0 ]
}

@test "the next rollout brings it along, and leaves the other alone" {
    local before
    before=$(boot_id 1)
    on_set rollout --yes --json || { shown; false; }
    [ "$(ask '[.nodes[] | "\(.node // .name) \(.state)"] | join(", ")')" = "node1 up-to-date, node3 done" ] ||
        { shown; false; }
    [ "$(boot_id 1)" = "$before" ]
    on_set validate --json || { shown; false; }
    [ "$(ask '[.pairs[] | "\(.a) \(.b) \(.verdict)"] | join(", ")')" = "node1 node3 ok" ]
}
