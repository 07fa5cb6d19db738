#!/usr/bin/env python3
"""fanout - CPU and time of `echo ok` on every node, for ibfleet and its peers in turn

    fanout.py real|simulated FOLDER PORT TURNS       (fanout.sh makes the servers)

All check host keys strictly and log in with the same ed25519 key; ibfleet, clush and pssh
gather the output.  "Defaults" are OpenSSH's own algorithms, "equal" the ones that ibfleet
chooses.  A peer's CPU is that of its whole process tree.  Ansible runs its cheapest module,
raw, without ControlPersist, which would leave a process behind for each node.
"""

import dataclasses
import os
import pathlib
import statistics
import sys

import consumed
import ratios

WIDTHS = (32, 64, 128)
WIDTH = 64
SLOW_TURNS = 3  # with OpenSSH's defaults: six times the CPU
EQUAL = """
KexAlgorithms curve25519-sha256
Ciphers aes128-ctr
MACs hmac-sha2-256
HostKeyAlgorithms ssh-ed25519
"""


class Bench:
    def __init__(self, kind, folder, port):
        self.kind, self.folder, self.port = kind, pathlib.Path(folder), port
        self.hosts = self.folder / f"{kind}.hosts"
        self.known = self.folder / f"{kind}.known"
        self.count = len(self.hosts.read_text().split())
        home = self.folder / "bench-home"
        home.mkdir(exist_ok=True)
        self.environment = dict(PATH=os.environ["PATH"], HOME=str(home), LANG="C.UTF-8",
                                USER="tester", ANSIBLE_CONFIG=str(home / "ansible.cfg"))
        (home / "ansible.cfg").touch()
        self.fleet = self.folder / f"{kind}.ini"
        self.fleet.write_text(
            f"[defaults]\nuser = tester\nport = {port}\nkey = {self.folder}/key\n"
            f"known_hosts = {self.known}\n[nodes]\n" +
            "".join(f"n{i:05} = {a}\n" for i, a in enumerate(self.hosts.read_text().split(), 1)))

    def ssh_config(self, equal):
        path = self.folder / ("equal" if equal else "defaults")
        path.write_text(
            f"Port {self.port}\nUser tester\nIdentityFile {self.folder}/key\nIdentitiesOnly yes\n"
            f"IdentityAgent none\nUserKnownHostsFile {self.known}\nGlobalKnownHostsFile none\n"
            "StrictHostKeyChecking yes\nBatchMode yes\nLogLevel ERROR\n" + (EQUAL if equal else ""))
        return str(path)

    def command(self, tool, width, equal):
        """argv, what is added to the environment, and what each node's success looks like."""
        config, hosts = self.ssh_config(equal), str(self.hosts)
        if tool == "ibfleet":
            binary = os.path.join(os.environ["BUILD"], "ibfleet")
            return ([binary, "exec", "-b", "-a", "--fleet", str(self.fleet), "--progress", "none"] +
                    (["-f", str(width)] if width else []) + ["--", "echo ok"],
                    {}, f"=== {self.count} nodes")
        if tool == "pdsh":
            return (["pdsh", "-R", "ssh", "-f", str(width), "-w", f"^{hosts}", "echo ok"],
                    {"PDSH_SSH_ARGS_APPEND": f"-F {config}"}, ": ok")
        if tool == "clush":
            return (["clush", "-n", "-b", "-f", str(width), "-o", f"-F {config}", "--hostfile", hosts,
                     "echo ok"], {}, f" ({self.count})")
        if tool == "pssh":
            return (["parallel-ssh", "-h", hosts, "-p", str(width), "-x", f"-F {config}", "-i",
                     "echo ok"], {}, "[SUCCESS]")
        return (["ansible", "all", "-i", hosts, "-f", str(width), "-m", "raw", "-a", "echo ok"],
                {"ANSIBLE_SSH_ARGS": f"-F {config}", "ANSIBLE_NOCOLOR": "1"}, "rc=0")

    def measure(self, tool, width, equal):
        argv, more, mark = self.command(tool, width, equal)
        got = consumed.run(argv, self.environment | more)
        seen, wanted = got.out.count(mark), 1 if str(self.count) in mark else self.count
        if got.status or seen != wanted:
            raise RuntimeError(f"{tool} -f {width}: status {got.status}, {seen} of {wanted} nodes "
                               f"answered:\n{got.out[-500:]}{got.err[-1500:]}")
        return got


