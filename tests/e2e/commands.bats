#!/usr/bin/env bats
# commands.bats - what an operator types, what comes out, and the exit status
#
# One sshd listens on two ports: ib1 and ib2 are behind the good one; behind the bad
# one is ib3, which does what $SSHD_DIR/bad says instead of what it is told, but for the
# reaper, which ends it.

load fleet

setup()
{
    sshd_prepare
    BAD_PORT=$(sshd_free_port)
    printf '%s\n' '#!/bin/sh' "case \$SSH_CONNECTION.\$SSH_ORIGINAL_COMMAND in *ibfleet-ended*) ;; *\" $BAD_PORT.\"*) exec sh $SSHD_DIR/bad ;; esac" \
        'exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"' >"$SSHD_DIR/forced"
    chmod +x "$SSHD_DIR/forced"
    sed "s/\]:[0-9]*/]:$BAD_PORT/" "$SSHD_KNOWN_HOSTS" >"$SSHD_DIR/known_bad"
    cat "$SSHD_DIR/known_bad" >>"$SSHD_KNOWN_HOSTS"
    fleet_start <<<"Port $BAD_PORT
ForceCommand $SSHD_DIR/forced"
    STATE= # nothing here has any
    fleet_node ib1
    fleet_node ib2
    fleet_node ib3 "$BAD_PORT"
    printf '%s\n' '[groups]' 'good = ib[1-2]' >>"$IBFLEET_FLEET"
}
teardown() { fleet_remove; }

bad() { cat >"$SSHD_DIR/bad"; }

# ---- the command line ----------------------------------------------------------------

@test "what is wrong with a command line is one line and status 2" {
    for args in "" "prob -a" "probe" "probe -a --jsno" "probe -w ib9" "probe -w @nobody" "exec -a" \
        "probe -a -f 0" "probe -a -p 99999" "probe -w ib1 -x ib1"; do
        ibfleet $args
        [ "$status" = 2 ]
        [ -z "$out" ]
        [ "$(wc -l <"$SSHD_DIR/err")" = 1 ]
    done
    ibfleet probe -a --fleet /nowhere/fleet.ini
    [ "$status" = 2 ]
    warns "/nowhere/fleet.ini"
}

@test "help and version ask for nothing" {
    unset IBFLEET_FLEET
    for args in help --help "help probe" "probe --help" --version; do
        ibfleet $args
        [ "$status" = 0 ]
        [ -n "$out" ]
        [ -z "$err" ]
    done
}

@test "nodes: folded, expanded, counted, as JSON" {
    ibfleet nodes -a
    [ "$out" = $'ib[1-3]\n@good ib[1-2]' ]
    ibfleet nodes @good --expand
    [ "$out" = $'ib1\nib2' ]
    ibfleet nodes --count -w ib1,ib3 -x @good
    [ "$out" = 1 ]
    ibfleet nodes -a --json
    keeps_to nodes
    [ "$(jq -r '.groups.good, (.nodes | length)' <<<"$out")" = $'ib[1-2]\n3' ]
}

# ---- exec ------------------------------------------------------------------------------

@test "exec: lines with their node, each stream to its own" {
    ibfleet exec @good -- 'echo out; echo err >&2'
    [ "$status" = 0 ]
    [ "$(sort <<<"$out")" = $'ib1: out\nib2: out' ]
    [ "$(sort <<<"$err")" = $'ib1: err\nib2: err' ]
}

@test "exec: equal output is folded, and status counts" {
    ibfleet exec -b @good -- 'echo same'
    [ "$status" = 0 ]
    [ "$out" = $'=== 2 nodes ib[1-2]\nsame' ]
    ibfleet exec -b @good -- 'mkdir lock && echo first || { echo first; exit 3; }'
    [ "$status" = 1 ]
    says ": exit status 3"
    [ "$(grep -c '^=== 1 node ' <<<"$out")" = 2 ]
}

@test "exec: a command that reads sees its end" {
    ibfleet exec @good --timeout 20 -- 'cat; echo done'
    [ "$status" = 0 ]
    [ "$(sort <<<"$out")" = $'ib1: done\nib2: done' ]
}

@test "exec: a node that is off is named, the others run" {
    fleet_node off1 1
    ibfleet exec -a -x ib3 -- echo here
    [ "$status" = 1 ]
    [ "$(sort <<<"$out")" = $'ib1: here\nib2: here' ]
    warns "1 node off1: not reachable (not-reachable)"
    warns "Connection refused"
    ibfleet exec off1 -- echo here
    [ "$status" = 4 ]
}

