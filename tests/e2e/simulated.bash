# simulated.bash - a fleet of cheap nodes in one process, each at an address of its own
#
#   load fleet
#   load simulated
#   setup()    { simulated_start 300 <<<"17 flood 100"; }     # NODE DEED, by number
#   teardown() { simulated_stop; fleet_remove; }
#
# The nodes are s00001, s00002, ...; what a deed is stands in tests/fake/simulated_deed.h.
# Sets SIMULATED_PID, and what fleet_start sets but for a real sshd.

simulated_address() # NUMBER
{
    echo "127.$((64 + $1 / 65536)).$(($1 / 256 % 256)).$(($1 % 256))"
}

# Fleet file and known hosts of N nodes; DEEDs from stdin.
simulated_prepare() # N
{
    local i address key number deed
    [ -n "${SSHD_DIR:-}" ] || sshd_prepare
    key=$(cut -d' ' -f1,2 "$SSHD_DIR/host_ed25519.pub")
    export IBFLEET_FLEET=$SSHD_DIR/fleet.ini STATE=
    printf '%s\n' '[defaults]' 'user = tester' "key = $SSHD_KEY" "port = $SSHD_PORT" \
        "known_hosts = $SSHD_KNOWN_HOSTS" 'sudo = no' '[nodes]' >"$IBFLEET_FLEET"
    for ((i = 1; i <= $1; i++)); do
        address=127.$((64 + i / 65536)).$((i / 256 % 256)).$((i % 256))
        printf 's%05d = %s\n' "$i" "$address" >&7
        printf '[%s]:%s %s\n' "$address" "$SSHD_PORT" "$key" >&8
    done 7>>"$IBFLEET_FLEET" 8>"$SSHD_KNOWN_HOSTS"
    while read -r number deed; do
        echo "$(simulated_address "$number") $deed"
    done >"$SSHD_DIR/rules"
}

simulated_is_ready() { grep -qs ready "$SSHD_DIR/simulated"; }

# It ends at the end of its stdin, so that nothing outlives the test.
simulated_start() # N
{
    simulated_prepare "$1"
    mkfifo "$SSHD_DIR/control"
    exec {SIMULATED_CONTROL}<>"$SSHD_DIR/control"
    "$BUILD/tests/fake/simulated-sshd" --port "$SSHD_PORT" --host-key "$SSHD_DIR/host_ed25519" \
        --user-key "$SSHD_KEY.pub" --rules "$SSHD_DIR/rules" \
        <"$SSHD_DIR/control" >"$SSHD_DIR/simulated" 2>&1 3>&- {SIMULATED_CONTROL}>&- &
    SIMULATED_PID=$!
    wait_until 20 simulated_is_ready || { cat "$SSHD_DIR/simulated" >&2; return 1; }
}

simulated_stop()
{
    [ -z "${SIMULATED_PID:-}" ] || { kill "$SIMULATED_PID" && wait "$SIMULATED_PID"; } 2>/dev/null || true
    SIMULATED_PID=
}
