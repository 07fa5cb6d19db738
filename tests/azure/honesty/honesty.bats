#!/usr/bin/env bats
# honesty.bats - after the tests of this tier: their traffic, their traces, their command lines

RUN=$BUILD/azure/run
HERE=$BATS_TEST_DIRNAME

@test "oav finds no fault in the recorded traffic, and each planted one" {
    [ -z "${AZURE_WHY:-}" ] || skip "$AZURE_WHY"
    "$HERE/judge" --traffic "$RUN/traffic" --specs "$AZURE_SPECS" --oav "$AZURE_OAV" \
        --work "$BUILD/azure/judge" >"$RUN/report" || { cat "$RUN/report"; false; }
}

@test "no secret stands in traffic outside Authorization, nor in what tests left" {
    run "$HERE/secrets" --list "$RUN/secrets" "$RUN/traffic" "$RUN/evidence"
    echo "$output"
    [ "$status" = 0 ]
}

@test "a secret outside Authorization is found" {
    echo 'a-secret-of-this-test' >"$BATS_TEST_TMPDIR/list"
    mkdir "$BATS_TEST_TMPDIR/traffic"
    record() { echo "{\"liveRequest\":{\"headers\":{\"$1\":\"Bearer a-secret-of-this-test\"}}}" >"$BATS_TEST_TMPDIR/traffic/1.json"; }
    record Authorization
    "$HERE/secrets" --list "$BATS_TEST_TMPDIR/list" "$BATS_TEST_TMPDIR/traffic"
    record Cookie
    run "$HERE/secrets" --list "$BATS_TEST_TMPDIR/list" "$BATS_TEST_TMPDIR/traffic"
    [ "$status" = 1 ]
    [[ "$output" == *'FAULT  a secret stands in '* ]]
}

@test "no command line of ours held a secret" {
    cat "$RUN/watched"
    [ "$(cat "$RUN/watch.status")" = 0 ]
}

@test "a secret in a command line is found" {
    echo 'a-secret-of-this-test' >"$BATS_TEST_TMPDIR/list"
    sleep=$(readlink -f "$(command -v sleep)")
    bash -c 'exec -a a-secret-of-this-test sleep 60' 3>&- &
    pid=$!
    run "$HERE/watch" --list "$BATS_TEST_TMPDIR/list" --program "$sleep" <<<''
    kill $pid
    [ "$status" = 1 ]
    [[ "$output" == *'FAULT  a secret stood in the command line of'* ]]
}
