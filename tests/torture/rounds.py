"""rounds - a rollout of one fleet, killed at random and resumed until it has ended

All that is chosen comes from the round's own dice, which SEED and the number of the round
decide; when exactly something happens is the machine's affair.
"""
import json
import os
import random
import subprocess
import threading
import time

import grounds
import journal
import victims


class Controller:
    """ibfleet at work; what it says of moves is read as it comes."""

    def __init__(self, argv, error_file, states):
        self.moves, self.changed = [], threading.Condition()
        self.states, self.error_file = states, error_file
        with open(error_file, "w") as err:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            stderr=err, text=True, errors="replace")
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            try:
                said = json.loads(line)
            except ValueError:
                continue  # the last line of one that was killed
            with self.changed:
                if "to" in said:
                    self.states[said["node"]] = said["to"]
                    self.moves.append((said["node"], said["to"]))
                self.changed.notify_all()

    def await_move(self, seconds, wanted):
        """The next move to one of these states, as (node, state); None: too late."""
        until = time.monotonic() + seconds
        with self.changed:
            seen = len(self.moves)
            while time.monotonic() < until and self.process.poll() is None:
                for move in self.moves[seen:]:
                    if move[1] in wanted:
                        return move
                self.changed.wait(0.05)
        return None

    def is_over(self):
        return self.process.poll() is not None

    def wait(self, seconds):
        """Its status, or None when it is still there after that."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self.reader.join(5)
        return self.process.returncode

    def kill(self):
        """False: it had ended before."""
        return bool(victims.kill([self.process.pid])) and self.wait(10) == -9

    def said(self):
        with open(self.error_file) as f:
            return f.read().strip()


class Round:
    def __init__(self, torture, number, dice, ground, kills_planned, is_enough):
        self.torture, self.number, self.dice, self.ground = torture, number, dice, ground
        self.ibfleet = os.path.join(torture.build, "ibfleet")
        self.wrong, self.log, self.states = [], [], {}
        self.controllers, self.resumes = 0, 0
        self.kills, self.kills_planned, self.is_enough = 0, kills_planned, is_enough
        self.is_abandoned = False
        self.seconds_before, self.controller = {}, None

    def note(self, fmt, *args):
        self.log.append("%8.2f  %s" % (time.monotonic() - self.torture.begun, fmt % args))

    def fail(self, fmt, *args):
        self.wrong.append(fmt % args)
        self.note("VIOLATION: " + fmt, *args)

    # ---- controllers -------------------------------------------------------------------------

    def begin(self, *args):
        self.controllers += 1
        self.note("ibfleet %s", " ".join(args))
        self.controller = Controller([self.ibfleet, *args, "--state", self.ground.state, "--ndjson"],
                                     self.ground.path("stderr.%d" % self.controllers), self.states)

    def begin_rollout(self):
        self.begin("rollout", "-a", "--yes", "--fleet", self.ground.fleet, *self.ground.arguments)

    def ask(self, *args):
        """A command that is not killed.  Returns its status."""
        done = subprocess.run([self.ibfleet, *args, "--state", self.ground.state], timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
        self.note("ibfleet %s: %d %s", " ".join(args), done.returncode, done.stderr.strip())
        return done.returncode

    def look(self):
        """At the journal, when no controller is there; returns it."""
        j = journal.Journal(self.ground.state)
        for text in j.judge(self.torture.legal):
            self.fail("journal: %s", text)
        for key, seconds in j.clocks().items():
            if seconds < self.seconds_before.get(key, 0):
                self.fail("%s: %g s on the road were %g s before", key[1], seconds, self.seconds_before[key])
            self.seconds_before[key] = seconds
        return j

    def begin_next(self):
        """Who goes on where the last controller was killed: resume; or, where no run was
        begun, or none of its nodes was touched, the rollout again.  False: the last word was
        said."""
        run = self.look().last_run()
        if run and run["ended"] is not None:
            return False
        if self.dice.random() < 0.2 and self.ask("status") != 0:
            self.fail("status does not work")
        if run and run["nodes"]:
            self.resumes += 1
            self.begin("resume", "--yes", *([run["id"]] if self.dice.random() < 0.3 else []))
            return True
        if run and self.ask("resume", "--yes") != 2:
            self.fail("resume of a run that had not begun did not end with 2")
        self.begin_rollout()
        return True

    # ---- a kill --------------------------------------------------------------------------------

    def choose_moment(self):
        """Waits for it: any time of a run, soon, at once, or right behind a move, which is
        returned."""
        chance = self.dice.random()
        if chance < 0.5:
            most = self.ground.run_s if chance < 0.1 else self.ground.soon_s if chance < 0.4 else 0.15
            self.controller.wait(self.dice.random() * most)
            return None
        wanted = set(self.dice.sample(self.ground.road, 3))
        delay = self.dice.choice(self.ground.delays)
        move = self.controller.await_move(self.ground.late_s, wanted)
        self.controller.wait(delay)
        return move

    def kill_one(self):
        """False: there is nobody left to be killed."""
        kind = self.dice.choices(list(self.ground.kinds), self.ground.kinds.values())[0]
        someone = self.dice.choice(sorted(self.states) or [None])
        move = self.choose_moment()
        if self.controller.is_over():
            return False
        first, states = move[0] if move else someone, dict(self.states)
        killed = []
        if kind != "controller":
            struck = self.ground.strike("agent" if kind == "both" else kind, first, self.dice)
            killed += [("agent" if kind == "both" else kind, struck)] if struck else []
        if kind in ("controller", "both") and self.controller.kill():
            killed += [("controller", first)]
        for kind, name in killed:
            self.kills += 1
            self.torture.count_kill(kind, states.get(name, "before"))
            self.note("killed %s (%s; %s)", kind, name, " ".join("%s=%s" % s for s in sorted(states.items())))
        if killed and killed[-1][0] == "controller":
            return not self.is_abandoned and self.begin_next()
        return True

    # ---- all of it ----------------------------------------------------------------------------

    def play(self):
        self.begin_rollout()
        while self.kills < self.kills_planned and not self.is_enough():
            if not self.kill_one():
                break
        status = self.controller.wait(self.ground.end_s)
        if self.is_abandoned:
            return
        self.note("it ended with %s", status)
        if status is None:
            self.fail("it does not end: after %d s undisturbed it still runs", self.ground.end_s)
            self.controller.kill()
        elif status not in (0, -9):  # -9: killed after its last word, which is looked at
            self.fail("the last controller ended with %d: %s", status, self.controller.said())
        self.judge()

    def abandon(self):
        """Somebody has interrupted us: no more is begun, and nothing is judged."""
        self.is_abandoned = True
        self.is_enough = lambda: True
        if self.controller:
            self.controller.kill()

    def judge(self):
        j = self.look()
        last = j.last_run()
        if not last or last["state"] != "done":
            self.fail("the run is %s in the journal", last and last["state"])
        for run in j.runs:
            if run["ended"] is None:
                self.fail("run %s has not ended: %s", run["id"], run["state"])
        nodes = j.nodes_of(last["id"]) if last else {}
        for name in self.ground.names():
            if name not in nodes or nodes[name]["state"] != "done":
                self.fail("%s is %s in the journal", name,
                          "%(state)s (%(code)s: %(reason)s)" % dict(nodes[name]) if name in nodes else "lost")
        for text in self.ground.judge():
            self.fail("%s", text)

    def tidy(self):
        """Nothing is left running; the folder stays when something was wrong."""
        if self.controller and not self.controller.is_over():
            self.controller.kill()
        self.ground.stop()
        with open(self.ground.path("torture.log"), "w") as f:
            f.write("\n".join(self.log) + "\n")
        if not self.wrong and not self.torture.keep:
            self.ground.remove()


def fleet_round(torture, number):
    """On loopback: so many nodes, of these kinds, so many at once and so many kills; half of the
    fleets have a scheduler."""
    dice = random.Random("%s/%d" % (torture.seed, number))
    kinds = dice.choices(["inbox", "driver", "unbooted"], [6, 2, 2], k=dice.randint(3, 7))
    ground = grounds.Grounds(torture.build, kinds, dice.randint(2, 5), torture.mirror.catalog,
                             dice.random() < 0.5)
    return Round(torture, number, dice, ground, dice.randint(6, 20), torture.is_enough)
