# packages.bats - real apt and dpkg in roots of Debian 11, 12 and 13: what the agent
# installs and brings ahead, whose lock it waits for, what it holds
#
# Each root is made once, in setup_file; the tests of one suite follow each other in it.
bats_require_minimum_version 1.5.0

: "${BUILD:=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/build}"
suites=(bullseye bookworm trixie)

# Where this host's own apt fetches Debian from.
mirror()
{
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources \
        2>/dev/null | grep -oE 'https?://[^ ]*/debian/?( |$)' | head -n 1
}

# As root of a system of its own, which sees no process of this one.
as_root()
{
    if [ "$(id -u)" = 0 ]; then "$@"; else mmdebstrap --unshare-helper "$@"; fi
}

make_root() # SUITE
{
    local mode=unshare root=$BATS_FILE_TMPDIR/$1
    [ "$(id -u)" != 0 ] || mode=root
    mmdebstrap -q --mode=$mode --variant=apt --skip=cleanup/apt,output/dev --dpkgopt=force-unsafe-io \
        --aptopt='Acquire::Languages "none"' --aptopt='APT::Sandbox::User "root"' \
        --customize-hook='mkdir -p -m 777 "$1/opt"' \
        --customize-hook="copy-in $BUILD/ibfleet-agent $BATS_FILE_TMPDIR/repo /opt" \
        --customize-hook='echo "deb [trusted=yes] file:/opt/repo ./" >"$1/etc/apt/sources.list.d/test.list"' \
        --customize-hook='chmod 777 "$1/opt" && chroot "$1" apt-get -qq update' \
        "$1" "$root" "$(mirror)"
}

# Its postinst on standard input.
make_package() # NAME VERSION
{
    local dir
    dir=$(mktemp -d)
    mkdir -p "$dir/p/DEBIAN" "$BATS_FILE_TMPDIR/repo"
    printf '%s\n' "Package: $1" "Version: $2" 'Architecture: all' \
        'Maintainer: nobody <nobody@example.org>' 'Description: of a test' >"$dir/p/DEBIAN/control"
    cat >"$dir/p/DEBIAN/postinst"
    chmod 755 "$dir/p" "$dir/p/DEBIAN" "$dir/p/DEBIAN/postinst"
    dpkg-deb --root-owner-group -b "$dir/p" "$BATS_FILE_TMPDIR/repo/$1_$2_all.deb" >/dev/null
    rm -r "$dir"
}

setup_file()
{
    local suite
    make_package doca-ofed 1.0 <<<'#!/bin/sh' # as the vendor's, in two versions
    make_package doca-ofed 2.0 <<<'#!/bin/sh'
    make_package slow 1.0 <<'T'
#!/bin/sh
touch /opt/here
for i in $(seq 1200); do [ -e /opt/hold ] || break; sleep 0.1; done
T
    (cd "$BATS_FILE_TMPDIR/repo" && apt-ftparchive packages . >Packages)
    for suite in "${suites[@]}"; do make_root "$suite" & done
    wait
}

# In a system where nothing else runs: no systemd, so that steps are processes.  With CUT there
# is no network.
in_root() # SUITE SCRIPT   with bash
{
    as_root unshare -pm${CUT:+n} --fork bash -c 'root=$1; mount -t proc proc "$root/proc" &&
        mount --bind /dev "$root/dev" && cp -L /etc/resolv.conf "$root/etc/" &&
        exec chroot "$root" timeout 250 bash -c "$2"' - "$BATS_FILE_TMPDIR/$1" "$2"
}

# What an agent in that root answers; PREPARE runs there before it.
ask() # SUITE PREPARE ACT...
{
    local wrapper=$BATS_TEST_TMPDIR/agent
    {
        echo '#!/bin/bash'
        declare -f as_root in_root
        printf 'BATS_FILE_TMPDIR=%q CUT=%q\n' "$BATS_FILE_TMPDIR" "${CUT:-}"
        printf 'in_root %q %q\n' "$1" "export IBFLEET_METADATA=never IBFLEET_LOCK_SECONDS=${lock_s:-60}; $2
            exec /opt/ibfleet-agent serve"
    } >"$wrapper"
    chmod 755 "$wrapper"
    said=$(TALK_DEADLINE=200 "$BATS_TEST_DIRNAME/../e2e/talk" "$wrapper" "${@:3}") || true
    echo "$said"
}
says() { [[ "$said" == *"$1"* ]] || { echo "not said: $1"; false; }; }

