# The lab's bad days: what it does to a node, and that it ends what it started.
load lab

setup_file() { begin_lab 2; }
teardown_file() { end_lab; }

@test "a node that lost power comes back with what it had written" {
    old=$(boot_id 1)
    lab ssh 1 'echo kept >~/kept; sync'
    lab kill 1
    [[ $(lab status) == *"node1 "*" off "* ]]
    run ! timeout 20 "$BATS_TEST_DIRNAME/lab" ssh 1 true
    lab up 2 3>&-
    [ "$(lab ssh 1 cat kept)" = kept ]
    [ "$(boot_id 1)" != "$old" ]
}

@test "a node that was switched off keeps its port and its host key" {
    port=$(cat "$LAB/node2.port")
    lab poweroff 2
    grep -q LAB-STOP "$LAB/node2.log"
    [[ $(lab status) == *"node2 "*" off "* ]]
    lab up 2 3>&-
    [ "$(cat "$LAB/node2.port")" = "$port" ]
    lab ssh 2 true
}

@test "a sudden reset is a new boot" {
    old=$(boot_id 1)
    lab reset 1
    [ "$(boot_id 1)" != "$old" ]
}

@test "a full disk takes nothing, root's neither, and can be emptied" {
    lab fill 1
    run ! lab ssh 1 sudo cp /bin/true /root/word
    [[ $output == *"No space left"* ]]
    lab unfill 1
    lab ssh 1 sudo cp /bin/true /root/word
}

@test "a pulled cable is a link without carrier" {
    lab unplug 1
    [ "$(lab ssh 1 cat /sys/class/net/eth1/carrier)" = 0 ]
    run ! reaches 2 1
    lab plug 1
    [ "$(lab ssh 1 cat /sys/class/net/eth1/carrier)" = 1 ]
    reaches 2 1
}

@test "a frozen node takes a connection and does not answer" {
    lab freeze 1
    run ! timeout 5 bash -c "read -r _ </dev/tcp/127.0.0.1/$(cat "$LAB/node1.port")"
    [ "$status" = 124 ]
    lab thaw 1
    lab ssh 1 true
}

@test "a node cut from us goes on" {
    lab unplug 1 mgmt
    run ! timeout 10 "$BATS_TEST_DIRNAME/lab" ssh 1 true
    reaches 2 1
    lab plug 1 mgmt
    lab ssh 1 true
}

@test "a node that boots does not hold up the others" {
    lab up 3 3>&-
    reaches 1 2
    lab kill 3
    reaches 1 2
    lab up 3 3>&- &
    for i in {1..5}; do
        reaches 1 2
    done
    wait $!
    reaches 1 3
}

@test "down ends all it started, and nobody else" {
    sleep 600 3>&- &
    stranger=$!
    echo $stranger >"$LAB/node9.pid"
    echo 1 >"$LAB/node9.port"
    mine=$(cat "$LAB"/node[123].pid "$LAB/switch.pid")
    lab down
    for pid in $mine; do
        run ! grep -Eq 'lab-node|switch' "/proc/$pid/cmdline" # a zombie has none
    done
    kill $stranger
}
