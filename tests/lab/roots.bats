# The agent is one static file: it starts where nothing of ours, and nothing at
# all, is installed.
bats_require_minimum_version 1.5.0

: "${BUILD:=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/build}"

# Where this host's own apt fetches Debian from.
mirror()
{
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources \
        2>/dev/null | grep -oE 'https?://[^ ]*/debian/?( |$)' | head -n 1
}

# Run a command in a root directory with /proc and /sys, and as nobody special.
in_root() # DIR COMMAND...
{
    mkdir -p "$1/proc" "$1/sys"
    unshare -Urpm --fork bash -c 'mount -t proc proc "$1/proc" && mount --rbind /sys "$1/sys" &&
        exec chroot "$@"' - "$@"
}

debian_root() # SUITE
{
    local mode=unshare
    [ "$(id -u)" != 0 ] || mode=root
    mmdebstrap -q --mode=$mode --variant=extract --include=base-files,dpkg "$1" \
        "$BATS_TEST_TMPDIR/root" "$(mirror)"
    cp "$BUILD/ibfleet-agent" "$BATS_TEST_TMPDIR/root/"
}

@test "the agent is statically linked and under 4 MB" {
    run -0 readelf -ld "$BUILD/ibfleet-agent"
    [[ $output != *INTERP* && $output != *NEEDED* ]]
    [ "$(stat -c %s "$BUILD/ibfleet-agent")" -lt 4000000 ]
}

@test "the agent answers detect --json in an empty root" {
    mkdir "$BATS_TEST_TMPDIR/root"
    cp "$BUILD/ibfleet-agent" "$BATS_TEST_TMPDIR/root/"
    run -0 --separate-stderr in_root "$BATS_TEST_TMPDIR/root" /ibfleet-agent detect --json
    [ "$(jq -r .os.kernel <<<"$output")" = "$(uname -r)" ]
    [ "$(jq -r .boot_id <<<"$output")" = "$(cat /proc/sys/kernel/random/boot_id)" ]
}

@test "the agent built here runs on Debian 11" {
    debian_root bullseye
    run -0 --separate-stderr in_root "$BATS_TEST_TMPDIR/root" /ibfleet-agent detect --json
    [ "$(jq -r .os.version_id <<<"$output")" = 11 ]
}

@test "the agent built here runs on Debian 13" {
    debian_root trixie
    run -0 --separate-stderr in_root "$BATS_TEST_TMPDIR/root" /ibfleet-agent detect --json
    [ "$(jq -r .os.version_id <<<"$output")" = 13 ]
}
