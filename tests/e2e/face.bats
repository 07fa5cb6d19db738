#!/usr/bin/env bats
# face.bats - the agent alone on a machine, as Azure's InfiniBandDriverLinux is: each of its
# exit codes by its documented cause, and the status file beside it

load face

# ---- the exit codes, each by its cause ---------------------------------------------------

@test "exit 0: all is as wanted" {
    machine soft-roce
    install_ends 0 ok "up to date: Soft-RoCE" --driver inbox --rxe eth1
    [ "$(calls '')" = 0 ]
}

@test "exit 0: what was missing is there now" {
    soft
    agent install "${SOFT[@]}"
    ended 0 ok "4 steps taken; Soft-RoCE"
    says "packages: done after"
    says "    Setting up rdma-core ibverbs-providers"
    agent status
    [ "$status" = 0 ]
    says "as its last install wanted (ok)"
}

@test "exit 1: wrong usage, which is no operation and leaves the status file" {
    machine soft-roce
    echo before >"$NODE/$STATUS_FILE"
    for wrong in "--nonsense" "--driver" "--driver mofed" "--mirror ftp://x" "--remove --rollback" \
        "--root $NODE" "--hold both" "--plan=yes" "extra"; do
        agent install $wrong
        [ "$status" = 1 ]
        says "(usage)"
    done
    agent install --drivr inbox
    says "did you mean '--driver'?"
    [ "$(cat "$NODE/$STATUS_FILE")" = before ]
}

@test "exit 1: a catalog that is none" {
    machine soft-roce
    echo '{"rows": 7}' >"$NODE/catalog.json"
    install_ends 1 catalog "" --catalog "$NODE/catalog.json" --rxe eth1
    install_ends 1 catalog "no file that can be read" --catalog "$NODE/none.json" --rxe eth1
}

@test "exit 10: nothing of Hyper-V's hands PCI functions to the machine" {
    machine bare
    install_ends 10 no-pass-through "no bus of Hyper-V's"
}

@test "exit 11: no InfiniBand device on a size that should have one" {
    machine d4s-ubuntu2204
    metadata size:Standard_HB120rs_v3
    install_ends 11 no-hca
}

@test "exit 12: a distribution that the catalog does not serve" {
    machine hb176v4-debian12
    metadata size:Standard_HB176rs_v4
    install_ends 12 distribution-not-served "the catalog has no debian for ConnectX-7"
    # the distribution's own driver is no matter of the catalog
    agent install --driver inbox --plan
    [ "$status" != 12 ]
}

@test "exit 13: a size without RDMA" {
    machine d4s-ubuntu2204
    metadata size:Standard_D4s_v5
    install_ends 13 size-without-rdma "Standard_D4s_v5"
}

@test "exit 13: a size with Network Direct only" {
    machine h16mr-centos74
    metadata size:Standard_H16mr
    install_ends 13 network-direct-only "Standard_H16mr"
}

