#!/usr/bin/env bats
# ssh.bats - reaching a node: names, deadlines, host keys, our own key

load link

setup() { sshd_prepare; }
teardown()
{
    [ -z "${LISTENER:-}" ] || kill "$LISTENER"
    sshd_remove
}

host_key() { cut -d' ' -f1,2 "$SSHD_DIR/host_$1.pub"; }
fingerprint() { ssh-keygen -lf "$1" | cut -d' ' -f2; }

# A server that takes connections, says $1 and nothing more.
listen_and_say()
{
    python3 -c '
import socket, sys, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(16)
kept = []
while True:
    c = s.accept()[0]; kept.append(c)
    if sys.argv[2]: c.sendall(sys.argv[2].encode()); c.close()
' "$SSHD_PORT" "$1" 3>&- &
    LISTENER=$!
    wait_until 10 sshd_answers
}

# ---- getting through -----------------------------------------------------------------

@test "a port where nobody listens is refused, and tried again" {
    link tries=3
    [ "$status" = 1 ]
    says "lost not-reachable: 127.0.0.1:$SSHD_PORT: Connection refused"
    [ "$(grep -c 'state connecting' <<<"$output")" = 3 ]
}

@test "a server that never answers runs into the deadline of the handshake" {
    listen_and_say ""
    link tries=1 login_ms=400
    [ "$status" = 1 ]
    says "lost no-answer: no answer from 127.0.0.1:$SSHD_PORT within 0.4 s, in the SSH handshake"
}

@test "a server that is not SSH is told apart" {
    listen_and_say "HTTP/1.1 400 Bad Request
"
    link tries=1
    [ "$status" = 1 ]
    says "lost ssh-handshake: 127.0.0.1:$SSHD_PORT does not speak SSH, it says: HTTP/1.1 400 Bad Request"
}

@test "a server that hangs up without a word is told apart" {
    listen_and_say "
"
    link tries=1
    [ "$status" = 1 ]
    says "lost turned-away: 127.0.0.1:$SSHD_PORT closed the connection without a word of SSH"
}

@test "a server that turns everybody away is given up, after a few tries" {
    listen_and_say "Exceeded MaxStartups
"
    link tries=3 patience_ms=1500
    [ "$status" = 1 ]
    says "lost turned-away: 127.0.0.1 has turned away "
    says " logins in a row: given up"
    [ "$(grep -c 'state connecting' <<<"$output")" -le 8 ]
    [ "$(grep -c 'state connecting' <<<"$output")" -gt 1 ]
}

@test "the words of a penalty are told apart" {
    listen_and_say "Not allowed at this time
"
    link tries=1
    says "lost not-allowed-now: 127.0.0.1:$SSHD_PORT turned us away: Not allowed at this time"
}

@test "a server that takes few logins at a time takes all of them in the end" {
    SSHD_MAX_STARTUPS=2 sshd_start <<<"LogLevel VERBOSE"
    link count=20
    [ "$status" = 0 ]
    [ "$(grep -c 'Accepted publickey' "$SSHD_LOG")" = 20 ]
    grep -q 'past MaxStartups' "$SSHD_LOG" # or nothing was tested
    [ "$(grep -c 'past MaxStartups' "$SSHD_LOG")" -le 40 ]
}

@test "a name that does not exist is said by name" {
    link address=no-such-node.invalid login_ms=8000
    [ "$status" = 1 ]
    says "lost name-not-resolved: no-such-node.invalid: " || says "looking up the address"
}

@test "all addresses of a name are tried" {
    sshd_start </dev/null
    sed "s/^\[127.0.0.1\]/[localhost]/" -i "$SSHD_KNOWN_HOSTS"
    link address=localhost
    [ "$status" = 0 ]
}

# A port that swallows what wants to connect: the queue of who listens is full.
listen_silently() # ADDRESS
{
    python3 -c '
import socket, sys, time
s = socket.socket(); s.bind((sys.argv[1], int(sys.argv[2]))); s.listen(0)
kept = [socket.create_connection(s.getsockname())]
print("full", flush=True); time.sleep(600)
' "$1" "$SSHD_PORT" >"$SSHD_DIR/listener" 3>&- &
    LISTENER=$!
    wait_until 10 grep -q full "$SSHD_DIR/listener"
}

@test "a silent address leaves time for the next one" {
    ! ldd "$BUILD/tests/e2e/link-tool" | grep -q libasan || skip "nss_wrapper and ASan exclude each other"
    listen_silently 127.0.0.2
    sshd_start </dev/null
    sed "s/^\[127.0.0.1\]/[two]/" -i "$SSHD_KNOWN_HOSTS"
    printf '127.0.0.2 two\n127.0.0.1 two\n' >"$SSHD_DIR/hosts"
    export LD_PRELOAD=$SSHD_PRELOAD NSS_WRAPPER_HOSTS=$SSHD_DIR/hosts
    link address=two login_ms=3000
    unset LD_PRELOAD
    [ "$status" = 0 ]
}

