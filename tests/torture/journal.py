"""journal - the controller's journal as a crash, or the end of a run, has left it: is it sound?

It is looked at in a copy, so that whoever takes it up finds it as it was left.
"""
import os
import shutil
import sqlite3
import subprocess
import tempfile

NAME = "journal.db"
WELL = ("done", "up-to-date")


class Journal:
    """What stands in it, as rows; and, in wrong, what SQLite has against it."""

    def __init__(self, state):
        self.runs, self.nodes, self.moves, self.wrong = [], [], [], []
        with tempfile.TemporaryDirectory(prefix="ibfleet-torture-journal.") as copy:
            for name in (NAME, NAME + "-wal"):
                if os.path.exists(os.path.join(state, name)):
                    shutil.copy(os.path.join(state, name), copy)
            if os.path.exists(os.path.join(copy, NAME)):
                self.read(os.path.join(copy, NAME))

    def read(self, path):
        db = sqlite3.connect(path)
        db.row_factory = sqlite3.Row
        try:
            said = db.execute("PRAGMA integrity_check").fetchone()[0]
            if said != "ok":
                self.wrong.append("integrity_check: " + said)
            broken = db.execute("PRAGMA foreign_key_check").fetchall()
            if broken:
                self.wrong.append("foreign_key_check: %d rows" % len(broken))
            if db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'run'").fetchone()[0]:
                self.runs = db.execute("SELECT *, (SELECT count(*) FROM node WHERE run = run.id) AS nodes"
                                       " FROM run ORDER BY seq").fetchall()
                self.nodes = db.execute("SELECT * FROM node ORDER BY run, name").fetchall()
                self.moves = db.execute("SELECT * FROM move ORDER BY rowid").fetchall()
        except sqlite3.DatabaseError as e:
            self.wrong.append(str(e))
        finally:
            db.close()

    def last_run(self):
        return self.runs[-1] if self.runs else None

    def nodes_of(self, run):
        return {n["name"]: n for n in self.nodes if n["run"] == run}

    def clocks(self):
        """{(run, node): seconds on the road}, which never become less."""
        return {(n["run"], n["name"]): n["seconds"] for n in self.nodes}

    # ---- is it sound? ------------------------------------------------------------------------

    def judge(self, legal):
        """What is wrong with it.  Each move is one of the table and begins where the one
        before has ended or, when another controller has taken the run up, anew; who has
        arrived moves no more; no clock runs backwards; and a node is where its last move
        has led."""
        wrong, last, anew = list(self.wrong), {}, {}
        for m in self.moves:
            key = m["run"], m["node"]
            wrong += self.judge_move(m, last.get(key), legal)
            if key in last and m["from_state"] != last[key]["to_state"]:
                anew[key] = anew.get(key, 0) + 1
            last[key] = m
        epochs = {r["id"]: r["epoch"] for r in self.runs}
        for (run, node), times in anew.items():
            if times > epochs.get(run, 1) - 1:
                wrong.append("%s: begun anew %d times by %d controllers" % (node, times, epochs.get(run, 1)))
        for n in self.nodes:
            m = last.get((n["run"], n["name"]))
            if n["state"] != (m["to_state"] if m else "todo"):
                wrong.append("%s: is %s, and its last move led to %s" %
                             (n["name"], n["state"], m and m["to_state"]))
        return wrong

    def judge_move(self, m, before, legal):
        wrong, said = [], (m["from_state"], m["event"], m["to_state"])
        if said not in legal:
            wrong.append("illegal: %s %s %s" % said)
        if before:
            if m["from_state"] not in (before["to_state"], "todo"):
                wrong.append("from %s to %s without a move" % (before["to_state"], m["from_state"]))
            if before["to_state"] in WELL:
                wrong.append("moved on after " + before["to_state"])
            if m["at"] < before["at"]:
                wrong.append("moved %d ms before the move before" % (before["at"] - m["at"]))
        return ["%s: %s" % (m["node"], text) for text in wrong]


def read_legal(build):
    """The moves that the product's own table has."""
    told = subprocess.run([os.path.join(build, "tests/torture/moves")], check=True,
                          capture_output=True, text=True).stdout
    return {tuple(line.split()) for line in told.splitlines()}
