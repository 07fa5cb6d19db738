#!/usr/bin/env bats
# keep.bats - what must stay so on a node that is a folder: the names of RDMA devices,
# addresses of IPoIB, the memlock limits, holds against updates

load node

bats_require_minimum_version 1.5.0
: "${BUILD:=build}"

setup()
{
    node_make
    AGENT=$BUILD/ibfleet-agent
    export IBFLEET_METADATA=never
    node_tool rdma <<'T'
[ "$1 $2 $4" = "dev set name" ] || exit 1
mv -T "$IBFLEET_ROOT/sys/class/infiniband/$3" "$IBFLEET_ROOT/sys/class/infiniband/$5"
T
}
teardown() { node_remove; }

run=0
within=()
step() # NAME [ARG...]   takes it, in a run of its own
{
    local step
    step=$(jq -nc '{name: $ARGS.positional[0], args: $ARGS.positional[1:]}' --args "$@")
    run=$((run + 1))
    : >"$NODE/calls"
    said=$(timeout 60 "${within[@]}" "$BATS_TEST_DIRNAME/talk" "$AGENT" \
        "claim:{\"run\":\"r$run\",\"controller\":\"h\",\"user\":\"u\",\"epoch\":1,\"until_s\":99999999999}" \
        "install:{\"run\":\"r$run\",\"epoch\":1,\"steps\":[$step]}" \
        "release:{\"run\":\"r$run\",\"epoch\":1}")
    echo "$said"
}
says() { [[ "$said" == *"$1"* ]] || { echo "not said: $1"; false; }; }
becomes() { says "\"state\": \"$1\""; }
told() { "$AGENT" detect --json | jq -e "$1" >/dev/null; }

# Its devices as the kernel has counted them, which is not by address.
machine() # NAME [DEVICE=NOW...]
{
    local pair
    cp -a "$BUILD/trees/$1/." "$NODE/"
    touch "$NODE"/usr/bin/{apt-get,rdma}
    for pair in "${@:2}"; do
        mv "$NODE/sys/class/infiniband/${pair%=*}" "$NODE/sys/class/infiniband/${pair#*=}"
    done
}
address_of() { basename "$(readlink "$NODE/sys/class/infiniband/$1/device")"; }
rules=etc/udev/rules.d/60-ibfleet-rdma-names.rules

# ---- persistent names --------------------------------------------------------------------

@test "persistent names: by PCI address, the fabric's apart from the front end's" {
    machine nd96h100-ubuntu2204 mlx5_an0=mlx5_0 mlx5_ib0=mlx5_2 mlx5_ib1=mlx5_1 mlx5_ib2=mlx5_3
    told '.platform.names_kept == false'
    step names
    becomes done
    [ "$(address_of mlx5_an0)" = 56d0:00:02.0 ]
    [ "$(address_of mlx5_ib0)" = 0101:00:00.0 ]
    [ "$(address_of mlx5_ib1)" = 0102:00:00.0 ]
    [ "$(address_of mlx5_ib2)" = 0103:00:00.0 ]
    [ "$(grep -c '^ACTION=="add|move"' "$NODE/$rules")" = 9 ]
    grep -qF 'SUBSYSTEM=="infiniband", KERNELS=="0108:00:00.0", PROGRAM="/usr/bin/rdma dev set %k name mlx5_ib7"' "$NODE/$rules"
    told .platform.names_kept
    step names
    becomes already
    [ ! -s "$NODE/calls" ]
}

@test "persistent names: two devices change places" {
    machine hb368v5-alma9 mlx5_ib0=x mlx5_ib1=mlx5_ib0 x=mlx5_ib1
    step names
    becomes done
    [ "$(address_of mlx5_ib0)" = 0101:00:00.0 ]
    [ "$(address_of mlx5_ib1)" = 0102:00:00.0 ]
    [ ! -e "$NODE/sys/class/infiniband/ibfleet_aside" ]
}

@test "persistent names: while a process uses RDMA the next boot renames" {
    machine hb120v3-ubuntu2204 mlx5_ib0=mlx5_0
    mkdir -p "$NODE/proc/4711/fd"
    echo lammps >"$NODE/proc/4711/comm"
    ln -s /dev/infiniband/uverbs0 "$NODE/proc/4711/fd/7"
    step names
    becomes done
    says "lammps (process 4711) uses RDMA"
    [ -e "$NODE/sys/class/infiniband/mlx5_0" ]
    told .platform.names_kept
}

@test "persistent names: a function at another address makes it a step again" {
    machine hb120v3-ubuntu2204
    step names
    mv "$NODE/sys/bus/pci/devices/0101:00:00.0" "$NODE/sys/bus/pci/devices/0201:00:00.0"
    told '.platform.names_kept == false'
}

@test "persistent names: where no NIC is there is nothing to keep" {
    step names
    becomes already
    [ ! -e "$NODE/$rules" ]
}

# ---- IPoIB ---------------------------------------------------------------------------------

# NAME MAC FLAGS   an interface of IPoIB in sysfs
interface()
{
    mkdir -p "$NODE/sys/class/net/$1"
    echo "00:00:01:49:fe:80:00:00:00:00:00:00:${2:0:8}:ff:fd:${2:9}" >"$NODE/sys/class/net/$1/address"
    echo "$3" >"$NODE/sys/class/net/$1/flags"
}

