#!/usr/bin/env bats
# agent.bats - the agent over a pipe, on a node that is a folder: its conversation, the
# claim, steps that outlive it, and what is said when something is wrong

load node

bats_require_minimum_version 1.5.0
: "${BUILD:=build}"

setup()
{
    node_make
    AGENT=$BUILD/ibfleet-agent
}
teardown() { node_remove; }

talk() # ACT...
{
    run timeout 100 "$BATS_TEST_DIRNAME/talk" "$AGENT" "$@"
    echo "$output"
}

claim() { echo "claim:{\"run\":\"${1:-r1}\",\"controller\":\"head1\",\"user\":\"ann\",\"epoch\":${2:-1},\"until_s\":99999999999}"; }
install() { echo "install:{\"run\":\"r1\",\"epoch\":${2:-1},\"steps\":[$1]}"; }
packages='{"name":"packages","args":["rdma-core"]}'
modules='{"name":"modules","args":["rdma_rxe"]}'
memlock='{"name":"memlock","args":[]}'
rxe='{"name":"soft-roce","args":["eth1"]}'

says() { [[ "$output" == *"$1"* ]]; }
says_not() { [[ "$output" != *"$1"* ]]; }
calls() { grep -c "^$1" "$NODE/calls" || true; }

# ---- the conversation --------------------------------------------------------------------

@test "the agent says hello first and answers until its input ends" {
    talk ping close
    [ "$status" = 0 ]
    [[ "${lines[0]}" == 'hello {"protocol": 1, '* ]]
    says '"boot_id": "boot-1"'
    says "answer 1 {}"
    says "exit 0"
}

@test "a controller of another protocol is refused with both numbers" {
    TALK_HELLO='{"protocol": 99, "version": "9.9"}' talk until:exit
    says "event refused"
    says "version-mismatch"
    says "99"
    says "exit 14"
}

@test "a request before the hello is refused" {
    TALK_HELLO= talk '&ping' until:exit
    says "a request came before the hello"
    says_not "answer 1"
    says "exit 14"
}

@test "garbage on its input ends it with a word" {
    talk 'raw:GET / HTTP/1.0\n\n'
    says '"code": "not-our-protocol"'
    says "exit 14"
}

@test "a flood of nonsense ends it" {
    talk flood:20000000
    says '"code": "not-our-protocol"'
    says "exit 14"
}

@test "a controller that leaves in the middle of a frame is only gone" {
    talk ping vanish
    says "answer 1 {}"
    says "exit 0"
}

@test "an unknown request is refused and the conversation goes on" {
    talk nonsense ping
    says "failure 1 not-supported this agent does not know 'nonsense'"
    says "answer 2 {}"
}

@test "while detection hangs the agent answers, and leaving ends the hanging child" {
    mkfifo "$NODE/proc/meminfo" # opening it waits for ever
    talk '&detect' ping close
    says "answer 2 {}"
    says_not "answer 1"
    says "exit 0"
    wait_until 5 node_is_quiet
}

@test "started by one that ignores the death of its children, it waits for its own" {
    cat >"$NODE/careless" <<EOT
#!/usr/bin/python3
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv("$(realpath "$AGENT")", ["ibfleet-agent"] + sys.argv[1:])
EOT
    chmod +x "$NODE/careless"
    AGENT=$NODE/careless
    TALK_DEADLINE=20 talk "$(claim)" "$(install "$modules")"
    says '"state": "done"'
    says "exit 0"
}

@test "more requests at once than the ceiling are refused, the others answered" {
    local asks=() i
    mkdir -p "$NODE/var/lib/ibfleet/locks"
    for i in {1..20}; do asks+=("&$(claim)"); done
    flock "$NODE/var/lib/ibfleet/locks/claim" sleep 2 3>&- &
    sleep 0.2
    talk "${asks[@]}" until:"failure 20" ping sleep:2.5 ping
    [ "$(grep -c '^failure .* too-much-output more than 16 requests at once' <<<"$output")" = 4 ]
    [ "$(grep -c '^answer' <<<"$output")" = 18 ]
}

# ---- detect ------------------------------------------------------------------------------

