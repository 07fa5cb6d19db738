#!/bin/bash
# base.sh DIR KIND   build what every node of every lab has in common, in DIR:
#
#   vmlinux initrd.gz   Debian's kernel, unpacked, and an initramfs that mounts /dev/vda
#   release             what `uname -r` says under it
#   base.ext4           a root file system without any RDMA software, but with the modules
#   repo/               the packages a node will install, as a flat apt repository
#
# KIND is `plain`, `slurm` for nodes of a cluster, which have slurmd and munge without a
# configuration, or `dkms` for nodes that build kernel modules.  Those have a compiler,
# DKMS and the headers of that kernel; and there is a second kernel, to be updated to:
#
#   vmlinux.other initrd.gz.other release.other   its modules are on the disk, its headers
#                                                 in the repository
#
# Whatever apt fetches comes from where this host's own apt fetches.  Root is asked
# for only where mmdebstrap can not do without.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

here=$(cd "$(dirname "$0")" && pwd)
dir=$(mkdir -p "$1" && cd "$1" && pwd)
kind=$2
work=$dir/work
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
disk_size=3G

in_root=(systemd-sysv dbus udev kmod openssh-server sudo iproute2 curl ca-certificates
    procps netbase)
in_repo=(rdma-core ibverbs-providers libibverbs1 librdmacm1 ibverbs-utils rdmacm-utils
    infiniband-diags perftest)
cluster=(slurmd munge)
compiler=(gcc make libc6-dev perl dkms)

# Loaded before the root file system is there.
early=(virtio_pci virtio_blk virtio_net ext4 crc32c_generic)
# Only on disk, besides all of drivers/infiniband.
later=(qemu_fw_cfg rdma_rxe crc32_generic crc32-pclmul ib_ipoib rpcrdma nvme-rdma mlx5_core mlx4_en mana
    loop overlay dummy veth 8021q)

# What a machine that lives for minutes has no use for.  udev-trigger alone was half of
# the boot: devices that are there before udev keep the nodes devtmpfs gives them.
masked=(e2scrub_reap.service e2scrub_all.timer apt-daily.timer apt-daily-upgrade.timer
    dpkg-db-backup.timer fstrim.timer systemd-pstore.service getty.target getty@.service
    serial-getty@.service console-getty.service getty-static.service
    systemd-update-utmp.service systemd-update-utmp-runlevel.service dev-hugepages.mount
    dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount
    sys-kernel-config.mount sys-fs-fuse-connections.mount
    proc-sys-fs-binfmt_misc.automount systemd-binfmt.service modprobe@.service
    systemd-udev-trigger.service systemd-journal-flush.service
    systemd-random-seed.service systemd-ask-password-console.path
    systemd-ask-password-wall.path systemd-user-sessions.service
    systemd-hwdb-update.service systemd-machine-id-commit.service
    systemd-sysusers.service cryptsetup.target veritysetup.target
    integritysetup.target systemd-remount-fs.service systemd-tmpfiles-clean.timer)

say() { echo "lab base: $*" >&2; }

as_root()
{
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# ---- an apt of our own: no root, and no lists but Debian's ------------------

own_apt() # PROGRAM ARGUMENT...
{
    "$1" -qq -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" \
        -o Dir::State::status="$work/status" -o APT::Install-Recommends=false \
        -o Debug::NoLocking=1 -o APT::Sandbox::User= "${@:2}"
}

find_sources()
{
    mkdir -p "$work"/{lists/partial,cache/archives/partial}
    touch "$work/status"
    own_apt apt-get update
    own_apt apt-get indextargets 'Created-By: Packages' 'Origin: Debian' \
        --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' |
        grep -E " $suite(-updates|-security)? " >"$work/sources.list" ||
        { say "this host's apt knows no Debian $suite"; exit 1; }
}

# ---- kernel -------------------------------------------------------------------

# qemu starts an ELF file directly; unpacking here saves each boot three seconds.
unpack_kernel() # BZIMAGE ELF
{
    local magic tool at

    for magic in 'fd377a585a00:xz -dc' '28b52ffd:zstd -dc' '1f8b0800:gzip -dc'; do
        tool=${magic#*:}
        for at in $(LC_ALL=C grep -obUaP "$(sed 's/../\\x&/g' <<<"${magic%%:*}")" "$1" |
            cut -d: -f1); do
            tail -c "+$((at + 1))" "$1" | $tool >"$2" 2>/dev/null || true
            [ "$(head -c 4 "$2" | tail -c 3)" != ELF ] || return 0
        done
    done
    say "no kernel found inside $1"
    return 1
}

with_needed() # MODULE...: their files, in the order to insert them
{
    modprobe -d "$work/kernel" -S "$release" --show-depends -a "$@" |
        sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++'
}

newest_release()
{
    apt-cache -o Dir::State::Lists="$work/lists" depends linux-image-amd64 |
        sed -n 's/ *Depends: linux-image-//p'
}

# The one before it; right after a point release, when there is none, another flavour.
other_release() # RELEASE
{
    local abi=${1%-amd64} found

    found=$(apt-cache -o Dir::State::Lists="$work/lists" pkgnames linux-image- |
        sed -n "s/^linux-image-\(${abi%-*}-[0-9]*-amd64\)\$/\1/p" | sort -V |
        grep -vxF "$1" | tail -n 1) || true
    echo "${found:-$abi-rt-amd64}"
}

build_kernel() # RELEASE [SUFFIX]
{
    local release=$1 package=linux-image-$1

    (cd "$work" && own_apt apt-get download "$package")
    dpkg-deb -x "$work/$package"_*.deb "$work/kernel"
    depmod -b "$work/kernel" "$release"
    unpack_kernel "$work/kernel/boot/vmlinuz-$release" "$dir/vmlinux${2:-}"
    build_initrd "$dir/initrd.gz${2:-}"
    pick_modules
    echo "$release" >"$dir/release${2:-}"
}

build_initrd() # FILE
{
    local root=$work/initrd-$release file

    mkdir -p "$root"/{bin,dev,proc,root,modules}
    cp /bin/busybox "$root/bin/"
    install -m 755 "$here/initrd.sh" "$root/init"
    for file in $(with_needed "${early[@]}"); do
        case $file in
        *.xz) xz -dc "$file" ;;
        *) cat "$file" ;;
        esac >"$root/modules/$(basename "${file%.xz}")"
        basename "${file%.xz}" >>"$root/modules/order"
    done
    (cd "$root" && find . | cpio --quiet -o -H newc -R 0:0 | gzip -1) >"$1"
}

