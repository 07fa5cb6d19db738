#!/usr/bin/env bats
# install.bats - a vendor's driver is put in and taken out: the real agent, dpkg, apt and
# DKMS in a Debian 12 of its own, and a bundle that behaves as told (tests/fake/bundle)

load install

bats_require_minimum_version 1.5.0

OLD=24.99-0.1.2.3 NEW=24.99-0.2.0.0
KERNEL=$(uname -r)

setup_file() { debian_make; }
setup() { :; }
teardown() { debian_stop; }

# The newest file of that name, as the catalog has it: FILE SHA256
bundle_of() # VERSION
{
    jq -r --arg v "$1" '.rows[] | select(.version == $v) | [.sha256, (.url | split("/")[-1])] | @tsv' \
        "$BATS_FILE_TMPDIR/bundles/catalog.json"
}

driver() # METHOD VERSION [FLAG...]
{
    local bundle

    read -r -a bundle < <(bundle_of "$2")
    step driver "$1" "$2" "${bundle[@]}" "$KERNEL" "${@:3}"
}

mlnx() { driver mlnx-ofed "$1" --add-kernel-support --kernel '{kernel}'; }
starts() { happened | grep -c '^start' || true; }

@test "a driver is installed, once; another takes its place; and each way back is known" {
    debian_start
    take "$(mlnx $OLD)"
    says '"state": "done"'
    [ "$(fact driver) $(fact driver_version) $(fact earlier)" = "mlnx-ofed $OLD inbox" ]
    happened | grep -qx "start mlnx-ofed $OLD --force --add-kernel-support --kernel $KERNEL"
    [ "$(version_of rdma-core)" = "installed 924mlnx1-1" ]
    [ ! -e "$NODE/var/lib/ibfleet/unpack" ]

    RUN=r2 take "$(mlnx $OLD)"
    says '"state": "already"'
    [ "$(starts)" = 1 ]

    RUN=r3 take "$(mlnx $NEW)"
    says "step-failed"
    says "mlnx-ofed $OLD is on this node and has to be removed first"
    [ "$(starts)" = 1 ]

    RUN=r4 take "$(step drop mlnx-ofed $OLD)" "$(mlnx $NEW)"
    says '"name": "driver", "state": "done"'
    [ "$(fact driver_version) $(fact earlier)" = "$NEW mlnx-ofed $OLD" ]

    RUN=r5 take "$(step drop mlnx-ofed $NEW)"
    [ "$(fact driver) $(fact earlier)" = "none mlnx-ofed $NEW" ]
    [ "$(version_of rdma-core)" = "installed 44.0-2" ]
    [ "$(version_of ibverbs-providers)" = "installed 44.0-2" ]
    [ -z "$(version_of mlnx-ofed-kernel-dkms)$(version_of ofed-scripts)" ]

    RUN=r6 take "$(step drop mlnx-ofed $NEW)"
    says '"state": "already"'
}

