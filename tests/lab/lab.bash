# What the scenarios share: a lab of their own, from setup_file to teardown_file.
bats_require_minimum_version 1.5.0

lab() { "$BATS_TEST_DIRNAME/lab" "$@"; }

# bats waits for whoever still has its descriptor 3.
begin_lab() # N
{
    : "${BUILD:=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/build}"
    export BUILD LAB=$BUILD/lab-$(basename "$BATS_TEST_FILENAME" .bats)
    lab down 3>&-
    lab up "$1" 3>&-
}

end_lab() { lab down 3>&-; }

boot_id() { lab ssh "$1" cat /proc/sys/kernel/random/boot_id; }

# Over the fabric, that is.
reaches() # NODE NODE
{
    lab ssh "$1" timeout 10 bash -c "': </dev/tcp/10.77.0.$2/22'" 2>/dev/null
}
