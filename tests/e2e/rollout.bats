#!/usr/bin/env bats
# rollout.bats - what an administrator sees of a rollout, on nodes that are folders
#
# The program, SSH, the journal and the signals are real; the agents are sim-node, since
# a real one would change the machine that runs the tests.

load rollout

setup_file() { sim_trees; }

setup()
{
    fleet_start 'rxe = eth1' '[policy]' 'window = 8' </dev/null
    sim_node ib1
    sim_node ib2
    sim_node ib3
}
teardown() { fleet_remove; }

# ---- good days -------------------------------------------------------------------------

@test "a plan is folded, and changes nothing, not even the state folder" {
    ibfleet rollout -a --plan
    [ "$status" = 0 ]
    says "3 nodes ib[1-3]: packages rdma-core ibverbs-providers; modules"
    says "Soft-RoCE on eth1"
    says "; reboot"
    [ ! -e "$SSHD_DIR/ib1/claim" ]
    [ ! -e "$STATE" ]
    ibfleet rollout -a --plan --json
    keeps_to rollout
    [ "$(jq -r '.nodes[1].plan.steps[0].name' "$SSHD_DIR/out")" = packages ]
}

@test "a rollout brings all nodes there, and a second one finds nothing to do" {
    ibfleet rollout -a --yes --json
    [ "$status" = 0 ]
    keeps_to rollout
    [ "$(ended | sort -u -k 2)" = "ib1 done ok" ]
    all_once
    ibfleet rollout -a --yes
    [ "$status" = 0 ]
    says "3 nodes ib[1-3]: up to date"
    all_once
}

@test "without a terminal and without --yes nothing is done, in one line" {
    ibfleet rollout -a
    [ "$status" = 2 ]
    [ -z "$out" ]
    [ "$(wc -l <"$SSHD_DIR/err")" = 1 ]
    warns "--yes"
}

@test "events come as they happen, one object per line" {
    ibfleet rollout ib1 --yes --ndjson
    [ "$status" = 0 ]
    [ "$(jq -r '.to // empty' "$SSHD_DIR/out" | xargs)" = \
        "probing planned claiming installing rebooting verifying releasing done" ]
    [ "$(jq -r 'select(.step) | "\(.schema) \(.run != null) \(.node) \(.state)"' "$SSHD_DIR/out" | uniq -c | xargs)" = \
        "4 ibfleet.rollout.step/1 true ib1 running" ]
    [ "$(jq -r '.step // empty' "$SSHD_DIR/out" | xargs)" = "packages modules soft-roce memlock" ]
    [ "$(jq -s '.[0].run' "$SSHD_DIR/out")" = null ] # the probe is of no run yet
    run=$(jq -sr '.[-1].run' "$SSHD_DIR/out")
    [ "$run" = "$(latest)" ]
}

@test "status and show tell what happened, also to scripts" {
    ibfleet rollout -a --yes
    ibfleet status
    says "rollout  done"
    ibfleet status --json
    keeps_to status
    ibfleet status "$(latest)"
    says "ib2   done"
    ibfleet status "$(latest)" --json
    keeps_to status
    ibfleet show ib2
    says "rebooting"
    says "Soft-RoCE on eth1"
    ibfleet show ib2 --json
    [ "$(jq -r '.moves[-1].to' "$SSHD_DIR/out")" = done ]
    [ "$(jq -r '.facts.hostname' "$SSHD_DIR/out")" = ib2 ]
    keeps_to show
    ibfleet status 20200101-0000-0000
    [ "$status" = 2 ]
    ibfleet show ib9
    [ "$status" = 2 ]
}

# ---- bad days of a node ------------------------------------------------------------------

@test "a node that fails is named with its reason, and leaves the others alone" {
    echo "install disk-full no room on /var" >"$SSHD_DIR/ib2/trouble"
    ibfleet rollout -a --yes
    [ "$status" = 1 ]
    says "no room on /var"
    says "1 failed, 2 done"
    [ ! -e "$SSHD_DIR/ib2/claim" ]
    ibfleet rollout -a --yes --json
    keeps_to rollout
    [ "$(ended | xargs)" = "ib1 up-to-date ok ib2 failed disk-full ib3 up-to-date ok" ]
}

@test "a node without an agent fails by itself" {
    touch "$SSHD_DIR/ib3/down"
    ibfleet rollout -a --plan --json
    keeps_to rollout
    [ "$(jq -r '.nodes[] | "\(.name) \(.plan.verdict)"' "$SSHD_DIR/out" | xargs)" = \
        "ib1 steps ib2 steps ib3 null" ]
    ibfleet rollout -a --yes --json
    [ "$status" = 1 ]
    [ "$(ended | xargs)" = "ib1 done ok ib2 done ok ib3 failed agent-not-started" ]
}

@test "nobody reached is a status of its own" {
    sed -i "s/:$SSHD_PORT/:$(sshd_free_port)/" "$IBFLEET_FLEET"
    ibfleet rollout -a --yes
    [ "$status" = 4 ]
    [ "$(grep -c 'not reachable' <<<"$out")" = 1 ]
}