@test "DOCA-OFED comes from its own repository, builds by the distribution's DKMS, and leaves nothing" {
    local dkms

    debian_start
    dkms=$(version_of dkms)
    take "$(driver doca-ofed 9.9.9)"
    says '"state": "done"'
    [ "$(fact driver) $(fact driver_version)" = "doca-ofed 9.9.9-000001" ]
    [ "$(version_of dkms)" = "$dkms" ]

    RUN=r2 take "$(driver doca-ofed 9.9.9)"
    says '"state": "already"'

    RUN=r3 take "$(step drop doca-ofed 9.9.9-000001)" "$(driver doca-ofed 9.10.0)"
    [ "$(fact driver_version) $(fact earlier)" = "9.10.0-000002 doca-ofed 9.9.9" ]
    [ "$(happened | grep '^start')" = "start doca-ofed 9.9.9
start doca-ofed 9.10.0" ]

    RUN=r4 take "$(step drop doca-ofed 9.10.0-000002)"
    [ "$(fact driver)" = none ]
    [ "$(version_of rdma-core)" = "installed 44.0-2" ]
    [ -z "$(version_of doca-host)$(version_of doca-ofed)$(version_of iser-dkms)" ]
    [ ! -e "$NODE/etc/apt/preferences.d/doca-dkms-pin" ]
    ! grep -rq doca "$NODE/etc/apt" || false
}

# What is there, and why.
what_is_there()
{
    on_debian dpkg-query -W -f '${Package} ${Version} ${Status}\n'
    on_debian apt-mark showmanual
    (cd "$NODE" && md5sum var/lib/dpkg/status && find etc usr -newer "$BATS_TEST_TMPDIR/since" -type f)
}

# The distribution's own packages are only to be had over a network, which is cut when they
# are needed; the driver itself is in the bundle.
comes_back_without_a_network() # STEP METHOD VERSION
{
    debian_start
    debian_serve
    on_debian apt-get -qq update
    take "$1"
    says '"state": "done"'
    touch "$BATS_TEST_TMPDIR/since"
    what_is_there >"$BATS_TEST_TMPDIR/before"
    RUN=r2 take "$(step download drop "$2" "$3" rdma-core ibverbs-providers)"
    says '"name": "download", "state": "done"'
    what_is_there | diff "$BATS_TEST_TMPDIR/before" -
    [ "$(ls "$NODE"/var/cache/apt/archives/*.deb | wc -l)" -ge 2 ]
    CUT=1 debian_agent
    RUN=r3 take "$(step drop "$2" "$3")" "$(step packages rdma-core ibverbs-providers)"
    says '"name": "drop", "state": "done"'
    [ "$(fact driver)" = none ]
    [ "$(version_of rdma-core) $(version_of ibverbs-providers)" = "installed 44.0-2 installed 44.0-2" ]
}

@test "what a dropped MLNX_OFED had replaced comes back without a network, brought ahead" {
    comes_back_without_a_network "$(mlnx $OLD)" mlnx-ofed $OLD
}

@test "what a dropped DOCA-OFED had replaced comes back without a network, brought ahead" {
    comes_back_without_a_network "$(driver doca-ofed 9.9.9)" doca-ofed 9.9.9-000001
}

@test "what comes back and was not brought ahead needs the network, and is missed before the drop" {
    debian_start
    debian_serve
    on_debian apt-get -qq update
    take "$(mlnx $OLD)"
    CUT=1 debian_agent
    RUN=r2 take "$(step download drop mlnx-ofed $OLD)"
    says "package-install download: "
    [ "$(fact driver)" = mlnx-ofed ]
    RUN=r3 take "$(step drop mlnx-ofed $OLD)"
    says "package-install drop: "
}

@test "a bundle that was changed after it came, or is not there, is not run" {
    debian_start
    echo more >>"$NODE"/var/lib/ibfleet/bundles/MLNX_OFED_LINUX-$OLD-debian12-x86_64.tgz
    rm "$NODE"/var/lib/ibfleet/bundles/MLNX_OFED_LINUX-$NEW-debian12-x86_64.tgz
    take "$(mlnx $OLD)"
    says "wrong-hash"
    RUN=r2 take "$(mlnx $NEW)"
    says "download-failed"
    [ "$(starts) $(fact driver) $(fact earlier)" = "0 none null" ]
}

@test "a driver that was meant for another kernel is not installed" {
    debian_start
    KERNEL=5.4.0-1-other
    take "$(mlnx $OLD)"
    says "kernel-not-served"
    says "meant for kernel 5.4.0-1-other, but $(uname -r) runs"
    [ "$(starts)" = 0 ]
}

@test "an installer that fails says why, and nothing is left" {
    debian_start
    behave mode=fail
    take "$(mlnx $OLD)"
    says "installer-failed"
    says "mlnxofedinstall ended with 1: ERROR: Failed to install MLNX_OFED_LINUX-$OLD"
    [[ $output != *half-installed* ]]
    [ "$(version_of rdma-core) $(fact driver)" = "installed 44.0-2 none" ]

    RUN=r2 take "$(driver mlnx-ofed $OLD --no-such-flag)"
    says "a flag of the catalog's: mlnxofedinstall ended with 22"
}

@test "what an installer leaves half-way is said, and taken back before the next try" {
    debian_start
    behave mode=half
    take "$(mlnx $OLD)"
    says "installer-failed"
    says "half-installed: 3 packages came, 2 went"
    rm "$NODE/etc/ibfleet-bundle.conf"
    take "$(mlnx $OLD)"
    says '"state": "done"'
    [ "$(happened | sed 's/ .*//' | tr '\n' ' ')" = "start uninstall start end " ]
    [ "$(fact driver_version) $(fact earlier)" = "$OLD inbox" ]

    RUN=r3 take "$(step drop mlnx-ofed $OLD)"
    [ "$(version_of rdma-core) $(version_of ibverbs-providers)" = "installed 44.0-2 installed 44.0-2" ]
}

@test "an installer that is content without having installed the driver is not believed" {
    debian_start
    behave mode=liar
    take "$(mlnx $OLD)"
    says "installer-failed"
    says "the installer is content, but there is inbox and not mlnx-ofed $OLD; half-installed: 2 packages came"
}

@test "a package that fails half-way is said so with DOCA-OFED, too, and can be dropped" {
    debian_start
    behave mode=half
    take "$(driver doca-ofed 9.9.9)"
    says "installer-failed"
    says "half-installed"
    RUN=r2 take "$(step drop doca-ofed 9.9.9)"
    says '"state": "done"'
    [ "$(version_of rdma-core) $(fact driver)" = "installed 44.0-2 none" ]
    [ -z "$(version_of doca-host)" ]
}

@test "a full disk is told as such, before and while it installs, and the node goes on" {
    local room

    debian_start 160m
    behave mode=fill
    take "$(mlnx $OLD)"
    says "disk-full"
    rm "$NODE/etc/ibfleet-bundle.conf"
    room=$(on_debian df --output=avail -B1 /var/tmp | tail -n 1)
    head -c $((room - 40000000)) /dev/zero >"$NODE/var/tmp/full"
    RUN=r2 take "$(mlnx $OLD)"
    says "disk-full driver: unpacking and installing takes 64 MiB"
    [ "$(starts)" = 1 ]
    rm "$NODE/var/tmp/full"
    RUN=r3 take "$(mlnx $OLD)"
    says '"state": "done"'
}

@test "an installer is not started while somebody else's dpkg is at work" {
    debian_start
    nsenter -t "$INSIDE" -m -p python3 -c '
import fcntl, sys, time
file = open(sys.argv[1], "w")
fcntl.lockf(file, fcntl.LOCK_EX)
open(sys.argv[2], "w").write("held")
time.sleep(300)' "$ROOT/node/var/lib/dpkg/lock-frontend" "$ROOT/node/held" 3>&- &
    wait_until 20 test -s "$NODE/held"
    take "$(mlnx $OLD)"
    says "package-lock-held"
    says "/var/lib/dpkg/lock-frontend is held by python3"
    [ "$(starts)" = 0 ]
}

@test "an installer goes on when its controller leaves, and is found again: one start" {
    debian_start
    behave mode=wait
    TALK_DEADLINE=20 timeout 60 "$BATS_TEST_DIRNAME/../e2e/talk" "$BATS_TEST_TMPDIR/agent" \
        'claim:{"run":"r1","controller":"head1","user":"ann","epoch":1,"until_s":99999999999}' \
        "&install:{\"run\":\"r1\",\"epoch\":1,\"steps\":[$(mlnx $OLD)]}" "until:Checking SW" vanish
    (sleep 1 && rm "$NODE/etc/ibfleet-bundle.conf") 3>&- &
    take "$(mlnx $OLD)"
    says '"state": "done"'
    [ "$(starts) $(fact driver_version)" = "1 $OLD" ]
}

@test "an installer that hangs is ended at its deadline, and another try is another start" {
    INSTALLER_SECONDS=4 debian_start
    behave mode=hang
    take "$(mlnx $OLD)"
    says "installer-failed driver: mlnxofedinstall was ended after 4 s"
    [ "$(starts) $(fact driver)" = "1 none" ]
    run ! on_debian pgrep mlnxofedinstall
    rm "$NODE/etc/ibfleet-bundle.conf"
    debian_agent
    RUN=r2 take "$(mlnx $OLD)"
    says '"state": "done"'
    [ "$(starts) $(fact driver_version)" = "2 $OLD" ]
}

@test "after a power cut in the middle of an installer all starts from what was there" {
    debian_start
    behave mode=hang
    TALK_DEADLINE=20 timeout 60 "$BATS_TEST_DIRNAME/../e2e/talk" "$BATS_TEST_TMPDIR/agent" \
        'claim:{"run":"r1","controller":"head1","user":"ann","epoch":1,"until_s":99999999999}' \
        "&install:{\"run\":\"r1\",\"epoch\":1,\"steps\":[$(mlnx $OLD)]}" "until:Checking SW" vanish
    on_debian bash -c 'for p in /proc/[0-9]*; do
        [ ${p#/proc/} -le 1 ] || [ ${p#/proc/} = $$ ] || kill -9 ${p#/proc/}; done' || true
    [ "$(jq -r .state "$NODE/var/lib/ibfleet/driver.json")" = 1 ]
    rm "$NODE/etc/ibfleet-bundle.conf"
    take "$(mlnx $OLD)"
    says '"state": "done"'
    [ "$(starts) $(fact driver_version) $(fact earlier)" = "2 $OLD inbox" ]
}

@test "an installer that was cut between two packages is not taken for done: back, and again" {
    debian_start
    behave mode=between
    TALK_DEADLINE=30 timeout 60 "$BATS_TEST_DIRNAME/../e2e/talk" "$BATS_TEST_TMPDIR/agent" \
        'claim:{"run":"r1","controller":"head1","user":"ann","epoch":1,"until_s":99999999999}' \
        "&install:{\"run\":\"r1\",\"epoch\":1,\"steps\":[$(mlnx $OLD)]}" "until:Between two" vanish
    on_debian bash -c 'for p in /proc/[0-9]*; do
        [ ${p#/proc/} -le 1 ] || [ ${p#/proc/} = $$ ] || kill -9 ${p#/proc/}; done' || true
    [ "$(fact driver_version) $(version_of mlnx-tools | cut -d' ' -f1)" != "$OLD installed" ]
    [ "$(fact driver_version)" = "$OLD" ] # as far as ofed_info tells
    rm "$NODE/etc/ibfleet-bundle.conf"
    take "$(mlnx $OLD)"
    says '"state": "done"'
    [ "$(starts) $(fact driver_version) $(fact earlier)" = "2 $OLD inbox" ]
    [[ "$(version_of mlnx-tools)" == installed* ]]
}

@test "DKMS: without headers nothing is built, and a module that it does not know is told" {
    debian_start
    take "$(mlnx $OLD)"
    RUN=r2 take "$(step dkms "$KERNEL" mlnx-ofed-kernel)"
    says "no-kernel-headers dkms: no headers of kernel $KERNEL"
    RUN=r3 take "$(step dkms "$KERNEL" no-such)"
    says "dkms-build-failed dkms: DKMS does not know the module no-such"
}

# Headers of the kernel that runs here, as its package brings them, with a hook that has DKMS
# build.  What they build is no module, but the compiler is asked, and says what it is told.
publish_headers()
{
    local root=$BATS_TEST_TMPDIR/headers
    local tree=$root/lib/modules/$KERNEL/build

    mkdir -p "$root/DEBIAN" "$tree/include"
    printf '%s\n' "Package: linux-headers-$KERNEL" 'Version: 1' 'Architecture: all' \
        'Maintainer: nobody <nobody@localhost>' 'Description: headers for tests' >"$root/DEBIAN/control"
    printf '#!/bin/sh\nset -e\ndkms autoinstall -k %s\n' "$KERNEL" >"$root/DEBIAN/postinst"
    chmod 755 "$root/DEBIAN/postinst"
    cat >"$tree/Makefile" <<'MAKE'
modules:
	@if grep -qs build=fail /etc/ibfleet-bundle.conf; then echo "$(M)/a.c:6:2: error: told to fail"; exit 1; fi
	@for c in $(M)/*.c; do echo 'int told;' >/tmp/told.c && tcc -c -o "$${c%.c}.ko" /tmp/told.c || exit 1; done
MAKE
    dpkg-deb --root-owner-group --build "$root" "$NODE/repo" >/dev/null
    (cd "$NODE/repo" && apt-ftparchive packages . >Packages)
    on_debian apt-get -qq update
}

@test "headers whose hook meets a module that does not compile are told so, and end when it is built" {
    debian_start
    take "$(mlnx $OLD)"
    publish_headers
    behave build=fail
    RUN=r2 take "$(step packages "linux-headers-$KERNEL")"
    says "dkms-build-failed packages: "
    says "does not compile for $KERNEL, whose headers wait for it, half configured: "
    says "a.c:6:2: error: told to fail"
    [ "$(version_of "linux-headers-$KERNEL")" = "half-configured 1" ]

    behave ''
    RUN=r3 take "$(step dkms "$KERNEL" mlnx-ofed-kernel)"
    says '"state": "done"'
    [ "$(version_of "linux-headers-$KERNEL")" = "installed 1" ]
    [ -z "$(on_debian dpkg --audit)" ]
}
