# Hostlists mean what administrators know from ClusterShell and pdsh.

setup()
{
    here=$BATS_TEST_DIRNAME
    tool=$BUILD/tests/e2e/hostlist-tool
}

agree() # EXPRESSION: with the program nodeset, on names and on folding
{
    run "$tool" <<<"$1"
    [ "$status" = 0 ]
    read -r mark folded _ names <<<"$output"
    [ "$mark" = = ]
    [ "$folded" = "$(/usr/bin/python3 /usr/bin/nodeset -f "$1")" ]
    [ "$(tr ' ' '\n' <<<"$names" | sort)" = "$(/usr/bin/python3 /usr/bin/nodeset -e -S '\n' "$1" | sort)" ]
}

@test "nodeset -e and -f print the same for hand-picked hostlists" {
    agree 'ib[001-128]'
    agree 'ib[001-128,200-210/2],gpu7'
    agree 'ib[001-128]!ib007'
    agree 'node[1-3,01-03,001]'
    agree 'node[9-11,99-101]'
    agree 'node[08-12]'
    agree 'r[1-2]n[1-16]-ib0'
    agree 'a[1-20]&a[5-30]^a7,z'
    agree 'login,ib[1-4],login,ib2'
    agree 'node[9-11]5'
    agree ' a , b '
}

@test "2,500 random hostlists mean and fold to what ClusterShell says" {
    run "$here/hostlists.py" "$tool" meaning
    echo "$output"
    [ "$status" = 0 ]
    [[ $output == "2500 expressions, "* ]]
}

@test "2,500 broken hostlists are refused, or mean the same" {
    run "$here/hostlists.py" "$tool" broken
    echo "$output"
    [ "$status" = 0 ]
}

@test "600 hostlists of groups, sources and patterns mean what ClusterShell says" {
    run "$here/hostlists.py" "$tool" groups
    echo "$output"
    [ "$status" = 0 ]
}

@test "what the peers' tests care for means, and folds to, the same" {
    run "$here/hostlists.py" "$tool" picked
    echo "$output"
    [ "$status" = 0 ]
}

@test "200 hostlists mean what pdsh says" {
    run "$here/hostlists.py" "$tool" pdsh
    echo "$output"
    [ "$status" = 0 ]
}

@test "200 foldings and their hostlists mean what scontrol says" {
    printf '%s\n' ClusterName=test SlurmctldHost=localhost >"$BATS_TEST_TMPDIR/slurm.conf"
    SLURM_CONF=$BATS_TEST_TMPDIR/slurm.conf run "$here/hostlists.py" "$tool" slurm
    echo "$output"
    [ "$status" = 0 ]
}
