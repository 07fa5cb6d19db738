"""grounds - where the rounds are fought: machines behind a real sshd, and their fleet file

Like tests/e2e/sshd.bash: sshd runs as whoever runs the test, on loopback, and a passwd file of
our own gives it the login "tester".
"""
import glob
import http.server
import json
import os
import random
import shutil
import socket
import subprocess
import tempfile
import threading
import time

import machine
import victims

SSHD_CONFIG = """Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/key.pub
PidFile none
UsePAM no
UseDNS no
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 500:30:1000
PrintMotd no
PrintLastLog no
"""

FLEET = """[defaults]
user = tester
key = {folder}/key
known_hosts = {folder}/known_hosts
ssh_config = none
sudo = no
rxe = eth1
[policy]
window = {window}
max_failures = 0
{policy}
[nodes]
"""

# With a scheduler: some of the nodes are busy at first, and one was drained by somebody else.
YARD = """scheduler = {folder}/yard
soak = 1s
drain_deadline = 2m
"""
FOREIGN = "bad dimm, ann"


def free_port():
    """Below the range from which the kernel takes ports for connections."""
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def nss_wrapper():
    for found in glob.glob("/usr/lib/*/libnss_wrapper.so") + glob.glob("/usr/lib*/libnss_wrapper.so"):
        return found
    raise RuntimeError("libnss-wrapper is missing")


class Mirror:
    """Has the vendor's archive, and hands it out."""

    def __init__(self, folder):
        sha256 = machine.make_bundle(folder)

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args):
                super().__init__(*args, directory=folder)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # who asked was killed
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.catalog = os.path.join(folder, "catalog.json")
        row = {"name": "mlnx-ofed", "nics": ["Soft-RoCE"], "distributions": ["debian"],
               "id_like": False, "from": "12", "to": "12", "arch": "x86_64", "kernel_from": None,
               "kernel_below": None, "method": "mlnx-ofed", "version": "24.99-0.1.2.3",
               "url": "http://127.0.0.1:%d/%s.tgz" % (self.server.server_port, machine.BUNDLE),
               "sha256": sha256, "flags": [], "source": "tests/torture", "note": None}
        with open(self.catalog, "w") as f:
            json.dump({"catalog": 1, "rows": [row],
                       "nics": [{"family": "Soft-RoCE", "also": ["rxe"], "drivers": [
                           {"method": m, "from": None, "below": None} for m in ("inbox", "mlnx-ofed")]}]}, f)