@test "exec: a changed host key is refused, the others run" {
    ssh-keygen -q -t ed25519 -N '' -f "$SSHD_DIR/other"
    echo "[127.0.0.1]:$SSHD_PORT $(cut -d' ' -f1,2 "$SSHD_DIR/other.pub")" >"$SSHD_DIR/known_other"
    fleet_node swapped1 "$SSHD_PORT" "known_hosts = $SSHD_DIR/known_other"
    ibfleet exec @good,swapped1 --host-keys accept-new --json -- echo here
    [ "$status" = 1 ]
    keeps_to exec
    [ "$(jq -r '.nodes[] | .name, .state, .code' <<<"$out" | xargs)" = \
        "ib1 ok ok ib2 ok ok swapped1 unreachable host-key-changed" ]
    ibfleet exec @good,swapped1 -- echo here
    warns "1 node swapped1: host key changed (host-key-changed)"
    warns "ssh-keygen -R NODE"
}

@test "exec: a refused key is named, the others run" {
    ssh-keygen -q -t ed25519 -N '' -f "$SSHD_DIR/other"
    fleet_node locked1 "$SSHD_PORT" "key = $SSHD_DIR/other"
    ibfleet exec @good,locked1 -- echo here
    [ "$status" = 1 ]
    [ "$(sort <<<"$out")" = $'ib1: here\nib2: here' ]
    warns "1 node locked1: login refused (key-refused)"
}

@test "exec: what a node prints does not reach the terminal raw" {
    bad <<<'printf "\033]0;owned\007\302\2332J\342\200\256x\377\n"'
    ibfleet exec ib3 -- true
    [ "$status" = 0 ]
    [ "$out" = 'ib3: ^[]0;owned^G\u009b2J\u202ex\xff' ]
    ibfleet exec -b ib3 -- true
    says '^[]0;owned^G\u009b2J\u202ex\xff'
    ibfleet exec --json ib3 -- true
    keeps_to exec
    lacks $'[\033\007\302\342\377]'
    ibfleet exec --raw ib3 -- true
    grep -q $'\033]0;owned\007' "$SSHD_DIR/out"
}

@test "exec: a node that floods is stopped, the others are not touched" {
    bad <<<'exec yes'
    ibfleet exec -b -a -- echo here
    [ "$status" = 1 ]
    says $'=== 2 nodes ib[1-2]\nhere'
    warns "1 node ib3: too much output (too-much-output)"
    [ "$(stat -c %s "$SSHD_DIR/out")" -lt 1100000 ]
}

@test "exec: a node that hangs costs its deadline, not the others'" {
    bad <<<'exec sleep 100'
    SECONDS=0
    ibfleet exec -a --timeout 2 -- echo here
    [ "$status" = 1 ]
    [ $SECONDS -lt 20 ]
    [ "$(sort <<<"$out")" = $'ib1: here\nib2: here' ]
    warns "1 node ib3: no answer in time (timeout)"
    warns "not ended within 2 s; its processes were ended"
}

@test "exec: no more nodes at once than the width" {
    ibfleet exec -f 1 @good -- 'mkdir alone && sleep 0.5 && rmdir alone'
    [ "$status" = 0 ]
    ibfleet exec -f 2 @good -- 'mkdir alone && sleep 1 && rmdir alone'
    [ "$status" = 1 ]
}

@test "exec: a reader that goes away is no fault of ours" {
    run bash -c "timeout 60 '$BUILD/ibfleet' exec @good -- 'seq 1 100000' 2>'$SSHD_DIR/err' | head -1; exit \${PIPESTATUS[0]}"
    [ "$status" = 0 ]
    [ ! -s "$SSHD_DIR/err" ]
}

@test "exec: a full disk under the output is told" {
    [ -e /dev/full ] || skip "no /dev/full"
    run bash -c "'$BUILD/ibfleet' exec @good -- echo here 2>&1 >/dev/full"
    [ "$status" = 8 ]
    [[ "$output" == *"standard output: No space left on device"* ]]
}

@test "exec: an interrupt starts nothing new" {
    bad <<<'echo up; exec sleep 2'
    fleet_node a1 "$BAD_PORT"
    ibfleet_begin exec -f 1 a1,@good -- echo here
    wait_until 20 grep -q 'a1: up' "$SSHD_DIR/out"
    kill -INT "$CONTROLLER"
    ibfleet_end
    [ "$status" = 5 ]
    lacks here
    warns '1 running, 2 not started; once more ends them'
    warns '2 nodes ib[1-2]: interrupted (interrupted)'
}

