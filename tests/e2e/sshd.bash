# sshd.bash - a real sshd on loopback, as whoever runs the test, without root
#
#   load sshd
#   setup_file() { sshd_prepare; }
#   setup()      { sshd_start; }          # more lines of sshd_config on stdin if wanted
#   teardown()   { sshd_stop; }
#
# It listens on $SSHD_ADDRESSES (127.0.0.1); one sshd takes sixteen.
# The login name is "tester": nss_wrapper gives sshd a passwd file of our own, in which
# tester has our own uid, an empty home and the shell in $SSHD_SHELL (/bin/sh).  So a
# test never touches the real home, also when it is run by root.
#
# $SSHD_MAX_STARTUPS is its MaxStartups, of which the last line wins.
#
# Sets SSHD_DIR SSHD_PORT SSHD_HOME SSHD_KEY (private key that is let in)
# SSHD_KNOWN_HOSTS (holds the host's key) SSHD_LOG SSHD_PID.

load "${BATS_TEST_DIRNAME%/tests/*}/tests/e2e/wait"
load "${BATS_TEST_DIRNAME%/tests/*}/tests/e2e/ports"

: "${BUILD:?is not set: make e2e does it}"
: "${SSHD_ADDRESSES:=127.0.0.1}"

sshd_free_port() { free_ports 1; }

sshd_answers()
{
    exec 9<>"/dev/tcp/${SSHD_ADDRESSES%% *}/$SSHD_PORT" && exec 9>&-
} 2>/dev/null

# Folder, keys, configuration; nothing runs yet.
sshd_prepare()
{
    local preload
    preload=$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p | sed -n 's/.*libnss_wrapper\.so.* => //p' | head -1)
    SSHD_PRELOAD=${preload:-$(find /usr/lib -name libnss_wrapper.so | head -1)}
    [ -n "$SSHD_PRELOAD" ] || { echo "libnss-wrapper is missing" >&2; return 1; }
    SSHD_DIR=$(mktemp -d /tmp/ibfleet-sshd.XXXXXX)
    SSHD_HOME=$SSHD_DIR/home SSHD_KEY=$SSHD_DIR/key SSHD_KNOWN_HOSTS=$SSHD_DIR/known_hosts
    SSHD_LOG=$SSHD_DIR/log SSHD_PORT=$(sshd_free_port) SSHD_PID=
    mkdir "$SSHD_HOME"
    ssh-keygen -q -t ed25519 -N '' -C tester -f "$SSHD_KEY"
    ssh-keygen -q -t ed25519 -N '' -C host -f "$SSHD_DIR/host_ed25519"
    cp "$SSHD_KEY.pub" "$SSHD_DIR/authorized_keys"
    echo "[127.0.0.1]:$SSHD_PORT $(cut -d' ' -f1,2 "$SSHD_DIR/host_ed25519.pub")" >"$SSHD_KNOWN_HOSTS"
}

# Start sshd with what stdin adds to its configuration (earlier lines win in sshd).
sshd_start()
{
    { [ -t 0 ] || cat
      cat <<CONF
Port $SSHD_PORT
$(printf 'ListenAddress %s\n' $SSHD_ADDRESSES)
HostKey $SSHD_DIR/host_ed25519
AuthorizedKeysFile $SSHD_DIR/authorized_keys
PidFile none
UsePAM no
UseDNS no
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups ${SSHD_MAX_STARTUPS:-500:30:1000}
PrintMotd no
PrintLastLog no
CONF
    } >"$SSHD_DIR/sshd_config"
    { cat /etc/passwd
      echo "tester:x:$(id -u):$(id -g)::$SSHD_HOME:${SSHD_SHELL:-/bin/sh}"; } >"$SSHD_DIR/passwd"
    cp /etc/group "$SSHD_DIR/group"
    [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
    env LD_PRELOAD="$SSHD_PRELOAD" NSS_WRAPPER_PASSWD="$SSHD_DIR/passwd" \
        NSS_WRAPPER_GROUP="$SSHD_DIR/group" \
        /usr/sbin/sshd -D -e -f "$SSHD_DIR/sshd_config" 2>>"$SSHD_LOG" 3>&- </dev/null &
    SSHD_PID=$!
    wait_until 10 sshd_answers || { cat "$SSHD_LOG" >&2; return 1; }
}

# Kill what serves the connections, but not what listens.
sshd_break()
{
    local found=$SSHD_PID all=
    while found=$(pgrep -d, -P "$found"); do all+=" ${found//,/ }"; done
    [ -z "$all" ] || kill -KILL $all
}

sshd_stop()
{
    [ -z "${SSHD_PID:-}" ] || { kill "$SSHD_PID" && wait "$SSHD_PID"; } 2>/dev/null || true
    SSHD_PID=
}

# Stop it and take everything away; a user may not empty a folder that is shut.
sshd_remove()
{
    sshd_stop
    [ -z "${SSHD_DIR:-}" ] || { chmod -R u+rwX "$SSHD_DIR" 2>/dev/null || true; rm -rf "$SSHD_DIR"; }
}

# libssh2 1.10 forgets the host's key at each key exchange after the first.
export LSAN_OPTIONS=suppressions=$BATS_TEST_DIRNAME/lsan.supp