@dataclasses.dataclass(frozen=True)
class Entry:
    tool: str
    width: int | None  # None: its own choice

    def __str__(self):
        return f"{self.tool} -f {self.width}" if self.width else self.tool


def take_turns(bench, entries, equal, turns):
    """In an order that changes: what else happens on the host hits all alike."""
    got = {e: [] for e in entries}
    for turn in range(turns):
        shift = turn * len(entries) // turns
        for e in entries[shift:] + entries[:shift]:
            got[e].append(bench.measure(e.tool, e.width, equal))
        print(f"  turn {turn + 1} of {turns}, load {os.getloadavg()[0]:.1f}: " + ", ".join(
            f"{e} {1000 * v[-1].cpu_s / bench.count:.2f}" for e, v in got.items()),
            file=sys.stderr, flush=True)
    return got


def per_node(values, count):
    return 1000 * statistics.median(values) / count


def print_rows(bench, got, ours):
    n = bench.count
    print(f"    {'':16} {'CPU ms/node':>11} {'wall ms/node':>12}   "
          f"{'CPU, ours / theirs':24} {'wall, ours / theirs'}")
    for e, v in got.items():
        cpu = [a.cpu_s / b.cpu_s for a, b in zip(got[ours], v)]
        wall = [a.wall_s / b.wall_s for a, b in zip(got[ours], v)]
        print(f"    {str(e):16} {per_node([x.cpu_s for x in v], n):11.2f} "
              f"{per_node([x.wall_s for x in v], n):12.2f}   " +
              ("" if e == ours else f"{ratios.words(cpu):24} {ratios.words(wall)}"))


def best(got, ours, figure):
    peers = [e for e in got if e.tool != ours.tool]
    return min(peers, key=lambda e: statistics.median(figure(x) for x in got[e]))


def judge(bench, got, ours, cpu_most, wall_most):
    cpu = 1000 * statistics.median(x.cpu_s for x in got[ours]) / bench.count
    print(f"    CPU {cpu:.2f} ms a node; {ratios.verdict(cpu, 1.0)}")
    for name, figure, most in (("CPU", lambda x: x.cpu_s, cpu_most),
                               ("wall", lambda x: x.wall_s, wall_most)):
        peer = best(got, ours, figure)
        ratio = [figure(a) / figure(b) for a, b in zip(got[ours], got[peer])]
        print(f"    {name} against the best peer, {peer}: {ratios.words(ratio)}; "
              f"{ratios.verdict(ratios.interval(ratio)[0], most)}")


def main():
    kind, folder, port, turns = sys.argv[1:5]
    bench, turns = Bench(kind, folder, port), int(turns)
    ours = Entry("ibfleet", None)
    wide = [Entry(t, w) for t in ("pdsh", "clush", "pssh") for w in WIDTHS]
    server = "13 real sshd" if kind == "real" else "one cheap test server"
    print(f"{bench.count} nodes behind {server}, `echo ok`, equal algorithms, {turns} turns, medians; "
          "ratios: geometric mean, 95 % interval")
    got = take_turns(bench, [ours] + wide + ([Entry("ansible", WIDTH)] if kind == "real" else []),
                     True, turns)
    print_rows(bench, got, ours)
    judge(bench, got, ours, 1 / 14, 0.6 if kind == "real" else 0.15)
    if kind == "real":
        few = min(turns, SLOW_TURNS)
        print(f"{bench.count} nodes behind {server}, OpenSSH's default algorithms, {few} turns")
        print_rows(bench, take_turns(
            bench, [ours] + [Entry(t, WIDTH) for t in ("pdsh", "clush", "pssh", "ansible")],
            False, few), ours)


if __name__ == "__main__":
    main()