@test "an sshd that takes connections and never answers is nobody reached, too" {
    kill -STOP "$SSHD_PID"
    ibfleet rollout -a --yes --timeout 1
    kill -CONT "$SSHD_PID"
    [ "$status" = 4 ]
    says "no answer over SSH (no-answer)"
}

@test "the failure budget stops it, and what is left can be taken up" {
    for n in ib1 ib2; do
        echo "install step-failed says no" >"$SSHD_DIR/$n/trouble"
    done
    ibfleet rollout -a --yes --window 1 --max-failures 0
    [ "$status" = 3 ]
    warns "ibfleet resume"
    [ "$(times ib2 installed)" = 0 ]
    [ "$(times ib3 installed)" = 0 ]
    rm "$SSHD_DIR/ib2/trouble"
    ibfleet resume --yes --max-failures 5
    [ "$(times ib3 installed)" = 1 ]
    [ "$status" = 1 ]
}

@test "a node that another controller holds is left to it, which is named" {
    echo '{"run": "20260101-0000-beef", "user": "bob@elsewhere", "epoch": 1}' >"$SSHD_DIR/ib1/claim"
    ibfleet rollout -a --yes
    [ "$status" = 6 ]
    says "20260101-0000-beef of bob@elsewhere"
    [ "$(times ib1 installed)" = 0 ]
    [ "$(times ib3 installed)" = 1 ]
}

@test "a node is taken over from the run that is named, and from no other" {
    echo '{"run": "20260101-0000-beef", "user": "bob@elsewhere", "epoch": 7}' >"$SSHD_DIR/ib1/claim"
    ibfleet rollout ib1 --yes --take-over 20260101-0000-dead
    [ "$status" = 6 ]
    says "--take-over RUN"
    [ "$(times ib1 installed)" = 0 ]
    ibfleet rollout -a --yes --take-over 20260101-0000-beef
    [ "$status" = 0 ]
    all_once
}

@test "an agent that is killed in the middle is started again, and nothing is done twice" {
    echo 3 >"$SSHD_DIR/ib1/slow"
    begin_until ib1/installing rollout -a --yes
    kill -9 "$(cat "$SSHD_DIR/ib1/pid")"
    ibfleet_end
    [ "$status" = 0 ]
    all_once
}

@test "a connection that is cut in the middle is found again" {
    for n in ib1 ib2 ib3; do echo 4 >"$SSHD_DIR/$n/slow"; done
    begin_until ib3/installing rollout -a --yes
    pkill -9 -P "$SSHD_PID"
    ibfleet_end
    [ "$status" = 0 ]
    all_once
}

@test "what failed is tried again when asked for, and what it did is not done twice" {
    touch "$SSHD_DIR/ib1/lost"
    echo "install disk-full no room on /var" >"$SSHD_DIR/ib2/trouble"
    ibfleet rollout -a --yes --reboot-timeout 2
    [ "$status" = 1 ]
    warns "ibfleet resume $(latest) --failed"
    [ -e "$SSHD_DIR/ib1/claim" ]
    rm "$SSHD_DIR/ib1/down" "$SSHD_DIR/ib2/trouble"
    ibfleet resume "$(latest)"
    [ "$status" = 1 ]
    says "nothing is left to do"
    warns "--failed"
    ibfleet resume --failed --yes --json
    [ "$status" = 0 ]
    keeps_to rollout
    [ "$(ended | xargs)" = "ib1 done ok ib2 done ok" ]
    all_once
    ibfleet resume --failed --yes --json
    [ "$status" = 0 ]
    keeps_to rollout
    [ -z "$(ended)" ]
}

@test "a node that the fleet has lost does not hold up the others of its run" {
    echo 3 >"$SSHD_DIR/ib3/slow"
    begin_until ib3/installing rollout -a --yes
    kill -9 "$CONTROLLER"
    ibfleet_end
    sed -i '/^ib3 = /d; /^only-ib3/d; /^\[group:only-ib3\]/,+1d' "$IBFLEET_FLEET"
    ibfleet resume --yes
    [ "$status" = 2 ]
    warns "ib3"
    warns "-x NODE leaves it out"
    ibfleet resume --yes -x ib3
    [ "$status" = 1 ]
    ibfleet status "$(latest)"
    says "hostlist"
    warns "--failed"
    ibfleet resume --yes
    [ "$status" = 2 ]
    warns "no rollout is unfinished"
}

@test "a run whose last nodes are left out has ended" {
    echo 3 >"$SSHD_DIR/ib1/slow"
    begin_until ib1/installing rollout ib1 --yes
    kill -9 "$CONTROLLER"
    ibfleet_end
    ibfleet resume --yes -x @latest:done
    [ "$status" = 2 ]
    warns "-x '@latest:done': the run has none of them left"
    ibfleet resume --yes -x '@latest:*&@all'
    [ "$status" = 1 ]
    says "nothing is left to do"
    ibfleet status
    says "rollout  failed"
    ibfleet resume --yes --failed
    [ "$status" = 0 ]
    [ "$(times ib1 installed)" = 1 ]
}

