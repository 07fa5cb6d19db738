#!/bin/bash
# deps.sh install [build|arm64|all|bench]   install what is missing, with apt; say what
# deps.sh cjson DIR CC             build DIR/libcjson.a from Debian's source package, and
#                                  lay its header down in DIR/cjson
#
# Nothing is done, and no root asked for, when everything is there already.
set -euo pipefail

build=(gcc make libc6-dev libuv1-dev libssh2-1-dev libssl-dev libsqlite3-dev libinih-dev libyaml-dev
    libcurl4-openssl-dev libcjson-dev libmd-dev libibverbs-dev libnl-3-dev libnl-route-3-dev dpkg-dev xz-utils)
# The agent for aarch64: the cross compiler; the libraries come by foreign.sh.
arm64=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
test=(clang libclang-rt-14-dev libcmocka-dev bats openssh-server openssh-client sudo
    libnss-wrapper dropbear-bin tcsh fish zsh python3-jsonschema clustershell pdsh genders munge slurm-client slurmctld slurmd
    ansible-core libssh-dev sqlite3 tmux bash-completion man-db groff-base universal-ctags jq procps
    qemu-system-x86 qemu-utils mmdebstrap fakeroot e2fsprogs apt-utils cpio kmod zstd
    busybox-static systemd curl wget ca-certificates openssl perftest qemu-user)
# What only a benchmark compares with.
bench=(pssh)

# While dpkg works on another package, one that is there may await its trigger.
missing()
{
    local p
    for p in "$@"; do
        case $(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) in
        installed | triggers-*) ;;
        *) echo "$p" ;;
        esac
    done
}

as_root()
{
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Silent when all is well: what apt says of its own work is for who looks for a fault.
# A machine that has just booted may be at its own daily update; apt waits for dpkg, but
# not for the lists.
lock_seconds=300
quietly() # COMMAND...
{
    local log status said=0 end=$((SECONDS + lock_seconds))
    log=$(mktemp)
    while :; do
        status=0
        as_root "$@" >"$log" 2>&1 </dev/null || status=$?
        [ $status != 0 ] && grep -q 'Could not get lock' "$log" && [ $SECONDS -lt $end ] || break
        [ $said = 1 ] || echo "deps: another apt is at work; waiting for it" >&2
        said=1
        sleep 2
    done
    [ $status = 0 ] || { cat "$log"; echo "deps: failed (status $status): $*"; } >&2
    rm -f "$log"
    return $status
}

install()
{
    local want=("${build[@]}") lack
    case ${1:-all} in
    arm64) want+=("${arm64[@]}") ;;
    all) want+=("${arm64[@]}" "${test[@]}") ;;
    bench) want+=("${arm64[@]}" "${test[@]}" "${bench[@]}") ;;
    esac
    mapfile -t lack < <(missing "${want[@]}")
    [ ${#lack[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || {
        echo "deps: apt needs root, and there is no sudo; as root:" \
            "apt-get install --no-install-recommends ${lack[*]}" >&2
        return 1
    }
    echo "deps: installing with apt, which may take minutes: ${lack[*]}" >&2
    quietly apt-get -qq update
    quietly env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o DPkg::Lock::Timeout=$lock_seconds install -y --no-install-recommends "${lack[@]}"
}

# An apt of our own beside the system's: deb-src is rarely switched on, and
# reading sources needs no root.
source_apt()
{
    apt-get -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts="$work/parts" \
        -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User= "$@"
}

cjson()
{
    local dir=$1 cc=$2 f
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work"/{parts,lists/partial,cache/archives/partial} "$dir/cjson"
    for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ ! -f "$f" ] || sed -n 's/^deb /deb-src /p' "$f"
    done >"$work/sources.list"
    for f in /etc/apt/sources.list.d/*.sources; do
        [ ! -f "$f" ] || sed 's/^Types:.*/Types: deb-src/' "$f" >"$work/parts/${f##*/}"
    done
    source_apt update
    (cd "$work" && source_apt source cjson >/dev/null)
    "$cc" -O2 -g -c -o "$work/cJSON.o" "$work"/cjson-*/cJSON.c
    cp "$work"/cjson-*/cJSON.h "$dir/cjson/"
    ar rcs "$dir/libcjson.a" "$work/cJSON.o"
}

case ${1:-} in
install) install "${2:-all}" ;;
cjson) cjson "$2" "$3" ;;
*) sed -n '2,4s/^# //p' "$0" >&2; exit 2 ;;
esac
