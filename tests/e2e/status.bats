#!/usr/bin/env bats
# status.bats - what the journal tells of a validation, long after it
#
# The fabrics are logbook-tool's: judged and written down as validate does it, without
# the nodes.  What it prints is what validate printed.

load fleet

setup()
{
    SSHD_DIR=$BATS_TEST_TMPDIR STATE=$BATS_TEST_TMPDIR/state
}

broken() { "$BUILD/tests/e2e/logbook-tool" "$STATE" "$@" >"$SSHD_DIR/printed"; }
run_id() { sqlite3 "$STATE/journal.db" 'select id from run order by seq desc limit 1'; }
sql() { sqlite3 "$STATE/journal.db" "$1"; }

@test "a validation that found something does not look like one that did not" {
    broken 4
    broken 6 slow=2 cut=3-4 gone=6
    ibfleet status
    [ "$(sed -n '2,3s/  */ /gp' "$SSHD_DIR/out" | cut -d ' ' -f 2-6)" = \
        $'validate good 4 4 0\nvalidate bad 6 2 2' ]
    ibfleet status --json
    keeps_to status
    [ "$(ask '.runs[] | .state + " " + .verdict' | xargs)" = "done good done bad" ]
}

# All that was printed but the squares, in the same words.
@test "status RUN says what validate said: verdict, findings, what was not tested" {
    broken 6 slow=2 cut=3-4 gone=6
    ibfleet status "$(run_id)"
    [ "$(grep -c '^  \* ' "$SSHD_DIR/printed")" = 3 ]
    [ "$(grep -A 2 '^Not tested' "$SSHD_DIR/printed" | wc -l)" = 2 ]
    while IFS= read -r line; do
        says "$line"
    done < <(sed '/^Bandwidth/,/^Not tested/{/^Not tested/!d}' "$SSHD_DIR/printed")
}

@test "status RUN lists the pairs that are not ok, and no others" {
    broken 6 slow=2 cut=3-4 gone=6
    ibfleet status "$(run_id)"
    [ "$(sed -n '/^A  *B /,/^$/p' "$SSHD_DIR/out" | awk 'NR > 1 && NF { print $1 $2, $6 }' | xargs)" = \
        "node1node2 slow node2node3 slow node2node4 slow node2node5 slow node3node4 failed" ]
    ibfleet status "$(run_id)" --json
    keeps_to status
    [ "$(ask '.findings[] | .kind')" = $'unreachable\nnode\npair' ]
    [ "$(ask '.nodes[] | .state' | xargs)" = "good bad suspect suspect good failed" ]
    [ "$(ask '.pairs | length')" = 5 ]
}

@test "show NODE has its pairs, the bad ones first, and only what names it" {
    broken 6 slow=2 cut=3-4 gone=6
    ibfleet show node4
    says "node3 and node4 do not reach each other"
    lacks "node2 is slow"
    [ "$(sed -n '/^PARTNER/,$p' "$SSHD_DIR/out" | awk 'NR > 1 { print $1, $5 }' | xargs)" = \
        "node2 slow node3 failed node1 ok node5 ok" ]
    ibfleet show node4 --json
    keeps_to show
    [ "$(ask '.findings | length')" = 1 ]
    [ "$(ask '.pairs | length')" = 4 ]
}

@test "of very many pairs some are listed, and the rest is counted" {
    broken 60 slow=2
    ibfleet status "$(run_id)"
    [ "$(grep -c ' slow$' "$SSHD_DIR/out")" = 50 ]
    says "9 more, see --json"
    ibfleet status "$(run_id)" --json
    [ "$(ask '.pairs | length')" = 59 ]
}

@test "what a node said cannot move the cursor years later" {
    broken 4 cut=1-2
    [ "$(sql "select count(*) from pair where reason like '%' || char(27) || '%'")" = 1 ]
    ibfleet status "$(run_id)"
    says "no answer ^[[2J"
    lacks $'\e'
    ibfleet show node1
    lacks $'\e'
}

@test "a validation that came to nothing is never good" {
    broken 4
    sql 'update run set summary = null'
    ibfleet status
    [[ "$out" == *"validate  bad"* ]]
    ibfleet status "$(run_id)"
    says "nothing is recorded"
    ibfleet status "$(run_id)" --json
    keeps_to status
}

@test "a journal that makes no sense is our own trouble, in one line" {
    broken 4 slow=2
    sql "update finding set whole = '{\"nodes\": []'"
    ibfleet status "$(run_id)"
    [ "$status" = 8 ]
    [ -z "$out" ]
    [ "$(wc -l <"$SSHD_DIR/err")" = 1 ]
}