# ---- bad days of the controller -------------------------------------------------------------

@test "a controller that is killed is taken up by resume, and each step is taken once" {
    for n in ib1 ib2 ib3; do echo 3 >"$SSHD_DIR/$n/slow"; done
    begin_until ib3/installing rollout -a --yes
    kill -9 "$CONTROLLER"
    ibfleet_end
    ibfleet status
    says "interrupted"
    cd /
    env -u IBFLEET_FLEET "$BUILD/ibfleet" resume --yes --state "$STATE" </dev/null
    all_once
    ibfleet status
    says "rollout  done"
    ibfleet resume --yes
    [ "$status" = 2 ]
}

@test "a controller that dies when all nodes are done has its run ended by resume" {
    ibfleet rollout -a --yes
    sqlite3 "$STATE/journal.db" "update run set state = 'running', ended = null" # as it was just before
    ibfleet status
    says "interrupted"
    ibfleet resume --yes
    [ "$status" = 0 ]
    says "nothing is left to do"
    ibfleet status
    says "rollout  done"
    all_once
    ibfleet resume --yes
    [ "$status" = 2 ]
    warns "no rollout is unfinished"
}

@test "a controller that dies before its run has nodes has touched none, which resume says" {
    ibfleet rollout -a --yes
    sqlite3 "$STATE/journal.db" "insert into run (id, kind, created, argv, folder, plan, controller, user, state, epoch)
        select '20991231-2359-beef', kind, created, argv, folder, plan, controller, user, 'running', 1 from run"
    ibfleet resume --yes
    [ "$status" = 2 ]
    warns "run 20991231-2359-beef was cut off before it had begun, and nothing was done: start it anew"
    ibfleet status --json
    [ "$(ask '.runs[-1] | "\(.run) \(.state)"')" = "20991231-2359-beef stopped" ]
    ibfleet resume --yes
    warns "no rollout is unfinished"
}

@test "a run that has a controller is not given to a second one" {
    for n in ib1 ib2 ib3; do echo 3 >"$SSHD_DIR/$n/slow"; done
    begin_until ib1/installing rollout -a --yes
    cp "$SSHD_DIR/out" "$SSHD_DIR/first-out"
    status=0
    "$BUILD/ibfleet" resume "$("$BUILD/ibfleet" status --json --state "$STATE" | jq -r '.runs[0].run')" \
        --yes --state "$STATE" </dev/null 2>"$SSHD_DIR/err2" || status=$?
    [ "$status" = 6 ]
    grep -q "being worked on by .* process $CONTROLLER" "$SSHD_DIR/err2"
    ibfleet_end
    [ "$status" = 0 ]
    all_once
}

# What is under way is finished, nothing new is begun, and the rest can be taken up.
stops_in_order() # SIGNAL
{
    for n in ib1 ib2 ib3; do echo 2 >"$SSHD_DIR/$n/slow"; done
    begin_until ib1/installing rollout -a --yes --window 1
    kill "-$1" "$CONTROLLER"
    ibfleet_end
    [ "$status" = 5 ]
    warns "ibfleet resume"
    [ "$(times ib1 boots)" = 1 ]
    [ "$(times ib2 installed)" = 0 ]
    ibfleet resume --yes
    [ "$status" = 0 ]
    all_once
}

@test "the first interrupt begins nothing new, and what is under way is finished" {
    stops_in_order INT
}

@test "asked to terminate, it finishes what is under way, as if interrupted" {
    stops_in_order TERM
}

@test "the second interrupt pauses, and the install goes on by itself" {
    for n in ib1 ib2 ib3; do echo 3 >"$SSHD_DIR/$n/slow"; done
    begin_until ib3/installing rollout -a --yes
    kill -INT "$CONTROLLER"
    wait_until 10 grep -q 'once more' "$SSHD_DIR/err"
    kill -INT "$CONTROLLER"
    ibfleet_end
    [ "$status" = 5 ]
    warns "ibfleet resume"
    ibfleet status
    says "paused"
    wait_until 20 test -e "$SSHD_DIR/ib3/installed"
    ibfleet resume --yes
    [ "$status" = 0 ]
    all_once
}

@test "an interrupt before anything has changed says so" {
    touch "$SSHD_DIR/ib1/stuck"
    begin_until ib1/pid rollout -a --yes
    kill -INT "$CONTROLLER"
    ibfleet_end
    [ "$status" = 5 ]
    warns "nothing was changed"
    [ "$(times ib2 installed)" = 0 ]
}

@test "a state folder that cannot be written is told before any node is touched" {
    STATE=/proc/nowhere ibfleet rollout -a --yes
    [ "$status" = 8 ]
    [ "$(wc -l <"$SSHD_DIR/err")" = 1 ]
    [ ! -e "$SSHD_DIR/ib1/claim" ]
}
