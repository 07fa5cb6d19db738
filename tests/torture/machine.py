"""machine - a node that is a folder, with the real agent on it

The agent takes the folder for the root of its node (IBFLEET_ROOT), and nothing is in its
PATH but our tools: they act like the real ones as far as it can see, take a random time, and
count themselves.  A reboot ends every process of the node, takes away what a boot takes
away, and changes the boot id.
"""
import hashlib
import io
import os
import shutil
import tarfile

here = os.path.dirname(os.path.abspath(__file__))
TREES = os.path.join(here, "../data/trees")
TOOL = os.path.join(here, "tool")
OURS = ["apt-get", "apt-mark", "dkms", "dpkg", "dpkg-query", "modinfo", "modprobe", "rdma",
        "reboot", "udevadm", "update-initramfs"]
REAL = ["curl", "gzip", "tar"]

BUNDLE = "MLNX_OFED_LINUX-24.99-0.1.2.3-debian12-x86_64"

# What a step does must have happened so often when the run is over; but for what was undone:
# an installer that nobody saw end is not believed.
INBOX = {"packages": 1, "modules": 2, "soft-roce": 1, "boots": 1, "restart": 0}
DRIVER = INBOX | {"driver": 1, "dkms": 1, "initramfs": 1, "hold": 1}
UNBOOTED = DRIVER | {"boots": 0, "restart": 1}
KINDS = {"inbox": INBOX, "driver": DRIVER, "unbooted": UNBOOTED}

# And these be there.
KEPT = ["etc/security/limits.d/ibfleet.conf", "etc/modules-load.d/ibfleet.conf",
        "etc/systemd/system/multi-user.target.wants/ibfleet-rxe.service"]

# Who comes while it boots loses the connection.  It is one of the node's processes before
# it looks.
AGENT = """#!/bin/sh
[ "$IBFLEET_ROOT" ] || exec env -i IBFLEET_ROOT={root} IBFLEET_METADATA=never \\
    IBFLEET_LOCK_SECONDS=60 /bin/sh $0 "$@"
[ ! -e {root}/down ] || kill -9 $PPID $$
export PATH={root}/tools
exec {agent} "$@"
"""


class Machine:
    def __init__(self, folder, name, agent, kind):
        self.name, self.root = name, os.path.join(folder, name)
        self.kind = kind
        shutil.copytree(os.path.join(TREES, "bare"), self.root, symlinks=True)
        for sub in ("counts", "tools", "usr/sbin", "sys/module", "boot", "etc/init.d"):
            os.makedirs(self.path(sub), exist_ok=True)
        for tool in OURS:
            os.symlink(TOOL, self.path("tools/" + tool))
        for tool in REAL:
            os.symlink(shutil.which(tool), self.path("tools/" + tool))
        for place in ("usr/bin/rdma", "usr/bin/dpkg", "usr/sbin/update-initramfs"):
            self.put(place)
        if kind != "inbox":
            self.prepare_for_driver()
        self.agent = self.put("agent", AGENT.format(root=self.root, agent=agent))
        os.chmod(self.agent, 0o755)

    def prepare_for_driver(self):
        """The stack's script, the kernel's headers, and an initramfs from before."""
        kernel = self.lines("proc/sys/kernel/osrelease")[0]
        os.symlink(TOOL, self.path("etc/init.d/openibd"))
        os.makedirs(self.path("lib/modules/%s/build" % kernel))
        self.put("lib/modules/%s/build/Makefile" % kernel)
        os.utime(self.put("boot/initrd.img-" + kernel), (1e9, 1e9))

    def path(self, name):
        return os.path.join(self.root, name)

    def put(self, name, text=""):
        with open(self.path(name), "w") as f:
            f.write(text)
        return self.path(name)

    def lines(self, name):
        try:
            with open(self.path(name)) as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []

    def counted(self, what, kind):
        return sum(line.startswith(kind) for line in self.lines("counts/" + what))

    def judge(self, cut):
        """What is wrong with it when its run is over; cut: its steps that were killed at
        work, which are begun once more."""
        wrong = self.lines("counts/violations")
        for what, times in KINDS[self.kind].items():
            effects = self.counted(what, "effect") - self.counted(what, "undone")
            begun = self.counted(what, "begin")
            if effects != times:
                wrong.append("%s took effect %d times, not %d" % (what, effects, times))
            if begun > times + (what in cut):
                wrong.append("%s was begun %d times, and cut off %d times" % (what, begun, what in cut))
        if os.path.exists(self.path("var/lib/ibfleet/claim")):
            wrong.append("its claim is still there")
        for kept in KEPT:
            if not os.path.lexists(self.path(kept)):
                wrong.append("there is no " + kept)
        return ["%s: %s" % (self.name, text) for text in wrong]


def make_bundle(folder):
    """The vendor's archive, in this folder.  Returns its SHA-256."""
    path = os.path.join(folder, BUNDLE + ".tgz")
    with open(TOOL, "rb") as f:
        program = f.read()
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo(BUNDLE + "/mlnxofedinstall")
        info.size, info.mode = len(program), 0o755
        tar.addfile(info, io.BytesIO(program))
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()
