#!/usr/bin/env bats
# rpm.bats - real dnf, zypper and rpm, in a Debian that takes itself for AlmaLinux or SLES:
# what the agent installs, whose lock it waits for, what it holds, and a vendor's driver
# (tests/lab/rpm_root.sh)

load install

bats_require_minimum_version 1.5.0

DEBIAN_SCRIPT=$BATS_TEST_DIRNAME/rpm_root.sh
LOCKED=var/lib/rpm
KERNEL=$(uname -r)

debian_build() # DIR
{
    mmdebstrap -q --mode=$MODE --variant=apt --dpkgopt=force-unsafe-io \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --include=dnf,zypper,rpm,createrepo-c \
        --customize-hook="copy-in $DEBIAN_SCRIPT /tmp" \
        --customize-hook='chroot "$1" bash /tmp/rpm_root.sh' \
        bookworm "$1" "$(debian_mirror)"
}

debian_bundles() { cp -r "$DEBIAN_BASE/bundles" "$1"; }

setup_file() { debian_make; }
setup() { debian_start; }
teardown() { debian_stop; }

# SUSE's: there is no dnf beside it.
become_suse()
{
    rm "$NODE/usr/bin/dnf"
    printf '%s\n' 'NAME="SLES"' 'ID="sles"' 'ID_LIKE="suse"' 'VERSION_ID="15.5"' >"$NODE/etc/os-release"
}

rpm_of() { on_debian rpm -q --qf '%{VERSION}-%{RELEASE}' "$1"; }
is_absent() { run ! on_debian rpm -q "$@"; }

# Files that the vendor's packages bring, and what they are installed from.
vendors()
{
    on_debian rpm -qa --qf '%{NAME} %{VERSION}\n' | grep -E '^(doca|mlnx|ofed|kmod)|mlnx' || true
    (cd "$NODE" && ls etc/yum.repos.d/doca* etc/zypp/repos.d/doca* 2>/dev/null) || true
}

doca() # VERSION
{
    local file

    file=$(cd "$BATS_FILE_TMPDIR/bundles" && echo doca-host-"$1"-*.rpm)
    step driver doca-ofed "$1" "$(sha256sum <"$BATS_FILE_TMPDIR/bundles/$file" | cut -c 1-64)" \
        "$file" "$KERNEL"
}

# ---- packages ----------------------------------------------------------------------------

are_installed_once()
{
    take "$(step packages rdma-core ibverbs-utils)"
    says '"state": "done"'
    [ "$(rpm_of ibverbs-utils)" = 48.0-1 ]
    RUN=r2 take "$(step packages rdma-core ibverbs-utils)"
    says '"state": "already"'
}

headers_are_missed()
{
    take "$(step packages kernel-devel-5.14.0-9.el9_4.x86_64)"
    says "no-kernel-headers packages: no repository of this node has kernel-devel-5.14.0-9.el9_4.x86_64"
}

@test "dnf: packages are installed, once" { are_installed_once; }
@test "dnf: headers that no repository has are a failure of their own" { headers_are_missed; }
@test "zypper: packages are installed, once" { become_suse && are_installed_once; }
@test "zypper: headers that no repository has are a failure of their own" { become_suse && headers_are_missed; }

# ---- ahead -------------------------------------------------------------------------------

what_is_there() { on_debian rpm -qa --qf '%{NAME} %{VERSION}-%{RELEASE} %{INSTALLTIME}\n' | sort; }

comes_ahead()
{
    debian_serve
    what_is_there >"$BATS_TEST_TMPDIR/before"
    take "$(step download packages rdma-core ibverbs-utils)"
    says '"name": "download", "state": "done"'
    what_is_there | diff "$BATS_TEST_TMPDIR/before" -
    CUT=1 debian_agent
    RUN=r2 take "$(step packages slow)"
    says "package-install packages: "
    RUN=r3 take "$(step packages rdma-core ibverbs-utils)"
    says '"state": "done"'
    [ "$(rpm_of ibverbs-utils)" = 48.0-1 ]
    RUN=r4 take "$(step download packages rdma-core ibverbs-utils)"
    says '"state": "already"'
}

is_told_ahead()
{
    take "$(step download packages kernel-devel-5.14.0-9.el9_4.x86_64)"
    says "no-kernel-headers download: no repository of this node has kernel-devel-5.14.0-9.el9_4.x86_64"
    RUN=r2 take "$(step download packages no-such-package)"
    says "package-install download: "
    debian_serve
    CUT=1 debian_agent
    RUN=r3 take "$(step download packages ibverbs-utils)"
    says "package-install download: "
}

@test "dnf: what came ahead is installed without a network" { comes_ahead; }
@test "dnf: what is not to be had ahead is told as the install would" { is_told_ahead; }
@test "zypper: what came ahead is installed without a network" { become_suse && comes_ahead; }
@test "zypper: what is not to be had ahead is told as the install would" { become_suse && is_told_ahead; }

@test "dnf: what a dropped DOCA-OFED had replaced comes back without a network, brought ahead" {
    debian_serve
    take "$(doca 3.9.9)"
    says '"state": "done"'
    what_is_there >"$BATS_TEST_TMPDIR/before"
    RUN=r2 take "$(step download drop doca-ofed 3.9.9-000001 rdma-core ibverbs-utils)"
    says '"name": "download", "state": "done"'
    what_is_there | diff "$BATS_TEST_TMPDIR/before" -
    CUT=1 debian_agent
    RUN=r3 take "$(step drop doca-ofed 3.9.9-000001)" "$(step packages rdma-core ibverbs-utils)"
    says '"name": "drop", "state": "done"'
    [ "$(rpm_of rdma-core) $(rpm_of ibverbs-utils)" = "48.0-1 48.0-1" ]
    [ "$(fact driver)" = none ]
}