@test "a server that stops in the middle of the login runs into a deadline" {
    sshd_start <<<"ForceCommand sleep 20"
    link tries=1 login_ms=1500
    [ "$status" = 1 ]
    says "lost timeout: no agent answered within 1.5 s"
}

@test "a banner before the login is no trouble" {
    printf 'Authorised use only!\nReally.\n' >"$SSHD_DIR/banner"
    sshd_start <<<"Banner $SSHD_DIR/banner"
    link
    [ "$status" = 0 ]
}

@test "a server without an algorithm in common is not supported" {
    sshd_start <<<"Ciphers chacha20-poly1305@openssh.com"
    link
    [ "$status" = 1 ]
    says "lost not-supported: "
}

# ---- the host's key ---------------------------------------------------------------------

@test "an unknown host key is refused with its fingerprint" {
    : >"$SSHD_KNOWN_HOSTS"
    sshd_start </dev/null
    link
    [ "$status" = 1 ]
    says "lost host-key-unknown: its host key is not in $SSHD_KNOWN_HOSTS: ssh-ed25519 $(fingerprint "$SSHD_DIR/host_ed25519.pub")"
    [ ! -s "$SSHD_KNOWN_HOSTS" ]
    ! grep -q Accepted "$SSHD_LOG" || false
}

@test "an unknown host key is learned when that is allowed" {
    printf '# a comment without an end' >"$SSHD_KNOWN_HOSTS"
    sshd_start </dev/null
    link accept_new=yes
    [ "$status" = 0 ]
    [ "$(tail -n 1 "$SSHD_KNOWN_HOSTS")" = "[node1]:$SSHD_PORT,[127.0.0.1]:$SSHD_PORT $(host_key ed25519)" ]
    link
    [ "$status" = 0 ]
    run ssh-keygen -F "[127.0.0.1]:$SSHD_PORT" -f "$SSHD_KNOWN_HOSTS"
    [ "$status" = 0 ]
}

@test "a changed host key is refused" {
    sshd_start </dev/null
    ssh-keygen -q -t ed25519 -N '' -f "$SSHD_DIR/other"
    { echo "# one line before"; echo "[127.0.0.1]:$SSHD_PORT $(cut -d' ' -f1,2 "$SSHD_DIR/other.pub")"; } >"$SSHD_KNOWN_HOSTS"
    link
    [ "$status" = 1 ]
    says "lost host-key-changed: its host key is not the one in $SSHD_KNOWN_HOSTS:2; it shows ssh-ed25519 $(fingerprint "$SSHD_DIR/host_ed25519.pub")"
    ! grep -q Accepted "$SSHD_LOG" || false
}

@test "a changed host key is refused also where new ones are learned" {
    sshd_start </dev/null
    ssh-keygen -q -t ed25519 -N '' -f "$SSHD_DIR/other"
    echo "[127.0.0.1]:$SSHD_PORT $(cut -d' ' -f1,2 "$SSHD_DIR/other.pub")" >"$SSHD_KNOWN_HOSTS"
    cp "$SSHD_KNOWN_HOSTS" "$SSHD_DIR/before"
    link accept_new=yes
    [ "$status" = 1 ]
    says "lost host-key-changed"
    cmp "$SSHD_KNOWN_HOSTS" "$SSHD_DIR/before"
}

@test "hashed names are found" {
    sshd_start </dev/null
    ssh-keygen -q -H -f "$SSHD_KNOWN_HOSTS"
    ! grep -q 127.0.0.1 "$SSHD_KNOWN_HOSTS" || false
    link
    [ "$status" = 0 ]
}

@test "the kind of key that is stored is asked for" {
    ssh-keygen -q -t ecdsa -b 384 -N '' -f "$SSHD_DIR/host_ecdsa"
    echo "[127.0.0.1]:$SSHD_PORT $(host_key ecdsa)" >"$SSHD_KNOWN_HOSTS"
    sshd_start <<<"HostKey $SSHD_DIR/host_ecdsa"
    link
    [ "$status" = 0 ]
}

@test "a revoked key is refused" {
    echo "@revoked * $(host_key ed25519)" >>"$SSHD_KNOWN_HOSTS"
    sshd_start </dev/null
    link accept_new=yes
    [ "$status" = 1 ]
    says "lost host-key-changed: its host key ssh-ed25519 "
    says "is @revoked in $SSHD_KNOWN_HOSTS:2"
}

@test "a host that only a pattern covers is refused in words" {
    echo "@cert-authority *,[127.*]:* $(host_key ed25519)" >"$SSHD_KNOWN_HOSTS"
    sshd_start </dev/null
    link
    [ "$status" = 1 ]
    says "lost host-key-unknown: $SSHD_KNOWN_HOSTS:1 covers it with a pattern or @cert-authority"
}

