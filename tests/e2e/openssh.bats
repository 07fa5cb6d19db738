#!/usr/bin/env bats
# openssh.bats - reaching a node through the OpenSSH client, a process of its own

load fleet
load keyagent

setup() { fleet_start 'ssh = openssh' </dev/null; fleet_node ib1; }
teardown() { keyagent_stop; fleet_remove; }

host_key() { cut -d' ' -f1,2 "$SSHD_DIR/host_ed25519.pub"; }
fingerprint() { ssh-keygen -lf "$SSHD_DIR/host_ed25519.pub" | cut -d' ' -f2; }

# ---- a command ---------------------------------------------------------------------

@test "a command's output, errors and status come back" {
    ibfleet exec ib1 -- 'echo out; echo err >&2; exit 3'
    [ "$status" = 1 ]
    says "ib1: out"
    warns "ib1: err" || says "ib1: err"
    warns "exit status 3" || says "exit status 3"
    grep -q "Accepted publickey" "$SSHD_LOG"
}

@test "what ssh prints before the login is not the node's" {
    echo "Authorised use only!" >"$SSHD_DIR/banner"
    sshd_stop
    sshd_start <<<"Banner $SSHD_DIR/banner"
    ibfleet exec ib1 -- 'echo good; echo >&2 bad'
    [ "$status" = 0 ]
    ! says Authorised || false
    ! warns Authorised || false
    ! says @ibfleet || false
    ! warns @ibfleet || false
}

@test "who has no shell to log in with runs a command once" {
    STATE= SHELL=/usr/sbin/nologin ibfleet exec ib1 -- 'echo out; echo once >>'"$SSHD_DIR/ran"
    [ "$status" = 0 ]
    says "ib1: out"
    [ "$(cat "$SSHD_DIR/ran")" = once ]
}

@test "a command reads nothing and all of its output arrives" {
    STATE= ibfleet exec ib1 -- 'cat; seq 200000'
    [ "$status" = 0 ]
    sed 's/^ib1: //' "$SSHD_DIR/out" | cmp - <(seq 200000)
}

# ---- what ssh complains of ------------------------------------------------------------

@test "a port where nobody listens" {
    sshd_stop
    ibfleet exec ib1 -- true
    [ "$status" = 4 ]
    warns "ssh: connect to host 127.0.0.1 port $SSHD_PORT: Connection refused"
}

@test "a changed host key" {
    ssh-keygen -q -t ed25519 -N '' -f "$SSHD_DIR/other"
    echo "[127.0.0.1]:$SSHD_PORT $(cut -d' ' -f1,2 "$SSHD_DIR/other.pub")" >"$SSHD_KNOWN_HOSTS"
    ibfleet exec ib1 --host-keys accept-new --json -- true
    [ "$status" = 4 ]
    [ "$(ask '.nodes[0].code // .nodes[0].fail.code')" = host-key-changed ]
    says "its host key is not the one in $SSHD_KNOWN_HOSTS:1; it shows $(fingerprint)"
    ! grep -q Accepted "$SSHD_LOG" || false
}

@test "an unknown host key, refused and learned" {
    : >"$SSHD_KNOWN_HOSTS"
    ibfleet exec ib1 --json -- true
    [ "$status" = 4 ]
    says host-key-unknown
    says "No ED25519 host key is known for [127.0.0.1]:$SSHD_PORT"
    ! grep -q Accepted "$SSHD_LOG" || false
    ibfleet exec ib1 --host-keys accept-new -- true
    [ "$status" = 0 ]
    grep -q "$(host_key)" "$SSHD_KNOWN_HOSTS"
}

@test "a key that the server does not take" {
    ssh-keygen -q -t ed25519 -N '' -f "$SSHD_DIR/stranger"
    ibfleet exec ib1 -i "$SSHD_DIR/stranger" --json -- true
    [ "$status" = 4 ]
    says key-refused
    says "tester@127.0.0.1: Permission denied (publickey)"
}

@test "a machine without the OpenSSH client" {
    run env PATH=/nowhere "$BUILD/ibfleet" exec ib1 --state "$STATE" -- true
    echo "$output"
    [ "$status" = 2 ]
    [[ "$output" == *"the OpenSSH client (ssh) is not installed"* ]]
}

