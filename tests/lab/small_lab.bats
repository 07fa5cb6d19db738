# The lab itself: what a node is before anybody has touched it, and what it can become.
load lab

setup_file() { begin_lab 2; }
teardown_file() { end_lab; }
teardown() { lab heal; }

@test "a node has the modules, and nothing else of RDMA" {
    run -0 lab ssh 1 '
        sudo modinfo -n rdma_rxe ib_uverbs mlx5_ib
        dpkg-query -W -f "\${Package}\n" | grep -E "ibverbs|rdma" && exit 1
        sudo find / -xdev -name "libibverbs*" | grep . && exit 1
        ls /sys/class/infiniband 2>/dev/null | grep . && exit 1
        exit 0'
    [ "${#lines[@]}" = 3 ]
}

@test "each node has a name and a host key of its own" {
    [ "$(lab ssh 1 hostname)" = node1 ]
    [ "$(lab ssh 2 hostname)" = node2 ]
    [ "$(cut -d' ' -f 3 "$LAB/known_hosts" | sort -u | wc -l)" = 2 ]
}

@test "sudo trusts azure, and asks plain for a password" {
    lab ssh 1 sudo -n true
    LAB_USER=plain run ! lab ssh 1 sudo -n true
    [[ $output == *"password is required"* ]]
}

@test "a node is reached by exec channels only" {
    run ! sftp -F none -i "$LAB/key" -o UserKnownHostsFile="$LAB/known_hosts" \
        -P "$(cat "$LAB/node1.port")" azure@127.0.0.1:/etc/hostname "$BATS_TEST_TMPDIR"
    [[ $output == *"subsystem request failed"* ]]
}

@test "a node reaches nothing outside, and learns so at once" {
    run ! lab ssh 1 curl -sS -m 5 http://192.0.2.1/
    [[ $output == *"Couldn't connect"* ]]
}

@test "up with the nodes up changes nothing" {
    before=$(cat "$LAB"/node*.pid "$LAB/switch.pid")
    lab up 2
    [ "$(cat "$LAB"/node*.pid "$LAB/switch.pid")" = "$before" ]
}

@test "a pair that is cut does not meet until it is healed" {
    reaches 1 2
    lab fault cut 1-2
    run ! reaches 1 2
    lab heal
    reaches 1 2
}

@test "with packages from the repository two nodes exchange RDMA messages" {
    for n in 1 2; do
        lab ssh $n 'sudo sh -c "
            apt-get -qq update
            DEBIAN_FRONTEND=noninteractive apt-get -qq install -y ibverbs-providers ibverbs-utils
            modprobe rdma_rxe
            rdma link add rxe0 type rxe netdev eth1"' >"$BATS_TEST_TMPDIR/$n" 2>&1 3>&- &
    done
    wait
    lab ssh 1 timeout 40 ibv_rc_pingpong -g 1 -e -n 100 >/dev/null 3>&- &
    lab ssh 2 'for i in $(seq 20); do
        timeout 20 ibv_rc_pingpong -g 1 -e -n 100 10.77.0.1 && exit; sleep 0.5; done; exit 1'
    wait $!
}

@test "a reboot is a new boot of the same machine" {
    old=$(boot_id 1)
    machine=$(lab ssh 1 cat /etc/machine-id)
    lab reboot 1
    [ "$(boot_id 1)" != "$old" ]
    [ "$(lab ssh 1 cat /etc/machine-id)" = "$machine" ]
    lab ssh 1 dpkg-query -W ibverbs-utils ibverbs-providers
}
