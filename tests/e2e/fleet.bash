# fleet.bash - ibfleet as an operator runs it, with a fleet behind the sshd of sshd.bash
#
#   load fleet
#   setup()    { fleet_start; fleet_node ib1; }     # sshd_config on stdin if wanted
#   teardown() { fleet_remove; }
#
# Sets IBFLEET_FLEET, and STATE: the folder that ibfleet is given with --state, or empty.

load "${BATS_TEST_DIRNAME%/tests/*}/tests/e2e/sshd"

# sshd, and a fleet without nodes.
fleet_start() # SETTING...   more defaults of the fleet
{
    [ -n "${SSHD_DIR:-}" ] || sshd_prepare
    sshd_start
    fleet_begin "$@"
}

# The fleet alone, behind another server.
fleet_begin() # SETTING...
{
    export IBFLEET_FLEET=$SSHD_DIR/fleet.ini STATE=$SSHD_DIR/state
    printf '%s\n' '[defaults]' 'user = tester' "key = $SSHD_KEY" \
        "known_hosts = $SSHD_KNOWN_HOSTS" 'ssh_config = none' 'sudo = no' "$@" >"$IBFLEET_FLEET"
}

# A node, behind another port than sshd's if named, with settings of its own.
fleet_node() # NAME [PORT [SETTING...]]
{
    local name=$1 port=${2:-$SSHD_PORT}
    printf '%s\n' '[nodes]' "$name = 127.0.0.1:$port" >>"$IBFLEET_FLEET"
    [ $# -le 2 ] || printf '%s\n' '[groups]' "only-$name = $name" "[group:only-$name]" \
        "${@:3}" >>"$IBFLEET_FLEET"
}

fleet_remove()
{
    [ -z "${CONTROLLER:-}" ] || kill -9 "$CONTROLLER" 2>/dev/null || true
    sshd_remove
}

# ---- running it ----------------------------------------------------------------------

# stdout in $out, stderr in $err, also as files in $SSHD_DIR
ibfleet()
{
    status=0
    timeout -k 5 120 "$BUILD/ibfleet" "$@" ${STATE:+--state "$STATE"} \
        >"$SSHD_DIR/out" 2>"$SSHD_DIR/err" </dev/null || status=$?
    ibfleet_said
}

# In the background, as $CONTROLLER.
ibfleet_begin()
{
    : >"$SSHD_DIR/out" # what it has said is not what the one before has said
    : >"$SSHD_DIR/err"
    "$BUILD/ibfleet" "$@" ${STATE:+--state "$STATE"} >"$SSHD_DIR/out" 2>"$SSHD_DIR/err" \
        </dev/null 3>&- &
    CONTROLLER=$!
}

ibfleet_end()
{
    status=0
    wait "$CONTROLLER" || status=$?
    CONTROLLER=
    ibfleet_said
}

ibfleet_said()
{
    out=$(tr -d '\0' <"$SSHD_DIR/out") err=$(cat "$SSHD_DIR/err")
    echo "status $status"$'\n'"$out"$'\n'"$err"
}

# ---- what it said --------------------------------------------------------------------

says() { [[ "$out" == *"$1"* ]]; }
warns() { [[ "$err" == *"$1"* ]]; }
lacks() { [ "$(LC_ALL=C grep -c "$1" "$SSHD_DIR/out")" = 0 ]; } # a pattern, by bytes
keeps_to() { "${BATS_TEST_DIRNAME%/tests/*}/tests/e2e/schema-check" "$1" <"$SSHD_DIR/out"; }
ask() { jq -r "$1" "$SSHD_DIR/out"; }
