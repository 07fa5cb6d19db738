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

# A server and a fleet of one node; exec takes what follows as the command's.
node_start() # sshd_config on stdin
{
    fleet_start
    fleet_node ib1
    STATE=
}

# Log in to node ib1 and see that the answer comes from there.
reaches() # OPTION...
{
    ibfleet exec ib1 "$@" -- 'echo here is $SSH_CONNECTION'
    [ "$status" = 0 ]
    [[ "$out" == "ib1: here is 127.0.0.1 "*" 127.0.0.1 "* ]]
}

# The agent is started there, and pushed before if it was not there.
probes() # OPTION...
{
    ibfleet probe ib1 --unprivileged "$@"
    [ "$status" = 0 ]
    [[ "$out" == *"ib1 "* ]]
}

# A refusal: the status, and the sentence once, on one line.
refuses() # STATUS SENTENCE
{
    [ "$status" = "$1" ]
    [ "$(grep -cF -- "$2" <<<"$out$err")" = 1 ]
}

make_key() # NAME SSH-KEYGEN-OPTION...   let in by sshd
{
    local name=$1
    shift
    ssh-keygen -q -f "$SSHD_DIR/$name" -C "$name" "$@"
    cat "$SSHD_DIR/$name.pub" >>"$SSHD_DIR/authorized_keys"
}

# ---- our keys --------------------------------------------------------------------------

all_kinds="ed25519 ecdsa256 ecdsa384 ecdsa521 rsa3072"

# Made once: a large RSA key takes its time.
setup_file()
{
    make() { ssh-keygen -q -N '' -C "$1" -f "$BATS_FILE_TMPDIR/$1" "${@:2}"; }
    make ed25519 -t ed25519
    make ecdsa256 -t ecdsa -b 256
    make ecdsa384 -t ecdsa -b 384
    make ecdsa521 -t ecdsa -b 521
    make rsa3072 -t rsa -b 3072
}

# Keys of every kind, named so and let in by sshd.
have_all_kinds() # [PASSPHRASE]
{
    local kind
    for kind in $all_kinds; do
        cp "$BATS_FILE_TMPDIR/$kind" "$BATS_FILE_TMPDIR/$kind.pub" "$SSHD_DIR"
        cat "$SSHD_DIR/$kind.pub" >>"$SSHD_DIR/authorized_keys"
        [ -z "${1:-}" ] || ssh-keygen -q -p -a 1 -N "$1" -f "$SSHD_DIR/$kind" >/dev/null
    done
}

# The RSA key again, in another format.
have_rsa() # NAME SSH-KEYGEN-OPTION...
{
    cp "$BATS_FILE_TMPDIR/rsa3072" "$SSHD_DIR/$1"
    ssh-keygen -q -p -f "$SSHD_DIR/$1" "${@:2}" >/dev/null
    cp "$BATS_FILE_TMPDIR/rsa3072.pub" "$SSHD_DIR/$1.pub"
    cat "$SSHD_DIR/$1.pub" >>"$SSHD_DIR/authorized_keys"
}

# A node for each of them, named like the key that it is reached with.
fleet_of_keys() # SUFFIX OF THE KEY FILES
{
    local kind
    fleet_start </dev/null
    for kind in $all_kinds; do
        fleet_node "$kind" "$SSHD_PORT" "key = $SSHD_DIR/$kind$1"
    done
    STATE=
}

reaches_all()
{
    ibfleet exec -b -a -- echo here
    [ "$status" = 0 ]
    [ "$(grep -c 'Accepted publickey' "$SSHD_LOG")" = 5 ]
    for kind in ED25519 ECDSA RSA; do grep -q "Accepted publickey.* $kind SHA256" "$SSHD_LOG"; done
}

@test "keys of every kind log in from their files" {
    have_all_kinds
    fleet_of_keys ""
    reaches_all
}

@test "RSA keys in PEM and in PKCS8 log in" {
    have_rsa pem -m PEM -N ''
    have_rsa pkcs8 -m PKCS8 -N ''
    node_start </dev/null
    reaches -i "$SSHD_DIR/pem"
    reaches -i "$SSHD_DIR/pkcs8"
}

