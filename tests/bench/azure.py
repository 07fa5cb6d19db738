#!/usr/bin/env python3
"""azure - what it costs to ask for the instances of a large scale set

    azure.py TURNS          (azure.sh starts the fake Azure, and says how to reach it)

The whole of `ibfleet nodes --vmss` in each turn: a login, the set, its instances, their
addresses, and which sizes can do RDMA; nothing is kept from the turn before.  Then the same with
a bucket of calls that is nearly empty, to see that the client waits for it and no storm comes.
"""
import json
import os
import shutil
import statistics
import sys
import urllib.request

import consumed

COUNT = int(os.environ["INSTANCES"])


def steer(word, body=None):
    request = urllib.request.Request(
        os.environ["AZURE_CONTROL"] + "/" + word,
        json.dumps(body).encode() if body is not None else None, {"Content-Type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return json.load(answer)


def calls():
    return sum(steer("calls").values())


def turn():
    state = os.environ["AZURE_DIR"] + "/state"
    shutil.rmtree(state, ignore_errors=True)
    before = calls()
    got = consumed.run([os.environ["BUILD"] + "/ibfleet", "nodes", "--count", "--vmss", "hpc/ib", "--cloud",
                        "public", "--credential", "token", "--state", state], dict(os.environ))
    if got.status or got.out.strip() != str(COUNT):
        raise RuntimeError(f"status {got.status}: {got.out}{got.err}")
    return got, calls() - before


def tell(what, turns):
    cpu = statistics.median(got.cpu_s for got, _ in turns)
    wall = statistics.median(got.wall_s for got, _ in turns)
    peak = max(got.peak_kib for got, _ in turns)
    print(f"    {what}: {max(sent for _, sent in turns)} calls, CPU {1000 * cpu:.0f} ms "
          f"({1000000 * cpu / COUNT:.0f} us an instance), wall {wall:.2f} s, peak {peak // 1024} MiB")


def main():
    turns = [turn() for _ in range(int(sys.argv[1]))]
    print(f"{COUNT} instances of a scale set, {len(turns)} turns, medians; load {os.getloadavg()[0]:.1f}")
    tell("nothing in the way", turns)
    most = max(sent for _, sent in turns)
    print(f"    calls; {'kept' if most <= 4 else 'MISSED'}: at most 4")
    steer("faults", [{"path": "virtualMachineScaleSets", "times": 3, "status": 429, "retryAfter": 2}])
    got, sent = turn()
    tell("after three times 429 with Retry-After: 2", [(got, sent)])
    print(f"    calls; {'kept' if sent <= 7 else 'MISSED'}: at most 7, three of them turned away; "
          f"wall {'kept' if got.wall_s >= 2 else 'MISSED'}: at least 2 s")


if __name__ == "__main__":
    main()
