# groups.bash - expressions with groups, through ibfleet nodes and through nodeset
#
#   load groups
#   setup() { groups_prepare; }
#
# Sets HOME, CLUSTERSHELL_CFGDIR with the files that ClusterShell ships, and a PATH that
# begins with $BATS_TEST_TMPDIR/bin.  No fleet file is found where it leaves us.

load fleet

groups_prepare()
{
    SSHD_DIR=$BATS_TEST_TMPDIR STATE=$BATS_TEST_TMPDIR/state
    HOME=$BATS_TEST_TMPDIR/home CLUSTERSHELL_CFGDIR=$BATS_TEST_TMPDIR/cs
    export HOME CLUSTERSHELL_CFGDIR PATH=$BATS_TEST_TMPDIR/bin:$PATH
    unset XDG_CONFIG_HOME IBFLEET_FLEET
    mkdir -p "$BATS_TEST_TMPDIR"/{bin,home,empty} "$CLUSTERSHELL_CFGDIR"/groups.{d,conf.d}
    cp /etc/clustershell/groups.conf "$CLUSTERSHELL_CFGDIR"
    cp /etc/clustershell/groups.d/local.cfg "$CLUSTERSHELL_CFGDIR/groups.d"
    cd "$BATS_TEST_TMPDIR/empty" || return 1
}

shipped() { cp "/etc/clustershell/groups.conf.d/$1.conf.example" "$CLUSTERSHELL_CFGDIR/groups.conf.d/$1.conf"; }
program() { cat >"$BATS_TEST_TMPDIR/bin/$1" && chmod +x "$BATS_TEST_TMPDIR/bin/$1"; }

# EXPRESSION HOSTLIST: and nodeset, where it reads the same files, says so too
means()
{
    ibfleet nodes "$1"
    [ "$status" = 0 ]
    [ "$out" = "$2" ]
}
means_both()
{
    means "$1" "$2"
    [ "$(/usr/bin/python3 /usr/bin/nodeset -f "$1")" = "$2" ]
}
refused() # EXPRESSION WORDS
{
    ibfleet nodes "$1"
    [ "$status" = 2 ]
    [ "$(wc -l <"$SSHD_DIR/err")" = 1 ]
    warns "$2"
}