claim='claim:{"run":"RUN","controller":"h","user":"u","epoch":1,"until_s":99999999999}'
release='release:{"run":"RUN","epoch":1}'
install() # STEP [ARG...]
{
    jq -nc '"install:" + ({run: "RUN", epoch: 1, steps: [{name: $ARGS.positional[0],
        args: $ARGS.positional[1:]}]} | tojson)' -r --args "$@"
}
step() # SUITE PREPARE STEP [ARG...]   in a run of its own
{
    local name=r$RANDOM
    ask "$1" "$2" "${claim/RUN/$name}" "$(install "${@:3}" | sed "s/RUN/$name/")" "${release/RUN/$name}"
}
becomes() { says "\"state\": \"$1\""; }

# Another apt at work: its package is not configured before /opt/hold is gone.
another_apt='apt-get -qq purge slow >/dev/null 2>&1; touch /opt/hold; rm -f /opt/here; apt-get -qq install /opt/repo/slow_1.0_all.deb >/opt/slow.log 2>&1 &
    while [ ! -e /opt/here ]; do sleep 0.1; done;'

# ---- install ---------------------------------------------------------------------------

is_installed_by_real_apt() # SUITE
{
    step "$1" : packages rdma-core ibverbs-providers
    becomes done
    in_root "$1" 'dpkg-query -W -f "\${db:Status-Status}\n" rdma-core ibverbs-providers' >"$BATS_TEST_TMPDIR/states"
    [ "$(sort -u "$BATS_TEST_TMPDIR/states")" = installed ]
    step "$1" : packages rdma-core ibverbs-providers
    becomes already
}

@test "Debian 11: packages are installed by the real apt, once" { is_installed_by_real_apt bullseye; }
@test "Debian 12: packages are installed by the real apt, once" { is_installed_by_real_apt bookworm; }
@test "Debian 13: packages are installed by the real apt, once" { is_installed_by_real_apt trixie; }

@test "headers of a kernel that no repository has are a failure of their own" {
    step bookworm : packages linux-headers-5.10.0-0-nobody
    says "no-kernel-headers packages: no repository of this node has linux-headers-5.10.0-0-nobody"
}

# ---- ahead -----------------------------------------------------------------------------

# All that dpkg and apt know of what is there, and why.
what_is_there()
{
    in_root "$1" 'dpkg-query -W -f "\${Package} \${Version} \${Status}\n"; apt-mark showmanual
        cat /var/lib/apt/extended_states; md5sum </var/lib/dpkg/status; ls /var/lib/dpkg/updates'
}

# libibverbs1 is there already, because others need it, which is to stay the reason.
comes_ahead() # SUITE
{
    step "$1" : packages rdma-core ibverbs-providers
    what_is_there "$1" >"$BATS_TEST_TMPDIR/before"
    grep -q '^libibverbs1 .* installed' "$BATS_TEST_TMPDIR/before"
    step "$1" : download packages libibverbs1 ibverbs-utils perftest
    becomes done
    what_is_there "$1" | diff "$BATS_TEST_TMPDIR/before" -
    CUT=1 step "$1" : packages ibverbs-utils perftest
    becomes done
    step "$1" : download packages ibverbs-utils perftest
    becomes already
}

@test "Debian 11: what came ahead is installed without a network" { comes_ahead bullseye; }
@test "Debian 12: what came ahead is installed without a network" { comes_ahead bookworm; }
@test "Debian 13: what came ahead is installed without a network" { comes_ahead trixie; }

@test "ahead: lists that know a package no more, or have not come yet, are taken fresh" {
    step trixie 'rm -r /var/lib/apt/lists/*' download packages infiniband-diags
    becomes done
    [[ "$said" == *"# apt-get "*" update\""* ]]
    CUT=1 step trixie : packages infiniband-diags
    becomes done
}

@test "ahead: what no repository has, or no network brings, is told as the install would" {
    step bookworm : download packages linux-headers-5.10.0-0-nobody
    says "no-kernel-headers download: no repository of this node has linux-headers-5.10.0-0-nobody"
    step bookworm : download packages no-such-package
    says "package-install download: apt-get ended with 100: E: Unable to locate package no-such-package"
    CUT=1 step bookworm : download packages srptools
    says "package-install download: "
}

@test "ahead: who holds dpkg's lock is named" {
    lock_s=2 step bookworm "$another_apt" download packages doca-ofed
    says "package-lock-held download: /var/lib/dpkg/lock-frontend is held by apt-get (process "
    in_root bookworm 'rm /opt/hold && dpkg --configure -a && apt-get -qq purge slow'
}

@test "ahead: what dpkg has only begun is not ended for a download, but for the install" {
    in_root bookworm 'rm -f /opt/hold; dpkg --unpack /opt/repo/slow_1.0_all.deb && touch /var/lib/dpkg/updates/0000'
    what_is_there bookworm >"$BATS_TEST_TMPDIR/before"
    step bookworm : download packages srptools
    becomes done
    what_is_there bookworm | diff "$BATS_TEST_TMPDIR/before" -
    step bookworm : packages srptools
    becomes done
    run -0 in_root bookworm 'dpkg-query -W -f "\${db:Status-Status}" slow'
    [ "$output" = installed ]
    in_root bookworm 'apt-get -qq purge slow'
}

