"""lab_grounds - the same on two virtual machines (tests/lab): real packages, real systemd, real
reboots, the agent pushed as it is to any node
"""
import os
import random
import shutil
import subprocess

import grounds
import rounds

here = os.path.dirname(os.path.abspath(__file__))
LAB = os.path.join(here, "../lab/lab")
NODES = 2
ROUNDS_MAX = 8

# Of the agent's processes on a node the oldest is its first, and the youngest the helper.
AGENT = "^/var/lib/ibfleet/agent/[^ ]* "
VICTIMS = {
    "agent": "pid=$(pgrep -of '%sserve')" % AGENT,
    "helper": "pid=$(pgrep -nf '%sserve') && [ $pid != $(pgrep -of '%sserve') ]" % (AGENT, AGENT),
    "step": "pid=$(pgrep -of '%sstep')" % AGENT,
}
STRIKE = "%s && sudo kill -9 $pid"

JUDGE = """
n=$(grep -c ' status installed rdma-core:' /var/log/dpkg.log)
[ "$n" = 1 ] || echo "rdma-core was installed $n times"
sudo test ! -e /var/lib/ibfleet/claim || echo "its claim is still there"
rdma link show rxe0/1 | grep -q ACTIVE || echo "rxe0 is not ACTIVE"
! pgrep -f '%s' >/dev/null || echo "still there: $(pgrep -af '%s' | head -n 1)"
""" % (AGENT, AGENT)


class LabGrounds:
    kinds = {"controller": 55, "both": 5, "agent": 20, "helper": 8, "step": 12}
    run_s, soon_s, late_s, end_s = 150.0, 15.0, 40.0, 900
    delays = [0, 0.2, 2, 8]
    road = grounds.Grounds.road

    def __init__(self, build, folder):
        self.folder, self.arguments, self.cut = folder, [], set()
        self.env = dict(os.environ, BUILD=build, LAB=os.path.join(build, "lab-torture"))
        self.fleet, self.state = os.path.join(self.env["LAB"], "fleet.ini"), self.path("state")

    def path(self, name):
        return os.path.join(self.folder, name)

    def names(self):
        return ["node%d" % n for n in range(1, NODES + 1)]

    def lab(self, *args, seconds=1200):
        return subprocess.run([LAB, *args], env=self.env, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, errors="replace", timeout=seconds)

    def up(self):
        """Machines as they come from the shop."""
        self.lab("down")
        done = self.lab("up", str(NODES))
        if done.returncode != 0:
            raise RuntimeError("lab up: " + done.stderr)

    # A node that boots takes no command, and keeps none of us waiting for long.
    def on_node(self, name, command):
        try:
            return self.lab("ssh", name[len("node"):], command, seconds=30)
        except subprocess.TimeoutExpired:
            return None

    def strike(self, kind, first, dice):
        for name in sorted(self.names(), key=lambda name: (name != first, dice.random())):
            if kind == "step" and name in self.cut:
                continue
            done = self.on_node(name, STRIKE % VICTIMS[kind])
            if done and done.returncode == 0:
                if kind == "step":
                    self.cut.add(name)
                return name
        return None

    def judge(self):
        wrong = []
        for name in self.names():
            done = self.on_node(name, JUDGE)
            wrong += ["%s: %s" % (name, text) for text in
                      (done.stdout.splitlines() if done and not done.stderr else ["cannot be looked at"])]
            with open(os.path.join(self.env["LAB"], name + ".log"), "rb") as f:
                boots = f.read().count(b"LAB-READY")
            if boots != 2:
                wrong.append("%s: has booted %d times, not 2" % (name, boots))
        return wrong

    def stop(self):
        self.lab("down")

    def remove(self):
        shutil.rmtree(self.folder)


def lab_round(torture, number):
    import tempfile

    ground = LabGrounds(torture.build, tempfile.mkdtemp(prefix="ibfleet-torture.", dir="/tmp"))
    ground.up()
    dice = random.Random("%s/%s" % (torture.seed, number))
    return rounds.Round(torture, number, dice, ground, min(6, torture.lab_left()), lambda: False)


def fight(torture):
    for n in range(1, ROUNDS_MAX + 1):
        if not torture.lab_left():
            return
        torture.fight("lab%d" % n, lab_round)
