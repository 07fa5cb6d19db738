#!/usr/bin/python3
"""make.py FOLDER: write the trees of machines.ini below FOLDER

What is there of a machine is removed first.  Only files that detection reads are written.
"""
import configparser
import json
import os
import shutil
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ASSET = "7783-7084-3265-9085-8269-3286-77"
NETVSC = "f8615163-df3e-46c5-913f-f2d2f965ed0e"
PASS_THROUGH = "44c4f61d-4444-4400-9d52-802e27ede19f"
NETWORK_DIRECT = "8c2eaf3d-32a7-4b09-ab99-bd1f1c86b501"
CORE = ("ib_uverbs", "rdma_ucm", "ib_umad")
STORAGE = {"rpcrdma": "kernel/net/sunrpc/xprtrdma", "ko2iblnd": "extra/lustre"}

SYSTEMS = {
    "ubuntu": ("debian", "Ubuntu %s LTS", "apt-get"),
    "debian": (None, "Debian GNU/Linux %s", "apt-get"),
    "centos": ("rhel fedora", "CentOS Linux %s", "yum"),
    "rhel": ("fedora", "Red Hat Enterprise Linux %s", "dnf"),
    "almalinux": ("rhel centos fedora", "AlmaLinux %s", "dnf"),
    "ol": ("fedora", "Oracle Linux Server %s", "dnf"),
    "fedora": (None, "Fedora Linux %s", "dnf"),
    "rocky": ("rhel centos fedora", "Rocky Linux %s", "dnf"),
    "sles": ("suse", "SUSE Linux Enterprise Server %s", "zypper"),
    "azurelinux": (None, "Microsoft Azure Linux %s", "tdnf"),
}


class Tree:
    """The files of one machine."""

    def __init__(self, folder):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)

    def _place(self, path):
        whole = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        return whole

    def put(self, path, text=""):
        with open(self._place(path), "w", encoding="ascii") as file:
            file.write(text and text + "\n")

    def put_bytes(self, path, data):
        with open(self._place(path), "wb") as file:
            file.write(data)

    def link(self, path, target):
        os.symlink(target, self._place(path))

    def present(self, path):
        self.put(path + "/.keep")


def words(machine, key):
    return machine.get(key, "").split()


def write_machine(tree, name, m):
    tree.put("SOURCE", "size: %s\nsource: %s" % (m["size"], m["source"]))
    for path, text in (("hostname", name), ("osrelease", m["kernel"]), ("arch", m["arch"])):
        tree.put("proc/sys/kernel/" + path, text)
    hyper_v = m.getboolean("asset") or m.getboolean("vmbus")
    tree.put("sys/class/dmi/id/sys_vendor", "Microsoft Corporation" if hyper_v else "Dell Inc.")
    tree.put("sys/class/dmi/id/product_name", "Virtual Machine" if hyper_v else "PowerEdge")
    if m.getboolean("asset"):
        tree.put("sys/class/dmi/id/chassis_asset_tag", ASSET)


def write_system(tree, m):
    ident, version = m["os"].split()
    like, pretty, manager = SYSTEMS[ident]
    if like and "fedora" in like:
        manager = "yum" if version.startswith("7") else "dnf"
    major = version
    if ident == "centos":  # the minor one is elsewhere
        major = version.split(".")[0]
        tree.put("etc/centos-release", "CentOS Linux release %s.1908 (Core)" % version)
    lines = ['NAME="%s"' % ident, "ID=%s" % ident, 'VERSION_ID="%s"' % major,
             'PRETTY_NAME="%s"' % (pretty % version)]
    if like:
        lines.append('ID_LIKE="%s"' % like)
    tree.put("etc/os-release", "\n".join(lines))
    tree.put("usr/bin/" + manager)
    tree.present("run/systemd/system")


def write_vmbus(tree, m, functions):
    if not m.getboolean("vmbus"):
        return
    classes = [NETVSC] + [PASS_THROUGH] * functions
    if m["direct"] == "vmbus":
        classes.append(NETWORK_DIRECT)
    for i, ident in enumerate(classes):
        tree.put("sys/bus/vmbus/devices/000d3a%02x-0000-4000-8000-000000000000/class_id" % i,
                 "{%s}" % ident)


def write_function(tree, address, ident, code, driver, numa=None, vendor="15b3"):
    folder = "sys/bus/pci/devices/%s/" % address
    tree.put(folder + "vendor", "0x" + vendor)
    tree.put(folder + "device", "0x" + ident)
    tree.put(folder + "class", "0x%s00" % code)
    if numa is not None:
        tree.put(folder + "numa_node", str(numa))
    if driver:
        tree.link(folder + "driver", "../../drivers/" + driver)