# ---- the lock --------------------------------------------------------------------------

# It is named, and both it and the packages are as they were.
is_named() # SUITE
{
    lock_s=2 step "$1" "$another_apt" packages doca-ofed
    says "package-lock-held packages: /var/lib/dpkg/lock-frontend is held by apt-get (process "
    says "waited for it for 2 s"
    [[ "$said" != *"# apt-get"* ]]
    run in_root "$1" 'dpkg -s doca-ofed'
    [ "$status" = 1 ]
    in_root "$1" 'rm /opt/hold && dpkg --configure -a' # the other apt's own end was ours here
}

@test "Debian 11: who holds dpkg's lock is named, and nothing is changed" { is_named bullseye; }
@test "Debian 12: who holds dpkg's lock is named, and nothing is changed" { is_named bookworm; }
@test "Debian 13: who holds dpkg's lock is named, and nothing is changed" { is_named trixie; }

@test "a lock that is released meanwhile is waited for" {
    ask bookworm "$another_apt" "${claim/RUN/late}" \
        "&$(install packages doca-ofed | sed s/RUN/late/)" \
        'until:# waiting for /var/lib/dpkg/lock-frontend' "rm:$BATS_FILE_TMPDIR/bookworm/opt/hold" \
        until:'answer 2' "${release/RUN/late}"
    becomes done
}

# ---- holds -----------------------------------------------------------------------------

@test "holds: what apt holds for us survives an upgrade, and only ours is released" {
    in_root trixie 'apt-get -qq install doca-ofed=1.0 && apt-mark hold dpkg' >/dev/null
    run in_root trixie 'apt-get -s dist-upgrade'
    [[ "$output" == *"Inst doca-ofed [1.0] (2.0"* ]]
    step trixie : hold driver
    becomes done
    run -0 in_root trixie 'apt-mark showhold'
    [ "$output" = $'doca-ofed\ndpkg' ]
    run -0 in_root trixie 'apt-get -s dist-upgrade'
    [[ "$output" != *"Inst doca-ofed"* ]]
    [ "$(in_root trixie 'IBFLEET_METADATA=never /opt/ibfleet-agent detect --json' | jq -r .platform.held)" = driver ]
    step trixie : hold driver
    becomes already
    step trixie 'apt-mark unhold doca-ofed >/dev/null' hold driver
    becomes done
    run -0 in_root trixie '/opt/ibfleet-agent uninstall >&2 && apt-mark showhold 2>&1'
    [ "${lines[-1]}" = dpkg ]
    [[ "$output" != *$'\ndoca-ofed'* ]]
}

@test "holds: a driver that is held for us can be dropped" {
    in_root trixie 'apt-get -qq install --allow-downgrades doca-ofed=1.0' >/dev/null
    step trixie : hold driver
    becomes done
    run -0 in_root trixie 'apt-mark showhold'
    [[ "$output" == *doca-ofed* ]]
    step trixie : drop doca-ofed 1.0
    becomes done
    run in_root trixie 'dpkg -s doca-ofed'
    [ "$status" = 1 ]
    run -0 in_root trixie 'apt-mark showhold'
    [[ "$output" != *doca-ofed* ]]
}

# ---- what udev makes of our rules ---------------------------------------------------------

@test "IPoIB, persistent names: udev finds no fault in the rules" {
    local tree=$BATS_FILE_TMPDIR/trixie/opt/node
    step trixie : packages udev iproute2
    as_root cp -a "$BUILD/trees/nd96h100-ubuntu2204" "$tree"
    as_root bash -c 'mkdir -p "$1"/usr/sbin "$1"/sys/module/ib_ipoib "$1"/sys/class/net/lo &&
        touch "$1"/usr/sbin/{rdma,ip} && echo 0x1003 >"$1/sys/class/net/lo/flags" &&
        echo 00:00:01:49:fe:80:00:00:00:00:00:00:00:15:5d:ff:fd:33:ff:0b >"$1/sys/class/net/lo/address"' - "$tree"
    step trixie 'export IBFLEET_ROOT=/opt/node' names
    becomes done
    step trixie 'export IBFLEET_ROOT=/opt/node' ipoib 00:15:5d:33:ff:0b 172.16.1.2
    becomes done
    run -0 in_root trixie 'udevadm verify --no-style /opt/node/etc/udev/rules.d/*.rules'
    [[ "$output" == *"2 udev rules files have been checked"* ]]
}
