"""victims - the processes of one fleet, and what each of them is

Only what we have started is ever killed: a process is ours when the root of one of our machines
stands in its environment, or when our sshd is among its parents.
"""
import fcntl
import os
import signal


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:  # it has ended meanwhile
        return b""


class Process:
    def __init__(self, pid, parent, args):
        self.pid, self.parent, self.args = pid, parent, args

    def __repr__(self):
        return "%d %s" % (self.pid, " ".join(self.args)[:100])


def parent_of(pid):
    stat = read("/proc/%d/stat" % pid)
    fields = stat[stat.rfind(b")") + 2:].split()
    return int(fields[1]) if len(fields) > 1 and fields[0] not in b"ZX" else 0


def processes_of(root):
    """All processes of the machine with that root, by pid.  Those that have ended and wait
    for their parent are none."""
    mark, found = b"IBFLEET_ROOT=" + root.encode(), {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and mark in read("/proc/%s/environ" % entry).split(b"\0"):
            args = read("/proc/%s/cmdline" % entry).decode(errors="replace").split("\0")[:-1]
            parent = parent_of(int(entry))
            if parent and args:
                found[int(entry)] = Process(int(entry), parent, args)
    return found


def below(found, pid):
    """The pid and all that descend from it, among those that were found."""
    all_of = {pid}
    while True:
        more = {p.pid for p in found.values() if p.parent in all_of} - all_of
        if not more:
            return all_of
        all_of |= more


def word(process):
    """The agent's command, or ""."""
    return process.args[1] if len(process.args) > 1 and process.args[0].endswith("ibfleet-agent") else ""


def sshd_of(pid, sshd):
    """The process of that sshd that serves the login it descends from; 0: none does."""
    while pid > 1:
        parent = parent_of(pid)
        if parent and parent_of(parent) == sshd:
            return parent
        pid = parent
    return 0


def find(kind, root, sshd):
    """Who of that kind there is on the machine with that root: lists of pids that are killed
    together.

    agent       that somebody talks to
    helper      its process for one request
    connection  its sshd
    step        the process that takes a step, alone: what it has started goes on
    unit        and all that it has started
    orphan      whose controller has left, or what waits a moment to reboot the node
    """
    found = processes_of(root)
    serving = [p for p in found.values() if word(p) == "serve"]
    pids = {p.pid for p in serving}
    first = [p for p in serving if p.parent not in pids]
    steps = [p.pid for p in found.values() if word(p) == "step"]
    if kind == "helper":
        return [[p.pid] for p in serving if p.parent in pids]
    if kind == "step":
        return [[pid] for pid in steps]
    if kind == "unit":
        return [sorted(below(found, pid)) for pid in steps]
    served = {p.pid: sshd_of(p.pid, sshd) for p in first}
    if kind == "agent":
        return [[pid] for pid, by in served.items() if by]
    if kind == "connection":
        return [[by] for by in served.values() if by]
    return [[pid] for pid, by in served.items() if not by]


def step_of(pid):
    """Which step a worker takes: "packages", as its arguments say."""
    args = read("/proc/%d/cmdline" % pid).decode(errors="replace").split("\0")
    return args[3].rsplit("-", 1)[0] if len(args) > 3 and args[1] == "step" else ""


def kill_whole(pids, root):
    """Likewise, but not between an effect of one of the machine's programs and its count."""
    with open(os.path.join(root, "counts/.whole"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return kill(pids)


def kill(pids):
    """SIGKILL; how many were there to be killed."""
    killed = 0
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
            killed += 1
        except ProcessLookupError:
            pass
    return killed
