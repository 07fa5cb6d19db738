# A vendor's driver on real machines: fetched, installed, built by DKMS for the kernel that
# runs, through reboots and another kernel; and its bad days.  The vendor's bundle is ours
# (tests/fake/bundle), and so is the mirror that it comes from.  The tests follow each other
# on the same three nodes: first nothing goes well, then each has a driver, then node1 goes
# back to its former one, node2 to the kernel's own, and node3 gets another kernel.
load lab
load controller

first=24.99-0.1.2.3 second=24.99-0.2.0.0

setup_file()
{
    export LAB_KIND=dkms
    begin_lab 3
    export IBFLEET_FLEET=$LAB/driver.ini SHOP=$BATS_FILE_TMPDIR/shop
    "$BATS_TEST_DIRNAME/../fake/bundle" "$SHOP" http://10.0.2.101 few
    mkdir "$SHOP/empty" # of kernel headers, that is
    awk -v RS= -v ORS='\n\n' '!/^Package: linux-headers/' "$LAB/base/repo/Packages" >"$SHOP/empty/Packages"
    (cd "$SHOP/empty" && apt-ftparchive release . >../Release && mv ../Release .)
    "$BATS_TEST_DIRNAME/../fake/mirror" --root "$SHOP" --port-file "$LAB/mirror.port" \
        --log "$BATS_FILE_TMPDIR/requests" 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/mirror.pid"
}

