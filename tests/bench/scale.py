#!/usr/bin/env python3
"""scale - what a node costs when there are thousands

    scale.py FOLDER NODES PID TURNS       (scale.sh makes the nodes; PID is their server)

One ibfleet process and one that is all the nodes share the machine.  Of each hundred
nodes one says nothing at all, one hangs and one floods, when they are asked.
"""

import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import time

import consumed
import ratios

FEW = 1000
PATIENCE = 240  # seconds, for anything here
FLOODERS, FLOOD_MIB = 300, 8


class Fleet:
    def __init__(self, folder, nodes, pid):
        self.folder, self.nodes, self.pid = pathlib.Path(folder), nodes, pid
        self.ibfleet = [os.path.join(os.environ["BUILD"], "ibfleet"), "exec", "--fleet",
                        str(self.folder / "fleet.ini"), "--progress", "none"]
        last = [i for i in range(100, nodes + 1, 100)]
        self.bad = ",".join(f"s{i - d:05}" for i in last for d in (70, 40, 10))
        self.bad_count = 3 * len(last)

    def some(self, count):
        return ["-w", f"s[00001-{count:05}]"]

    def answered(self):
        """By the server: how many good nodes so far, and when the latest."""
        said = (self.folder / "simulated").read_text().count("\n")
        with open(self.folder / "control", "w", encoding="ascii") as control:
            control.write("\n")
        while True:
            lines = (self.folder / "simulated").read_text().splitlines()
            if len(lines) > said:
                count, when = re.match(r"answered (\d+), latest at ([\d.]+)", lines[-1]).groups()
                return int(count), float(when)
            time.sleep(0.01)


