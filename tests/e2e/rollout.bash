# rollout.bash - a fleet of nodes that are folders, with sim-node for an agent
#
#   load rollout
#   setup_file() { sim_trees; }
#   setup()      { fleet_start 'rxe = eth1' </dev/null; sim_node ib1; }
#   teardown()   { fleet_remove; }

load fleet

# What such a node is before and after, once for a file of tests.
sim_trees()
{
    export TREES=$BATS_FILE_TMPDIR
    HOME=$TREES "$BUILD/ibfleet-agent" detect --json --root "$BATS_TEST_DIRNAME/../data/trees/bare" >"$TREES/before"
    HOME=$TREES "$BUILD/ibfleet-agent" detect --json --root "$BATS_TEST_DIRNAME/../data/trees/soft-roce" >"$TREES/after"
}

sim_node() # NAME
{
    mkdir "$SSHD_DIR/$1"
    cp "$BATS_TEST_DIRNAME/sim-node" "$TREES/before" "$TREES/after" "$SSHD_DIR/$1"
    fleet_node "$1" "$SSHD_PORT" "agent = $SSHD_DIR/$1/sim-node"
}

# In the background, until a file of a node is there.
begin_until() # FILE ARGUMENT...
{
    ibfleet_begin "${@:2}"
    wait_until 20 test -e "$SSHD_DIR/$1"
}

times() { wc -l <"$SSHD_DIR/$1/$2" 2>/dev/null || echo 0; } # NODE installed|boots
ended() { jq -r '.nodes[] | "\(.name) \(.state) \(.code)"' "$SSHD_DIR/out"; }
latest() { ibfleet status --json >/dev/null; jq -r '.runs[-1].run' "$SSHD_DIR/out"; }

all_once()
{
    for n in ib1 ib2 ib3; do
        [ "$(times $n installed)" = 1 ]
        [ "$(times $n boots)" = 1 ]
        [ ! -e "$SSHD_DIR/$n/claim" ]
    done
}