@test "a host with only an RSA key stored is refused in words" {
    ssh-keygen -q -t rsa -b 2048 -N '' -f "$SSHD_DIR/host_rsa"
    echo "[127.0.0.1]:$SSHD_PORT $(host_key rsa)" >"$SSHD_KNOWN_HOSTS"
    sshd_start <<<"HostKey $SSHD_DIR/host_rsa"
    link
    [ "$status" = 1 ]
    says "lost not-supported: $SSHD_KNOWN_HOSTS:1 has only an RSA key for it"
}

# ---- our own key -----------------------------------------------------------------------

make_key() # NAME SSH-KEYGEN-OPTION...   let in by sshd
{
    local name=$1
    shift
    ssh-keygen -q -N '' -f "$SSHD_DIR/$name" "$@"
    cat "$SSHD_DIR/$name.pub" >>"$SSHD_DIR/authorized_keys"
}

@test "a key that the server does not take is named" {
    ssh-keygen -q -t ed25519 -N '' -f "$SSHD_DIR/stranger"
    sshd_start </dev/null
    link key="$SSHD_DIR/stranger"
    [ "$status" = 1 ]
    says "lost key-refused: the server refused the key $SSHD_DIR/stranger for user tester"
    [ "$(grep -c 'state connecting' <<<"$output")" = 1 ]
}

@test "ECDSA keys of every size log in, in both formats" {
    sshd_start </dev/null
    for bits in 256 384 521; do
        make_key ec$bits -t ecdsa -b $bits
        make_key pem$bits -t ecdsa -b $bits -m PEM
        for key in ec$bits pem$bits; do
            link key="$SSHD_DIR/$key"
            [ "$status" = 0 ]
        done
    done
}

@test "an ed25519 key in PKCS8 logs in" {
    openssl genpkey -algorithm ed25519 -out "$SSHD_DIR/pkcs8"
    chmod 600 "$SSHD_DIR/pkcs8"
    # ssh-keygen cannot read it: take the public half from the DER, its last 32 bytes
    {
        printf 'ssh-ed25519 '
        { printf '\0\0\0\013ssh-ed25519\0\0\0\040'
          openssl pkey -in "$SSHD_DIR/pkcs8" -pubout -outform DER | tail -c 32; } | base64 -w0
        echo
    } >>"$SSHD_DIR/authorized_keys"
    sshd_start </dev/null
    link key="$SSHD_DIR/pkcs8"
    [ "$status" = 0 ]
}

@test "keys that cannot be used say what to do" {
    unset SSH_AUTH_SOCK
    ssh-keygen -q -t ed25519 -N secret -f "$SSHD_DIR/locked"
    ssh-keygen -q -t ecdsa -m PEM -N secret -f "$SSHD_DIR/locked_pem"
    echo nonsense >"$SSHD_DIR/nonsense"
    for key in locked locked_pem; do
        link key="$SSHD_DIR/$key"
        says "lost key-file: the key $SSHD_DIR/$key has a passphrase: ssh-add $SSHD_DIR/$key, then again (no ssh-agent here: SSH_AUTH_SOCK is not set)"
    done
    link key="$SSHD_DIR/locked.pub"
    says "lost key-file: the key $SSHD_DIR/locked.pub is a public key, and no ssh-agent has its private half"
    link key="$SSHD_DIR/nonsense"
    says "lost key-file: the key $SSHD_DIR/nonsense: it is not a private key, or damaged"
    link key="$SSHD_DIR/missing"
    says "lost key-file: the key $SSHD_DIR/missing: No such file or directory"
}

@test "known hosts may be in several files" {
    mv "$SSHD_KNOWN_HOSTS" "$SSHD_DIR/second"
    sshd_start </dev/null
    link known_hosts="$SSHD_KNOWN_HOSTS $SSHD_DIR/second"
    [ "$status" = 0 ]
    [ ! -e "$SSHD_KNOWN_HOSTS" ]
}

@test "an address that another machine had is told apart from a changed key" {
    ssh-keygen -q -t ed25519 -N '' -f "$SSHD_DIR/other"
    echo "[old]:$SSHD_PORT,[127.0.0.1]:$SSHD_PORT $(cut -d' ' -f1,2 "$SSHD_DIR/other.pub")" >"$SSHD_KNOWN_HOSTS"
    sshd_start </dev/null
    link accept_new=yes
    [ "$status" = 1 ]
    says "lost host-replaced: 127.0.0.1 was old, with another host key ($SSHD_KNOWN_HOSTS:1); it shows ssh-ed25519 $(fingerprint "$SSHD_DIR/host_ed25519.pub")"
}

@test "the key of another node is told with its name" {
    ssh-keygen -q -t ed25519 -N '' -f "$SSHD_DIR/other"
    { echo "[node1]:$SSHD_PORT $(cut -d' ' -f1,2 "$SSHD_DIR/other.pub")"
      echo "[node2]:$SSHD_PORT $(host_key ed25519)"; } >"$SSHD_KNOWN_HOSTS"
    sshd_start </dev/null
    link
    [ "$status" = 1 ]
    says "lost host-key-of-another: it shows the host key of node2 ($SSHD_KNOWN_HOSTS:2), not its own of line 1"
}