def memory_kib(pid, what="VmRSS"):
    """0 when it has ended."""
    found = re.search(rf"{what}:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())
    return int(found.group(1)) if found else 0


def cpu_s(pid):
    """0 when it has been waited for."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for(condition, what):
    by = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > by:
            raise RuntimeError(f"not within {PATIENCE} s: {what}")
        time.sleep(0.05)


def sessions_of(pid):
    """How many connections the process has."""
    count = 0
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            count += os.readlink(f"/proc/{pid}/fd/{fd}").startswith("socket:")
        except OSError:
            pass
    return count


def stop(child):
    """As an operator does who has seen enough."""
    for _ in range(2):
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            time.sleep(0.3)
    try:
        child.wait(30)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


# ---- CPU ----------------------------------------------------------------------------

def run_all(fleet, count, width):
    argv = fleet.ibfleet + fleet.some(count) + ["-x", fleet.bad] * (fleet.bad_count > 0)
    argv += (["-f", str(width)] if width else []) + ["--json", "--", "true"]
    got = consumed.run(argv, seconds=PATIENCE)
    doc = json.loads(got.out)
    failed = [n for n in doc["nodes"] if n["state"] != "ok"]
    if got.status or failed:
        raise RuntimeError(f"{len(failed)} nodes failed, the first: {failed[:1]} {got.err}")
    return got, doc["cost"]["longest_callback_ms"], len(doc["nodes"])


def cpu(fleet, turns):
    few = min(FEW, fleet.nodes // 10)
    sizes = [(few, None), (fleet.nodes, None), (fleet.nodes, fleet.nodes)]
    cost, longest, wall = {s: [] for s in sizes}, {s: [] for s in sizes}, {s: [] for s in sizes}
    for turn in range(turns):
        for size in sizes[turn % 3:] + sizes[:turn % 3]:
            got, callback, count = run_all(fleet, *size)
            cost[size].append(1000 * got.cpu_s / count)
            wall[size].append(1000 * got.wall_s / count)
            longest[size].append(callback)
        print(f"  turn {turn + 1} of {turns}, load {os.getloadavg()[0]:.1f}: "
              f"{[round(v[-1], 3) for v in cost.values()]} ms", file=sys.stderr, flush=True)
    for size in sizes:
        print(f"    {size[0]:6} nodes, {'all at once' if size[1] else 'as it likes':11}: "
              f"CPU {statistics.median(cost[size]):.3f} ms a node, "
              f"wall {statistics.median(wall[size]):.3f} ms a node, longest callback "
              f"{statistics.median(longest[size]):.2f} ms of CPU (at most {max(longest[size]):.2f})")
    ratio = [a / b for a, b in zip(cost[sizes[1]], cost[sizes[0]])]
    print(f"    CPU of a node, {fleet.nodes} / {few}: {ratios.words(ratio)}; "
          f"{ratios.verdict(ratios.interval(ratio)[0], 1.2)}")
    most = max(statistics.median(v) for v in longest.values())
    print(f"    longest callback {most:.2f} ms; {ratios.verdict(most, 5)}")


# ---- memory -------------------------------------------------------------------------

def start(fleet, hosts, command, *options):
    return subprocess.Popen(fleet.ibfleet + hosts + list(options) + ["--", command],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def idle(fleet):
    """What one session more costs, between one and all of them."""
    sizes = {}
    for count in (10, fleet.nodes):
        child = start(fleet, fleet.some(count) + ["-x", fleet.bad], "hang", "-f", str(fleet.nodes),
                      "--timeout", "3600")
        bad = sum(1 for name in fleet.bad.split(",") if int(name[1:]) <= count)
        wait_for(lambda: sessions_of(child.pid) >= count - bad, "all are logged in")
        settled = []
        wait_for(lambda: settled.append(memory_kib(child.pid)) or settled[-4:].count(settled[-1]) == 4
                 and len(settled) > 20, "memory does not grow")
        sizes[count - bad] = settled[-1]
        stop(child)
    (few, low), (many, high) = sizes.items()
    each = (high - low) / (many - few)
    print(f"    {many} idle sessions open: {high / 1024:.0f} MiB resident in all, {each:.1f} KiB each; "
          f"{ratios.verdict(each, 80)}")


def flood(fleet):
    """All flood at once, live, so that nothing ends it early."""
    peaks = []
    for count in (1, FLOODERS):
        hosts = ["-w", ",".join(f"s{i:05}" for i in range(1, 2 * FLOODERS)
                                if f"s{i:05}" not in fleet.bad)]
        picked = ["-w", ",".join(hosts[1].split(",")[:count])]
        got = consumed.run(fleet.ibfleet + picked + ["-f", str(count), "--", f"flood {FLOOD_MIB}"],
                           out=subprocess.DEVNULL, seconds=PATIENCE)
        if got.status:
            raise RuntimeError(got.err)
        peaks.append(got.peak_kib)
    each = (peaks[1] - peaks[0]) / (FLOODERS - 1)
    print(f"    {FLOODERS} nodes flood {FLOOD_MIB} MiB each at once: {peaks[1] / 1024:.0f} MiB resident in all, "
          f"{each:.1f} KiB a session; {ratios.verdict(each, 300)}")


# ---- bad company ----------------------------------------------------------------------

def rest_s(fleet, *options):
    """When the last good node had answered; until then: the most memory, and the CPU time of
    the busier of the two processes, which tells the same on a machine with other things to do.
    """
    before, served = fleet.answered()[0], cpu_s(fleet.pid)
    begun = time.monotonic()
    child = start(fleet, fleet.some(fleet.nodes), "echo ok", "-f", str(fleet.nodes), "--timeout", "600",
                  *options)
    peaks = []
    wait_for(lambda: peaks.append(memory_kib(child.pid, "VmHWM")) or
             fleet.answered()[0] - before == fleet.nodes - fleet.bad_count, "the rest")
    took = fleet.answered()[1] - begun
    busier = max(cpu_s(child.pid), cpu_s(fleet.pid) - served)
    stop(child)
    return took, busier, max(peaks)


def company(fleet, turns):
    alone, among, gathered = [], [], []
    for turn in range(turns):
        parts = [lambda: alone.append(rest_s(fleet, "-x", fleet.bad)),
                 lambda: among.append(rest_s(fleet)),
                 lambda: gathered.append(rest_s(fleet, "-b"))]
        for part in parts[turn % 3:] + parts[:turn % 3]:
            part()
        print(f"  turn {turn + 1} of {turns}, load {os.getloadavg()[0]:.1f}: alone {alone[-1][0]:.2f} s, "
              f"among bad ones {among[-1][0]:.2f} s, gathered {gathered[-1][0]:.2f} s",
              file=sys.stderr, flush=True)
    peaks = [kib for _, _, kib in among + gathered]
    each = fleet.bad_count // 3
    print(f"    {fleet.nodes - fleet.bad_count} good nodes beside {each} dead, {each} hanging and {each} that "
          f"flood 100 MiB: at most {max(peaks) / 1024:.0f} MiB resident")
    for name, got in (("live", among), ("gathered", gathered)):
        wall, busy = ([a[i] / b[i] for a, b in zip(got, alone)] for i in (0, 1))
        print(f"    until the last good one has answered, {name}: {statistics.median(g[0] for g in got):.2f} s; "
              f"time / without the bad {ratios.words(wall)}, CPU likewise {ratios.words(busy)}; "
              f"{ratios.verdict(ratios.interval(wall)[0], 1.1)}")


def main():
    folder, nodes, pid, turns = sys.argv[1], *map(int, sys.argv[2:5])
    fleet = Fleet(folder, nodes, pid)
    print(f"{nodes} nodes in one process of this machine, {turns} turns, medians; "
          "ratios: geometric mean, 95 % interval", flush=True)
    cpu(fleet, turns)
    idle(fleet)
    flood(fleet)
    company(fleet, turns)
    print(f"    the nodes themselves: {memory_kib(fleet.pid, 'VmHWM') / 1024:.0f} MiB resident")


if __name__ == "__main__":
    main()
