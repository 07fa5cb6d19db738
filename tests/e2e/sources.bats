#!/usr/bin/env bats
# sources.bats - groups that others know: ClusterShell's files, genders, Slurm, Ansible, runs
#
# genders and Ansible are the real programs, and the files that ClusterShell ships are
# used as they are.  Slurm has a file of its own, slurm.bats.

load groups

setup() { groups_prepare; }

fleet_of() { export IBFLEET_FLEET=$BATS_TEST_TMPDIR/fleet.ini && printf '[nodes]\n%s\n' "$@" >"$IBFLEET_FLEET"; }

@test "the groups.conf that ClusterShell ships, with its file of groups" {
    means_both @oss 'example[4-5]'
    means_both @local:compute 'example[32-159]'
    means_both '@*' 'example[4-6,32-159]'
    means_both 'example3?&@*!example33' 'example[32,34-39]'
    means_both '@io!@mds' 'example[4-5]'
}

@test "the YAML file that ClusterShell ships" {
    cp /etc/clustershell/groups.d/cluster.yaml.example "$CLUSTERSHELL_CFGDIR/groups.d/cluster.yaml"
    means_both @roles:io 'example[2,4-5]'
    means_both @racks:old 'example[0,2,32-159]'
    means_both @racks:rack5 'example[200-205,245,300,401-406]'
    means_both '@roles:*' 'example[2,4-5,32-159]'
    means_both '@cpu:hsw' 'example[64-159]'
    refused @racks:rack9 "no such group: 'racks:rack9'"
    ibfleet nodes example4 --groups
    says $'@racks:rack2 example4\n@racks:new example4'
}

@test "the genders file that ClusterShell ships, and the real nodeattr" {
    printf '%s\n' 'n[1-10] compute' 'n0 login' 'n[1-5] os=debian' >"$BATS_TEST_TMPDIR/genders"
    program nodeattr <<END
#!/bin/sh
exec /usr/bin/nodeattr -f $BATS_TEST_TMPDIR/genders "\$@"
END
    means @genders:login n0
    means '@genders:*' 'n[0-10]'
    shipped genders
    means_both @genders:compute 'n[1-10]'
    means_both '@genders:os=debian' 'n[1-5]'
    means_both @genders:compute!@genders:os=debian 'n[6-10]'
}

@test "Ansible's inventory, read by ansible-inventory" {
    printf '%s\n' '[web]' 'w[1:3]' '[db]' 'd1' '[site:children]' web db >"$BATS_TEST_TMPDIR/inventory"
    export ANSIBLE_INVENTORY=$BATS_TEST_TMPDIR/inventory
    means '@ansible:site!@ansible:db' 'w[1-3]'
    means '@ansible:*' 'd1,w[1-3]'
    refused @ansible:wbe "no such group: 'wbe'"
}

@test "what is wrong with a groups.conf names the file and the line" {
    printf '%s\n' '[mine]' 'list: x' >"$BATS_TEST_TMPDIR/mine.conf"
    IBFLEET_GROUPS=$BATS_TEST_TMPDIR/mine.conf refused @mine:x "mine.conf:1: source 'mine' has no map"
    printf '%s\n' '[local]' 'map: echo x' >"$CLUSTERSHELL_CFGDIR/groups.conf.d/twice.conf"
    refused @oss "twice.conf:1: there is already a source 'local'"
    rm "$CLUSTERSHELL_CFGDIR/groups.conf.d/twice.conf"
    refused @slrm:x "no group source and no run 'slrm' (did you mean 'slurm'?)"
}

@test "an upcall gets no more of the name than a name" {
    printf '%s\n' '[mine]' "map: echo '\$GROUP' >>$BATS_TEST_TMPDIR/asked; echo n1" 'list: echo "a;b"' \
        >"$BATS_TEST_TMPDIR/mine.conf"
    export IBFLEET_GROUPS=$BATS_TEST_TMPDIR/mine.conf
    for name in "x';reboot;'" 'x$(id)' 'x`id`' 'x y' 'x|y' '-p' 'x/e' '..*' '"'; do
        ibfleet nodes "@mine:$name"
        [ "$status" = 2 ] || [ "$(tail -n 1 "$BATS_TEST_TMPDIR/asked")" = x ] # two names for us
    done
    refused '@mine:*' "group source mine: it lists 'a;b', which is no name of a group"
    [ "$(sort -u "$BATS_TEST_TMPDIR/asked" | xargs)" = x ]
}

