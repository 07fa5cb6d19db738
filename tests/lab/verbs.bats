# Measuring over real verbs (Soft-RoCE), without agent or controller: how pairs meet,
# what breaks in the middle, and that the queue pair is good for the next round.
load lab

setup_file()
{
    begin_lab 2
    for n in 1 2; do
        lab rxe $n
        lab ssh $n 'sudo apt-get -qq update &&
            sudo apt-get -qq install -y --no-install-recommends rdma-core' >/dev/null
    done
}
teardown_file() { end_lab; }
teardown() { lab heal; }

# Play a script; a line of JSON for each play in $out.
pair()
{
    out=$BATS_TEST_TMPDIR/out
    timeout 300 python3 "$BATS_TEST_DIRNAME/pair.py" >"$out" 3>&-
    cat "$out"
}

# Does a play (counted from 1) have it so?
holds() # PLAY JQ
{
    jq -es ".[$1 - 1] | $2" "$out" >/dev/null
}

fine='([.a[], .b[]] | all(has("fail") | not))'
code() { echo ".$1[0].fail.code == \"$2\""; }

@test "a pair is measured both ways" {
    pair <<<'play samples=300 window_ms=100'
    holds 1 "$fine"
    holds 1 '.a[0].latency_us | .samples == 300 and .min > 0 and .min <= .p50 and .p50 <= .p99
        and .p99 <= .max'
    holds 1 '.a[0].ack_us.samples == 300 and (.b[0] | has("latency_us") | not)'
    holds 1 '[.a[0].out[], .b[0].out[]] | length == 6 and all(.gbps > 0)'
}

@test "twenty rounds follow each other on one queue pair" {
    pair <<<'play count=20 samples=50 window_ms=20 windows=1 slot_ms=10000'
    holds 1 "$fine and (.a | length) == 20"
}

@test "a pair meets although one side comes a second later" {
    pair <<<'play samples=10 apart_s=1 slot_ms=10000'
    holds 1 "$fine"
}

@test "a missing partner costs its slot, no more, and the next round is good" {
    pair <<'EOF2'
play only=a slot_ms=2000 samples=10
play only=b slot_ms=2000 samples=10
play samples=10 slot_ms=10000
EOF2
    holds 1 "$(code a partner-silent) and .s >= 1.9 and .s < 4"
    holds 2 "$(code b partner-silent) and .s < 4"
    holds 3 "$fine"
}

@test "a pair that is cut before it meets misses its partner, and meets after" {
    pair <<'EOF2'
lab fault cut 1-2
play slot_ms=2000 samples=10
lab heal
play slot_ms=10000 samples=10
EOF2
    holds 1 "$(code a partner-silent) and $(code b partner-silent) and .s < 4"
    holds 2 "$fine"
}

@test "a pair that is cut in the middle names the path, before its slot is over" {
    pair <<'EOF2'
later 1 lab fault cut 1-2
play samples=1000000 slot_ms=30000
lab heal
play samples=10 window_ms=20 slot_ms=10000
later 2 lab fault cut 1:2
play window_ms=5000 slot_ms=30000
lab heal
play samples=10 window_ms=20 slot_ms=10000
EOF2
    holds 1 "$(code a path-broken) and $(code b path-broken) and .s < 15"
    holds 2 "$fine"
    holds 3 "$(code a path-broken) and $(code b path-broken) and .s < 15"
    holds 4 "$fine"
}

@test "a slot that is too short is told from a broken path" {
    pair <<<'play samples=1000000 slot_ms=3000'
    holds 1 "$(code a timeout) and .s < 5"
}

@test "a slow link is measured, not given up" {
    pair <<'EOF2'
lab fault slow 1:2 20000
play window_ms=300 slot_ms=30000
EOF2
    holds 1 "$fine"
    holds 1 '.a[0].out | all(.gbps < 0.021)'
}

@test "a port that goes down is told from a broken path" {
    pair <<'EOF2'
later 1 lab unplug 2
play samples=1000000 slot_ms=10000
lab plug 2
EOF2
    holds 1 "$(code b port-down) and $(code a path-broken)"
    until [[ $(lab ssh 2 rdma link show rxe0/1) == *ACTIVE* ]]; do sleep 0.2; done
}