@test "detect --json fits its schema, as does what the agent answers" {
    local told=()
    for tree in "$BUILD"/trees/*/; do
        told+=(-i "$NODE/$(basename "$tree").json")
        "$AGENT" detect --json --root "$tree" >"${told[-1]}"
    done
    [ "${#told[@]}" -gt 60 ]
    jsonschema "${told[@]}" tests/data/schema/facts.json
    talk detect
    grep '^answer 1 ' <<<"$output" | cut -d' ' -f3- >"$NODE/facts.json"
    jsonschema -i "$NODE/facts.json" tests/data/schema/facts.json
}

@test "detect for people names the HCA" {
    run "$AGENT" detect --root tests/data/trees/azure-hb
    [ "$status" = 0 ]
    says "mlx5_ib0 port 1: InfiniBand, ACTIVE, 200.0 Gb/s (4X HDR)"
}

@test "detect for people names NICs, the driver, failed DKMS and who holds the modules" {
    run "$AGENT" detect --root "$BUILD/trees/nd96h100-ubuntu2204"
    [ "$status" = 0 ]
    says "0108:00:00.0 ConnectX-7, rdma, mlx5_ib7"
    says "56d0:00:02.0 ConnectX-5, ethernet, mlx5_an0"
    says "driver     doca-ofed 3.2.1-044000"
    says "an HPC image with 3.2.1"
    says "dkms       mlnx-ofed-kernel 25.10.OFED.25.10.1.2.8.1: failed"
    run "$AGENT" detect --root "$BUILD/trees/hc44-16-centos78"
    says "in use by  lustre: /scratch"
    says "ipoib      172.16.1.2 for 00:15:5d:33:ff:10"
}

@test "wrong usage ends with 1 and says how" {
    run "$AGENT"
    [ "$status" = 1 ]
    says "usage: ibfleet-agent"
    run "$AGENT" detect --nonsense
    [ "$status" = 1 ]
    run "$AGENT" serve extra
    [ "$status" = 1 ]
}

# ---- the claim ---------------------------------------------------------------------------

@test "a second controller is refused with the name of the first" {
    talk "$(claim r1)" "$(claim r2)"
    says "answer 1 {}"
    says "failure 2 claimed-by-another claimed by run r1 of ann@head1"
}

@test "released, the node is free" {
    talk "$(claim r1)" 'release:{"run":"r1","epoch":1}' "$(claim r2)"
    says "answer 3 {}"
}

@test "without a claim nothing is installed" {
    talk "$(install "$memlock")"
    says "failure 1 claim-superseded memlock: run r1 holds no claim on this node"
    [ ! -e "$NODE/etc/security" ]
}

@test "an older epoch can not install any more" {
    talk "$(claim r1 2)" "$(install "$memlock" 1)"
    says "failure 2 claim-superseded"
    [ ! -e "$NODE/etc/security" ]
}

@test "a claim that is lost between two steps stops the list" {
    touch "$NODE/hold"
    talk "$(claim r1 1)" "&$(install "$packages,$memlock" 1)" until:slow.deb "$(claim r1 2)" \
        "rm:$NODE/hold" until:"failure 2"
    says '"name": "packages", "state": "done"'
    says "failure 2 claim-superseded"
    [ ! -e "$NODE/etc/security" ]
}

# ---- steps -------------------------------------------------------------------------------

@test "steps are taken in order and said" {
    talk "$(claim)" "$(install "$packages,$modules,$rxe,$memlock")"
    says 'event step {"name": "packages", "state": "running"'
    says 'event output {"name": "packages", "line": "Setting up rdma-core"}'
    says 'event step {"name": "soft-roce", "state": "done"'
    grep -q '^answer 2 .*packages.*done.*modules.*done.*soft-roce.*done.*memlock.*done' <<<"$output"
    grep -qx rdma_rxe "$NODE/etc/modules-load.d/ibfleet.conf"
    grep -q 'ExecStart=/usr/bin/rdma link add rxe0 type rxe netdev eth1' "$NODE/etc/systemd/system/ibfleet-rxe.service"
    [ -L "$NODE/etc/systemd/system/multi-user.target.wants/ibfleet-rxe.service" ]
    grep -q 'memlock unlimited' "$NODE/etc/security/limits.d/ibfleet.conf"
}

@test "what is so already is left alone" {
    echo rdma-core >>"$NODE/installed"
    mkdir -p "$NODE/sys/module/rdma_rxe"
    talk "$(claim)" "$(install "$packages,$modules")"
    says '"name": "packages", "state": "already"'
    [ "$(calls apt-get)" = 0 ]
    [ "$(calls modprobe)" = 0 ]
}

@test "asked again, a step that is done takes no effect" {
    talk "$(claim)" "$(install "$packages")"
    says '"name": "packages", "state": "done"'
    : >"$NODE/installed" # somebody removed it: in this run it is not ours to redo
    talk "$(install "$packages")"
    says '"name": "packages", "state": "already"'
    [ "$(calls apt-get)" = 1 ]
}

@test "the agent killed in the middle: the step goes on and is found" {
    touch "$NODE/hold"
    talk "$(claim)" "&$(install "$packages,$memlock")" until:slow.deb kill
    says "exit -9"
    [ -n "$(node_processes step)" ]
    talk "$(claim r1 2)" "&$(install "$packages,$memlock" 2)" until:slow.deb "rm:$NODE/hold" until:"answer 2"
    says 'event output {"name": "packages", "line": "Get:1 slow.deb"}'
    says '"name": "packages", "state": "done"'
    says '"name": "memlock", "state": "done"'
    [ "$(calls apt-get)" = 1 ]
}

@test "the connection cut in the middle: the step ends by itself and is known" {
    touch "$NODE/hold"
    talk "$(claim)" "&$(install "$packages")" until:slow.deb close
    says "exit 0"
    rm "$NODE/hold"
    wait_until 20 node_is_idle
    grep -qx rdma-core "$NODE/installed"
    talk "$(install "$packages")"
    says '"name": "packages", "state": "already"'
    [ "$(calls apt-get)" = 1 ]
}

@test "a step whose own process is killed is begun again" {
    touch "$NODE/hold"
    talk "$(claim)" "&$(install "$packages")" until:slow.deb kill
    kill -9 $(node_processes step)
    rm "$NODE/hold"
    talk "$(claim)" "$(install "$packages")"
    says '"name": "packages", "state": "done"'
    "$AGENT" status --json | jq -e '.steps[0] | .state == "done" and .attempt == 2'
}

@test "what a killed step has left at work is waited for, and not begun beside it" {
    node_tool apt-get <<'T'
mkdir "$IBFLEET_ROOT/at-work" || echo twice >>"$IBFLEET_ROOT/calls"
for ((i = 0; i < 1200; i++)); do [ -f "$IBFLEET_ROOT/hold" ] || break; sleep 0.05; done
echo rdma-core >>"$IBFLEET_ROOT/installed"
rmdir "$IBFLEET_ROOT/at-work"
T
    touch "$NODE/hold"
    talk "$(claim)" "&$(install "$packages")" sleep:1 kill
    kill -9 $(node_processes step)
    talk "&$(install "$packages")" sleep:1 "rm:$NODE/hold" until:"answer 1"
    says '"name": "packages", "state": "already"'
    [ "$(calls apt-get)" = 1 ]
    [ "$(calls twice)" = 0 ]
}

@test "a program that a step leaves in the background does not hold its lock" {
    node_tool apt-get <<'T'
sleep 100 >/dev/null 2>&1 &
echo $! >"$IBFLEET_ROOT/daemon"
echo "E: no such thing"
exit 100
T
    TALK_DEADLINE=20 talk "$(claim)" "$(install "$packages")" 'release:{"run":"r1","epoch":1}' uninstall
    kill "$(cat "$NODE/daemon")" # it was there until now
    says "failure 2 package-install"
    says "answer 4"
}

@test "a step that is cut off again and again is given up" {
    node_tool apt-get <<<'kill -9 $PPID; sleep 1'
    talk "$(claim)" "$(install "$packages")"
    says "failure 2 step-failed packages: cut off 2 times without a result"
    [ "$(calls apt-get)" = 2 ]
}

@test "two agents with the same request: one takes the step, both see it through" {
    touch "$NODE/hold"
    talk "$(claim)"
    "$BATS_TEST_DIRNAME/talk" "$AGENT" "$(install "$packages")" >"$NODE/other" 3>&- &
    local other=$!
    talk "&$(install "$packages")" until:slow.deb sleep:0.5 "rm:$NODE/hold" until:"answer 1"
    wait $other
    says '"steps": [{"name": "packages", "state": "done"'
    grep -q '"steps": \[{"name": "packages", "state": "done"' "$NODE/other"
    [ "$(calls apt-get)" = 1 ]
}

@test "a step that has failed is tried again when asked again" {
    echo "E: The repository is on fire" >"$NODE/apt.fails"
    talk "$(claim)" "$(install "$packages,$memlock")"
    says "failure 2 package-install packages: apt-get ended with 100: E: The repository is on fire"
    says '"name": "packages", "state": "failed"'
    [ ! -e "$NODE/etc/security" ]
    rm "$NODE/apt.fails"
    talk "$(install "$packages,$memlock")"
    says '"name": "packages", "state": "done"'
}

@test "a full disk is called by its name" {
    printf '%s\n' "Unpacking rdma-core (44.0-2) ..." \
        "dpkg: error processing archive rdma-core.deb (--unpack): cannot copy: failed to write (No space left on device)" \
        "E: Sub-process /usr/bin/dpkg returned an error code (1)" >"$NODE/apt.fails"
    talk "$(claim)" "$(install "$packages")"
    says "failure 2 disk-full packages: apt-get ended with 100: dpkg: error processing archive"
}

@test "a package manager that is locked is worth another attempt" {
    echo "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 71 (unattended-upgr)" >"$NODE/apt.fails"
    talk "$(claim)" "$(install "$packages")"
    says "failure 2 package-lock-held packages: apt-get ended with 100: E: Could not get lock"
    says "unattended-upgr"
}

@test "lists are refreshed when a package is unknown, and only then" {
    touch "$NODE/apt.stale"
    talk "$(claim)" "$(install "$packages")"
    says '"name": "packages", "state": "done"'
    [ "$(grep -c ' update$' "$NODE/calls")" = 1 ]
    talk "$(install '{"name":"packages","args":["perftest"]}')"
    [ "$(grep -c ' update$' "$NODE/calls")" = 1 ]
}

@test "an index that a power cut left empty is fetched again" {
    mkdir -p "$NODE/var/lib/apt/lists"
    touch "$NODE/apt.stale" "$NODE/var/lib/apt/lists/mirror_Packages" "$NODE/var/lib/apt/lists/lock"
    talk "$(claim)" "$(install "$packages")"
    says '"name": "packages", "state": "done"'
    [ -e "$NODE/var/lib/apt/lists/lock" ]
}

@test "what an interrupted dpkg left is finished first" {
    touch "$NODE/apt.broken"
    talk "$(claim)" "$(install "$packages")"
    says '"name": "packages", "state": "done"'
    grep -q '^dpkg --configure -a' "$NODE/calls"
}

@test "a module that is not there is named" {
    talk "$(claim)" "$(install '{"name":"modules","args":["no_such"]}')"
    says "failure 2 kernel-module modules: modprobe ended with 1: modprobe: FATAL: Module no_such not found"
}

@test "Soft-RoCE wants an interface that exists, and stays where it is" {
    talk "$(claim)" "$(install '{"name":"soft-roce","args":["eth7"]}')" "$(install "$rxe")"
    says "failure 2 step-failed soft-roce: there is no interface 'eth7'"
    mkdir "$NODE/sys/class/net/eth2"
    talk "$(install '{"name":"soft-roce","args":["eth2"]}')"
    says "rxe0 is on 'eth1' already, not on 'eth2'"
}

@test "nothing a peer says becomes a path, an option or a shell word" {
    talk 'claim:{"run":"../../etc","controller":"h","user":"u","epoch":1,"until_s":1}' "$(claim)" \
        "$(install '{"name":"packages","args":["--reinstall"]}')" \
        "$(install '{"name":"modules","args":["$(reboot)"]}')"
    says "failure 1 not-our-protocol 'run' is not fit for a file name"
    says "failure 3 not-our-protocol"
    says "failure 4 not-our-protocol"
    [ "$(calls '')" = 0 ]
}

@test "only root changes a node" {
    local as=()
    [ "$(id -u)" != 0 ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chmod 777 "$NODE"
    cp "$AGENT" "$NODE/agent"
    chmod 755 "$NODE/agent"
    run env -u IBFLEET_ROOT XDG_STATE_HOME="$NODE/own" "${as[@]}" \
        "$BATS_TEST_DIRNAME/talk" "$NODE/agent" "$(claim)" "$(install "$memlock")"
    echo "$output"
    says "answer 1 {}"
    says "failure 2 needs-root"
    [ -f "$NODE/own/ibfleet/claim" ]
}

@test "a user without a home can look at the node, and is told that nothing can be kept" {
    local as=(env -u IBFLEET_ROOT -u XDG_STATE_HOME -u HOME)
    [ "$(id -u)" != 0 ] || as+=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    cp "$AGENT" "$NODE/agent"
    chmod 755 "$NODE" "$NODE/agent"
    run "${as[@]}" "$NODE/agent" detect --json
    [ "$status" = 0 ]
    jsonschema -i <(echo "$output") tests/data/schema/facts.json
    run "${as[@]}" "$BATS_TEST_DIRNAME/talk" "$NODE/agent" "$(claim)"
    echo "$output"
    says "neither XDG_STATE_HOME nor HOME says where to keep state"
}

# ---- reboot, and going away --------------------------------------------------------------

@test "a node is rebooted once" {
    talk "$(claim)" 'reboot:{"run":"r1","epoch":1,"boot_id":"boot-1"}'
    says 'answer 2 {"already": false}'
    wait_until 10 grep -q boot-2 "$NODE/proc/sys/kernel/random/boot_id"
    talk 'reboot:{"run":"r1","epoch":1,"boot_id":"boot-1"}' sleep:1.5
    says 'answer 1 {"already": true}'
    [ "$(calls reboot)" = 1 ]
}

@test "without a claim nothing is rebooted" {
    talk 'reboot:{"run":"r1","epoch":1,"boot_id":"boot-1"}' sleep:1.5
    says "failure 1 claim-superseded"
    [ "$(calls reboot)" = 0 ]
}

@test "uninstall leaves the packages and nothing else" {
    talk "$(claim)" "$(install "$packages,$modules,$rxe,$memlock")" uninstall 'release:{"run":"r1","epoch":1}' uninstall
    says "failure 3 claimed-by-another claimed by run r1"
    says "/var/lib/ibfleet"
    [ -z "$(find "$NODE" -name '*ibfleet*' -not -path "$NODE")" ]
    grep -qx rdma-core "$NODE/installed"
}

@test "uninstall waits for nobody: while a step is at work it is refused" {
    touch "$NODE/hold"
    talk "$(claim)" "&$(install "$packages")" until:slow.deb 'release:{"run":"r1","epoch":1}' uninstall
    says "failure 4 step-failed a step is at work: r1.packages-"
    [ -d "$NODE/var/lib/ibfleet" ]
    rm "$NODE/hold"
    wait_until 20 node_is_idle
}

@test "under sudo the environment does not say where the node is" {
    HOME=$NODE SUDO_UID=1000 run "$AGENT" detect --json # a user who is not root has state at home
    [ "$(jq -r .boot_id <<<"$output")" = "$(cat /proc/sys/kernel/random/boot_id)" ]
}

# ---- the file ----------------------------------------------------------------------------

@test "the agent is one static file under 4 MB" {
    [[ "$BUILD" != *san* ]] || skip "with sanitizers it is dynamic"
    [ "$(stat -c %s "$AGENT")" -lt 4194304 ]
    ! readelf -l "$AGENT" | grep -q INTERP || false
}

@test "it detects in an empty root with /proc and /sys alone" {
    [[ "$BUILD" != *san* ]] || skip "with sanitizers it is dynamic"
    local as=(unshare --mount --pid --fork --kill-child)
    [ "$(id -u)" = 0 ] || as=(unshare --user --map-root-user --mount --pid --fork --kill-child)
    mkdir -p "$NODE"/empty/{proc,sys}
    cp "$AGENT" "$NODE/empty/agent"
    "${as[@]}" true || skip "no namespaces here"
    "${as[@]}" sh -c "mount -t proc proc $NODE/empty/proc && mount --rbind /sys $NODE/empty/sys &&
        PATH=$PATH:/usr/sbin exec env -u IBFLEET_ROOT chroot $NODE/empty /agent detect --json" >"$NODE/facts.json"
    jsonschema -i "$NODE/facts.json" tests/data/schema/facts.json
    [ "$(jq -r .os.kernel "$NODE/facts.json")" = "$(uname -r)" ]
}