# The real `ip`, on two interfaces of a network of our own; what they are in the end is
# said, too.
fabric()
{
    mkdir -p "$NODE/sys/module/ib_ipoib" "$NODE/usr/sbin" "$NODE/proc/net" \
        "$NODE/sys/class/infiniband/mlx5_ib0"
    touch "$NODE/usr/sbin/ip"
    interface ib0 00:15:5d:33:ff:10 "${1:-0x1002}"
    interface ib1 00:15:5d:33:ff:0b "${1:-0x1002}"
    interface ib1.8001 00:15:5d:33:ff:0b 0x1002
    within=(unshare -Urn bash -c 'ip link add ib0 type veth peer name ib1; '"${2:-:}"'; "$@"
        status=$?; ip -o -4 addr; ip -o link; exit $status' -)
}
ipoib=etc/udev/rules.d/85-ibfleet-ipoib.rules

@test "IPoIB: the interface of Azure's MAC gets its address, now and over boots" {
    fabric
    step ipoib 00:15:5d:33:ff:0b 172.16.1.2
    becomes done
    grep -q 'ib1 *inet 172.16.1.2/16' <<<"$said"
    [ "$(grep -c 'ib0 *inet' <<<"$said")" = 0 ]
    grep -q 'ib1@ib0: <[^>]*,UP' <<<"$said"
    grep -qF 'ATTR{address}=="*:00:15:5d:ff:f[de]:33:ff:0b"' "$NODE/$ipoib"
    grep -qF 'RUN+="/usr/sbin/ip addr replace 172.16.1.2/16 dev $name"' "$NODE/$ipoib"
}

@test "IPoIB: what is so already is left alone, another address is not" {
    fabric 0x1003 'ip link set ib1 up; ip addr add 172.16.1.2/16 dev ib1'
    step ipoib 00:15:5d:33:ff:0b 172.16.1.2
    becomes done # for the boots
    step ipoib 00:15:5d:33:ff:0b 172.16.1.2
    becomes already
    step ipoib 00:15:5d:33:ff:0b 172.16.1.3
    becomes done
    grep -q 'ib1 *inet 172.16.1.3/16' <<<"$said"
}

@test "IPoIB: the module is loaded, and the interface that comes late is waited for" {
    fabric
    rmdir "$NODE/sys/module/ib_ipoib"
    mv "$NODE/sys/class/net/ib1" "$NODE/late"
    node_tool modprobe <<<'sleep 1; mv "$IBFLEET_ROOT/late" "$IBFLEET_ROOT/sys/class/net/ib1" &'
    step ipoib 00:15:5d:33:ff:0b 172.16.1.2
    becomes done
    grep -qx 'modprobe ib_ipoib' "$NODE/calls"
    grep -q 'ib1 *inet 172.16.1.2/16' <<<"$said"
}

@test "IPoIB: the MAC without an interface is named, and nothing is kept" {
    fabric
    IBFLEET_IPOIB_SECONDS=1 step ipoib 00:15:5d:33:ff:77 172.16.1.2
    says "step-failed ipoib: no IPoIB interface of 00:15:5d:33:ff:77 has appeared within 1 s"
    [ ! -e "$NODE/$ipoib" ]
}

@test "IPoIB: before the driver is there, its address is kept for the boot that brings it" {
    fabric
    rm -r "$NODE/sys/class/infiniband/mlx5_ib0" "$NODE/sys/class/net/ib1"
    IBFLEET_IPOIB_SECONDS=1 step ipoib 00:15:5d:33:ff:0b 172.16.1.2
    becomes done
    grep -qF 'ATTR{address}=="*:00:15:5d:ff:f[de]:33:ff:0b"' "$NODE/$ipoib"
    step ipoib 00:15:5d:33:ff:0b 172.16.1.2
    becomes already
}

@test "IPoIB: a route of somebody else's into Azure's network is said" {
    fabric
    printf '%s\n' $'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU' \
        $'eth1\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0' \
        $'eth1\t000010AC\t0100A8C0\t0003\t0\t0\t0\t0000F0FF\t0' >"$NODE/proc/net/route"
    step ipoib 00:15:5d:33:ff:0b 172.16.1.2
    becomes done
    says "warning: addresses of 172.16.0.0/16, which Azure keeps for IPoIB, are routed over eth1"
}

@test "IPoIB: detect tells which of Azure's addresses are kept" {
    machine nd96mi300x-ubuntu2204
    fabric
    told '[.platform.ipoib[].kept] | any | not'
    step ipoib 00:15:5d:33:ff:10 172.16.1.10
    told '[.platform.ipoib[] | select(.kept) | .address] == ["172.16.1.10"]'
}

# ---- memlock -------------------------------------------------------------------------------

@test "memlock: for logins by PAM, for services and their jobs by systemd" {
    step memlock
    becomes done
    grep -qx '\*    hard memlock unlimited' "$NODE/etc/security/limits.d/ibfleet.conf"
    grep -qx 'root soft memlock unlimited' "$NODE/etc/security/limits.d/ibfleet.conf"
    grep -qx 'DefaultLimitMEMLOCK=infinity' "$NODE/etc/systemd/system.conf.d/ibfleet.conf"
    told .memlock_kept
    rm "$NODE/etc/systemd/system.conf.d/ibfleet.conf"
    told '.memlock_kept == false'
    step memlock
    becomes done
    step memlock
    becomes already
}