# ---- the lock ----------------------------------------------------------------------------

# Another one at work, in the middle of a package's script.
another() # COMMAND...
{
    touch "$NODE/hold"
    on_debian "$@" >"$BATS_TEST_TMPDIR/another" 2>&1 3>&- &
    ANOTHER=$!
    wait_until 60 test -e "$NODE/here"
}

is_named() # WORDS
{
    take "$(step packages ibverbs-utils)"
    says "package-lock-held packages: "
    says "$1"
    is_absent ibverbs-utils
    rm "$NODE/hold"
    wait $ANOTHER
    RUN=r2 take "$(step packages ibverbs-utils)"
    says '"state": "done"'
}

@test "dnf: who holds the lock is named, and nothing is changed" {
    another dnf -q -y install slow
    is_named "/var/lib/rpm/.rpm.lock is held by dnf (process "
}

@test "zypper: who holds the lock is named, and nothing is changed" {
    become_suse
    another zypper -q --non-interactive install slow
    is_named "held by "
}

# ---- holds ---------------------------------------------------------------------------------

# The vendor has something newer, and only our hold keeps it off.
is_kept() # UPDATE
{
    take "$(doca 3.9.9)"
    take "$(step hold driver)"
    says '"state": "done"'
    [ "$(fact held)" = driver ]
    on_debian rpm -U --quiet /var/lib/ibfleet/bundles/doca-host-3.10.0-000002_99.04_rhel9.x86_64.rpm
    $1
    [ "$(rpm_of rdma-core) $(rpm_of mlnx-tools)" = "9901mlnx1-1 99.01.0.1-1" ]
    RUN=r2 take "$(step hold driver)"
    says '"state": "already"'
    on_debian /ibfleet-agent uninstall
    $1
    [ "$(rpm_of rdma-core)" = 9904mlnx1-1 ]
}

dnf_upgrade() { on_debian dnf -q -y upgrade; }
zypper_update() { on_debian zypper -q refresh && on_debian zypper -q --non-interactive update; }

@test "dnf: what is held survives an upgrade, and only ours is released" {
    sed -i '/^\[main\]/a excludepkgs=opensm*' "$NODE/etc/dnf/dnf.conf"
    cp "$NODE/etc/dnf/dnf.conf" "$BATS_TEST_TMPDIR/before"
    is_kept dnf_upgrade
    cmp "$NODE/etc/dnf/dnf.conf" "$BATS_TEST_TMPDIR/before"
}

@test "zypper: what is held survives an update, and only ours is released" {
    become_suse
    on_debian zypper -q addlock ibverbs-utils
    is_kept zypper_update
    run -0 on_debian zypper locks
    [[ $output == *ibverbs-utils* && $output != *mlnx-tools* ]]
}

# ---- a vendor's driver ----------------------------------------------------------------------

comes_and_goes()
{
    take "$(doca 3.9.9)"
    says '"state": "done"'
    [ "$(fact driver) $(fact driver_version) $(fact earlier)" = "doca-ofed 3.9.9-000001 inbox" ]
    [ "$(rpm_of rdma-core)" = 9901mlnx1-1 ]
    RUN=r2 take "$(doca 3.9.9)"
    says '"state": "already"'

    RUN=r3 take "$(step drop doca-ofed 3.9.9-000001)" "$(doca 3.10.0)"
    says '"name": "driver", "state": "done"'
    [ "$(fact driver_version) $(fact earlier)" = "3.10.0-000002 doca-ofed 3.9.9" ]
    [ "$(rpm_of libibverbs)" = 9904mlnx1-1 ]
    [ "$(happened)" = "start doca-ofed 3.9.9"$'\n'"start doca-ofed 3.10.0" ]

    RUN=r4 take "$(step drop doca-ofed 3.10.0-000002)"
    says '"state": "done"'
    [ "$(fact driver)" = none ]
    [ "$(rpm_of rdma-core) $(rpm_of libibverbs)" = "48.0-1 48.0-1" ]
    [ -z "$(vendors)" ]
}

@test "dnf: DOCA-OFED comes from its own repository, once, and leaves nothing" { comes_and_goes; }
@test "zypper: DOCA-OFED comes from its own repository, once, and leaves nothing" {
    become_suse
    comes_and_goes
}

@test "DOCA-OFED 2 has its modules built for the kernel first, and leaves nothing" {
    take "$(doca 2.9.9)"
    says '"state": "done"'
    [ "$(happened)" = "build $KERNEL"$'\n'"start doca-ofed 2.9.9" ]
    [ "$(fact driver_version)" = 2.9.9-000003 ]
    RUN=r2 take "$(step drop doca-ofed 2.9.9-000003)"
    says '"state": "done"'
    [ "$(rpm_of rdma-core)" = 48.0-1 ]
    [ -z "$(vendors)" ]
}

@test "DOCA-OFED 2: modules that cannot be built, or never end to be, are the installer's failure" {
    behave mode=fail
    take "$(doca 2.9.9)"
    says "installer-failed"
    says "doca-kernel-support ended with 1: ERROR: told to fail by /etc/ibfleet-bundle.conf"
    behave mode=hang
    INSTALLER_SECONDS=3 debian_agent
    RUN=r2 take "$(doca 2.9.9)"
    says "installer-failed"
    says "doca-kernel-support was ended after 3 s, for it did not by itself; its last words: building"
    behave
    RUN=r3 take "$(doca 2.9.9)"
    says '"state": "done"'
    [ "$(fact driver_version) $(fact earlier)" = "2.9.9-000003 inbox" ]
}