teardown_file()
{
    local pid

    for pid in $(cat "$BATS_FILE_TMPDIR"/*.pid); do # asides have children
        pkill -P "$pid" || kill "$pid" || true
    done 2>/dev/null
    end_lab
}

setup() { export STATE=$BATS_FILE_TMPDIR/state; }

rollout() { ibfleet rollout "$@" --yes --json --catalog "$SHOP/catalog.json"; }

# Beside all that comes meanwhile, in later tests, too.
aside() # NAME ARGUMENT...
{
    local at=$BATS_FILE_TMPDIR/$1

    {
        status=0
        "$BUILD/ibfleet" rollout "${@:2}" --yes --json --catalog "$SHOP/catalog.json" \
            --state "$STATE-$1" >"$at" 2>"$at.err" </dev/null || status=$?
        echo $status >"$at.status"
    } 3>&- &
    echo $! >"$at.pid"
}

await_aside() # NAME: its status in $status, what it printed in $out
{
    local at=$BATS_FILE_TMPDIR/$1

    wait_for 900 test -s "$at.status"
    status=$(cat "$at.status") out=$(cat "$at")
    echo "$1: status $status"$'\n'"$out"
    cat "$at.err"
}

# What each node is to have: "1: driver = inbox", a line each.
want() # LINE...
{
    local line

    {
        cat "$LAB/fleet.ini"
        for line in "$@"; do
            printf '[group:n%d]\n%s\n' "${line%%:*}" "${line#*: }"
        done
    } | sed '/^\[groups\]/a n1 = node1\nn2 = node2\nn3 = node3' >"$IBFLEET_FLEET"
}

# How the installer is to behave on a node; no WORD: as it should.
tell_installer() # NODE [WORD]
{
    echo "${2:-}" | lab ssh "$1" 'sudo tee /etc/ibfleet-bundle.conf >/dev/null'
}

# How long steps wait there, in seconds, until it boots again: what units of systemd inherit.
patience() # NODE LOCK|INSTALLER=SECONDS
{
    lab ssh "$1" sudo systemctl set-environment "IBFLEET_${2%=*}_SECONDS=${2#*=}"
}

# What the installers noted there, "start mlnx-ofed 24.99-0.1.2.3" a line.
record() { lab ssh "$1" "sed -n 's/^\(start\|end\|uninstall\) \([^ ]*\) \([^ ]*\).*/\1 \2 \3/p' /var/log/ibfleet-bundle.log 2>/dev/null" || true; }
starts() { record "$1" | grep -c '^start' || true; }

reason() { jq -r --arg n "$1" '.nodes[] | select(.name == $n) | .reason' <<<"$out"; }

# What they all say of themselves, for the two that follow.
look() { facts=$("$BUILD/ibfleet" probe -a --json) || true; }

driver_of() # NODE
{
    jq -r --arg n "node$1" '.nodes[] | select(.name == $n) |
        .facts.platform | "\(.driver) \(.driver_version)"' <<<"$facts"
}

# ssh, the agent and the package manager work; dpkg has left nothing half done.
is_usable() # NODE
{
    [ -z "$(lab ssh "$1" 'sudo dpkg --audit')" ]
    jq -e --arg n "node$1" '.nodes[] | select(.name == $n) | .facts.boot_id' <<<"$facts"
}

loaded() { lab ssh "$1" 'cat /sys/module/mlx5_ib/version'; }
is_built() { lab ssh "$1" 'ls "/lib/modules/$(uname -r)/updates/dkms/" | grep -q ^mlx5_ib'; }
boot_ids() { for n in 1 2 3; do boot_id $n; done; }

@test "a wrong hash, a download cut short and an installer that fails each have their name" {
    want "1: driver = mlnx-ofed $first"$'\n'"mirror = http://10.0.2.101/wrong" \
        "2: driver = mlnx-ofed $first"$'\n'"mirror = http://10.0.2.101/truncated" \
        "3: driver = mlnx-ofed $first"
    tell_installer 3 mode=fail
    rollout -a
    [ "$status" = 1 ]
    [ "$(ended)" = "node1 failed wrong-hash node2 failed download-failed node3 failed installer-failed" ]
    [ "$(starts 1) $(starts 2) $(starts 3)" = "0 0 1" ]
    look
    for n in 1 2 3; do
        is_usable $n
        [ "$(driver_of $n)" = "inbox null" ]
    done
    ibfleet logs node3
    [[ $out == *"told so by /etc/ibfleet-bundle.conf"* ]]
}

@test "a full disk and an installer that stops half-way each have their name" {
    want "1: driver = mlnx-ofed $first" "2: driver = mlnx-ofed $first" \
        "3: driver = mlnx-ofed $first"
    patience 2 LOCK=20
    lab ssh 2 'sudo flock /var/lib/dpkg/lock-frontend sleep 3000' >/dev/null 2>&1 3>&- &
    aside locked node2
    tell_installer 3 mode=half
    lab fill 1
    rollout node1 node3
    lab unfill 1
    [ "$status" = 1 ]
    [ "$(ended)" = "node1 failed disk-full node3 failed installer-failed" ]
    [[ $(reason node3) == *half-installed* ]]
    look
    for n in 1 3; do
        is_usable $n
    done
    ibfleet show node3
    [[ $out == *half-installed* ]]
}

@test "who keeps the package manager locked is named, and nothing was begun" {
    await_aside locked
    look
    is_usable 2
    lab ssh 2 sudo pkill -x sleep
    [ "$status" = 1 ]
    [ "$(ended)" = "node2 failed package-lock-held" ]
    [[ $(reason node2) == *"held by flock"*"waited for it for 20 s"* ]]
    [ "$(starts 2)" = 0 ]
}

@test "a run cut in the middle of the installer goes on where it is: one start on each node" {
    for n in 1 3; do
        lab ssh $n sudo rm -f /var/log/ibfleet-bundle.log
        tell_installer $n mode=hang
    done
    old=$(boot_id 1)
    patience 2 INSTALLER=20
    tell_installer 2 mode=hang
    aside hanging node2
    begin rollout node1 node3 --yes --catalog "$SHOP/catalog.json"
    for n in 1 3; do
        wait_for 240 lab ssh $n grep -q ^start /var/log/ibfleet-bundle.log
    done
    kill -9 "$CONTROLLER"
    await_controller
    for n in 1 3; do
        tell_installer $n
    done
    ibfleet resume --yes --json
    [ "$status" = 0 ]
    [ "$(ended)" = "node1 done ok node3 done ok" ]
    [ "$(boot_id 1)" != "$old" ]
    look
    for n in 1 3; do
        [ "$(record $n | grep -v ^uninstall)" = "start mlnx-ofed $first"$'\n'"end mlnx-ofed $first" ]
        [ "$(driver_of $n)" = "mlnx-ofed $first" ]
        [ "$(loaded $n)" = "${first%.*}" ]
        lab ssh $n 'rdma link show rxe0/1 | grep -q ACTIVE'
    done
}

@test "the second run finds it up to date, and changes nothing" {
    boot_ids >"$BATS_TEST_TMPDIR/before"
    rollout node1 node3
    [ "$status" = 0 ]
    [ "$(ended)" = "node1 up-to-date ok node3 up-to-date ok" ]
    boot_ids | diff "$BATS_TEST_TMPDIR/before" -
    [ "$(starts 1) $(starts 3)" = "1 1" ]
}

@test "meanwhile an installer that hung was ended at its deadline, and is named" {
    await_aside hanging
    tell_installer 2
    lab ssh 2 sudo systemctl unset-environment IBFLEET_{LOCK,INSTALLER}_SECONDS
    [ "$status" = 1 ]
    [ "$(ended)" = "node2 failed installer-failed" ]
    [[ $(reason node2) == *"mlnxofedinstall was ended after 20 s"* ]]
    [ "$(starts 2)" = 1 ]
    look
    is_usable 2
    [ "$(driver_of 2)" = "inbox null" ]
}

@test "another version takes the place of the one that is there; another driver comes" {
    want "1: driver = mlnx-ofed $second" "2: driver = doca-ofed 9.9.9"
    rollout node1 node2
    [ "$status" = 0 ]
    [ "$(ended)" = "node1 done ok node2 done ok" ]
    look
    [ "$(driver_of 1)" = "mlnx-ofed $second" ]
    [ "$(loaded 1)" = "${second%.*}" ]
    [[ $(driver_of 2) == "doca-ofed 9.9.9"* ]]
    [ "$(loaded 2)" = 99.01-0.1 ]
    record 1 | grep -qx "uninstall mlnx-ofed $first"
    lab ssh 1 "test \$(ls /usr/src | grep -c ^mlnx-ofed-kernel) = 1"
}

@test "another kernel: probe sees that the driver is not built for it" {
    lab kernel 3 other 3>&-
    [ "$(lab ssh 3 uname -r)" = "$(cat "$LAB/base/release.other")" ]
    ibfleet probe node3
    [[ $out == *"mlnx-ofed-kernel "*" not built for $(cat "$LAB/base/release.other")"* ]]
}

@test "headers that no repository has are named before anything is changed" {
    lab ssh 3 'sudo sh -c "sed -i s,10.0.2.100/,10.0.2.101/empty/, /etc/apt/sources.list && apt-get -qq update"'
    want "3: driver = mlnx-ofed $first"
    old=$(boot_id 3)
    rollout node3
    lab ssh 3 'sudo sh -c "sed -i s,10.0.2.101/empty/,10.0.2.100/, /etc/apt/sources.list && apt-get -qq update"'
    [ "$(ended)" = "node3 failed no-kernel-headers" ]
    [[ $(reason node3) == *"$(cat "$LAB/base/release.other")"* ]]
    [ "$(boot_id 3)" = "$old" ]
}

@test "a module that does not compile for the new kernel is told with the compiler's words" {
    want "3: driver = mlnx-ofed $first"
    tell_installer 3 "build=$(cat "$LAB/base/release.other")"
    rollout node3
    tell_installer 3
    [ "$(ended)" = "node3 failed dkms-build-failed" ]
    [[ $(reason node3) == *"half configured: "*"told to fail"* ]]
    [[ $(lab ssh 3 'sudo dpkg --audit') == *"half configured"*linux-headers-* ]]
    run ! is_built 3
}

@test "a rollout mends it, and what dpkg had not ended" {
    want "1: driver = mlnx-ofed $second" "2: driver = doca-ofed 9.9.9" \
        "3: driver = mlnx-ofed $first"
    aside back node1 --rollback
    aside gone node2 --remove
    rollout node3
    [ "$(ended)" = "node3 done ok" ]
    [ "$(starts 3)" = 1 ]
    [ "$(loaded 3)" = "${first%.*}" ]
    is_built 3
    look
    is_usable 3
}

@test "meanwhile one node went back to what was there before" {
    await_aside back
    [ "$(ended)" = "node1 done ok" ]
    look
    [ "$(driver_of 1)" = "mlnx-ofed $first" ]
    [ "$(loaded 1)" = "${first%.*}" ]
}

@test "what was removed has left nothing, and the kernel's own is back" {
    await_aside gone
    [ "$(ended)" = "node2 done ok" ]
    look
    [ "$(driver_of 2)" = "inbox null" ]
    run ! lab ssh 2 'dpkg-query -W -f "\${Package} \${db:Status-Status}\n" |
        grep -E "^(doca|mlnx|ofed).* installed"'
    run ! lab ssh 2 'ls -d /lib/modules/*/updates/dkms/mlx5_ib* /usr/src/mlnx* \
        /etc/apt/sources.list.d/doca* /etc/apt/preferences.d/doca* 2>/dev/null | grep .'
    lab ssh 2 'sudo modprobe mlx5_ib && ! test -e /sys/module/mlx5_ib/version'
}