# ---- a conversation ---------------------------------------------------------------------

@test "the agent is pushed through the child and answers" {
    STATE= ibfleet probe ib1 --unprivileged --json
    [ "$status" = 0 ]
    [ "$(ask '.nodes[0].name // .nodes[0].node')" = ib1 ]
    find "$SSHD_HOME/.cache/ibfleet" -name 'ibfleet-agent-*' | grep -q .
}

# ---- processes ---------------------------------------------------------------------------

@test "a child that is killed is a lost connection" {
    STATE= ibfleet_begin exec ib1 --json -- ">$SSHD_DIR/runs; while echo .; do sleep 0.1; done"
    wait_until 20 test -e "$SSHD_DIR/runs"
    kill -KILL "$(pgrep -P "$CONTROLLER")"
    ibfleet_end
    [ "$status" != 0 ]
    says "ssh was ended by signal 9"
}

@test "who is interrupted leaves no child behind" {
    STATE= ibfleet_begin exec ib1 -- ">$SSHD_DIR/runs; while echo .; do sleep 0.1; done"
    wait_until 20 test -e "$SSHD_DIR/runs"
    local child
    child=$(pgrep -P "$CONTROLLER")
    kill -INT "$CONTROLLER"
    wait_until 20 grep -q 'once more ends them' "$SSHD_DIR/err"
    kill -INT "$CONTROLLER"
    ibfleet_end
    [ "$status" = 5 ]
    wait_until 10 bash -c "! kill -0 $child"
}

# Stands in for ssh: the last node waits, all others are done at once.
cheap_ssh()
{
    mkdir "$SSHD_DIR/bin"
    cat >"$SSHD_DIR/bin/ssh" <<S
#!/bin/sh
while [ "\$1" != -- ]; do shift; done
echo @ibfleet-logged-in
echo @ibfleet-logged-in >&2
echo "\$2"
[ "\$2" != n200 ] || while [ ! -e "$SSHD_DIR/go" ]; do sleep 0.05; done
S
    chmod +x "$SSHD_DIR/bin/ssh"
    PATH=$SSHD_DIR/bin:$PATH
}

@test "two hundred children leave no zombie and no open file behind" {
    cheap_ssh
    printf '[nodes]\nn[1-200]\n' >>"$IBFLEET_FLEET"
    STATE= ibfleet_begin exec 'n[1-200]' -- true
    wait_until 60 bash -c "[ \$(grep -c . '$SSHD_DIR/out') = 200 ]"
    wait_until 10 bash -c "[ \$(pgrep -c -P $CONTROLLER) = 1 ]"
    ls -l "/proc/$CONTROLLER/fd"
    [ "$(ls "/proc/$CONTROLLER/fd" | wc -l)" -lt 32 ]
    touch "$SSHD_DIR/go"
    ibfleet_end
    [ "$status" = 0 ]
}

@test "where few files may be open, fewer children run at once" {
    cheap_ssh
    printf '[nodes]\nn[1-60]\n' >>"$IBFLEET_FLEET"
    run bash -c "ulimit -n 160; exec '$BUILD/ibfleet' exec 'n[1-60]' -- true"
    echo "$output"
    [ "$status" = 0 ]
    [[ "$output" == *"60 nodes, at most 2"[0-9]" at once: more would need more open files"* ]]
}

# ---- when nobody said which way ------------------------------------------------------------

auto() # LINE-OF-SSHD_CONFIG...   sshd again, and auto
{
    sshd_stop
    sshd_start < <(printf '%s\n' "$@") # in a pipeline its process would not be known here
    sed -i '/^ssh = /d' "$IBFLEET_FLEET"
}
host_key_of_kind() # NAME SSH-KEYGEN-OPTION...
{
    ssh-keygen -q -N '' -f "$SSHD_DIR/$1" "${@:2}"
}

@test "auto: a node that libssh2 reaches does not cost a process" {
    auto
    ibfleet exec ib1 -- true
    [ "$status" = 0 ]
    ! warns OpenSSH || false
}