@test "exec: interrupted once it goes on, twice it ends with status 5" {
    bad <<<'echo up; exec sleep 100'
    ibfleet_begin exec -f 1 ib3,@good -- echo here
    # ib1 and ib2 come first, one at a time
    wait_until 20 grep -q 'ib3: up' "$SSHD_DIR/out"
    kill -INT "$CONTROLLER"
    wait_until 20 grep -q '1 running, 0 not started; once more ends them' "$SSHD_DIR/err"
    kill -0 "$CONTROLLER"
    kill -INT "$CONTROLLER"
    ibfleet_end
    [ "$status" = 5 ]
    warns '1 node ib3: interrupted (interrupted)'
}

@test "exec: asked to terminate, or hung up, it is as if interrupted" {
    bad <<<'echo up; exec sleep 100'
    for signal in TERM HUP; do
        ibfleet_begin exec ib3 -- true
        wait_until 20 grep -q 'ib3: up' "$SSHD_DIR/out"
        kill -$signal "$CONTROLLER"
        wait_until 20 grep -q '1 running, 0 not started; once more ends them' "$SSHD_DIR/err"
        kill -0 "$CONTROLLER"
        kill -$signal "$CONTROLLER"
        ibfleet_end
        [ "$status" = 5 ]
        warns '1 node ib3: interrupted (interrupted)'
    done
}

# ---- our own key -----------------------------------------------------------------------

# Each way of naming a key that is none is one line and status 2, and nobody is reached.
@test "a key that cannot be used is told before any node is reached" {
    ssh-keygen -q -t ed25519 -N secret -f "$SSHD_DIR/locked"
    : >"$SSHD_DIR/empty"
    while IFS='|' read -r name words; do
        for command in "exec -a -i KEY -- true" "probe -a -i KEY" "validate -a -i KEY" \
            "rollout -a -i KEY --yes --state $SSHD_DIR/state"; do
            ibfleet ${command/KEY/$SSHD_DIR/$name}
            [ "$status" = 2 ]
            [ -z "$out" ]
            [ "$(wc -l <"$SSHD_DIR/err")" = 1 ]
            warns "the key $SSHD_DIR/$name$words"
        done
    done <<'KEYS'
missing|: No such file or directory
locked| has a passphrase: ssh-add
locked.pub| is a public key, and no ssh-agent has its private half
empty|: it is empty
home|: Is a directory
forced|: it is not a private key, or damaged
KEYS
    ! grep -q Accepted "$SSHD_LOG" || false
}

@test "a key that may not be read is told before any node is reached" {
    cp "$SSHD_KEY" "$SSHD_DIR/shut"
    chmod 000 "$SSHD_DIR/shut"
    local without= # what lets root read everything
    [ "$(id -u)" != 0 ] || without="setpriv --bounding-set -dac_override,-dac_read_search"
    run $without "$BUILD/ibfleet" exec -a -i "$SSHD_DIR/shut" -- true
    [ "$status" = 2 ]
    [ "$output" = "ibfleet: the key $SSHD_DIR/shut: Permission denied" ]
    ! grep -q Accepted "$SSHD_LOG" || false
}

@test "a key that is missing for one node only stops all, before any is reached" {
    fleet_node lost1 "$SSHD_PORT" "key = $SSHD_DIR/missing"
    ibfleet exec -a -- true
    [ "$status" = 2 ]
    [ -z "$out" ]
    warns "the key $SSHD_DIR/missing: No such file or directory"
    ! grep -q Accepted "$SSHD_LOG" || false
    ibfleet exec @good -- true
    [ "$status" = 0 ]
    grep -q Accepted "$SSHD_LOG"
}

# ---- probe -----------------------------------------------------------------------------

@test "probe: equal nodes are one row" {
    ibfleet probe @good
    [ "$status" = 0 ]
    [ "$(awk 'NR == 2 { print $1, $2 }' <<<"$out")" = "ib[1-2] 2" ]
    says "Same on all 2:"
    says "$(uname -r) $(uname -m)"
}

@test "probe: the size is a column where Azure's metadata service tells it" {
    local service
    cp -r "$BATS_TEST_DIRNAME/../data/trees/azure-hb" "$SSHD_DIR/node"
    "$BATS_TEST_DIRNAME/metadata-service" "$SSHD_DIR/asked" events >"$SSHD_DIR/port" 3>&- &
    service=$!
    wait_until 10 test -s "$SSHD_DIR/port"
    bad <<EOT
export IBFLEET_ROOT=$SSHD_DIR/node IBFLEET_METADATA=http://127.0.0.1:$(cat "$SSHD_DIR/port")
exec /bin/sh -c "\$SSH_ORIGINAL_COMMAND"
EOT
    ibfleet probe -a
    kill "$service"
    [ "$status" = 0 ]
    [ "$(awk 'NR == 1 { print $1, $2, $3, $4 }' <<<"$out")" = "NODES N SIZE OS" ]
    [ "$(awk '$1 == "ib3" { print $3; exit }' <<<"$out")" = Standard_HB176rs_v4 ]
    says "secure boot on, event Reboot"
    ibfleet probe @good
    [ "$(awk 'NR == 1 { print $1, $2, $3 }' <<<"$out")" = "NODES N OS" ]
}

