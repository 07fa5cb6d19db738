#!/usr/bin/env bats
# install.bats - what follows a vendor's driver, on a node that is a folder: modules built,
# an initramfs renewed, the stack restarted (with real packages: tests/lab/install.bats)

load node

bats_require_minimum_version 1.5.0
: "${BUILD:=build}"

KERNEL=$(uname -r)

setup()
{
    node_make
    AGENT=$BUILD/ibfleet-agent
    mkdir -p "$NODE/lib/modules/$KERNEL/updates/dkms" "$NODE/boot"
}
teardown() { node_remove; }

take() # STEP
{
    run timeout 100 "$BATS_TEST_DIRNAME/talk" "$AGENT" \
        "claim:{\"run\":\"${RUN:-r1}\",\"controller\":\"head1\",\"user\":\"ann\",\"epoch\":1,\"until_s\":99999999999}" \
        "install:{\"run\":\"${RUN:-r1}\",\"epoch\":1,\"steps\":[$1]}" \
        "release:{\"run\":\"${RUN:-r1}\",\"epoch\":1}"
    echo "$output"
}

says() { [[ "$output" == *"$1"* ]]; }
calls() { grep -c "^$1" "$NODE/calls" || true; }

# ---- DKMS ----------------------------------------------------------------------------

dkms="{\"name\":\"dkms\",\"args\":[\"$KERNEL\",\"mlnx-ofed-kernel\",\"iser\"]}"

# Builds as told: "builds" holds the names of modules, for the others it is content as well.
node_with_dkms()
{
    local module

    for module in mlnx-ofed-kernel iser; do
        mkdir -p "$NODE/var/lib/dkms/$module/24.10"
        ln -s /usr/src/$module-24.10 "$NODE/var/lib/dkms/$module/24.10/source"
    done
    mkdir -p "$NODE/lib/modules/$KERNEL/build"
    touch "$NODE/lib/modules/$KERNEL/build/Makefile" "$NODE/builds"
    node_tool dkms <<'T'
folder=$IBFLEET_ROOT/var/lib/dkms/$3
if grep -qx "$3" "$IBFLEET_ROOT/builds"; then
    ln -s "$5/$7/$(uname -m)" "$folder/kernel-$7-$(uname -m)"
else
    mkdir -p "$folder/$5/build"
    printf '%s\n' "DKMS make.log for $3-$5 for kernel $7 (x86_64)" "make: Entering directory" \
        "core.c:7:2: error: unknown type name 'dpll'" "make: *** [Makefile:9] Error 2" >"$folder/$5/build/make.log"
    echo "Consult the log"
fi
T
}

@test "modules that DKMS has are built for the kernel, once" {
    node_with_dkms
    printf '%s\n' mlnx-ofed-kernel iser >"$NODE/builds"
    take "$dkms"
    says '"state": "done"'
    [ "$(calls dkms)" = 2 ]
    grep -qx "dkms install -m mlnx-ofed-kernel -v 24.10 -k $KERNEL --force" "$NODE/calls"
    RUN=r2 take "$dkms"
    [ "$(calls dkms)" = 2 ]
}

@test "a build that failed is found, though DKMS was content, and the compiler's words are told" {
    node_with_dkms
    echo mlnx-ofed-kernel >"$NODE/builds"
    take "$dkms"
    says "dkms-build-failed dkms: iser 24.10 is failed for $KERNEL, not installed: core.c:7:2: error: unknown type name 'dpll'"
}

@test "without headers of the kernel nothing is built" {
    node_with_dkms
    rm "$NODE/lib/modules/$KERNEL/build/Makefile"
    take "$dkms"
    says "no-kernel-headers dkms: no headers of kernel $KERNEL"
    [ "$(calls dkms)" = 0 ]
}

# ---- the initramfs ---------------------------------------------------------------------

initramfs="{\"name\":\"initramfs\",\"args\":[\"$KERNEL\"]}"

@test "an initramfs that is older than a module is made again, and then no more" {
    mkdir -p "$NODE/usr/sbin"
    touch "$NODE/usr/sbin/update-initramfs"
    node_tool update-initramfs <<<'touch "$IBFLEET_ROOT/boot/initrd.img-$3"'
    touch -d '1 hour ago' "$NODE/boot/initrd.img-$KERNEL"
    touch "$NODE/lib/modules/$KERNEL/updates/dkms/mlx5_ib.ko"
    take "$initramfs"
    says '"state": "done"'
    grep -qx "update-initramfs -u -k $KERNEL" "$NODE/calls"
    RUN=r2 take "$initramfs"
    says '"state": "already"'
}

@test "an initramfs that a program says to have made, and has not, is told" {
    mkdir -p "$NODE/usr/bin"
    touch "$NODE/usr/bin/dracut"
    node_tool dracut <<<'exit 0'
    touch -d '1 hour ago' "$NODE/boot/initramfs-$KERNEL.img"
    take "$initramfs"
    says "step-failed initramfs: the initramfs of $KERNEL was not renewed"
    grep -qx "dracut -f --kver $KERNEL" "$NODE/calls"
}

@test "a node without an initramfs of the kernel has none to renew" {
    take "$initramfs"
    says '"state": "already"'
}

# ---- the stack is restarted -------------------------------------------------------------

restart='{"name":"restart","args":["mlnx-ofed"]}'

# The kernel's own mlx5_ib is loaded; openibd loads the one that modinfo tells of.
node_with_openibd()
{
    mkdir -p "$NODE/etc/init.d" "$NODE/proc" "$NODE/sys/module/mlx5_ib" "$NODE/usr/bin"
    touch "$NODE/usr/bin/dpkg"
    echo AAAA >"$NODE/sys/module/mlx5_ib/srcversion"
    node_tool modinfo <<'T'
case $2 in
filename) echo "/lib/modules/$(uname -r)/updates/dkms/$3.ko" ;;
srcversion) echo BBBB ;;
esac
T
    node_tool openibd <<<'cat "$IBFLEET_ROOT/loads" >"$IBFLEET_ROOT/sys/module/mlx5_ib/srcversion"'
    ln -s "$NODE/tools/openibd" "$NODE/etc/init.d/openibd"
    echo BBBB >"$NODE/loads"
}

@test "the stack is restarted until the modules that are loaded are those that are installed" {
    node_with_openibd
    take "$restart"
    says '"state": "done"'
    grep -qx "openibd restart" "$NODE/calls"
    RUN=r2 take "$restart"
    says '"state": "already"'
    [ "$(calls openibd)" = 1 ]
}

@test "a distribution with rpm has it restarted by force" {
    node_with_openibd
    rm "$NODE/usr/bin/dpkg"
    take "$restart"
    grep -qx "openibd force-restart" "$NODE/calls"
}

@test "modules that stayed in spite of a restart are told" {
    node_with_openibd
    echo AAAA >"$NODE/loads"
    take "$restart"
    says "kernel-module restart: the mlx5_ib that is loaded is not the one of"
}

@test "nothing is restarted while storage holds the modules" {
    node_with_openibd
    echo "10.0.0.4@o2ib:/scratch /scratch lustre rw 0 0" >"$NODE/proc/mounts"
    take "$restart"
    says "modules-in-use restart: /scratch (lustre) holds the RDMA modules"
    [ "$(calls openibd)" = 0 ]
}