@test "an upcall is asked once, however often it is named" {
    printf '%s\n' '[mine]' "map: echo x >>$BATS_TEST_TMPDIR/asked; echo n1 n2" >"$BATS_TEST_TMPDIR/mine.conf"
    IBFLEET_GROUPS=$BATS_TEST_TMPDIR/mine.conf means '@mine:a&@mine:a,@mine:a' 'n[1-2]'
    [ "$(wc -l <"$BATS_TEST_TMPDIR/asked")" = 1 ]
}

@test "a source's nodes must be in the fleet file, those that it takes out need not" {
    printf '%s\n' '[slurm]' 'map: [ $GROUP != debug ] || echo "n[1-4]"' 'all: echo "n[1-8],gpu1"' >"$BATS_TEST_TMPDIR/mine.conf"
    export IBFLEET_GROUPS=$BATS_TEST_TMPDIR/mine.conf
    fleet_of 'n[1-4]' 'gpu1'
    means @slurm:debug 'n[1-4]'
    refused '@slurm:*' "group 'slurm:*': column 1 of 'n[1-8],gpu1': no such node: 'n5'"
    ibfleet probe -a -x '@slurm:*'
    [ "$status" = 2 ]
    ibfleet nodes -a -x '@slurm:debug'
    [ "$out" = gpu1 ]
    [ -z "$err" ]
    ibfleet nodes -a -x '@slurm:debgu'
    [ "$out" = 'gpu1,n[1-4]' ]
    warns "-x '@slurm:debgu' takes no node out"
    ibfleet nodes -a -x n9
    [ "$status" = 2 ]
    warns "no such node: 'n9'"
    refused @ops "no such group: 'ops'"
}

@test "a groups.conf of our own has folders of its own, and its sources replace others whole" {
    mkdir -p own/parts own/yaml
    printf '%s\n' '[Main]' 'default: mine' 'confdir: $CFGDIR/parts' 'autodir: $CFGDIR/yaml' \
        '[local]' 'map: echo "own[1-2]"' 'list: echo a' >own/groups.conf
    printf '%s\n' '[mine]' 'map: echo "mine[1-3]"' >own/parts/mine.conf
    printf '%s\n' 'racks:' '    r1: "y[1-4]"' >own/yaml/racks.yaml
    cp /etc/clustershell/groups.d/cluster.yaml.example "$CLUSTERSHELL_CFGDIR/groups.d/cluster.yaml"
    export IBFLEET_GROUPS=own/groups.conf
    means @x 'mine[1-3]'
    means @local:oss 'own[1-2]'
    means '@local:*' 'own[1-2]' # not ClusterShell's `all` of another source local
    means @racks:r1 'y[1-4]'
    refused @roles:io "no group source and no run 'roles'"
    cp own/parts/mine.conf own/parts/twice.conf
    refused @x "twice.conf:1: there is already a source 'mine'"
}

@test "a file of hostlists, and standard input" {
    printf '%s\n' '# rack 1' 'n[1-3] n7' '' 'n9 # spare' '!n2' >"$BATS_TEST_TMPDIR/hosts"
    means "^$BATS_TEST_TMPDIR/hosts" 'n[1,3,7,9]'
    means "n[1-9],-^$BATS_TEST_TMPDIR/hosts" 'n[2,4-6,8]'
    ibfleet nodes 'n[1-9]' -x "^$BATS_TEST_TMPDIR/hosts"
    [ "$out" = 'n[2,4-6,8]' ]
    mkdir racks && printf 'n[1-2]\n#include two\n' >racks/one && printf 'n4 # the spare\n' >racks/two
    means "^racks/one" 'n[1-2,4]'
    refused ^nowhere "nowhere: No such file or directory"
    [ "$(printf 'n2\nn[3-4]\n' | "$BUILD/ibfleet" nodes ^-)" = 'n[2-4]' ]
    [ "$(printf 'n2\nn[3-4]\n' | "$BUILD/ibfleet" nodes '^-&^-')" = 'n[2-4]' ]
    [ "$(printf 'n2\nn[3-4]\n' | "$BUILD/ibfleet" nodes -w n7 -w -)" = 'n[2-4,7]' ]
    printf 'n1\nn2\n' >two # from where it stands, not from its start
    [ "$({ read -r _; "$BUILD/ibfleet" nodes ^-; } <two)" = n2 ]
    printf 'n1\n\0n2\n' >two
    refused ^two "two: this is no text"
}

