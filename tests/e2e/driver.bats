#!/usr/bin/env bats
# driver.bats - a rollout of a vendor's driver, as its administrator sees it
#
# The nodes are folders with the facts of machines that were captured (tests/data/trees),
# taken by the real agent; see rollout.bats.  What a node has after the work is what the
# test says it has.

load fleet

setup_file()
{
    export TREES=$BATS_FILE_TMPDIR
    for machine in hb120v3-ubuntu2204 hb176v4-ubuntu2004 hb120v3-alma810 hb176v4-debian12 nc24rsv3-rhel79; do
        HOME=$TREES IBFLEET_METADATA=never "$BUILD/ibfleet-agent" detect --json --root "$BUILD/trees/$machine" \
            >"$TREES/$machine"
    done
    # where each ends: the vendor's driver on it, and off it
    jq '.platform.driver = "doca-ofed" | .platform.driver_version = "3.2.2-035000" | .platform.held = "driver"
        | .platform.dkms = [{module: "mlnx-ofed-kernel", version: "25.10", state: "installed"}]' \
        "$TREES/hb120v3-ubuntu2204" | loaded >"$TREES/with-doca"
    jq '.platform.held = "driver"' "$TREES/hb176v4-ubuntu2004" | loaded >"$TREES/with-mlnx"
    jq '.platform.driver = "inbox" | .platform.driver_version = null | .platform.dkms = [] | .platform.held = null' \
        "$TREES/with-mlnx" >"$TREES/without-mlnx"
}

# Ports are ACTIVE, and nothing else is left to do.
loaded() { jq '.memlock_kept = true | .hcas[].ports[].state = "ACTIVE"
    | .modules = (.modules + ["mlx5_ib", "ib_uverbs", "rdma_ucm", "ib_umad", "ib_ipoib"] | unique)
    | .packages = (.packages + ([["rdma-core", "ibverbs-providers"][] | {name: ., version: "39.0"}]) | unique_by(.name))'; }

setup()
{
    fleet_start </dev/null
    CATALOG=$SSHD_DIR/catalog.json
    catalog >"$CATALOG"
}
teardown() { fleet_remove; }

sim_node() # NAME BEFORE [AFTER]
{
    mkdir "$SSHD_DIR/$1"
    cp "$BATS_TEST_DIRNAME/sim-node" "$SSHD_DIR/$1"
    cp "$TREES/$2" "$SSHD_DIR/$1/before"
    cp "$TREES/${3:-$2}" "$SSHD_DIR/$1/after"
    fleet_node "$1" "$SSHD_PORT" "agent = $SSHD_DIR/$1/sim-node"
}

# A site's own: one row, at an address that is a secret.
catalog()
{
    jq '.rows = [{name: "ours", nics: ["ConnectX-6"], distributions: ["ubuntu"], id_like: false, from: "22.04",
        to: "22.04", arch: "x86_64", kernel_from: null, kernel_below: null, method: "doca-ofed",
        version: "9.9.9", url: "https://me:secret@depot.example/hpc/doca-host_9.9.9_amd64.deb?sig=secret",
        sha256: "1111111111111111111111111111111111111111111111111111111111111111", flags: [],
        source: "a test", note: null}]' "$BATS_TEST_DIRNAME/../../inventory/catalog.json"
}

plans() { jq -r '.nodes[] | "\(.name) \(.plan.verdict) \(.plan.code // "-")"' "$SSHD_DIR/out"; }
steps() { jq -r '.nodes[0].plan.steps[].name' "$SSHD_DIR/out" | xargs; }
step() { jq -r --arg name "$1" '.nodes[0].plan.steps[] | select(.name == $name) | .args | join(" ")' "$SSHD_DIR/out"; }

# ---- the plan ----------------------------------------------------------------------------

@test "a plan names the bundle and the driver, and no line of it is wider than the screen" {
    sim_node ib1 hb120v3-ubuntu2204
    sim_node ib2 hb120v3-ubuntu2204
    ibfleet rollout -a --plan --driver 'doca-ofed 3.2.2'
    [ "$status" = 0 ]
    says "2 nodes ib[1-2]:"
    says "fetch doca-host_3.2.2-035000-25.10-ubuntu2204_amd64.deb"
    says "install doca-ofed 3.2.2;"
    says "hold driver; reboot"
    [[ "$out" != *9ef5dfc906c0* ]] # hashes are for scripts
    [ ! -e "$STATE" ]
    COLUMNS=80 ibfleet rollout -a --plan --driver 'doca-ofed 3.2.2' --json
    keeps_to rollout
    [[ "$(steps)" == "packages fetch driver dkms"*hold ]]
    [[ "$(step fetch)" == "9ef5dfc906c0"*" doca-host_3.2.2-035000-25.10-ubuntu2204_amd64.deb https://www.mellanox.com/downloads/"* ]]
}