def write_hca(tree, name, address, firmware, board, guid, port):
    folder = "sys/class/infiniband/%s/" % name
    tree.link(folder + "device", "../../../bus/pci/devices/" + address)
    tree.put(folder + "fw_ver", firmware)
    if board:
        tree.put(folder + "board_id", board)
    tree.put(folder + "node_guid", guid)
    for key, value in port.items():
        tree.put(folder + "ports/1/" + key, value)


def driver_of(ident):
    return "mlx4" if ident == "1004" else "mlx5"


def guid_after(first, n):
    return first[:-4] + "%04x" % (int(first[-4:], 16) + n)


def write_rdma(tree, m):
    if not m["nic"]:
        return 0
    count, ident, code, rate, width, firmware, *board = words(m, "nic")
    numa, lids = words(m, "numa"), words(m, "lid")
    for n in range(int(count)):
        address = m["at"] or "%04x:00:00.0" % (0x101 + n)
        bound = m.getboolean("bound")
        write_function(tree, address, ident, code, bound and driver_of(ident) + "_core",
                       numa[n] if numa else None)
        if not bound:
            continue
        guid = guid_after(m.get("guid", "0015:5dff:fe33:ff10"), n)
        write_hca(tree, "%s_ib%d" % (driver_of(ident), n), address, firmware,
                  board and board[0], guid, {
            "link_layer": "InfiniBand", "state": "4: ACTIVE", "phys_state": "5: LinkUp",
            "rate": "%s Gb/sec (%s)" % (rate, width.replace("_", " ")),
            "lid": hex(int(lids[n])) if lids else hex(0x400 + n), "sm_lid": "0x1",
            "pkeys/0": "0x8001", "pkeys/1": "0x7fff",
            "gids/0": "fe80:0000:0000:0000:" + guid})
    return int(count)


def write_ethernet(tree, m):
    if m.getboolean("mana"):
        write_function(tree, "7870:00:00.0", "00ba", "0200", "mana", vendor="1414")
        return 1
    if not m["an"]:
        return 0
    ident, firmware, *board = words(m, "an")
    write_function(tree, "56d0:00:02.0", ident, "0200", driver_of(ident) + "_core")
    write_hca(tree, driver_of(ident) + "_an0", "56d0:00:02.0", firmware, board and board[0],
              "000d:3aff:fe72:a6b3", {
        "link_layer": "Ethernet", "state": "4: ACTIVE", "phys_state": "5: LinkUp",
        "rate": "50 Gb/sec (1X HDR)", "lid": "0x0", "sm_lid": "0x0"})
    return 1


def write_modules(tree, m):
    kind = m["driver"].split()[0]
    family = driver_of(words(m, "nic")[1]) if m["nic"] else "mlx5"
    built = any(d.split()[2] == "installed" for d in m["dkms"].split(",") if d.strip())
    vendors = built or kind == "mlnx-ofed" or (kind == "doca-ofed" and not m["dkms"])
    where = ("kernel/drivers" if not vendors or m.getboolean("updated") else
             "updates/dkms" if built and m["os"].startswith(("ubuntu", "debian")) else
             "extra/mlnx-ofa_kernel")
    dep, loaded = [], []
    if kind != "none":
        for name in ("infiniband/core/ib_core", "infiniband/hw/%s/%s_ib" % (family, family),
                     "net/ethernet/mellanox/%s/core/%s_core" % (family, family),
                     *("infiniband/core/" + core for core in CORE),
                     "infiniband/ulp/ipoib/ib_ipoib"):
            dep.append("%s/%s.ko: " % (where, name))
    if m["nic"] and m.getboolean("bound") or m["an"]:
        loaded = ["%s_core 1937408 1 %s_ib, Live 0x0000000000000000" % (family, family)]
        if kind != "none":
            loaded += ["%s_ib 393216 0 - Live 0x0000000000000000" % family,
                       "ib_core 425984 1 %s_ib, Live 0x0000000000000000" % family]
            loaded += ["%s 98304 0 - Live 0x0000000000000000" % core
                       for core in (*CORE, "ib_ipoib")]
    for user in words(m, "users"):
        loaded.append("%s 245760 2 - Live 0x0000000000000000" % user)
        dep.append("%s/%s.ko: " % (STORAGE[user], user))
    tree.put("lib/modules/%s/modules.dep" % m["kernel"], "\n".join(dep))
    tree.put("proc/modules", "\n".join(loaded))


