#!/usr/bin/env python3
"""relay - `exec -- true` on many nodes: without a jump host, behind one, and with a node
there that swallows everything

    relay.py NODES JUMP JUMP-FOLDER FOLDER TURNS       (relay.sh makes the servers)

In each turn all three, in this order.  Time is until the last of the good nodes has ended;
CPU is the controller's alone.  Processes are ibfleet and all below it, looked at again and
again; logins are those that the jump host's sshd has noted.
"""

import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time

import ratios

LOOK_S = 0.05
GIVE_UP_S = 15  # of the black hole: longer than the good ones take


@dataclasses.dataclass
class Run:
    well: int
    unwell: list  # codes of the others
    last_s: float  # when the last good one had ended
    cpu_s: float
    peak_kib: int
    processes: int
    relay_kib: int
    relay_cpu_s: float


def family_of(pid):
    """It, and all that it has started and what these have."""
    family = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            family += [p for child in task.read_text().split() for p in family_of(int(child))]
        except OSError:
            pass
    return family


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def find_relay(folder):
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if words.startswith(folder) and words.endswith(b"\0relay\0"):
            return process.name
    return None


class Watch(threading.Thread):
    """Of a controller's family, and of the relay that runs from a folder: seldom enough
    not to be what takes the time."""

    def __init__(self, pid, folder):
        super().__init__(daemon=True)
        self.pid, self.folder, self.over = pid, os.fsencode(folder), threading.Event()
        self.processes, self.relay, self.relay_kib, self.relay_cpu_s = 1, None, 0, 0.0

    def look(self):
        self.processes = max(self.processes, len(family_of(self.pid)))
        self.relay = self.relay or find_relay(self.folder)
        try:
            status = pathlib.Path(f"/proc/{self.relay}/status").read_text()
            self.relay_kib = int(status.partition("VmHWM:")[2].split()[0])
            self.relay_cpu_s = cpu_s(self.relay)
        except (OSError, IndexError):
            pass

    def run(self):
        while not self.over.wait(LOOK_S):
            self.look()


def run(fleet, jump, folder):
    argv = [os.environ["BUILD"] + "/ibfleet", "exec", "-a", "--fleet", str(fleet), "--ndjson",
            "--progress", "none", "--timeout", str(GIVE_UP_S)]
    begun = time.monotonic()
    child = subprocess.Popen(argv + (["-J", jump] if jump else []) + ["--", "true"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
    watch = Watch(child.pid, folder)
    watch.start()
    well, unwell, last = 0, [], begun
    for line in child.stdout:
        event = json.loads(line)
        if event.get("state") == "ok":
            well, last = well + 1, time.monotonic()
        elif "state" in event and event["name"] != "hole":
            unwell.append(event["code"])
    used = os.wait4(child.pid, 0)[2]
    watch.over.set()
    watch.join()
    return Run(well, unwell, last - begun, used.ru_utime + used.ru_stime, used.ru_maxrss,
               watch.processes, watch.relay_kib, watch.relay_cpu_s)


def main():
    nodes, jump, jump_folder, folder, turns = sys.argv[1:]
    nodes, folder = int(nodes), pathlib.Path(folder)
    ways = {"direct": (folder / "fleet.ini", None),
            "jump": (folder / "fleet.ini", jump),
            "hole": (folder / "hole.ini", jump)}
    runs = {way: [] for way in ways}
    log = pathlib.Path(jump_folder) / "log"
    for _ in range(int(turns)):
        for way, (fleet, through) in ways.items():
            runs[way].append(run(fleet, through, jump_folder))
    behind = runs["jump"] + runs["hole"]

    def median(way, field):
        return statistics.median(getattr(r, field) for r in runs[way])

    print(f"{nodes} nodes, {turns} turns, load {os.getloadavg()[0]:.1f}")
    for way, words in (("direct", "without a jump host"), ("jump", "behind one jump host"),
                       ("hole", "and one more that swallows everything")):
        print(f"  {words}: {median(way, 'last_s'):.2f} s until the last good one, "
              f"{1000 * median(way, 'cpu_s') / nodes:.2f} ms of CPU a node, "
              f"peak {median(way, 'peak_kib') / 1024:.0f} MiB")
    print(f"  the relay: {1000 * median('jump', 'relay_cpu_s') / nodes:.2f} ms of CPU a node, "
          f"peak {max(r.relay_kib for r in behind) / 1024:.1f} MiB")
    logins = log.read_text().count("Accepted publickey")
    processes = max(r.processes for r in behind)
    delay = [h.last_s / j.last_s for h, j in zip(runs["hole"], runs["jump"])]
    bad = sum(nodes - r.well for way in runs for r in runs[way])
    for way in runs:
        codes = [code for r in runs[way] for code in r.unwell]
        if codes:
            print(f"  {way}: {len(codes)} did not end well: {' '.join(sorted(set(codes)))}")
    print(f"  good nodes that did not end well: {bad}")
    print(f"  logins at the jump host: {logins} in {len(behind)} runs")
    print(f"  processes of the controller: {processes}; {ratios.verdict(processes, 5)}")
    print(f"  time with the black hole / without: {ratios.words(delay)}; "
          f"{ratios.verdict(statistics.median(delay), 1.1)}")
    return 1 if bad or logins != len(behind) or processes > 5 else 0


sys.exit(main())