class Grounds:
    """One fleet, its sshd, and the state folder of its controllers."""

    # How often each is chosen; both: an agent and the controller at once.
    kinds = {"controller": 40, "both": 4, "agent": 16, "helper": 9, "connection": 9, "step": 9, "unit": 9,
             "orphan": 4}
    # Seconds: of a run, soon, when a move is not waited for any more, and of the last controller.
    run_s, soon_s, late_s, end_s = 6.0, 1.5, 3.0, 240
    delays = [0, 0.001, 0.01, 0.05, 0.2]  # behind a move
    # Moves to these are waited for; a round meets most of them.
    road = ["probing", "planned", "claiming", "installing", "rebooting", "verifying", "releasing", "done"]

    def __init__(self, build, kinds, window, catalog, has_yard):
        self.cut = set()  # (node, step) that were killed at work
        self.arguments = ["--catalog", catalog]
        self.folder = tempfile.mkdtemp(prefix="ibfleet-torture.", dir="/tmp")
        self.state, self.fleet = self.path("state"), self.path("fleet.ini")
        self.port = free_port()
        for tree in ("bare", "soft-roce"):
            shutil.copytree(os.path.join(machine.TREES, tree), self.path(tree), symlinks=True)
        self.machines = {}
        for i, kind in enumerate(kinds, 1):
            self.machines["ib%d" % i] = machine.Machine(
                self.folder, "ib%d" % i, os.path.join(build, "ibfleet-agent"), kind)
        self.foreign = None
        if has_yard:
            self.open_yard()
        self.make_keys()
        self.write_fleet(window, YARD.format(folder=self.folder) if has_yard else "")
        self.start_sshd()

    def path(self, name):
        return os.path.join(self.folder, name)

    def make_keys(self):
        for name in ("key", "host"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.path(name)],
                           check=True, stdin=subprocess.DEVNULL)
        with open(self.path("host.pub")) as f:
            kind, key = f.read().split()[:2]
        with open(self.path("known_hosts"), "w") as f:
            f.write("[127.0.0.1]:%d %s %s\n" % (self.port, kind, key))

    def open_yard(self):
        shutil.copy(os.path.join(os.path.dirname(os.path.abspath(__file__)), "yard"), self.path("yard"))
        self.road = self.road + ["staging", "draining", "soaking", "undraining"]
        self.foreign = self.names()[-1]
        for i, m in enumerate(self.machines.values()):
            m.put("counts/.yard")
            m.put("counts/.busy", str(time.time() + 3 * (i % 3)))
        self.machines[self.foreign].put("counts/.drained", FOREIGN)

    def write_fleet(self, window, policy):
        with open(self.fleet, "w") as f:
            f.write(FLEET.format(folder=self.folder, window=window, policy=policy))
            for name in self.machines:
                f.write("%s = 127.0.0.1:%d\n" % (name, self.port))
            f.write("[groups]\n")
            for name in self.machines:
                f.write("only-%s = %s\n" % (name, name))
            for m in self.machines.values():
                f.write("[group:only-%s]\nagent = %s\ndriver = %s\nreboot = %s\n" %
                        (m.name, m.agent, "inbox" if m.kind == "inbox" else "mlnx-ofed",
                         "never" if m.kind == "unbooted" else "auto"))

    def start_sshd(self):
        with open(self.path("sshd_config"), "w") as f:
            f.write(SSHD_CONFIG.format(port=self.port, folder=self.folder))
        os.makedirs(self.path("home"))
        with open(self.path("passwd"), "w") as f, open("/etc/passwd") as system:
            f.write(system.read())
            f.write("tester:x:%d:%d::%s:/bin/sh\n" % (os.getuid(), os.getgid(), self.path("home")))
        shutil.copy("/etc/group", self.path("group"))
        if os.getuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        env = dict(os.environ, LD_PRELOAD=nss_wrapper(), NSS_WRAPPER_PASSWD=self.path("passwd"),
                   NSS_WRAPPER_GROUP=self.path("group"))
        with open(self.path("sshd.log"), "w") as log:
            self.sshd = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", self.path("sshd_config")],
                                         env=env, stderr=log, stdin=subprocess.DEVNULL)
        self.await_sshd(10)

    def await_sshd(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("sshd does not answer, see %s" % self.path("sshd.log"))

    def names(self):
        return list(self.machines)

    # ---- what is done to it ------------------------------------------------------------------

    def strike(self, kind, first, dice):
        """Kill one of that kind, on this node if there is one there.  Returns the node, or
        None."""
        names = sorted(self.machines, key=lambda name: (name != first, dice.random()))
        for name in names:
            root = self.machines[name].root
            found = victims.find(kind, root, self.sshd.pid)
            dice.shuffle(found)
            for pids in found:
                step = victims.step_of(pids[0]) if kind in ("step", "unit") else None
                if step is not None and (not step or (name, step) in self.cut):
                    continue  # one that is cut off twice fails, as it should
                if victims.kill_whole(pids, root):
                    self.cut |= {(name, step)} if step else set()
                    return name
        return None

    # ---- and how it has to be then -----------------------------------------------------------

    def judge(self):
        wrong = []
        for name, m in self.machines.items():
            wrong += m.judge({step for node, step in self.cut if node == name})
            wrong += self.judge_service(m) if self.foreign else []
        return wrong + ["still there: %r" % p for p in self.left_behind(10)]

    def judge_service(self, m):
        """As it was found, and out of service in between."""
        wrong, left = [], m.lines("counts/.drained")
        if left != ([FOREIGN] if m.name == self.foreign else []):
            wrong.append("%s: is left drained: %s" % (m.name, left) if left else m.name + ": is not drained any more")
        with open(self.path("yard.log")) as f:
            asked = f.read().split("\n")
        if ("drain " + m.name in asked) == (m.name == self.foreign):
            wrong.append("%s: the scheduler was asked: %s" % (m.name, [a for a in asked if a.endswith(" " + m.name)]))
        return wrong

    def left_behind(self, seconds):
        """Nothing of ours runs on a node when nobody talks to it."""
        until = time.monotonic() + seconds
        while True:
            left = [p for m in self.machines.values() for p in victims.processes_of(m.root).values()]
            if not left or time.monotonic() > until:
                return left
            time.sleep(0.1)

    def stop(self):
        self.sshd.terminate()
        self.sshd.wait(10)
        for m in self.machines.values():
            victims.kill(victims.processes_of(m.root))

    def remove(self):
        shutil.rmtree(self.folder)
