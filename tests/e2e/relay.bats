#!/usr/bin/env bats
# relay.bats - nodes behind a jump host: one login there, one relay, all nodes through it

load jump
load simulated

teardown()
{
    [ -z "${HOLE:-}" ] || kill "$HOLE"
    [ -z "${SECOND:-}" ] || { kill "$SECOND" && rm -rf "$SECOND_DIR"; }
    simulated_stop
    jump_remove
    fleet_remove
}

# A real jump host before so many cheap nodes.
behind() # NODES
{
    simulated_start "$1" </dev/null
    jump_start </dev/null
}

# A real jump host before one real node.
before_one() # DEFAULT...
{
    fleet_start "$@" </dev/null
    STATE=
    fleet_node n1
    jump_start </dev/null
}

# Known hosts get another key for an address and port.
forge() # ADDRESS PORT
{
    [ -f "$SSHD_DIR/other" ] || ssh-keygen -q -t ed25519 -N '' -f "$SSHD_DIR/other"
    sed -i "s#^\[$1\]:$2 .*#[$1]:$2 $(cut -d' ' -f1,2 "$SSHD_DIR/other.pub")#" "$SSHD_KNOWN_HOSTS"
}

have_begun() { [ "$(grep -c begun "$SSHD_DIR/out")" = "$1" ]; }
well() { grep -c '"state":"ok"' "$SSHD_DIR/out"; }

# ---- through it -----------------------------------------------------------------------

@test "a hundred nodes behind a jump host take one login there, and no process here" {
    behind 100
    ibfleet_begin exec -a -f 100 -J "$JUMP" -- hang
    wait_until 20 jump_connects 100
    [ -z "$(pgrep -P "$CONTROLLER")" ]
    kill -9 "$CONTROLLER"
    wait_until 20 jump_is_quiet
    ibfleet exec -a -b -J "$JUMP" -- echo well
    [ "$status" = 0 ]
    says $'=== 100 nodes s[00001-00100]\nwell'
    [ "$(jump_logins)" = 2 ]
    wait_until 20 jump_is_quiet
}

@test "a node that swallows everything delays no other" {
    behind 30
    hole=$(sshd_free_port)
    black_hole 127.0.0.9 "$hole"
    echo "hole = 127.0.0.9:$hole" >>"$IBFLEET_FLEET"
    ibfleet exec -a --ndjson --timeout 15 -J "$JUMP" -- true
    [ "$status" = 1 ]
    [ "$(well)" = 30 ]
    # all others had ended before it was given up
    [ "$(jq -r 'select(.state) | .name' "$SSHD_DIR/out" | tail -n 1)" = hole ]
}

@test "a node that floods takes nothing from the others" {
    simulated_start 10 <<<"3 flood 20"
    jump_start </dev/null
    ibfleet exec -a --ndjson -J "$JUMP" -- echo well >/dev/null
    [ "$(well)" = 9 ]
    warns "1 node s00003: too much output"
    [ "$(jump_logins)" = 1 ]
}

@test "the agent goes through the relay to a node, and its answers come back" {
    before_one
    ibfleet probe -a --unprivileged -J "$JUMP"
    [ "$status" = 0 ]
    says "n1"
    ls "$SSHD_HOME"/.cache/ibfleet/ibfleet-agent-* "$JUMP_HOME"/.cache/ibfleet/ibfleet-agent-*
}

@test "a host key that changed behind the relay is refused by the controller" {
    behind 5
    forge 127.64.0.2 "$SSHD_PORT"
    ibfleet exec -a -J "$JUMP" -- echo well
    [ "$status" = 1 ]
    says "s00001: well"
    ! says "s00002: well" || false
    warns "host-key-of-another" # whose key is shown is in known_hosts, too
}

@test "names are looked up on the jump host, and one it does not know is said" {
    before_one
    printf '[nodes]\nstray = no-such-node.invalid\n' >>"$IBFLEET_FLEET"
    ibfleet exec -a -J "$JUMP" -- echo well
    [ "$status" = 1 ]
    says "n1: well"
    warns "the jump host does not know this name"
}

# ---- not through it -------------------------------------------------------------------

@test "a jump host with a changed host key is not logged in to" {
    behind 3
    forge 127.0.0.1 "$JUMP_PORT"
    ibfleet exec -a -J "$JUMP" -- echo well
    [ "$status" = 4 ]
    warns "3 nodes s[00001-00003]"
    warns "jump host 127.0.0.1: its host key is not the one in"
    [ "$(jump_logins)" = 0 ]
}

@test "a jump host that cannot be reached is told once for all nodes" {
    behind 50
    jump_stop
    ibfleet exec -a -J "$JUMP" -- echo well
    [ "$status" = 4 ]
    [ "$(grep -c "jump host 127.0.0.1: 127.0.0.1:$JUMP_PORT: Connection refused" "$SSHD_DIR/err")" = 1 ]
    warns "50 nodes s[00001-00050]"
}

@test "a jump host that runs no program of ours is refused in words" {
    simulated_start 5 </dev/null
    jump_start <<<"ForceCommand echo This is a bastion"
    ibfleet exec -a -J "$JUMP" --ssh libssh2 -- echo well
    [ "$status" = 4 ]
    warns "5 nodes s[00001-00005]"
    warns "jump host 127.0.0.1: no agent answered (status 0); the login printed: This is a bastion"
    warns "jump-host-unfit"
}

@test "a jump host that allows no session at all is asked once, and refused in words" {
    simulated_start 3 </dev/null
    jump_start <<<"MaxSessions 0"
    ibfleet exec -a -J "$JUMP" --ssh libssh2 -- echo well
    [ "$status" = 4 ]
    warns "jump-host-unfit"
    [ "$(jump_logins)" = 1 ]
}

