# node.bash - a node that is a folder: IBFLEET_ROOT, with programs that act as told
#
#   load node
#   setup()    { node_make; }
#   teardown() { node_remove; }
#
# The agent takes $NODE for the root of its node and finds these in PATH:
#   apt-get     notes each call in $NODE/calls; waits as long as $NODE/hold is there;
#               then says and fails as $NODE/apt.fails tells, or installs
#   dpkg-query, dpkg, modprobe, rdma, reboot   likewise, much simpler

load wait

node_make()
{
    NODE=$(mktemp -d /tmp/ibfleet-node.XXXXXX)
    export IBFLEET_ROOT=$NODE PATH=$NODE/tools:$PATH IBFLEET_LOCK_SECONDS=1
    unset SUDO_UID
    mkdir -p "$NODE"/{tools,usr/bin,sys/module,sys/class/net/eth1,proc/sys/kernel/random}
    touch "$NODE"/usr/bin/{apt-get,rdma} "$NODE"/{calls,installed}
    echo boot-1 >"$NODE/proc/sys/kernel/random/boot_id"
    node_tool apt-get <<'T'
if [[ " $* " == *" update "* ]]; then
    [ -e "$IBFLEET_ROOT/var/lib/apt/lists/mirror_Packages" ] || rm -f "$IBFLEET_ROOT/apt.stale"
    exit 0
fi
if [ -f "$IBFLEET_ROOT/hold" ]; then
    echo "Get:1 slow.deb"
    for ((i = 0; i < 1200; i++)); do [ -f "$IBFLEET_ROOT/hold" ] || break; sleep 0.05; done
fi
if [ -f "$IBFLEET_ROOT/apt.stale" ]; then echo "E: Unable to locate package ${*: -1}"; exit 100; fi
if [ -f "$IBFLEET_ROOT/apt.broken" ]; then
    echo "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem."
    exit 100
fi
if [ -f "$IBFLEET_ROOT/apt.fails" ]; then cat "$IBFLEET_ROOT/apt.fails"; exit 100; fi
while [ $# -gt 0 ] && [ "$1" != install ]; do shift; done
shift
echo "Setting up $*"
printf '%s\n' "$@" >>"$IBFLEET_ROOT/installed"
T
    node_tool dpkg-query <<'T'
for p in "${@:4}"; do
    grep -qx "$p" "$IBFLEET_ROOT/installed" || { echo "no package $p"; exit 1; }
    echo installed
done
T
    node_tool dpkg <<<'rm -f "$IBFLEET_ROOT/apt.broken"'
    node_tool modprobe <<'T'
[ "$1" != no_such ] || { echo "modprobe: FATAL: Module $1 not found in directory /lib/modules/6.1"; exit 1; }
mkdir -p "$IBFLEET_ROOT/sys/module/$1"
T
    node_tool rdma <<'T'
mkdir -p "$IBFLEET_ROOT/sys/class/infiniband/$3"
echo "$7" >"$IBFLEET_ROOT/sys/class/infiniband/$3/parent"
T
    node_tool reboot <<<'echo boot-2 >"$IBFLEET_ROOT/proc/sys/kernel/random/boot_id"'
}

# NAME, its script on stdin
node_tool()
{
    { echo '#!/bin/bash'; echo 'echo "${0##*/} $*" >>"$IBFLEET_ROOT/calls"'; cat; } >"$NODE/tools/$1"
    chmod 755 "$NODE/tools/$1"
}

# COMMAND   the agent's processes with that command on this node
node_processes()
{
    local pid
    for pid in $(pgrep -f "ibfleet-agent $1"); do
        ! grep -qsz "^IBFLEET_ROOT=$NODE\$" "/proc/$pid/environ" || echo "$pid"
    done
}

node_is_idle() { [ -z "$(node_processes step)" ]; }
node_is_quiet() { [ -z "$(node_processes serve)" ]; }

node_remove()
{
    local pid
    for pid in $(node_processes step); do
        kill -9 "$pid" 2>/dev/null || true
    done
    rm -rf "$NODE"
}
