#!/usr/bin/env bats
# nodes.bats - what `ibfleet nodes` prints is read by those whose words it uses

load fleet

setup()
{
    SSHD_DIR=$BATS_TEST_TMPDIR STATE=
    export HOME=$BATS_TEST_TMPDIR CLUSTERSHELL_CFGDIR=$BATS_TEST_TMPDIR
    export IBFLEET_FLEET=$BATS_TEST_TMPDIR/fleet.ini IBFLEET_GROUPS=/dev/null
    unset XDG_CONFIG_HOME
    printf '[Main]\ndefault:\n' >"$CLUSTERSHELL_CFGDIR/groups.conf"
    cat >"$IBFLEET_FLEET" <<'END'
[defaults]
user = azureuser
[nodes]
ib[001-004] = 10.0.0.[1-4]
r[1-2]n[1-2]-e
r[1-2]n[1-2]
head = [fd00::1]:2222
[groups]
compute = ib[001-004],r[1-2]n[1-2]
odd = ib[001-003/2],head
none = ib001!ib001
[group:odd]
key = /etc/key file
jump = ib003,me@gate:2200
END
}

@test "an inventory of Ansible is read back as the same hosts and groups" {
    ibfleet nodes -a --format ansible
    [ "$status" = 0 ]
    cp "$SSHD_DIR/out" "$BATS_TEST_TMPDIR/inventory"
    ansible-inventory -i "$BATS_TEST_TMPDIR/inventory" --list >"$BATS_TEST_TMPDIR/list"
    [ "$(jq -r '.compute.hosts | join(",")' "$BATS_TEST_TMPDIR/list")" = \
        "$("$BUILD/ibfleet" nodes @compute --expand | paste -sd,)" ]
    [ "$(jq -r '.odd.hosts | join(",")' "$BATS_TEST_TMPDIR/list")" = head,ib001,ib003 ]
    [ "$(jq -r '._meta.hostvars | keys | length' "$BATS_TEST_TMPDIR/list")" = 13 ]
    [ "$(jq -r '._meta.hostvars.head | .ansible_host, .ansible_port, .ansible_user, .ansible_ssh_private_key_file' \
        "$BATS_TEST_TMPDIR/list" | paste -sd,)" = "fd00::1,2222,azureuser,/etc/key file" ]
    [ "$(jq -r '._meta.hostvars | .head, .ib001, .ib002 | .ansible_ssh_common_args' "$BATS_TEST_TMPDIR/list" |
        paste -sd:)" = "-o ProxyJump=ib003,me@gate:2200:-o ProxyJump=ib003,me@gate:2200:null" ]
    ANSIBLE_INVENTORY=$BATS_TEST_TMPDIR/inventory ibfleet nodes '@ansible:compute&@ansible:odd'
    [ "$out" = 'ib[001,003]' ]
}

@test "Slurm reads its hostlist as the same nodes" {
    printf '%s\n' ClusterName=test SlurmctldHost=localhost >"$BATS_TEST_TMPDIR/slurm.conf"
    export SLURM_CONF=$BATS_TEST_TMPDIR/slurm.conf
    ibfleet nodes -a --format slurm
    [ "$out" = 'head,ib[001-004],r1n[1-2],r1n1-e,r1n2-e,r2n[1-2],r2n1-e,r2n2-e' ]
    [ "$(scontrol show hostnames "$out" | sort)" = "$("$BUILD/ibfleet" nodes -a --format expanded | sort)" ]
}

@test "lines for /etc/hosts, and who has no address" {
    ibfleet nodes 'head,ib00[1-2],r1n1' --format hosts
    [ "$status" = 0 ]
    [ "$out" = $'fd00::1\thead\n10.0.0.1\tib001\n10.0.0.2\tib002' ]
    warns "left out, as the fleet file has no IP address: r1n1"
}

@test "the groups that nodes are in, of the fleet file and of groups.conf" {
    printf '[site]\nmap: case $GROUP in rack1) echo "ib[001-002] gone1";; *) echo r1n1;; esac\nlist: echo rack1 rack2 rack1\n[bad]\nmap: x\nlist: echo oops >&2; false\n' \
        >>"$CLUSTERSHELL_CFGDIR/groups.conf"
    ibfleet nodes ib001 --groups
    [ "$status" = 0 ]
    [ "$out" = $'@compute ib001\n@odd ib001\n@site:rack1 ib001' ]
    warns "group source bad: 'echo oops >&2; false' ended with 1: oops"
    ibfleet nodes -a --groups
    says $'@site:rack1 ib[001-002]\n@site:rack2 r1n1'
}

@test "lines of about as many nodes, and some by chance" {
    ibfleet nodes 'ib[001-004],head' --split 2
    [ "$out" = $'head,ib[001-002]\nib[003-004]' ]
    ibfleet nodes 'ib[001-004],head' --split 2 --expand
    [ "$out" = $'head ib001 ib002\nib003 ib004' ]
    ibfleet nodes 'ib[001-004],head' --split 2 --count
    [ "$out" = $'3\n2' ]
    ibfleet nodes @compute --split 100
    [ "$(wc -l <"$SSHD_DIR/out")" = 8 ]
    ibfleet nodes -a --pick 3 --count
    [ "$out" = 3 ]
    ibfleet nodes -a --pick 4 --seed 7
    local first=$out
    ibfleet nodes -a --pick 4 --seed 7
    [ "$out" = "$first" ]
    ibfleet nodes -a -x @compute --pick 100 --count
    [ "$out" = 5 ]
}

@test "nobody is an answer of nodes, and refused where something would be done" {
    for hosts in 'ib001&head' '@compute!@compute' ''; do
        ibfleet nodes -w "$hosts" --count
        [ "$status $out" = "0 0" ]
        warns "'$hosts' means no node at all"
        ibfleet nodes --expand -w "$hosts"
        [ "$status $out" = "0 " ]
        ibfleet exec -w "$hosts" -- true
        [ "$status" = 2 ]
        warns "'$hosts' means no node at all"
    done
    ibfleet nodes ib001 -x @compute --count
    [ "$status $out" = "0 0" ]
    warns "-x '@compute' leaves no node"
    ibfleet exec ib001 -x @compute -- true
    [ "$status" = 2 ]
    mkdir "$BATS_TEST_TMPDIR/empty" && cd "$BATS_TEST_TMPDIR/empty" && unset IBFLEET_FLEET
    ibfleet nodes 'n1&n2' --json
    [ "$status" = 0 ]
    [[ $out == *'"nodes": []'* ]]
    ibfleet probe 'n1&n2'
    [ "$status" = 2 ]
    warns "'n1&n2' means no node at all"
}

@test "what does not go together is refused" {
    for args in "--expand --count" "--groups --json" "--split 2 --format slurm" "--seed 1" "--pick 0" \
        "--split 0" "--format xml"; do
        ibfleet nodes -a $args
        [ "$status" = 2 ]
        [ "$(wc -l <"$SSHD_DIR/err")" = 1 ]
    done
}
