#!/usr/bin/env bats
# torture.bats - a short one of `make torture`: the real programs, killed at random and resumed;
# and that its judges see what they are there for

: "${BUILD:?is not set: make e2e does it}"

setup() { cd "$BATS_TEST_DIRNAME/../torture"; }

@test "fifteen kills at random: every run ends, each step is taken once, the journal is sound" {
    KILLS=15 LAB=0 JOBS=2 run timeout -k 20 200 ./torture 3>&-
    echo "$output"
    [ "$status" = 0 ]
    [[ "$output" == *", 0 violations, "* ]]
}

# STATEMENT   what the judge has against a journal in which that was done
wrong_after()
{
    rm -rf "$BATS_TEST_TMPDIR/state"
    mkdir "$BATS_TEST_TMPDIR/state"
    sqlite3 "$BATS_TEST_TMPDIR/state/journal.db" <<SQL
$(cat ../../controller/journal/schema.sql)
INSERT INTO run VALUES (1, 'r', 'rollout', 1, 9, '[]', '/', '{}', 'c', 'u', 'done', 2, NULL);
INSERT INTO node VALUES ('r', 'ib1', 'claiming', 'ok', '', NULL, NULL, NULL, 5, 1.5);
INSERT INTO move VALUES ('r', 'ib1', 2, 'todo', 'start', 'probing', ''),
    ('r', 'ib1', 3, 'probing', 'plan', 'planned', ''), ('r', 'ib1', 3, 'todo', 'start', 'probing', ''),
    ('r', 'ib1', 4, 'probing', 'plan', 'planned', ''), ('r', 'ib1', 5, 'planned', 'go', 'claiming', '');
$1
SQL
    PYTHONDONTWRITEBYTECODE=1 python3 -c 'import journal, sys
print("\n".join(journal.Journal(sys.argv[1]).judge(journal.read_legal(sys.argv[2]))))' \
        "$BATS_TEST_TMPDIR/state" "$BUILD"
}

@test "a journal with a move that is not of the table, from nowhere, or back in time is not sound" {
    [ -z "$(wrong_after '')" ]
    [[ "$(wrong_after "UPDATE move SET event = 'ok' WHERE at = 5")" == *"illegal: planned ok claiming"* ]]
    [[ "$(wrong_after "DELETE FROM move WHERE at = 4")" == *"from probing to planned without a move"* ]]
    [[ "$(wrong_after "UPDATE run SET epoch = 1")" == *"begun anew 1 times by 1 controllers"* ]]
    [[ "$(wrong_after "UPDATE move SET at = 1 WHERE to_state = 'claiming'")" == *"moved 3 ms before the move before"* ]]
    [[ "$(wrong_after "UPDATE node SET state = 'done'")" == *"is done, and its last move led to claiming"* ]]
    [[ "$(wrong_after "DELETE FROM run")" == *"foreign_key_check"* ]]
}

# COMMAND...   what the judge has against a node on which that was done, when nothing else was
node_after()
{
    PYTHONDONTWRITEBYTECODE=1 python3 -c 'import machine, subprocess, sys
m = machine.Machine(sys.argv[1], "ib1", "/bin/true", "inbox")
for what, times in machine.INBOX.items():
    m.put("counts/" + what, "begin\neffect\n" * times if what == "packages" else "effect\n" * times)
for kept in machine.KEPT:
    subprocess.run(["mkdir", "-p", m.path(kept).rpartition("/")[0]], check=True)
    m.put(kept)
subprocess.run(sys.argv[2:], cwd=m.root, check=True)
print("\n".join(m.judge(set())))' "$(mktemp -d -p "$BATS_TEST_TMPDIR")" "$@"
}

@test "a step that took effect twice, was begun twice, or was lost is seen on its node" {
    [ -z "$(node_after true)" ]
    [[ "$(node_after sh -c 'echo effect >>counts/boots')" == "ib1: boots took effect 2 times, not 1" ]]
    [[ "$(node_after rm counts/modules)" == "ib1: modules took effect 0 times, not 2" ]]
    [[ "$(node_after sh -c 'echo begin >>counts/packages')" == "ib1: packages was begun 2 times, and cut off 0 times" ]]
    [[ "$(node_after sh -c 'echo rdma twice >counts/violations')" == "ib1: rdma twice" ]]
    [[ "$(node_after sh -c 'mkdir -p var/lib/ibfleet; touch var/lib/ibfleet/claim')" == "ib1: its claim is still there" ]]
    [[ "$(node_after rm etc/modules-load.d/ibfleet.conf)" == "ib1: there is no etc/modules-load.d/ibfleet.conf" ]]
}

# COMMAND...   what the judge has against a fleet of a drained ib1 and a foreign ib2, when nothing
# else was done to it
yard_after()
{
    PYTHONDONTWRITEBYTECODE=1 python3 -c 'import grounds, machine, subprocess, sys
g = grounds.Grounds.__new__(grounds.Grounds)
g.folder, g.foreign = sys.argv[1], "ib2"
g.machines = {name: machine.Machine(g.folder, name, "/bin/true", "inbox") for name in ("ib1", "ib2")}
g.machines["ib2"].put("counts/.drained", grounds.FOREIGN)
open(g.path("yard.log"), "w").write("drain ib1\nundrain ib1\n")
subprocess.run(sys.argv[2:], cwd=g.folder, check=True)
print("\n".join(text for m in g.machines.values() for text in g.judge_service(m) + m.lines("counts/violations")))' \
        "$(mktemp -d -p "$BATS_TEST_TMPDIR")" "$@"
}

@test "a node that is left drained, was never drained, or is changed in service is seen" {
    [ -z "$(yard_after true)" ]
    [[ "$(yard_after sh -c 'echo ours >ib1/counts/.drained')" == "ib1: is left drained: ['ours']" ]]
    [[ "$(yard_after rm ib2/counts/.drained)" == "ib2: is not drained any more" ]]
    [[ "$(yard_after sh -c ': >yard.log')" == "ib1: the scheduler was asked: []" ]]
    [[ "$(yard_after sh -c 'echo drain ib2 >>yard.log')" == "ib2: the scheduler was asked: ['drain ib2']" ]]
    [[ "$(yard_after sh -c ': >ib1/counts/.yard; IBFLEET_ROOT=$PWD/ib1 ib1/tools/modprobe rdma_rxe >/dev/null')" == "modprobe (in service: modules effect rdma_rxe): "* ]]
}