@test "probe: what make install has laid down finds its agent" {
    make -s -C "$BATS_TEST_DIRNAME/../.." install PREFIX=/usr DESTDIR="$SSHD_DIR/root"
    BUILD=$SSHD_DIR/root/usr/bin ibfleet probe ib1
    [ "$status" = 0 ]
    rm -r "$SSHD_DIR/root/usr/libexec"
    BUILD=$SSHD_DIR/root/usr/bin ibfleet probe ib1
    [ "$status" = 8 ]
    warns "there is no ibfleet-agent in $SSHD_DIR/root/usr/bin"
}

@test "probe: its JSON keeps to the schema, with and without answers" {
    bad <<<'echo Only for accounts; exit 1'
    fleet_node off1 1
    ibfleet probe -a --json
    [ "$status" = 1 ]
    keeps_to probe
    [ "$(jq -r '.nodes[] | .name, .state' <<<"$out" | xargs)" = "ib1 ok ib2 ok ib3 failed off1 unreachable" ]
    [ "$(jq -r '.nodes[0].facts.os.kernel' <<<"$out")" = "$(uname -r)" ]
}

@test "probe: nobody there is status 4" {
    fleet_node off1 1
    ibfleet probe off1
    [ "$status" = 4 ]
    says "1 node off1: not reachable (not-reachable)"
}

@test "probe: a node that prints garbage is named, the others answer" {
    bad <<<'head -c 200000 /dev/urandom'
    ibfleet probe -a
    [ "$status" = 1 ]
    says "Same on all 2:"
    says "1 node ib3: "
    lacks $'\033'
}

@test "probe: a node that floods is named, the others answer" {
    bad <<<'exec yes'
    ibfleet probe -a
    [ "$status" = 1 ]
    says "Same on all 2:"
    says "1 node ib3: too much output (too-much-output)"
}

@test "probe: a node that stops in the middle of a frame is named" {
    bad <<<'printf "\001ibfleet-frames\002\n\0\0\1\0{\"hel"'
    ibfleet probe -a
    [ "$status" = 1 ]
    says "Same on all 2:"
    says "1 node ib3: "
}

@test "probe: a node that falls silent in the middle of a frame is given up" {
    bad <<<'printf "\001ibfleet-frames\002\n\0\0\1\0{\"hel"; exec sleep 300'
    ibfleet probe @good # so that they only have to start the agent in that time
    ibfleet probe -a --timeout 10
    [ "$status" = 1 ] # not 124, when somebody else has to end it
    says "Same on all 2:"
    says "1 node ib3: no answer in time (timeout)"
}

@test "probe: sudo that asks is named with what to do" {
    sed -i 's/^sudo = no/sudo = yes/' "$IBFLEET_FLEET"
    mkdir "$SSHD_DIR/bin"
    printf '#!/bin/sh\necho "sudo: a password is required" >&2\nexit 1\n' >"$SSHD_DIR/bin/sudo"
    chmod +x "$SSHD_DIR/bin/sudo"
    sshd_stop
    sshd_start <<<"SetEnv PATH=$SSHD_DIR/bin:/usr/bin:/bin"
    ibfleet probe @good -l tester
    [ "$status" = 1 ]
    says "2 nodes ib[1-2]: sudo wants a password (sudo-wants-password)"
    says "--unprivileged"
    ibfleet probe @good --unprivileged
    [ "$status" = 0 ]
}

@test "probe: facts that would write on the terminal are only letters" {
    fleet_node evil1 "$SSHD_PORT" "agent = $BATS_TEST_DIRNAME/evil-agent"
    ibfleet probe evil1,@good
    [ "$status" = 0 ]
    says '^[]0;owned^G\u009b2J\u202ex^Jib9'
    lacks $'\033'
    lacks $'\302\233'
    lacks '^ib9'
    ibfleet probe evil1 --json
    [ "$(jq -r '.nodes[0].facts.os.id' <<<"$out" | head -c 9)" = $'\033]0;owned' ]
    lacks $'[\033\302\342]'
}