@test "exit 14: not root, before anything else" {
    local as=()
    [ "$(id -u)" != 0 ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chmod 777 "$NODE"
    cp "$AGENT" "$NODE/agent"
    chmod 755 "$NODE/agent"
    run env -u IBFLEET_ROOT XDG_STATE_HOME="$NODE/own" "${as[@]}" "$NODE/agent" install
    [ "$status" = 14 ]
    says "only root can change this machine (needs-root)"
    [ ! -e "$NODE/own" ]
}

@test "exit 14: a controller's claim lasts" {
    soft
    "$BATS_TEST_DIRNAME/talk" "$AGENT" \
        'claim:{"run":"r1","controller":"head1","user":"ann","epoch":1,"until_s":99999999999}'
    install_ends 14 claimed-by-another "claimed by run r1 of ann@head1" "${SOFT[@]}"
    [ "$(calls '')" = 0 ]
}

@test "exit 14: a step fails" {
    soft
    echo "E: The repository is on fire" >"$NODE/apt.fails"
    agent install "${SOFT[@]}"
    ended 14 package-install "packages: apt-get ended with 100: E: The repository is on fire"
    agent status
    [ "$status" = 14 ]
    says "(package-install)"
    [ ! -e "$NODE/var/lib/ibfleet/claim" ]
    rm "$NODE/apt.fails"
    agent install "${SOFT[@]}"
    ended 0 ok
}

@test "the status file is written on Azure and where its folder is, and nowhere else" {
    soft
    rmdir "$NODE/var/log/azure"
    agent install "${SOFT[@]}"
    [ "$status" = 0 ]
    [ ! -e "$NODE/var/log/azure" ]
    machine d4s-ubuntu2204
    rmdir "$NODE/var/log/azure"
    agent install
    [ "$status" != 0 ]
    ended "$status" "[a-z-]+"
}

@test "a status file that cannot be written is none, and the exit is the same" {
    machine soft-roce
    mkdir -p "$NODE/$STATUS_FILE.new"
    echo "2026-01-01T00:00:00Z install 14 step-failed old" >"$NODE/$STATUS_FILE"
    agent install "${SOFT[@]}" --driver inbox --rxe eth1
    [ "$status" = 0 ]
    says "ib-vmext-status is not written"
    [ ! -e "$NODE/$STATUS_FILE" ]
}

# ---- what speaks against it ------------------------------------------------------------------

@test "Microsoft's extension present: two installers would undo each other" {
    machine hb120v3-ubuntu2204
    agent install --plan
    [ "$status" = 0 ]
    mkdir -p "$NODE/var/lib/waagent/Microsoft.HpcCompute.InfiniBandDriverLinux-1.2.0.0"
    install_ends 14 other-extension
    [ "$(calls '')" = 0 ]
}

@test "storage modules in use: what holds them is named" {
    machine hx176-rhel810
    install_ends 14 modules-in-use "Lustre uses the RDMA modules (/work)" --remove
    [ "$(calls '')" = 0 ]
}

@test "storage modules in use: NFS over RDMA" {
    machine hb120v2-rhel81
    install_ends 14 modules-in-use "nfs: /data"
}

@test "Secure Boot refuses a vendor's modules, which nobody has signed" {
    machine hb120v3-ubuntu2204
    metadata ok
    install_ends 14 secure-boot
}

@test "a scheduled event of Azure's comes first" {
    machine hb120v3-ubuntu2204
    metadata events
    install_ends 14 scheduled-event "Reboot"
}

@test "each bad day of the metadata service leaves install as it is without the service" {
    local day plans=() days=(black-hole status:{400,404,410,429,500} slow drip truncated garbage page
        empty large endless absurd slow-events:plain bad-events:plain)
    machine hb120v3-ubuntu2204
    "$AGENT" install --plan --json >"$NODE/plan"
    jq -e '.exit == 0 and (.steps | length) > 3' "$NODE/plan"
    for day in "${days[@]}"; do
        "$BATS_TEST_DIRNAME/metadata-service" "$NODE/asked.$day" "$day" >"$NODE/port.$day" 2>/dev/null 3>&- &
        SERVICE+=" $!"
    done
    for day in "${days[@]}"; do
        wait_until 60 test -s "$NODE/port.$day"
        IBFLEET_METADATA=http://127.0.0.1:$(cat "$NODE/port.$day") timeout 60 "$AGENT" install --plan --json \
            >"$NODE/plan.$day" 2>"$NODE/noise.$day" 3>&- &
        plans+=($!)
    done
    for plan in "${plans[@]}"; do wait "$plan"; done
    IBFLEET_METADATA=http://127.0.0.1:9 "$AGENT" install --plan --json >"$NODE/plan.refused"
    for day in "${days[@]}" refused; do
        echo "$day"
        diff "$NODE/plan" "$NODE/plan.$day"
    done
}

@test "an install on a bad day of the metadata service is done" {
    soft
    mkdir -p "$NODE/sys/class/dmi/id"
    echo 7783-7084-3265-9085-8269-3286-77 >"$NODE/sys/class/dmi/id/chassis_asset_tag"
    metadata truncated
    agent install "${SOFT[@]}"
    ended 0 ok "4 steps taken; Soft-RoCE"
    grep -q '^GET /metadata/instance' "$NODE/asked"
}

# ---- going away --------------------------------------------------------------------------------

@test "uninstall ends with 0 and says so, and leaves packages" {
    soft
    agent install "${SOFT[@]}"
    agent uninstall
    OPERATION=uninstall ended 0 ok "removed what ibfleet left"
    [ ! -e "$NODE/var/lib/ibfleet" ]
    grep -qx rdma-core "$NODE/installed"
}

@test "uninstall while a controller's claim lasts ends with 14" {
    soft
    "$BATS_TEST_DIRNAME/talk" "$AGENT" \
        'claim:{"run":"r1","controller":"head1","user":"ann","epoch":1,"until_s":99999999999}'
    for how in "" --driver; do
        agent uninstall $how
        OPERATION=uninstall ended 14 claimed-by-another
    done
    [ -e "$NODE/var/lib/ibfleet" ]
}

# ---- for scripts ---------------------------------------------------------------------------------

@test "install --json and status --json fit their schemas, in every state" {
    soft
    local schema=tests/data/schema/agent
    run "$AGENT" status --json
    jsonschema -i <(echo "$output") ${schema}_status.json
    run --separate-stderr "$AGENT" install "${SOFT[@]}" --plan --json
    jsonschema -i <(echo "$output") ${schema}_install.json
    [ "$(jq -r '.reboot, .steps[0].name' <<<"$output")" = $'no\npackages' ]
    run --separate-stderr "$AGENT" install "${SOFT[@]}" --json
    [ "$status" = 0 ]
    jsonschema -i <(echo "$output") ${schema}_install.json
    [ "$(jq -c '[.taken[] | .state] | unique' <<<"$output")" = '["done"]' ]
    [[ "$stderr" == *"packages: done after"* ]]
    run "$AGENT" status --json
    jsonschema -i <(echo "$output") ${schema}_status.json
    [ "$(jq -c '[.exit, .code, .ports[0].hca, .last.settings.rxe]' <<<"$output")" = '[0,"ok","rxe0","eth1"]' ]
    run --separate-stderr "$AGENT" install --json
    [ "$status" != 0 ]
    [ "$(jq .exit <<<"$output")" = "$status" ]
    jsonschema -i <(echo "$output") ${schema}_install.json
}

@test "a password in a URL is on nobody's screen" {
    soft
    local proxy=http://ann:secret@proxy.example:3128
    agent install "${SOFT[@]}" --proxy "$proxy"
    [ "$status" = 0 ]
    says_not secret
    agent status --json
    says "proxy.example"
    says_not secret
    agent install "${SOFT[@]}" --proxy "ftp://ann:secret@x"
    says_not secret
    [ "$(stat -c %a "$NODE/var/lib/ibfleet/alone.json")" = 600 ]
}

@test "help of each command names its options, and install --help is the same" {
    for command in detect install status uninstall; do
        agent help $command
        [ "$status" = 0 ]
        says "usage: ibfleet-agent $command"
        local help=$output
        agent $command --help
        [ "$output" = "$help" ]
    done
    agent help install
    says "--rollback"
    says "  13 "
    agent help nonsense
    [ "$status" = 1 ]
}

# ---- a bundle that is on the machine -------------------------------------------------------

@test "--bundle: only the file whose SHA-256 the catalog has, which then need not be fetched" {
    local name=doca-host_9.9.9_amd64.deb
    machine hb120v3-ubuntu2204
    echo "a driver" >"$NODE/good"
    echo "another" >"$NODE/bad"
    jq --arg hash "$(sha256sum <"$NODE/good" | cut -c 1-64)" '.rows = [{name: "ours", nics: ["ConnectX-6"],
        distributions: ["ubuntu"], id_like: false, from: "22.04", to: "22.04", arch: "x86_64",
        kernel_from: null, kernel_below: null, method: "doca-ofed", version: "9.9.9",
        url: "https://depot.invalid/'$name'", sha256: $hash, flags: [], source: "a test", note: null}]' \
        inventory/catalog.json >"$NODE/catalog.json"

    agent install --plan --catalog "$NODE/catalog.json" --bundle "$NODE/none"
    [ "$status" = 1 ]
    says "--bundle $NODE/none: No such file or directory"
    agent install --plan --catalog "$NODE/catalog.json" --bundle "$NODE"
    [ "$status" = 1 ]
    says "--bundle $NODE is not a file"
    agent install --plan --catalog "$NODE/catalog.json" --bundle "$NODE/bad"
    [ "$status" = 14 ]
    says "--bundle $NODE/bad is not $name: SHA-256 "
    [ ! -e "$NODE/var/lib/ibfleet/bundles/$name" ]

    agent install --catalog "$NODE/catalog.json" --bundle "$NODE/good"
    says "fetch: so already"
    cmp "$NODE/good" "$NODE/var/lib/ibfleet/bundles/$name"
    [ "$(stat -c %a "$NODE/var/lib/ibfleet/bundles/$name")" = 600 ]
    [ "$(ls -A "$NODE/var/lib/ibfleet/bundles")" = "$name" ]
}
