#!/usr/bin/env python3
"""rollout - what a node costs the policy, the journal and the display

    rollout.py FOLDER TURNS       (rollout.sh makes the folder)

In each turn 1,000 nodes and 10,000, whole rollouts, a process each: canaries by coverage,
batches that grow, a limit of unavailable nodes over 20 leaves, the bar of a terminal.  CPU is
the whole process's, with the nodes that are simulated in it.
"""

import collections
import os
import pathlib
import sqlite3
import statistics
import subprocess
import sys

import consumed
import ratios

FEW, MANY = 1000, 10000
LEAVES = 20
MOST_MIB = 500
POLICY = """
[policy]
canary = coverage
ramp = 1, 1%, 5%, 20%
max_unavailable = 10%
max_unavailable_leaf = 20%
budget_upgraded = 10%
budget_fleet = 10%
consecutive = 0
same_failure = 0
window = 512
"""


def write_fleet(folder, count):
    each = count // LEAVES
    names = [(f"leaf{i:02}", f"n[{1 + i * each:05}-{(i + 1) * each:05}]") for i in range(LEAVES)]
    groups = "".join(f"{leaf} = {nodes}\n" for leaf, nodes in names)
    leaves = "".join(f"[group:{leaf}]\nleaf = {leaf}\n" for leaf, _ in names)
    path = folder / f"fleet{count}.ini"
    path.write_text(f"[defaults]\nssh_config = none\nkey = {folder}/key\nrxe = eth1\n[nodes]\nn[00001-{count:05}]\n"
                    f"[groups]\n{groups}{leaves}{POLICY}")
    return path


def check(state, count):
    """Every node came to the end that its troubles say, and the journal is sound."""
    journal = sqlite3.connect(f"file:{state / 'journal.db'}?mode=ro", uri=True)
    sound = journal.execute("PRAGMA integrity_check").fetchall()
    ends = collections.Counter(row[0] for row in journal.execute("SELECT state FROM node"))
    journal.close()
    if sound != [("ok",)] or ends != {"done": count - count // 100, "failed": count // 100}:
        raise RuntimeError(f"{count} nodes: {sound} {dict(ends)}")


def roll_out(folder, fleet, count, turn):
    state = folder / f"state{count}-{turn}"
    got = consumed.run([os.path.join(os.environ["BUILD"], "tests/bench/rollout-nodes"), "rollout", "-a",
                        "--yes", "--fleet", str(fleet), "--state", str(state), "--progress", "tty"],
                       out=subprocess.DEVNULL)
    if got.status != 1:
        raise RuntimeError(f"status {got.status}: {got.err[-500:]}")
    check(state, count)
    return got


def main():
    folder, turns = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    fleets = {count: write_fleet(folder, count) for count in (FEW, MANY)}
    cost, wall, peak = ({c: [] for c in fleets} for _ in range(3))
    print(f"whole rollouts over simulated nodes, {turns} turns, medians; ratios: geometric mean, "
          "95 % interval", flush=True)
    for turn in range(turns):
        for count in sorted(fleets, reverse=turn % 2):
            got = roll_out(folder, fleets[count], count, turn)
            cost[count].append(1e6 * got.cpu_s / count)
            wall[count].append(got.wall_s)
            peak[count].append(got.peak_kib / 1024)
        print(f"  turn {turn + 1} of {turns}, load {os.getloadavg()[0]:.1f}: "
              f"{[round(v[-1]) for v in cost.values()]} us", file=sys.stderr, flush=True)
    for count in fleets:
        print(f"    {count:6} nodes: CPU {statistics.median(cost[count]):.0f} us a node, "
              f"{statistics.median(wall[count]):.1f} s, {max(peak[count]):.0f} MiB resident")
    ratio = [many / few for many, few in zip(cost[MANY], cost[FEW])]
    print(f"    CPU of a node, {MANY} / {FEW}: {ratios.words(ratio)}; "
          f"{ratios.verdict(ratios.interval(ratio)[0], 1.3)}")
    print(f"    resident: {max(peak[MANY]):.0f} MiB; {ratios.verdict(max(peak[MANY]), MOST_MIB)}")


if __name__ == "__main__":
    main()
