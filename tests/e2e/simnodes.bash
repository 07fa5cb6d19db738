# simnodes.bash - nodes that are folders, for what must not change the machine it runs on
#
#   load fleet; load simnodes
#   setup_file() { simnodes_prepare; }
#   setup()      { fleet_start 'rxe = eth1' </dev/null; simnode ib1; simnode ib2; }
#
# The program, SSH, the journal and the signals are real; the agents are sim-node, which
# says what the files in $SSHD_DIR/NODE mean.

simnodes_prepare()
{
    export TREES=$BATS_FILE_TMPDIR
    HOME=$TREES "$BUILD/ibfleet-agent" detect --json --root "$BATS_TEST_DIRNAME/../data/trees/bare" >"$TREES/before"
    HOME=$TREES "$BUILD/ibfleet-agent" detect --json --root "$BATS_TEST_DIRNAME/../data/trees/soft-roce" >"$TREES/after"
}

simnode() # NAME
{
    mkdir "$SSHD_DIR/$1"
    cp "$BATS_TEST_DIRNAME/sim-node" "$TREES/before" "$TREES/after" "$SSHD_DIR/$1"
    fleet_node "$1" "$SSHD_PORT" "agent = $SSHD_DIR/$1/sim-node"
}