# All modules would be 400 MB.
pick_modules()
{
    local from=$work/kernel to=$work/modules module
    local modules=("${early[@]}" "${later[@]}")

    for module in $(cd "$from/lib/modules/$release/kernel/drivers/infiniband" &&
        find . -name '*.ko*'); do
        module=${module##*/}
        modules+=("${module%%.ko*}")
    done
    with_needed "${modules[@]}" | while read -r module; do
        install -D -m 644 "$module" "$to/${module#"$from"/}"
    done
    cp "$from/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} \
        "$to/lib/modules/$release/"
    depmod -b "$to" "$release"
}

# ---- root file system -----------------------------------------------------------

build_tar()
{
    local mode=root rootly=(as_root)

    if [ "$(id -u)" != 0 ] && command -v newuidmap >/dev/null &&
        grep -q "^$(id -un):" /etc/subuid; then
        mode=unshare rootly=()
    fi
    {
        printf 'path-exclude=%s\n' /usr/share/{doc,man,locale,info}/'*' /usr/bin/{scp,sftp}
        echo force-unsafe-io # here; a node keeps what it was told through a power cut
    } >"$work/dpkg.cfg"
    ${rootly[@]+"${rootly[@]}"} mmdebstrap --quiet --mode=$mode --variant=minbase \
        --include="$(IFS=,; echo "${in_root[*]}")" --dpkgopt="$work/dpkg.cfg" \
        --customize-hook="$here/customize.sh \"\$1\"" \
        "$suite" - <"$work/sources.list" >"$work/root.tar" 2>"$work/mmdebstrap.log" ||
        { cat "$work/mmdebstrap.log" >&2; return 1; }
}

finish_root() # runs under fakeroot, where everything is root's
{
    local root=$work/root unit

    mkdir "$root"
    tar xf "$work/root.tar" -C "$root" --exclude='./dev/*'
    cp -r --no-preserve=ownership "$here/root/." "$root/"
    cp -r "$work/modules/lib/modules" "$root/usr/lib/"
    chmod 440 "$root"/etc/sudoers.d/*
    chmod 755 "$root"/usr/local/sbin/*
    for unit in "${masked[@]}"; do
        ln -sf /dev/null "$root/etc/systemd/system/$unit"
    done
    ln -sf /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
    ln -sf ../lab-net.service "$root/etc/systemd/system/multi-user.target.wants/"
    sed -i '/force-unsafe-io/d' "$root"/etc/dpkg/dpkg.cfg.d/*
    truncate -s 0 "$root/etc/machine-id"
    rm -rf "$root"/etc/ssh/ssh_host_* "$root"/etc/apt/sources.list.d/* \
        "$root"/var/lib/apt/lists/* "$root"/etc/apt/apt.conf.d/99mmdebstrap
    cp "$root/var/lib/dpkg/status" "$work/status"
    truncate -s $disk_size "$dir/base.ext4"
    mke2fs -q -t ext4 -m 0 -E lazy_itable_init=1,lazy_journal_init=1,nodiscard -d "$root" \
        "$dir/base.ext4"
}

# ---- packages ---------------------------------------------------------------------

# Just what the nodes lack: resolved against their own package status.  What is named here
# is in it even when they have it.
build_repo()
{
    mkdir -p "$dir/repo"
    own_apt apt-get install -y --download-only --reinstall \
        -o Dir::Cache::archives="$dir/repo" "${in_repo[@]}"
    rm -rf "$dir"/repo/{partial,lock}
    (cd "$dir/repo" && apt-ftparchive packages . >Packages && gzip -kf Packages &&
        apt-ftparchive release . >"$work/Release" && mv "$work/Release" .)
}

# ---- all of it ----------------------------------------------------------------------

if [ "${3:-}" = finish-root ]; then
    finish_root
    exit
fi
rm -rf "$work"
find_sources
newest=$(newest_release)
if [ "$kind" = dkms ]; then
    other=$(other_release "$newest")
    in_root+=("${compiler[@]}" "linux-headers-$newest")
    in_repo+=("linux-headers-$newest" "linux-headers-$other")
fi
[ "$kind" != slurm ] || in_root+=("${cluster[@]}")
say "kernel and root file system of Debian $suite"
build_tar &
build_kernel "$newest"
[ "$kind" != dkms ] || build_kernel "$other" .other
wait $!
say "image and packages"
fakeroot "$0" "$dir" "$kind" finish-root
build_repo
chmod -R u+w "$work" && rm -rf "$work"