@test "keys of every kind log in through the agent, named by their public halves" {
    have_all_kinds
    fleet_of_keys .pub
    keyagent_start
    for kind in $all_kinds; do
        keyagent_add "$SSHD_DIR/$kind"
        rm "$SSHD_DIR/$kind"
    done
    reaches_all
}

@test "keys with a passphrase log in through the agent, and not without" {
    have_all_kinds secret
    have_rsa pem -m PEM -N secret
    fleet_of_keys ""
    keyagent_start
    for kind in pem $all_kinds; do
        ibfleet exec rsa3072 -i "$SSHD_DIR/$kind" -- true
        refuses 2 "the key $SSHD_DIR/$kind has a passphrase: ssh-add $SSHD_DIR/$kind, then again"
        [ $kind = pem ] || keyagent_add "$SSHD_DIR/$kind" secret
    done
    reaches_all
    ibfleet exec rsa3072 -i "$SSHD_DIR/pem" -- true
    [ "$status" = 0 ]
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

@test "a server that loses patience with our keys is told by how many" {
    for n in 1 2 3 4; do ssh-keygen -q -t ed25519 -N '' -f "$SSHD_DIR/wrong$n"; done
    fleet_start <<<"MaxAuthTries 2"
    sed -i '/^key =/d' "$IBFLEET_FLEET"
    fleet_node ib1
    STATE=
    keyagent_start
    for n in 1 2 3 4; do keyagent_add "$SSHD_DIR/wrong$n"; done
    export HOME=$SSHD_HOME
    ibfleet exec ib1 -- true
    refuses 4 "the server hung up after 2 keys for user tester, and says: Too many authentication failures; name the right one with -i"
}

@test "keys that the server refuses are all named" {
    for n in 1 2; do ssh-keygen -q -t ed25519 -C "wrong$n" -N '' -f "$SSHD_DIR/wrong$n"; done
    fleet_start </dev/null
    sed -i '/^key =/d' "$IBFLEET_FLEET"
    fleet_node ib1
    STATE=
    keyagent_start
    for n in 1 2; do keyagent_add "$SSHD_DIR/wrong$n"; done
    export HOME=$SSHD_HOME
    ibfleet exec ib1 -- true
    refuses 4 "the server refused the keys wrong1 in the ssh-agent, wrong2 in the ssh-agent for user tester"
}

# ---- servers --------------------------------------------------------------------------

# Only RSA cannot be had within our own process (libssh2 1.10): then one sentence.
cannot() # SENTENCE OPTION...
{
    ibfleet exec ib1 --ssh libssh2 "${@:2}" -- true
    refuses 1 "$1"
}

@test "a server with only an RSA host key works through OpenSSH, and is refused without" {
    have_rsa rsa -N ''
    mv "$SSHD_DIR/rsa" "$SSHD_DIR/host_ed25519"
    rsa=$(cut -d' ' -f1,2 "$SSHD_DIR/rsa.pub")
    node_start </dev/null

    echo "[127.0.0.1]:$SSHD_PORT $rsa" >"$SSHD_KNOWN_HOSTS"
    reaches
    cannot "$SSHD_KNOWN_HOSTS:1 has only an RSA key for it, which cannot be used; add its ed25519 or ECDSA key"
    : >"$SSHD_KNOWN_HOSTS"
    cannot "has no algorithm in common with libssh2" --host-keys accept-new
    reaches --host-keys accept-new
}

@test "a long banner, a motd and a talkative profile are no trouble" {
    head -c 4096 /dev/zero | tr '\0' 'b' | fold -w 64 >"$SSHD_DIR/banner"
    cp "$SSHD_DIR/banner" "$SSHD_DIR/motd"
    echo 'cat "$HOME/../motd"' >"$SSHD_HOME/.bashrc"
    SSHD_SHELL=/bin/bash
    node_start <<<"Banner $SSHD_DIR/banner
PrintMotd yes"
    probes
    ibfleet exec ib1 -- 'echo; echo here'
    [ "$status" = 0 ]
    [ "$(tail -n 1 "$SSHD_DIR/out")" = "ib1: here" ]
    ! grep -q bbbb "$SSHD_DIR/err" || false
}

@test "much output and much input pass while the keys are changed all the time" {
    node_start <<<"RekeyLimit 64K"
    ibfleet exec ib1 -- seq 400000
    [ "$status" = 0 ]
    [ "$(sed 's/^ib1: //' "$SSHD_DIR/out" | md5sum)" = "$(seq 400000 | md5sum)" ]
    probes
    cmp "$BUILD/ibfleet-agent" "$SSHD_HOME"/.cache/ibfleet/ibfleet-agent-*
}

@test "a forced command is all that runs: exec shows it, probe says so" {
    node_start <<<'ForceCommand echo only backups here; exit 3'
    ibfleet exec ib1 -- uptime -p
    [ "$status" = 1 ]
    says "ib1: only backups here"
    ibfleet probe ib1 --unprivileged
    refuses 1 "no agent answered (status 3); the login printed: only backups here"
}

# dropbear wants a home of its own rights.
dropbear_start() # HOST-KEY-TYPE
{
    mkdir -m 700 "$SSHD_HOME/.ssh"
    cp "$SSHD_DIR/authorized_keys" "$SSHD_HOME/.ssh/"
    dropbearkey -t "$1" -f "$SSHD_DIR/dropbear_key" >"$SSHD_DIR/dropbear.pub" 2>&1
    echo "[127.0.0.1]:$SSHD_PORT $(grep -E '^(ssh|ecdsa)-' "$SSHD_DIR/dropbear.pub" | cut -d' ' -f1,2)" >"$SSHD_KNOWN_HOSTS"
    { cat /etc/passwd
      echo "tester:x:$(id -u):$(id -g)::$SSHD_HOME:/bin/sh"; } >"$SSHD_DIR/passwd"
    cp /etc/group "$SSHD_DIR/group"
    env LD_PRELOAD="$SSHD_PRELOAD" NSS_WRAPPER_PASSWD="$SSHD_DIR/passwd" \
        NSS_WRAPPER_GROUP="$SSHD_DIR/group" \
        /usr/sbin/dropbear -F -E -p "127.0.0.1:$SSHD_PORT" -P "$SSHD_DIR/dropbear.pid" \
        -r "$SSHD_DIR/dropbear_key" 2>>"$SSHD_LOG" 3>&- </dev/null &
    DROPBEAR=$!
    wait_until 10 sshd_answers || { cat "$SSHD_LOG" >&2; return 1; }
}

@test "dropbear: ed25519 and ECDSA log in, from file and agent; RSA through OpenSSH" {
    make_key ecdsa -t ecdsa -b 384 -N ''
    make_key locked -t ed25519 -N secret
    have_rsa rsa -N ''
    dropbear_start ed25519
    fleet_begin
    fleet_node ib1
    STATE=
    reaches
    probes
    reaches -i "$SSHD_DIR/ecdsa"
    keyagent_start
    keyagent_add "$SSHD_DIR/locked" secret
    reaches -i "$SSHD_DIR/locked"
    reaches -i "$SSHD_DIR/rsa"
    cannot "the key $SSHD_DIR/rsa is RSA, which works only with OpenSSH servers here, and this is SSH-2.0-dropbear_" \
        -i "$SSHD_DIR/rsa"
}

# ---- login shells ---------------------------------------------------------------------

@test "every login shell takes a command and starts the agent" {
    for shell in bash dash zsh tcsh fish; do
        SSHD_SHELL=$(command -v $shell)
        echo "with ${SSHD_SHELL:?$shell is missing}"
        node_start </dev/null
        reaches
        rm -rf "$SSHD_HOME/.cache/ibfleet"
        probes
        sshd_stop
    done
}

@test "a user who may not log in is told in the node's words" {
    SSHD_SHELL=/usr/sbin/nologin
    node_start </dev/null
    ibfleet exec ib1 -- true
    [ "$status" = 1 ]
    says "ib1: This account is currently not available."
    ibfleet probe ib1 --unprivileged
    refuses 1 "This account is currently not available."
}