@test "what the fleet file says of a driver is what is planned, and what is typed wins" {
    sim_node ib1 hb120v3-ubuntu2204
    sed -i 's/^\[defaults\]/&\ndriver = doca-ofed 3.2.1\nhold = kernel/' "$IBFLEET_FLEET"
    ibfleet rollout -a --plan
    says "install doca-ofed 3.2.1;"
    says "hold driver kernel;"
    ibfleet rollout -a --plan --driver doca-ofed --hold nothing --json
    [[ "$(step driver)" == "doca-ofed "* ]]
    [ -z "$(step hold)" ]
    ibfleet rollout -a --plan --driver 'inbox 3'
    [ "$status" = 2 ]
    warns "driver is inbox, auto, doca-ofed [VERSION], mlnx-ofed [VERSION] or none, not 'inbox 3'"
    ibfleet nodes -a --json
    keeps_to nodes
    [ "$(ask '.nodes[0] | "\(.driver) \(.driver_version) \(.hold) \(.ipoib)"')" = "doca-ofed 3.2.1 kernel true" ]
}

@test "mirror: the bundle comes from there, through the proxy, and neither's secret is shown" {
    sim_node ib1 hb120v3-ubuntu2204 with-doca
    with=(--driver 'doca-ofed 3.2.2' --mirror 'https://store.example/hpc/?sig=secret' --proxy http://me:secret@gate:3128)
    ibfleet rollout -a --plan --json "${with[@]}"
    keeps_to rollout
    [[ "$(step fetch)" == *" https://store.example/hpc/doca-host_3.2.2-035000-25.10-ubuntu2204_amd64.deb http://gate:3128" ]]
    lacks secret
    ibfleet rollout -a --yes "${with[@]}"
    [ "$status" = 0 ]
    lacks secret
    [[ "$err" != *secret* ]]
    jq -e '.steps[] | select(.name == "fetch") | .args[2] | endswith("amd64.deb?sig=secret")' \
        "$SSHD_DIR/ib1/asked" # the node needs it
    ibfleet show ib1 --json
    keeps_to show
    lacks secret
    ibfleet show ib1
    lacks secret
    ibfleet nodes -a --json
    lacks secret
}

@test "nodes that no driver is for are refused each with its code, and folded" {
    sim_node ib1 hb176v4-debian12
    sim_node ib2 hb176v4-debian12
    sim_node ib3 nc24rsv3-rhel79
    sim_node ib4 hb120v3-ubuntu2204
    ibfleet rollout -a --plan --driver doca-ofed --json
    [ "$status" = 1 ]
    keeps_to rollout
    [ "$(plans | awk '{ print $2 }' | xargs)" = "refused refused refused steps" ]
    [ "$(plans | sed -n 1p)" = "ib1 refused $(plans | sed -n 2p | cut -d' ' -f3)" ]
    [ "$(ask '.nodes[0].code')" = "$(ask '.nodes[0].plan.code')" ]
    [ "$(ask '.nodes[2].code')" != ok ]
    ibfleet rollout -a --plan --driver doca-ofed
    says "ib[1-2]"
    says "install doca-ofed"
}

# ---- a catalog of the site's -------------------------------------------------------------------

@test "a site's catalog is the one that is used, and its URL's secret is not shown" {
    sim_node ib1 hb120v3-ubuntu2204
    ibfleet rollout -a --plan --driver doca-ofed --catalog "$CATALOG"
    [ "$status" = 0 ]
    says "fetch doca-host_9.9.9_amd64.deb"
    says "install doca-ofed 9.9.9;"
    lacks secret
    ibfleet rollout -a --plan --driver doca-ofed --catalog "$CATALOG" --json
    lacks secret
}

@test "a catalog that is wrong ends it with 2 and its row and field, before any node is reached" {
    sim_node ib1 hb120v3-ubuntu2204
    jq 'del(.rows[0].url)' "$CATALOG" >"$CATALOG.bad"
    ibfleet rollout -a --yes --catalog "$CATALOG.bad"
    [ "$status" = 2 ]
    warns "catalog.json.bad"
    warns "url"
    ibfleet rollout -a --yes --catalog "$SSHD_DIR/no-such-file"
    [ "$status" = 2 ]
    warns "no-such-file: No such file"
    [ ! -e "$STATE" ]
    [ ! -e "$SSHD_DIR/ib1/pid" ]
}

@test "a run that is taken up has its catalog and its driver again" {
    sim_node ib1 hb120v3-ubuntu2204
    sim_node ib2 hb120v3-ubuntu2204
    echo "install disk-full no room" >"$SSHD_DIR/ib1/trouble"
    touch "$SSHD_DIR/ib2/down"
    ibfleet rollout -a --yes --driver doca-ofed --catalog "$CATALOG"
    [ "$status" = 1 ]
    ibfleet show ib1
    says "install doca-ofed 9.9.9;"
    says "(disk-full)"
    rm "$SSHD_DIR/ib2/down"
    echo "install installer-failed it says no" | tee "$SSHD_DIR/ib1/trouble" >"$SSHD_DIR/ib2/trouble"
    ibfleet resume --failed --yes
    says "2 nodes ib[1-2]:" # one has its plan from then, the other the same from now
    says "install doca-ofed 9.9.9;"
    says "it says no"
    mv "$CATALOG" "$CATALOG.away"
    ibfleet resume --failed --yes
    [ "$status" = 2 ]
    warns "catalog.json: No such file"
}

# ---- the road ----------------------------------------------------------------------------------

@test "a driver is installed, and the second rollout finds nothing to do" {
    sim_node ib1 hb120v3-ubuntu2204 with-doca
    ibfleet rollout -a --yes --driver 'doca-ofed 3.2.2'
    [ "$status" = 0 ]
    says "1 done"
    ibfleet rollout -a --yes --driver 'doca-ofed 3.2.2'
    [ "$status" = 0 ]
    says "1 node ib1: up to date"
    [ "$(wc -l <"$SSHD_DIR/ib1/installed")" = 1 ]
}

@test "--remove takes the vendor's driver away, and is done when it is gone" {
    sim_node ib1 with-mlnx without-mlnx
    ibfleet rollout -a --plan --remove
    [ "$status" = 0 ]
    says "remove mlnx-ofed 23.10-0.5.5.0;"
    ibfleet rollout -a --yes --remove
    [ "$status" = 0 ]
    says "1 done"
    ibfleet rollout -a --yes --remove
    says "1 node ib1: up to date"
}

@test "--rollback leads to what was there before, and is refused where nobody knows" {
    jq '.platform.earlier = "inbox"' "$TREES/with-mlnx" >"$TREES/with-earlier"
    sim_node ib1 with-earlier without-mlnx
    sim_node ib2 with-mlnx
    ibfleet rollout -a --plan --rollback --json
    keeps_to rollout
    [ "$(plans | xargs)" = "ib1 steps - ib2 refused nothing-to-roll-back" ]
    [[ "$(steps)" == drop* ]]
    ibfleet rollout ib1 --yes --rollback
    [ "$status" = 0 ]
    says "1 done" # though there is nothing to go back to any more
    ibfleet rollout ib2 --yes --rollback
    [ "$status" = 1 ]
    says "nothing-to-roll-back"
}

@test "--rollback to another driver of the vendor's is done when that one is there" {
    jq '.platform.earlier = "mlnx-ofed 24.01-0.3.3.1"' "$TREES/with-doca" >"$TREES/newer"
    jq '.platform.driver = "mlnx-ofed" | .platform.driver_version = "24.01-0.3.3.1"
        | .platform.earlier = "doca-ofed 3.2.2"' "$TREES/with-doca" >"$TREES/older"
    sim_node ib1 newer older
    ibfleet rollout -a --yes --rollback
    says "remove doca-ofed 3.2.2-035000; install mlnx-ofed 24.01-0.3.3.1;"
    [ "$status" = 0 ]
    says "1 done"
    [ "$(wc -l <"$SSHD_DIR/ib1/installed")" = 1 ]
}

@test "the driver, its removal and the way back are one of them" {
    sim_node ib1 with-mlnx
    ibfleet rollout -a --plan --remove --rollback
    [ "$status" = 2 ]
    warns "--driver, --remove and --rollback: one of them"
}

# ---- probe ---------------------------------------------------------------------------------------

@test "a kernel update is noticed by probe, and mended by a rollout" {
    jq '.platform.dkms[].state = "added"' "$TREES/with-mlnx" >"$TREES/updated"
    sim_node ib1 with-mlnx
    sim_node ib2 updated with-mlnx
    sim_node ib3 with-mlnx
    ibfleet probe -a
    [ "$status" = 0 ]
    says "mlnx-ofed 23.10-0.5.5.0 NOT BUILT"
    says "ib2: mlnx-ofed-kernel 23.10 not built for 5.15.0-1061-azure"
    ibfleet rollout -a --plan --driver auto --json
    [ "$(plans | awk '{ print $2 }' | xargs)" = "up-to-date steps up-to-date" ]
    ibfleet rollout -a --yes --driver auto
    [ "$status" = 0 ]
    says "DKMS for 5.15.0-1061-azure mlnx-ofed-kernel"
    ibfleet probe -a
    lacks "NOT BUILT"
}
