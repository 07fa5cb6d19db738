# install.bash - a Debian 12 of its own to install drivers in: real dpkg, apt and DKMS
#
#   load install
#   setup_file()    { debian_make; }              once; kept in $LAB_BASE
#   setup()         { debian_start; }             a copy in a namespace of its own
#   teardown()      { debian_stop; }
#
#   on_debian COMMAND...      there; the agent is /ibfleet-agent, the bundles are in /bundles
#   take STEP...              the real agent takes steps in a run: "$RUN" (default r1)
#   debian_serve              its repository comes over the network; cut off: CUT=1 debian_agent
#
# Its only repository is of packages that it has itself, so that what was removed can come
# back, and nothing needs a network while tests run.  There is no systemd: steps are forked.
# rpm.bats has another way to build it, with $DEBIAN_SCRIPT, and other bundles.

load ../e2e/wait

: "${BUILD:=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/build}" "${LAB_BASE:=$BUILD/lab-base}"

# Where this host's own apt fetches Debian from.
debian_mirror()
{
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources \
        2>/dev/null | grep -oE 'https?://[^ ]*/debian/?( |$)' | head -n 1
}

debian_modes()
{
    MODE=root SPACE=(unshare -mpf)
    [ "$(id -u)" = 0 ] || MODE=unshare SPACE=(unshare --map-root-user --map-auto -Umpf)
}

# tcc stands for gcc, which is larger than all the rest: nothing is compiled here.
debian_build() # DIR
{
    mmdebstrap -q --mode=$MODE --variant=apt --skip=cleanup/apt --dpkgopt=force-unsafe-io \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --include=dkms,tcc,rdma-core,ibverbs-providers \
        --customize-hook='mkdir "$1/repo" && mv "$1"/var/cache/apt/archives/*.deb "$1/repo"' \
        --customize-hook='cd "$1/repo" && apt-ftparchive packages . >Packages' \
        --customize-hook='rm -rf "$1"/etc/apt/sources.list* "$1"/var/lib/apt/lists/*' \
        --customize-hook='echo "deb [trusted=yes] file:/repo ./" >"$1/etc/apt/sources.list"' \
        --customize-hook='chroot "$1" apt-get -q update' \
        bookworm "$1" "$(debian_mirror)"
}

# mmdebstrap hands the number of a descriptor to dash, to which "11" is none.
few_open_files()
{
    local fd

    for fd in /proc/self/fd/*; do
        fd=${fd##*/}
        [ "$fd" -lt 3 ] || eval "exec $fd>&-"
    done
}

debian_make()
{
    local key

    debian_modes
    key=$({ declare -f debian_build; cat ${DEBIAN_SCRIPT:+"$DEBIAN_SCRIPT"} </dev/null; } |
        sha256sum | cut -c 1-16)
    export DEBIAN_BASE=$LAB_BASE/debian-$key
    mkdir -p "$LAB_BASE"
    (
        flock -w 900 9
        [ ! -d "$DEBIAN_BASE" ] || exit 0
        rm -rf "$DEBIAN_BASE.new"
        (few_open_files; debian_build "$DEBIAN_BASE.new") && mv "$DEBIAN_BASE.new" "$DEBIAN_BASE"
    ) 9>"$LAB_BASE/debian.lock"
    debian_bundles "$BATS_FILE_TMPDIR/bundles"
}

debian_bundles() # DIR
{
    "$BATS_TEST_DIRNAME/../fake/bundle" "$1" http://127.0.0.1:9/
}

# The package manager's folder: the kernel tells of no locks through an overlay.
LOCKED=var/lib/dpkg