@test "auto: hardened servers, said once for all of them" {
    auto 'Ciphers chacha20-poly1305@openssh.com' 'MACs hmac-sha2-256-etm@openssh.com'
    fleet_node ib2
    STATE= ibfleet exec ib1,ib2 -- 'echo $((6*7))'
    [ "$status" = 0 ]
    says "ib1: 42"
    says "ib2: 42"
    warns "2 nodes ib[1-2] through OpenSSH: the node (SSH-2.0-OpenSSH"
    [ "$(grep -c 'through OpenSSH' "$SSHD_DIR/err")" = 1 ]
    STATE= ibfleet exec ib1,ib2 --json -- true
    [ "$(ask '[.nodes[].through] | unique[]')" = openssh ]
    STATE= ibfleet exec ib1 --ssh libssh2 --json -- true
    [ "$status" = 1 ]
    says not-supported
}

@test "JSON tells which way each node was reached" {
    auto
    fleet_node hard1 "$SSHD_PORT" 'ssh = openssh'
    for command in "exec -a --json -- true" "probe -a --json"; do
        STATE= ibfleet $command
        [ "$status" = 0 ]
        [ "$(ask '.nodes[] | select(.name == "hard1") | .through')" = openssh ]
        [ "$(ask '[.nodes[] | select(.name != "hard1") | .through] | unique[]')" = libssh2 ]
    done
}

@test "auto: a certificate beside the key" {
    host_key_of_kind ca -t ed25519
    ssh-keygen -q -s "$SSHD_DIR/ca" -I me -n tester "$SSHD_KEY.pub"
    echo "cert-authority $(cat "$SSHD_DIR/ca.pub")" >"$SSHD_DIR/authorized_keys"
    auto
    ibfleet exec ib1 -- true
    [ "$status" = 0 ]
    warns "1 node ib1 through OpenSSH: the certificate $SSHD_KEY-cert.pub"
    grep -q "Accepted publickey for tester .* ED25519-CERT" "$SSHD_LOG"
}

@test "auto: an ssh-agent that has nothing but a certificate" {
    mkdir -p "$SSHD_DIR/me/.ssh"
    mv "$SSHD_KEY.pub" "$SSHD_DIR/me/plain.pub"
    host_key_of_kind ca -t ed25519
    ssh-keygen -q -s "$SSHD_DIR/ca" -I me -n tester "$SSHD_DIR/me/plain.pub"
    mv "$SSHD_DIR/me/plain-cert.pub" "$SSHD_KEY-cert.pub"
    echo "cert-authority $(cat "$SSHD_DIR/ca.pub")" >"$SSHD_DIR/authorized_keys"
    keyagent_start
    keyagent_add "$SSHD_KEY"
    ssh-add -q -d "$SSHD_DIR/me/plain.pub" 2>/dev/null
    [ "$(ssh-add -L | wc -l)" = 1 ]
    rm "$SSHD_KEY-cert.pub"
    auto
    sed -i '/^key = /d' "$IBFLEET_FLEET"
    export HOME=$SSHD_DIR/me
    ibfleet exec ib1 -- true
    [ "$status" = 0 ]
    warns "1 node ib1 through OpenSSH: the ssh-agent has only keys that libssh2 cannot use (certificates, FIDO)"
    grep -q "Accepted publickey for tester .* ED25519-CERT" "$SSHD_LOG"
    ibfleet exec ib1 --ssh libssh2 -- true
    [ "$status" = 2 ]
    warns "certificates, FIDO"
}

@test "auto: nothing but a Kerberos ticket, or a FIDO key in a file" {
    auto
    sed -i '/^key/d' "$IBFLEET_FLEET"
    export HOME=$SSHD_DIR/me STATE=
    unset SSH_AUTH_SOCK KRB5CCNAME
    mkdir -p "$HOME/.ssh"
    KRB5CCNAME=FILE:$SSHD_DIR/ticket ibfleet exec ib1 -- true
    [ "$status" = 4 ] # here is no KDC
    warns "1 node ib1 through OpenSSH: no key, but a Kerberos ticket"
    warns "ssh: tester@127.0.0.1: Permission denied"
    echo "sk-ssh-ed25519@openssh.com AAAA me" >"$HOME/.ssh/id_ed25519_sk.pub"
    ibfleet exec ib1 -- true
    warns "1 node ib1 through OpenSSH: the FIDO key $HOME/.ssh/id_ed25519_sk.pub"
    cp "$SSHD_KEY" "$HOME/.ssh/id_ed25519"
    KRB5CCNAME=FILE:$SSHD_DIR/ticket ibfleet exec ib1 -- true
    [ "$status" = 0 ] # a key that is quicker is there
    [ -z "$err" ]
}