@test "a jump host that runs no program of ours is left to ssh, and that is said once" {
    simulated_start 5 </dev/null
    jump_start <<<"ForceCommand echo This is a bastion"
    printf '%s\n' 'Host *' "IdentityFile $SSHD_KEY" "UserKnownHostsFile $SSHD_KNOWN_HOSTS" \
        >"$SSHD_DIR/ssh_config"
    ibfleet exec -a -J "$JUMP" --ssh-config "$SSHD_DIR/ssh_config" -- echo well
    [ "$status" = 0 ]
    says "s00005: well"
    [ "$(grep -c 'through OpenSSH' "$SSHD_DIR/err")" = 1 ]
    warns "5 nodes s[00001-00005] through OpenSSH"
    warns "This is a bastion"
}

@test "a relay that dies takes its sessions with it, and says so" {
    before_one
    fleet_node n2
    fleet_node n3
    ibfleet_begin exec -a -J "$JUMP" -- 'echo begun; sleep 60'
    wait_until 20 have_begun 3 # a login would be tried again
    kill -9 $(jump_relays)
    ibfleet_end
    [ "$status" = 1 ]
    warns "3 nodes n[1-3]"
    warns "connection-lost"
    warns ": the agent ended (status 137): Killed"
}

@test "logins that a relay takes with it are tried again over a new one" {
    simulated_start 5 <<<"$(seq 1 5 | sed 's/$/ mute/')"
    jump_start </dev/null
    ibfleet_begin probe -a --unprivileged -J "$JUMP"
    wait_until 20 jump_connects 5
    first=$(jump_relays)
    kill -9 $first
    wait_until 20 jump_connects 5
    [ "$(jump_relays)" != "$first" ]
    [ "$(jump_logins)" = 2 ]
    kill -9 "$CONTROLLER"
    CONTROLLER=
}

@test "no relay stays behind when the controller is killed" {
    behind 5
    ibfleet_begin exec -a -J "$JUMP" -- hang
    wait_until 20 jump_connects 5
    kill -9 "$CONTROLLER"
    wait_until 20 jump_is_quiet
    CONTROLLER=
}

# ---- which jump host ------------------------------------------------------------------

@test "a jump host of the fleet is reached directly, the others through it" {
    before_one "jump = bastion"
    fleet_node bastion "$JUMP_PORT"
    ibfleet exec -a -- echo well
    [ "$status" = 0 ]
    says "n1: well"
    says "bastion: well"
    [ "$(jump_logins)" = 2 ]
}

@test "a jump host is logged in to as ssh_config says of it, not of the node behind" {
    before_one "jump = bastion"
    ssh-keygen -q -t ed25519 -N '' -f "$SSHD_DIR/of-bastion"
    cp "$SSHD_DIR/of-bastion.pub" "$JUMP_DIR/authorized_keys"
    cat >"$SSHD_DIR/ssh_config" <<C
Host bastion
    Port $JUMP_PORT
    IdentityFile $SSHD_DIR/of-bastion
Host n1
    Port $SSHD_PORT
    IdentityFile $SSHD_KEY
Host *
    HostName 127.0.0.1
    User tester
    UserKnownHostsFile $SSHD_KNOWN_HOSTS
C
    printf '%s\n' '[defaults]' 'sudo = no' 'jump = bastion' "ssh_config = $SSHD_DIR/ssh_config" \
        '[nodes]' n1 >"$IBFLEET_FLEET"
    ibfleet exec -a -- echo well
    [ "$status" = 0 ]
    says "n1: well"
    [ "$(jump_logins)" = 1 ]
}

@test "a group has its own jump host, or none" {
    before_one "jump = 127.0.0.1:1"
    fleet_node n2 "$SSHD_PORT" "jump = none"
    fleet_node n3 "$SSHD_PORT" "jump = $JUMP"
    ibfleet exec -a -- echo well
    [ "$status" = 1 ]
    says "n2: well"
    says "n3: well"
    warns "jump host 127.0.0.1: 127.0.0.1:1: Connection refused"
    [ "$(jump_logins)" = 1 ]
}

@test "two hosts in a row are gone through one after the other" {
    before_one
    SECOND=$JUMP_PID SECOND_DIR=$JUMP_DIR
    first=$JUMP first_log=$JUMP_LOG
    jump_start </dev/null
    ibfleet exec -a -J "$first,$JUMP" -- echo well
    [ "$status" = 0 ]
    says "n1: well"
    [ "$(grep -c "Accepted publickey" "$first_log")" = 1 ]
    [ "$(jump_logins)" = 1 ]
}

@test "jump hosts that lead in a circle are refused before anything is done" {
    before_one
    printf '%s\n' '[nodes]' 'a = 127.0.0.1' 'b = 127.0.0.1' '[groups]' 'to-a = b' 'to-b = a' 'inner = n1' \
        '[group:to-a]' 'jump = a' '[group:to-b]' 'jump = b' '[group:inner]' 'jump = a' >>"$IBFLEET_FLEET"
    ibfleet exec n1 -- echo well
    [ "$status" = 2 ]
    warns "circle"
}

@test "what cannot be a jump host is a wrong value" {
    before_one
    for bad in "-oProxyCommand=x" "a b" "u@" "h:0" "h:99999" "a,,b" "[::1"; do
        ibfleet exec -a "--jump=$bad" -- echo well
        [ "$status" = 2 ]
        warns "jump is [USER@]HOST[:PORT]"
    done
}