def write_driver(tree, m):
    kind, *version = m["driver"].split()
    if kind == "doca-ofed" and m["os"].split()[0] in ("ubuntu", "debian"):
        tree.put("var/lib/dpkg/status", "Package: doca-ofed\nStatus: install ok installed\n"
                                        "Version: %s\n" % version[0])
    elif version:
        what = {"mlnx-ofed": "MLNX_OFED_LINUX-%s:", "doca-ofed": "OFED-internal-%s:"}[kind]
        tree.put("usr/bin/ofed_info", "#!/bin/bash\ncase $1 in\n-s) echo %s ;;\nesac"
                 % (what % version[0]))
    if m["record"]:
        tree.put("opt/azurehpc/component_versions.txt", m["record"])


def write_dkms(tree, m):
    for entry in filter(None, (e.strip() for e in m["dkms"].split(","))):
        module, version, state = entry.split()
        folder = "var/lib/dkms/%s/" % module
        tree.link(folder + version + "/source", "/usr/src/%s-%s" % (module, version))
        if state in ("built", "installed"):
            tree.present(folder + "%s/%s/%s" % (version, m["kernel"], m["arch"]))
        if state == "installed":
            tree.link(folder + "kernel-%s-%s" % (m["kernel"], m["arch"]),
                      "%s/%s/%s" % (version, m["kernel"], m["arch"]))
        if state == "failed":
            tree.put(folder + version + "/build/make.log", "DKMS make.log for %s-%s for kernel"
                     " %s (%s)" % (module, version, m["kernel"], m["arch"]))


def pair(key, value):
    return struct.pack("512s2048s", key.encode(), value.encode())


def write_kvp(tree, m):
    pool = b""
    if m["direct"] == "kvp":
        pool += pair("NdDriverVersion", "142.0")
    addresses = words(m, "ipoib")
    if addresses:
        pool += pair("IPoIB_Data", "NUMPAIRS:%d|" % len(addresses) + "|".join(
            "00155D33FF%02X:%s" % (0x10 + i, a) for i, a in enumerate(addresses)))
    if pool:
        tree.put_bytes("var/lib/hyperv/.kvp_pool_0", pool)
    tree.put_bytes("var/lib/hyperv/.kvp_pool_3", pair("PhysicalHostName", "GGBB0042117"))


def write_use(tree, m):
    if m["record"]:  # HPC images lift the limit
        tree.put("proc/self/limits", "Max locked memory         unlimited            unlimited"
                                     "            bytes")
    tree.put("proc/mounts", "/dev/sda1 / ext4 rw 0 0" +
             (m["mounts"] and "\n" + m["mounts"] + " 0 0"))
    for name in words(m, "nvme"):
        tree.put("sys/class/nvme/%s/transport" % name, "rdma")


def write_headers(tree, m):
    package = "linux-headers-" + m["kernel"]
    if m["headers"] == "present" and m["os"].startswith(("ubuntu", "debian")):
        tree.link("lib/modules/%s/build" % m["kernel"], "/usr/src/" + package)
        tree.put("usr/src/%s/Makefile" % package, "# of the kernel")
    elif m["headers"] == "present":
        tree.put("usr/src/kernels/%s/Makefile" % m["kernel"], "# of the kernel")
    elif m["headers"]:
        offered = package if m["headers"] == "offered" else "linux-headers-generic"
        tree.put("var/lib/apt/lists/archive_dists_stable_main_binary-amd64_Packages",
                 "Package: %s\nVersion: 1\n" % offered)


def write_azure(tree, m):
    """What the metadata service would answer; nobody asks it of a tree, tests read it."""
    if not m.getboolean("asset"):
        return
    tree.put("metadata/instance.json", json.dumps({
        "vmSize": m["size"], "name": "vm_0", "securityProfile":
        {"secureBootEnabled": "true" if m.getboolean("secure_boot") else "false"}}))
    tree.put("metadata/events.json", json.dumps({"DocumentIncarnation": 1, "Events": [
        {"EventId": "1", "EventType": kind, "ResourceType": "VirtualMachine",
         "Resources": ["vm_0"], "EventStatus": "Scheduled",
         "NotBefore": "Mon, 11 Apr 2022 22:26:58 GMT"} for kind in words(m, "event")]}))
    if m["extension"]:
        tree.present("var/lib/waagent/Microsoft.HpcCompute.InfiniBandDriverLinux-" +
                     m["extension"])


def write(folder, name, m):
    tree = Tree(os.path.join(folder, name))
    write_machine(tree, name, m)
    write_system(tree, m)
    write_vmbus(tree, m, write_rdma(tree, m) + write_ethernet(tree, m))
    write_modules(tree, m)
    write_driver(tree, m)
    write_dkms(tree, m)
    write_kvp(tree, m)
    write_use(tree, m)
    write_headers(tree, m)
    write_azure(tree, m)


def main():
    machines = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    machines.read(os.path.join(HERE, "machines.ini"))
    for name in machines.sections():
        write(sys.argv[1], name, machines[name])


if __name__ == "__main__":
    main()
