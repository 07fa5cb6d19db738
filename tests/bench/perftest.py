#!/usr/bin/env python3
"""perftest - our measurements beside perftest's, on the same pair of lab nodes

    LAB=... tests/bench/perftest.py [A B [TIMES]]

Ten times in turn: ours, ib_write_bw, ib_write_lat, ib_send_lat -e, in an order that
changes, so that what else happens on the host hits all alike.  Each of ours is
divided by each of theirs of the same turn; shown are the geometric mean of the
ratios and its 95 % interval (Student's t on the logarithms).

Same sizes and depths on both sides.  Our bandwidth is the mean of all windows, as
perftest's is an average; our latency the median, as its "typical" one is.
"""

import functools
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
import pair  # noqa: E402
import ratios  # noqa: E402

SECONDS = 60
TRIES = 3  # ib_send_lat -e now and then waits for ever for an event that has come already
MESSAGES, PINGS, DEPTH = 400, 2000, 128


@functools.cache
def gid_index(node):
    """Of the RoCE v2 address that is an IPv4 one."""
    return int(pair.lab("ssh", node, "cd /sys/class/infiniband/rxe0/ports/1/gids && "
                        "grep -l 0000:0000:0000:0000:0000:ffff * | head -n 1"))


LISTENING = ("for i in $(seq 100); do ss -tln | grep -q :18515 && exit 0; sleep 0.1; done; "
             "exit 1")


def try_perftest(a, b, program, *options):
    """Client on a, server on b: the numbers of its last line."""
    command = ["timeout", str(SECONDS), program, "-d", "rxe0", "-F", *map(str, options)]
    server = subprocess.Popen(
        pair.LAB + ["ssh", str(b), " ".join(command + ["-x", str(gid_index(b))])],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        pair.lab("ssh", b, LISTENING)
        out = pair.lab("ssh", a, " ".join(command + ["-x", str(gid_index(a)), f"10.77.0.{b}"]))
        server.wait(SECONDS + 30)
    finally:
        server.kill()
        server.wait()
    rows = [line.split() for line in out.splitlines()]
    return [float(x) for x in [r for r in rows if r and r[0].isdigit()][-1]]


def perftest(*words):
    for left in reversed(range(TRIES)):
        try:
            return try_perftest(*words)
        except RuntimeError as error:
            if not left:
                raise
            print(f"again, since {error}", file=sys.stderr, flush=True)


def write_bw(a, b):
    return perftest(a, b, "ib_write_bw", "-s", 65536, "-t", DEPTH, "-n", MESSAGES,
                    "--report_gbits")[3]


def write_lat(a, b):
    return perftest(a, b, "ib_write_lat", "-s", 8, "-n", PINGS)[4]


def send_lat_events(a, b):
    return perftest(a, b, "ib_send_lat", "-e", "-s", 8, "-n", PINGS)[4]


def ours(a, b):
    with pair.Pair(a, b) as p:
        p.join()
        first, second = p.play(samples=PINGS, window_ms=400, windows=5, depth=DEPTH,
                               slot_ms=60000)
    for result in first, second:
        if "fail" in result:
            raise RuntimeError(result["fail"])
    return (statistics.mean(w["gbps"] for w in first["out"]), first["latency_us"]["p50"])


def main():
    a, b, times = (int(x) for x in (sys.argv[1:] + ["1", "2", "10"][len(sys.argv) - 1:]))
    tests = dict(ours=ours, ib_write_bw=write_bw, ib_write_lat=write_lat,
                 ib_send_lat_e=send_lat_events)
    got = {name: [] for name in tests}
    names = list(tests)
    pair.install(a), pair.install(b)
    for turn in range(times):
        for name in names[turn % 4:] + names[:turn % 4]:
            got[name].append(tests[name](a, b))
        print(f"turn {turn + 1}: " + ", ".join(f"{n} {v[-1]}" for n, v in got.items()),
              file=sys.stderr, flush=True)
    bandwidth, latency = zip(*got.pop("ours"))
    print(f"{times} turns, medians: {statistics.median(bandwidth):.3f} Gb/s, "
          f"{statistics.median(latency):.1f} us")
    for name, mine, better in (("ib_write_bw", bandwidth, "more"),
                               ("ib_write_lat", latency, "less"),
                               ("ib_send_lat_e", latency, "less")):
        mean, low, high = ratios.interval([x / y for x, y in zip(mine, got[name])])
        print(f"ours / {name:14} {mean:.3f}  95 % {low:.3f} .. {high:.3f}  ({better} is better; "
              f"theirs {statistics.median(got[name]):.3f})")


if __name__ == "__main__":
    main()
