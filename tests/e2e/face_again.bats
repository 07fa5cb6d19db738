#!/usr/bin/env bats
# face_again.bats - the agent alone on a machine: an install that comes twice, is cut off, or
# meets somebody else

load face

# An install in the background, into $NODE/NAME, up to the package that $NODE/hold stops; $!.
begin() # NAME [OPTION...]
{
    touch "$NODE/hold"
    "$AGENT" install "${SOFT[@]}" "${@:2}" >"$NODE/$1" 2>&1 3>&- &
    wait_until 20 grep -q slow.deb "$NODE/$1"
}

@test "install a second time, as at each boot, changes nothing" {
    soft
    agent install "${SOFT[@]}"
    [ "$status" = 0 ]
    : >"$NODE/calls"
    cp "$NODE/var/lib/ibfleet/ledger" "$NODE/ledger" 2>/dev/null || ls "$NODE/var/lib/ibfleet"
    find "$NODE/etc" -type f -exec stat -c '%n %i %Y' {} + | sort >"$NODE/before"
    agent install "${SOFT[@]}"
    [ "$status" = 0 ]
    says "up to date: Soft-RoCE"
    [ "$(calls '')" = 0 ]
    find "$NODE/etc" -type f -exec stat -c '%n %i %Y' {} + | sort | diff - "$NODE/before"
    [ ! -e "$NODE/var/lib/ibfleet/claim" ]
}

@test "a second install attaches to the one that is at work" {
    soft
    begin first
    local first=$!
    begin second
    local second=$!
    agent status
    [ "$status" = 14 ]
    says "an install is at work: run alone-"
    rm "$NODE/hold"
    wait $first
    wait $second
    cat "$NODE/first" "$NODE/second"
    grep -q "is under way: attached to it" "$NODE/second"
    grep -q "^4 steps taken; Soft-RoCE" "$NODE/first"
    grep -q "^4 steps taken; Soft-RoCE" "$NODE/second"
    [ "$(grep -c '^apt-get .* install ' "$NODE/calls")" = 1 ]
    [ ! -e "$NODE/var/lib/ibfleet/claim" ]
}

@test "an install that wants something else waits for the one that is at work" {
    soft
    begin first
    local first=$!
    begin second --hold nothing
    local second=$!
    rm "$NODE/hold"
    wait $first
    wait $second
    cat "$NODE/first" "$NODE/second"
    grep -q "^4 steps taken; Soft-RoCE" "$NODE/first"
    [ "$(tail -1 "$NODE/second")" = "up to date: Soft-RoCE" ]
    [ "$(grep -c '^apt-get .* install ' "$NODE/calls")" = 1 ]
}

@test "an install that is slow to see its end is waited for by the next" {
    soft
    begin first
    local first=$!
    begin second --hold nothing
    local second=$!
    kill -STOP $first
    rm "$NODE/hold"
    sleep 2
    kill -CONT $first
    wait $first
    wait $second
    [ "$(tail -1 "$NODE/second")" = "up to date: Soft-RoCE" ]
}

@test "killed in the middle, the step goes on, and install run again goes on with the rest" {
    soft
    begin first
    local first=$!
    kill -9 $first
    wait $first || true
    [ -n "$(node_processes step)" ]
    rm "$NODE/hold"
    wait_until 20 node_is_idle
    agent status
    [ "$status" = 14 ]
    says "was cut off; go on: ibfleet-agent install (interrupted)"
    agent install "${SOFT[@]}"
    [ "$status" = 0 ]
    says "packages: so already"
    says "4 steps taken"
    [ "$(grep -c '^apt-get .* install ' "$NODE/calls")" = 1 ]
}

# Programs of a step that was killed hold its lock as long as they live.
nothing_is_left()
{
    local environ
    for environ in /proc/[0-9]*/environ; do
        ! grep -qsz "^IBFLEET_ROOT=$NODE\$" "$environ" || return 1
    done
}

@test "what a reboot has cut off is decided anew, over the claim that it left" {
    soft
    begin first
    local first=$!
    kill -9 $first $(node_processes step)
    wait $first || true
    rm "$NODE/hold"
    wait_until 20 nothing_is_left # which a reboot would have ended, too
    echo boot-2 >"$NODE/proc/sys/kernel/random/boot_id"
    [ -e "$NODE/var/lib/ibfleet/claim" ]
    agent install "${SOFT[@]}"
    [ "$status" = 0 ]
    says "plan: packages"
    says_not "attached"
    [ ! -e "$NODE/var/lib/ibfleet/claim" ]
}

@test "while a step of a controller's is at work nothing is begun, claim or not" {
    soft
    touch "$NODE/hold"
    "$BATS_TEST_DIRNAME/talk" "$AGENT" \
        'claim:{"run":"r1","controller":"head1","user":"ann","epoch":1,"until_s":99999999999}' \
        '&install:{"run":"r1","epoch":1,"steps":[{"name":"packages","args":["rdma-core"]}]}' \
        until:slow.deb 'release:{"run":"r1","epoch":1}'
    agent install "${SOFT[@]}"
    [ "$status" = 14 ]
    says "a step is at work: r1.packages-"
    rm "$NODE/hold"
    wait_until 20 node_is_idle
}

# ---- reboots ---------------------------------------------------------------------------------

@test "nothing reboots unless it is told to, and the last line says that a reboot is needed" {
    soft
    node_tool rdma <<<''
    agent install "${SOFT[@]}"
    [ "$status" = 0 ]
    [[ "${lines[-1]}" == *"; a reboot is needed: systemctl reboot" ]]
    agent status
    [ "$status" = 14 ]
    says "a reboot is needed: systemctl reboot (reboot-did-not-happen)"
    : >"$NODE/calls"
    agent install "${SOFT[@]}"
    [ "$status" = 0 ]
    says "installed before: "
    says "a reboot is needed"
    [ "$(calls '')" = 0 ]
}

@test "with --reboot auto it reboots once, also when that did not help" {
    soft
    node_tool rdma <<<''
    agent install "${SOFT[@]}" --reboot auto
    [ "$status" = 0 ]
    says "; rebooting now"
    wait_until 10 grep -q boot-2 "$NODE/proc/sys/kernel/random/boot_id"
    agent install "${SOFT[@]}" --reboot auto
    [ "$status" = 14 ]
    says "still not so after a reboot for it"
    [ "$(calls reboot)" = 1 ]
    echo boot-3 >"$NODE/proc/sys/kernel/random/boot_id"
    agent install "${SOFT[@]}" --reboot auto
    [ "$status" = 14 ]
    [ "$(calls reboot)" = 1 ]
}