@test "auto: a host that only its authority vouches for" {
    host_key_of_kind ca -t ed25519
    ssh-keygen -q -s "$SSHD_DIR/ca" -I host -h -n 127.0.0.1 "$SSHD_DIR/host_ed25519.pub"
    echo "@cert-authority [127.0.0.*]:* $(cut -d' ' -f1,2 "$SSHD_DIR/ca.pub")" >"$SSHD_KNOWN_HOSTS"
    auto "HostCertificate $SSHD_DIR/host_ed25519-cert.pub"
    ibfleet exec ib1 -- true
    [ "$status" = 0 ]
    warns "1 node ib1 through OpenSSH: $SSHD_KNOWN_HOSTS:1, a pattern or @cert-authority"
}

@test "auto: a host that only a wildcard names" {
    echo "[127.0.0.?]:* $(host_key)" >"$SSHD_KNOWN_HOSTS"
    auto
    ibfleet exec ib1 -- true
    [ "$status" = 0 ]
    warns "1 node ib1 through OpenSSH: $SSHD_KNOWN_HOSTS:1, a pattern or @cert-authority"
}

@test "auto: a host that has an RSA key and no other" {
    host_key_of_kind host_rsa -t rsa -b 2048
    mv "$SSHD_DIR/host_rsa" "$SSHD_DIR/host_ed25519"
    echo "[127.0.0.1]:$SSHD_PORT $(cut -d' ' -f1,2 "$SSHD_DIR/host_rsa.pub")" >"$SSHD_KNOWN_HOSTS"
    auto
    ibfleet exec ib1 -- true
    [ "$status" = 0 ]
    warns "1 node ib1 through OpenSSH: only an RSA host key is known"
    : >"$SSHD_KNOWN_HOSTS" # unknown, it is found out on the way
    ibfleet exec ib1 --json -- true
    [ "$status" = 4 ]
    says host-key-unknown
    says "No RSA host key is known for"
    warns "1 node ib1 through OpenSSH: the node (SSH-2.0-OpenSSH"
}

# ---- a jump host ---------------------------------------------------------------------------

@test "a jump host that only ssh_config knows" {
    printf '%s\n' 'Host far' 'ProxyJump near' 'Host near' 'HostName 127.0.0.1' "Port $SSHD_PORT" \
        'User tester' 'BatchMode yes' 'Host *' "IdentityFile $SSHD_KEY" \
        "UserKnownHostsFile $SSHD_KNOWN_HOSTS" >"$SSHD_DIR/ssh_config"
    fleet_node far
    STATE= ibfleet exec far --ssh auto --ssh-config "$SSHD_DIR/ssh_config" -- 'echo $SSH_CONNECTION'
    [ "$status" = 0 ]
    says "far: 127.0.0.1"
    warns "1 node far through OpenSSH: ProxyJump in $SSHD_DIR/ssh_config"
    [ "$(grep -c 'Accepted publickey' "$SSHD_LOG")" = 2 ]
    ibfleet exec far --ssh libssh2 --ssh-config "$SSHD_DIR/ssh_config" -- true
    [ "$status" = 2 ]
    warns "far: ProxyJump in $SSHD_DIR/ssh_config is beyond libssh2; use --ssh auto"
    sshd_stop
    ibfleet exec far --ssh-config "$SSHD_DIR/ssh_config" --json -- true
    says not-reachable
}

# ---- ssh_config ------------------------------------------------------------------------------

# A fleet that says nothing but names; all else is in ssh_config, which stdin is.
only_config() # NAME...
{
    cat >"$SSHD_DIR/ssh_config"
    printf '%s\n' '[defaults]' 'sudo = no' "ssh_config = $SSHD_DIR/ssh_config" '[nodes]' "$@" >"$IBFLEET_FLEET"
}

