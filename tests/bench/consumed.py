"""consumed - run a program and say what it consumed, with everything that it started

    got = consumed.run(["pdsh", ...], env)
    got.cpu_s, got.wall_s, got.peak_kib, got.status, got.out, got.err

CPU is user and system time of the whole process tree.  Between us and the program stands
a process that adopts what the program leaves behind, and waits for all of it.
"""

import ctypes
import dataclasses
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time

PR_SET_CHILD_SUBREAPER = 36


@dataclasses.dataclass
class Consumed:
    status: int
    cpu_s: float
    wall_s: float
    peak_kib: int  # of the largest process
    out: str
    err: str


def adopt_and_run(report, argv):
    """In a process of its own: three numbers and the status."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    begun = time.monotonic()
    status = subprocess.call(argv, stdin=subprocess.DEVNULL)
    wall = time.monotonic() - begun
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    os.write(report, f"{used.ru_utime + used.ru_stime} {wall} {used.ru_maxrss} {status}".encode())


def run(argv, env=None, out=None, seconds=900):
    """out: a file for stdout, which then is not in the answer.  After so many seconds it is
    ended, with all that it started and that did not leave its session: TimeoutExpired."""
    report, report_in = os.pipe()
    with tempfile.TemporaryFile("w+", errors="replace") as said, \
            tempfile.TemporaryFile("w+", errors="replace") as warned:
        child = subprocess.Popen(
            [sys.executable, __file__, str(report_in), *argv],
            stdin=subprocess.DEVNULL, stdout=out or said, stderr=warned, env=env,
            pass_fds=[report_in], start_new_session=True)
        os.close(report_in)
        try:
            child.wait(seconds)
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            os.close(report)
            raise
        numbers = os.read(report, 200).decode().split()
        os.close(report)
        said.seek(0), warned.seek(0)
        err = warned.read()
        if len(numbers) != 4:
            raise RuntimeError(f"{argv[0]}: {err}")
        return Consumed(int(numbers[3]), float(numbers[0]), float(numbers[1]), int(numbers[2]),
                        said.read(), err)


if __name__ == "__main__":
    adopt_and_run(int(sys.argv[1]), sys.argv[2:])
