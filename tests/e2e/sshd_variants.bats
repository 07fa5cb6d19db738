#!/usr/bin/env bats
# sshd_variants.bats - servers, shells and keys as they are met, each with a real program
#
# What cannot be done has to be said in one sentence that says what to do, with a status.

load fleet
load keyagent

setup() { sshd_prepare; unset SSH_AUTH_SOCK; }
teardown()
{
    keyagent_stop
    [ -z "${DROPBEAR:-}" ] || kill "$DROPBEAR" 2>/dev/null || true
    fleet_remove
}

# Log in to node ib1 and see that the answer comes from there.
reaches() # OPTION...
{
    ibfleet exec ib1 "$@" -- 'echo "here is $0"'
    [ "$status" = 0 ]
    [[ "$out" == "ib1: here is "* ]]
}

# A refusal: the status, and the sentence on one line of stderr.
refuses() # STATUS SENTENCE
{
    [ "$status" = "$1" ]
    [ "$(grep -cF -- "$2" <<<"$err")" = 1 ]
}

make_key() # NAME SSH-KEYGEN-OPTION...   let in by sshd
{
    local name=$1
    shift
    ssh-keygen -q -f "$SSHD_DIR/$name" -C "$name" "$@"
    cat "$SSHD_DIR/$name.pub" >>"$SSHD_DIR/authorized_keys"
}

# ---- our keys --------------------------------------------------------------------------

# Of every kind, named so.
all_kinds="ed25519 ecdsa256 ecdsa384 ecdsa521 rsa3072"
make_all_kinds() # SSH-KEYGEN-OPTION...
{
    make_key ed25519 -t ed25519 "$@"
    make_key ecdsa256 -t ecdsa -b 256 "$@"
    make_key ecdsa384 -t ecdsa -b 384 "$@"
    make_key ecdsa521 -t ecdsa -b 521 "$@"
    make_key rsa3072 -t rsa -b 3072 "$@"
}

@test "keys of every kind log in from their files" {
    make_all_kinds -N ''
    fleet_start </dev/null
    fleet_node ib1
    for kind in $all_kinds; do reaches -i "$SSHD_DIR/$kind"; done
}

@test "RSA keys in PEM and in PKCS8 log in" {
    make_key pem -t rsa -b 2048 -m PEM -N ''
    make_key pkcs8 -t rsa -b 2048 -m PKCS8 -N ''
    fleet_start </dev/null
    fleet_node ib1
    reaches -i "$SSHD_DIR/pem"
    reaches -i "$SSHD_DIR/pkcs8"
}

@test "keys of every kind log in through the agent, named by their public halves" {
    make_all_kinds -N ''
    fleet_start </dev/null
    fleet_node ib1
    keyagent_start
    for kind in $all_kinds; do
        keyagent_add "$SSHD_DIR/$kind"
        rm "$SSHD_DIR/$kind"
        reaches -i "$SSHD_DIR/$kind.pub"
    done
}

@test "keys with a passphrase log in through the agent, and not without" {
    make_all_kinds -N secret
    make_key pem -t rsa -b 2048 -m PEM -N secret
    fleet_start </dev/null
    fleet_node ib1
    keyagent_start
    for kind in $all_kinds pem; do
        ibfleet exec ib1 -i "$SSHD_DIR/$kind" -- true
        refuses 2 "the key $SSHD_DIR/$kind has a passphrase: ssh-add $SSHD_DIR/$kind, then again"
        keyagent_add "$SSHD_DIR/$kind" secret
        reaches -i "$SSHD_DIR/$kind"
    done
}

@test "without a key named the agent's are tried, and what one node took is known for the others" {
    make_key right -t ecdsa -N ''
    for n in 1 2 3; do ssh-keygen -q -t ed25519 -N '' -f "$SSHD_DIR/wrong$n"; done
    fleet_start <<<"LogLevel VERBOSE"
    sed -i '/^key =/d' "$IBFLEET_FLEET"
    fleet_node ib1
    fleet_node ib2
    keyagent_start
    for key in wrong1 wrong2 wrong3 right; do keyagent_add "$SSHD_DIR/$key"; done
    export HOME=$SSHD_HOME
    ibfleet exec -f 1 ib1 ib2 -- true
    [ "$status" = 0 ]
    [ "$(grep -c 'Accepted publickey' "$SSHD_LOG")" = 2 ]
    [ "$(grep -c 'Failed publickey' "$SSHD_LOG")" = 3 ]
}