# What is written goes to a file system in memory, of the size given, and $LOCKED is copied.
debian_start() # [SIZE]
{
    debian_modes
    ROOT=$BATS_TEST_TMPDIR/root
    mkdir -p "$ROOT"
    "${SPACE[@]}" bash -c '
        mount -t tmpfs -o size='"${1:-400m}"',mode=755 tmpfs "$1" && mkdir "$1"/{upper,work,node,locked} &&
        mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" overlay "$1/node" &&
        cd "$1/node" && cp -a "$5/." ../locked && mount --bind ../locked "$5" &&
        mount -t proc proc proc && mount --rbind /dev dev && cp "$3" ibfleet-agent &&
        mkdir -p run var/lib/ibfleet/bundles && cp "$4"/* var/lib/ibfleet/bundles/ &&
        echo ready && exec sleep 600' - \
        "$ROOT" "$DEBIAN_BASE" "$BUILD/ibfleet-agent" "$BATS_FILE_TMPDIR/bundles" $LOCKED >"$ROOT.log" 2>&1 3>&- &
    KEEPER=$!
    wait_until 30 grep -qx ready "$ROOT.log" || { cat "$ROOT.log"; return 1; }
    INSIDE=$(pgrep -P "$KEEPER")
    NODE=/proc/$INSIDE/root$ROOT/node
    debian_agent
}

# The agent there as a program of this machine, with the patience that is set now.
debian_agent()
{
    printf '%s\n' '#!/bin/bash' "$(declare -f on_debian)" "INSIDE=$INSIDE ROOT=$ROOT INSTALLER_SECONDS=${INSTALLER_SECONDS:-} CUT=${CUT:-}" \
        'on_debian /ibfleet-agent "$@"' >"$BATS_TEST_TMPDIR/agent"
    chmod 755 "$BATS_TEST_TMPDIR/agent"
}

# The same packages, from this machine's loopback instead of a file.
debian_serve()
{
    local port

    timeout 500 python3 -u -m http.server --bind 127.0.0.1 --directory "$DEBIAN_BASE/repo" 0 \
        >"$BATS_TEST_TMPDIR/server" 2>/dev/null 3>&- &
    MIRROR=$!
    wait_until 20 grep -q port "$BATS_TEST_TMPDIR/server"
    port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$BATS_TEST_TMPDIR/server")
    find "$NODE"/etc/apt/sources.list "$NODE"/etc/{yum.repos.d,zypp/repos.d}/base.repo -exec \
        sed -i "s,file:/*repo,http://127.0.0.1:$port," {} + 2>/dev/null || true
}

# The first process of the namespace takes all others with it.
debian_stop()
{
    [ -z "${MIRROR:-}" ] || kill "$MIRROR" 2>/dev/null || true
    [ -z "${INSIDE:-}" ] || kill -9 "$INSIDE" 2>/dev/null || true
    wait "${KEEPER:-}" 2>/dev/null || true
}

on_debian()
{
    local user=()
    [ "$(id -u)" = 0 ] || user=(-U --preserve-credentials)
    nsenter -t "$INSIDE" ${user[@]+"${user[@]}"} -m -p env -i IBFLEET_LOCK_SECONDS=3 \
        IBFLEET_INSTALLER_SECONDS="${INSTALLER_SECONDS:-150}" PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C \
        ${CUT:+unshare -n} chroot "$ROOT/node" "$@"
}

# As a controller asks for them, one after the other; then what the agent said is in $output.
take() # STEP...
{
    local steps

    steps=$(IFS=,; echo "$*")
    run timeout 200 env TALK_DEADLINE=150 "$BATS_TEST_DIRNAME/../e2e/talk" "$BATS_TEST_TMPDIR/agent" \
        "claim:{\"run\":\"${RUN:-r1}\",\"controller\":\"head1\",\"user\":\"ann\",\"epoch\":1,\"until_s\":99999999999}" \
        "install:{\"run\":\"${RUN:-r1}\",\"epoch\":1,\"steps\":[$steps]}" \
        "release:{\"run\":\"${RUN:-r1}\",\"epoch\":1}"
    echo "$output"
}

step() # VERB ARGUMENT...
{
    local verb=$1
    shift
    printf '{"name":"%s","args":[%s]}' "$verb" "$(printf '"%s",' "$@" | sed 's/,$//')"
}

says() { [[ "$output" == *"$1"* ]]; }
fact() { "$BATS_TEST_TMPDIR/agent" detect --json | jq -r ".platform.$1"; }
happened() { cat "$NODE/var/log/ibfleet-bundle.log" 2>/dev/null || true; }
behave() { printf '%s\n' "$@" >"$NODE/etc/ibfleet-bundle.conf"; }
version_of() { on_debian dpkg-query -W -f '${db:Status-Status} ${Version}' "$1" 2>/dev/null; }
