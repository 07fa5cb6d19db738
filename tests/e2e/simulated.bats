#!/usr/bin/env bats
# simulated.bats - more nodes than there could be sshd here, and some of them bad

load fleet
load simulated

NODES=300

teardown()
{
    simulated_stop
    fleet_remove
}

ended() # STATE CODE   how many nodes, by the events so far
{
    grep -c "\"state\":\"$1\",\"code\":\"$2\"" "$SSHD_DIR/out"
}
have_ended() { [ "$(ended "$1" "$2")" = "$3" ]; }

# Who hangs would hold it up until its deadline: nothing here waits for one.
interrupt_twice()
{
    kill -INT "$CONTROLLER"
    wait_until 20 grep -q 'once more ends them' "$SSHD_DIR/err"
    kill -INT "$CONTROLLER"
    ibfleet_end
}

@test "hundreds of nodes answer as one" {
    simulated_start $NODES </dev/null
    ibfleet exec -b -a -- echo ok
    [ "$status" = 0 ]
    [ "$out" = $'=== 300 nodes s[00001-00300]\nok' ]
    ibfleet exec -b -a -- false
    [ "$status" = 1 ]
    warns "300 nodes s[00001-00300]"
    warns "exit status 1"
}

@test "a key that is not let in, and a host that is not the one known" {
    simulated_start 20 </dev/null
    ssh-keygen -q -t ed25519 -N '' -f "$SSHD_DIR/other"
    ibfleet exec -a -i "$SSHD_DIR/other" -- true
    [ "$status" = 4 ]
    warns "20 nodes s[00001-00020]"
    warns "key-refused"
    sed "s| ssh-ed25519 .*| $(cut -d' ' -f1,2 "$SSHD_DIR/other.pub")|" "$SSHD_KNOWN_HOSTS" >"$SSHD_DIR/stale"
    ibfleet exec -a --known-hosts "$SSHD_DIR/stale" -- true
    [ "$status" = 4 ]
    warns "host-key-changed"
}

@test "dead, hanging, flooding and dying nodes hold nobody up" {
    simulated_start $NODES <<<"1 mute
100 mute
299 mute
2 hang
101 hang
300 hang
3 flood 100
102 flood 100
298 flood 100
200 die"
    ibfleet_begin exec -a -f $NODES --ndjson --timeout 120 -- echo ok
    wait_until 60 have_ended ok ok 290
    wait_until 20 have_ended failed too-much-output 3
    wait_until 20 have_ended failed connection-lost 1
    interrupt_twice
    [ "$status" = 5 ]
    [ "$(ended '[a-z-]*' interrupted)" = 6 ]
    warns "3 nodes s[00003,00102,00298]"
}

@test "a command whose start nobody has heard of is not started again" {
    simulated_start 3 <<<"2 vanish"
    ibfleet exec -a --ndjson -- echo ok
    [ "$status" = 1 ]
    [ "$(ended failed connection-lost)" = 1 ]
    says "starting the command"
    ! says retrying || false
    ! says "logins tried" || false
}

@test "live, a flood arrives whole" {
    simulated_start 40 <<<"7 flood 20
8 flood 20"
    ibfleet_begin exec -a -- echo ok
    wait_until 60 test -s "$SSHD_DIR/out"
    ibfleet_end
    [ "$status" = 0 ]
    [ "$(grep -c ': ok$' "$SSHD_DIR/out")" = 38 ]
    [ "$(grep -c '^s0000[78]: [a-z]' "$SSHD_DIR/out")" = $((2 * 20 * 1024 * 1024 / 64)) ]
}