@test "a name, a port, a user, a key and host keys of ssh_config cost no process" {
    only_config 'n[1-2]' <<C
Host n*
    HostName 127.0.0.1
    Port $SSHD_PORT
    User tester
    IdentityFile $SSHD_DIR/none-such
    IdentityFile $SSHD_KEY
    UserKnownHostsFile $SSHD_KNOWN_HOSTS
    ForwardAgent yes
    SendEnv LANG
C
    STATE= ibfleet exec -a -- 'echo $((6*7))'
    [ "$status" = 0 ]
    says "n1: 42"
    says "n2: 42"
    ! warns OpenSSH || false
    STATE= ibfleet exec n1 --subst -- 'echo as %u'
    says "n1: as tester"
    ibfleet exec -a -l nobody-here -- true
    [ "$status" = 4 ]
    warns "for user nobody-here"
}

@test "keys of ssh_config are tried one after the other, those that can be used" {
    ssh-keygen -q -t ed25519 -N '' -f "$SSHD_DIR/other"
    ssh-keygen -q -t ed25519 -N secret -f "$SSHD_DIR/locked"
    only_config 'n1' <<C
Host n*
    HostName 127.0.0.1
    Port $SSHD_PORT
    User tester
    IdentityFile $SSHD_DIR/locked
    IdentityFile $SSHD_DIR/other
    IdentityFile $SSHD_KEY
    UserKnownHostsFile $SSHD_KNOWN_HOSTS
C
    ibfleet exec n1 -- 'echo $((6*7))'
    [ "$status" = 0 ]
    says "42"
    ! warns OpenSSH || false
    rm "$SSHD_DIR/authorized_keys"
    ibfleet exec n1 -- true
    [ "$status" = 4 ]
    warns "refused the keys $SSHD_DIR/other, $SSHD_KEY for user tester"
}

@test "what only OpenSSH can do is said once for all to whom it applies" {
    printf '127.0.0.1\n' >"$SSHD_DIR/where"
    only_config 'n[1-3]' 'x1' <<C
Include $SSHD_DIR/more
Host *
    HostName 127.0.0.1
    Port $SSHD_PORT
    User tester
    IdentityFile $SSHD_KEY
    UserKnownHostsFile $SSHD_KNOWN_HOSTS
C
    printf 'Host n* !n3\n  ciphers aes256-ctr\n' >"$SSHD_DIR/more"
    ibfleet exec -a -- true
    [ "$status" = 0 ]
    warns "2 nodes n[1-2] through OpenSSH: ciphers in $SSHD_DIR/more"
    [ "$(grep -c 'through OpenSSH' "$SSHD_DIR/err")" = 1 ]
}

@test "what ssh refuses in its configuration is told before any node is reached" {
    only_config n1 <<<'Host n1
    Ciphers no-such-cipher'
    ibfleet exec -a -- true
    [ "$status" = 2 ]
    warns "ssh -G n1: "
    warns "$SSHD_DIR/ssh_config"
    ibfleet exec -a --ssh-config "$SSHD_DIR/missing" -- true
    [ "$status" = 2 ]
    warns "ssh_config $SSHD_DIR/missing: No such file or directory"
}

@test "ssh is asked once for all nodes of a kind" {
    mkdir "$SSHD_DIR/bin"
    printf '#!/bin/sh\necho "$*" >>"%s/asked"\nexec /usr/bin/ssh "$@"\n' "$SSHD_DIR" >"$SSHD_DIR/bin/ssh"
    chmod +x "$SSHD_DIR/bin/ssh"
    only_config 'n[1-20]' 'm[1-20]' <<C
Host n*
    HostName 127.0.0.1
    Port $SSHD_PORT
    User tester
    IdentityFile $SSHD_KEY
    UserKnownHostsFile $SSHD_KNOWN_HOSTS
Host m*
    ServerAliveInterval 5
C
    PATH=$SSHD_DIR/bin:$PATH
    ibfleet exec 'n[1-20]' -- true
    [ "$status" = 0 ]
    [ "$(grep -c -- -G "$SSHD_DIR/asked")" = 2 ] # and once what holds without
    [ "$(wc -l <"$SSHD_DIR/asked")" = 2 ]
}
