"""pair - play rounds between two nodes of the lab, in the controller's place

    with Pair(1, 2) as pair:
        pair.join()
        a, b = pair.play(samples=1000, windows=3)     # a result of each side

A node's half is a pair-probe at the other end of an ssh.  Every wait has an end:
a side that does not answer in time is an error.

As a program it plays a script from stdin, all in one campaign of nodes 1 and 2:

    play samples=100 window_ms=50   a line of JSON: {"a": [result...], "b": [...], "s": 1.2}
         count=20                   so many rounds in one order
         only=a  apart_s=1          one side alone; b later than a
    lab fault cut 1-2               at once
    later 0.3 lab heal              while the next play goes on
"""

import json
import os
import pathlib
import random
import select
import subprocess
import sys
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
LAB = [str(TOP / "tests/lab/lab")]
BUILD = pathlib.Path(os.environ.get("BUILD", TOP / "build"))
PLAN = dict(slot_ms=20000, warmup=20, samples=0, latency_bytes=8, window_ms=0,
            windows=3, message_bytes=65536, depth=128)


def lab(*words, **options):
    done = subprocess.run(LAB + [str(w) for w in words], text=True, capture_output=True, **options)
    if done.returncode:
        raise RuntimeError(f"lab {words}: status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def install(node):
    """Put this build's probe on a node."""
    with open(BUILD / "tests/lab/pair-probe", "rb") as program:
        lab("ssh", node, "cat >probe.new && chmod +x probe.new && mv probe.new pair-probe",
            stdin=program)


class Side:
    """One node's probe: a line in is a request, a line out its answer."""

    def __init__(self, node, hca="rxe0"):
        self.node, self.hca, self.bytes = node, hca, b""
        self.ssh = subprocess.Popen(LAB + ["ssh", str(node), "./pair-probe"],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def ask(self, what, body):
        self.ssh.stdin.write(f"{what} {json.dumps(body)}\n".encode())

    def answer(self, seconds):
        end = time.monotonic() + seconds
        while b"\n" not in self.bytes:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.ssh.stdout], [], [], left)[0]:
                raise TimeoutError(f"node {self.node}: no answer within {seconds} s")
            got = os.read(self.ssh.stdout.fileno(), 65536)
            if not got:
                raise EOFError(f"node {self.node}: the probe has ended")
            self.bytes += got
        line, self.bytes = self.bytes.split(b"\n", 1)
        return json.loads(line)

    def join(self, campaign, seconds=30):
        self.ask("join", dict(campaign=campaign, hca=self.hca, port=1))
        answer = self.answer(seconds)
        if "fail" in answer:
            raise RuntimeError(f"node {self.node}: {answer['fail']}")
        self.endpoint = answer["body"]

    def close(self):
        self.ssh.stdin.close()
        try:
            self.ssh.wait(10)
        except subprocess.TimeoutExpired:
            self.ssh.kill()
            self.ssh.wait()


class Pair:
    def __init__(self, a, b):
        self.sides = [Side(a), Side(b)]
        self.campaign = f"c{random.randrange(1 << 30)}"
        self.rounds = self.batches = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for side in self.sides:
            side.close()

    def join(self):
        for side in self.sides:
            side.join(self.campaign)

    def order(self, count, plan):
        """Both sides' orders for the next rounds against each other."""
        psn = [[random.randrange(1 << 24) for _ in range(2)] for _ in range(count)]
        self.batches += 1
        self.rounds += count
        return [dict(campaign=self.campaign, batch=self.batches, plan=plan, rounds=[
            dict(round=self.rounds - count + i, slot=i, peer=1 - me, first=me == 0,
                 psn=psn[i][me], peer_psn=psn[i][1 - me], partner=self.sides[1 - me].endpoint)
            for i in range(count)]) for me in range(2)]

    def play_all(self, count=1, only=(0, 1), apart_s=0, **plan):
        """Results of count rounds, a list for each side that took part."""
        plan = dict(PLAN, **plan)
        orders = self.order(count, plan)
        for me in only:
            self.sides[me].ask("order", orders[me])
            time.sleep(apart_s)
        results = []
        for me in only:
            answer = self.sides[me].answer(count * plan["slot_ms"] / 1000 + 10)
            if "fail" in answer:
                raise RuntimeError(f"node {self.sides[me].node}: {answer['fail']}")
            results.append(answer["body"]["results"])
        return results

    def play(self, **plan):
        return [results[0] for results in self.play_all(**plan)]


def number(text):
    return float(text) if "." in text else int(text)


def run_play(pair, words):
    options = dict(w.split("=") for w in words)
    only = dict(a=(0,), b=(1,), ab=(0, 1))[options.pop("only", "ab")]
    began = time.monotonic()
    results = pair.play_all(only=only, **{k: number(v) for k, v in options.items()})
    print(json.dumps(dict(zip(["ab"[i] for i in only], results), s=time.monotonic() - began)),
          flush=True)


def main():
    install(1), install(2)
    with Pair(1, 2) as pair:
        pair.join()
        for line in sys.stdin:
            verb, *words = line.split()
            if verb == "play":
                run_play(pair, words)
            elif verb == "later":
                threading.Timer(float(words[0]), lab, words[2:]).start()
            else:
                lab(*words)


if __name__ == "__main__":
    main()