@test "what pdsh -x takes out by a filter, -x takes out" {
    printf 'n%s\n' 1 2 3 4 1{1..4} >nodes
    for excluded in '/[1-9]$/' 'n0 -x/[1-9]$/' 'n0,/[5-9]$/,/^n1?[1-4]$/' '^nodes,/[5-9]$/'; do
        ibfleet nodes --expand 'n[0-20]' -x $excluded
        [ "$status" = 0 ]
        [ "$out" = "$(pdsh -Q -w 'n[0-20]' -x $excluded | tail -n 1 | tr , '\n')" ]
    done
    refused '/1/' "a filter stands behind typed names"
}

@test "the nodes of a run, by how they stand" {
    "$BUILD/tests/e2e/logbook-tool" "$STATE" 6 slow=2 cut=3-4 gone=6
    local run
    run=$(sqlite3 "$STATE/journal.db" 'select id from run')
    means "@$run:*" 'node[1-6]'
    means "@$run:good" 'node[1,5]'
    means "@latest:failed" 'node[2,6]'
    means "@latest:*!@latest:failed" 'node[1,3-5]'
    means "@$run:suspect" 'node[3-4]'
    refused "@$run:faild" "a run has no nodes that are 'faild' (did you mean 'failed'?)"
    refused @20260101-0000-0000:failed "no group source and no run '20260101-0000-0000'"
    STATE=$BATS_TEST_TMPDIR/none refused @latest:failed "there is no run in"
}

@test "without a default source it is the first of the file" {
    sed 's/^default:.*/default:/' /etc/clustershell/groups.conf >"$CLUSTERSHELL_CFGDIR/groups.conf"
    printf '%s\n' '[second]' 'map: echo n2' 'all: echo "n[1-2]"' >>"$CLUSTERSHELL_CFGDIR/groups.conf"
    means_both @oss 'example[4-5]'
    means_both '@*&example4?' 'example[40-49]'
    means_both @second:oss n2
}

@test "a source without all may list its groups folded" {
    printf '[Main]\ndefault: rows\n[rows]\nmap: echo "$GROUP-n[1-2]"\nlist: echo "row[1-2]" hall\n' \
        >"$CLUSTERSHELL_CFGDIR/groups.conf"
    means_both '@*' 'hall-n[1-2],row[1-2]-n[1-2]'
    ibfleet nodes row2-n1 --groups
    [ "$out" = '@rows:row[1-2] row2-n1' ]
    sed -i 's/row\[1-2\]/row[1-/' "$CLUSTERSHELL_CFGDIR/groups.conf"
    refused @* "group source rows: it lists 'row[1-', which is no name of groups"
    sed -i 's/row\[1-/row[1-5000]/' "$CLUSTERSHELL_CFGDIR/groups.conf"
    refused @* "group source rows: it lists more than 4096 groups, and then needs an \`all\`"
}

@test "a source without all is not asked for any number of groups" {
    printf '[Main]\ndefault: many\n[many]\nmap: echo n1; echo >>asked\nlist: seq 5000\n' \
        >"$CLUSTERSHELL_CFGDIR/groups.conf"
    refused @many:* "group source many: it lists more than 4096 groups, and then needs an \`all\`"
    [ ! -e "$CLUSTERSHELL_CFGDIR/asked" ]
}
