#!/usr/bin/env bats
# link.bats - the link to a node over a real sshd: reaching it, the agent, losing it

load sshd

setup()
{
    sshd_prepare
    AGENT=$BATS_TEST_DIRNAME/fake-agent
}
teardown() { sshd_remove; }

link() # WORD=VALUE...
{
    run timeout 60 "$BUILD/tests/e2e/link-tool" name=node1 address=127.0.0.1 port="$SSHD_PORT" \
        user=tester key="$SSHD_KEY" known_hosts="$SSHD_KNOWN_HOSTS" agent="$AGENT" \
        unprivileged=yes pause_ms=50 "$@"
    echo "$output"
}

says() { [[ "$output" == *"$1"* ]]; }

# ---- the road up -----------------------------------------------------------------

@test "the agent is pushed, greets and answers" {
    sshd_start </dev/null
    link ask=one,two
    [ "$status" = 0 ]
    says "state sending the agent"
    says 'answer one {"ask":"one"}'
    says 'answer two {"ask":"two"}'
    says "frames 3 3"
}

@test "an agent that is there is not pushed again" {
    sshd_start </dev/null
    link
    [ "$status" = 0 ]
    link
    [ "$status" = 0 ]
    ! says "sending the agent"
}
